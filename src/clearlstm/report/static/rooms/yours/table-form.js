// A table: what is in it, which column is what, and what to train.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { aText, linked } from "lab/link.js";
import { DropPlace, Told } from "lab/rooms/yours/files.js";
import { SeriesChart } from "lab/rooms/yours/series-chart.js";
import { describe, go, start, table } from "lab/rooms/yours/work.js";
import { deeper } from "lab/shell/choices.js";
import { Term } from "lab/shell/term.js";

/**
 * @typedef {import("lab/api.js").Table} Table
 * @typedef {import("lab/api.js").ForecastTask} ForecastTask
 */

/** What the reader wants, as text: "" is as the data suggest. */
const wanted = {
  h: linked("yours-h", "", aText),
  level: linked("yours-level", "80, 95", aText),
  hidden_size: linked("yours-hidden", "", aText),
  input_size: linked("yours-window", "", aText),
  max_steps: linked("yours-updates", "", aText),
  windows: linked("yours-origins", "", aText),
};

/** Not an option of the forecast, but of the comparison. */
const WINDOWS = {
  help: msg`Past origins to compare on.`, unit: msg`origins`, low: 0, high: null, default: null, unset: msg`by the data`,
}; // prettier-ignore

export function TableForm() {
  const shown = table.value;
  return html`<p class="kicker"><button type="button" class="yours-link"
    onClick=${() => go()}>All that can be taken</button></p>
    <h1>${shown ? shown.name : msg`A table`}</h1>
    ${shown
      ? html`<${DropPlace}><${About} table=${shown} /><${SeriesChart} table=${shown} /><${Preview} table=${shown} /><${Training} table=${shown} /><//>`
      : html`<${Told} />`}`;
}

/** @param {{table: Table}} props */
function About({ table: { rows, series, frequency, notes, error } }) {
  return html`<section aria-label="What the table holds">
    <p>${rows} rows${series === null ? "" : msg`, ${series} series`}. ${frequency}</p>
    ${error && html`<p class="yours-trouble"
      role="alert"><strong>It can't be forecast as it stands.</strong> ${error}</p>`}
    ${notes.length > 0 && html`<ul class="yours-notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
  </section>`;
}

const ROLES = /** @type {const} */ ([
  { role: "time", label: msg`Time` },
  { role: "target", label: msg`What to forecast` },
  { role: "id", label: msg`Series` },
]);

/** Columns that may tell series apart together, and what the choice of each is called. */
const ID_LABELS = [msg`Series`, msg`Series, a second column`, msg`Series, a third column`];

/**
 * @typedef {{label: string, chosen: boolean, choose: () => Promise<void>}} Entry
 * @param {{label: string, entries: Entry[], disabled?: boolean}} props
 */
function Choice({ label, entries, disabled }) {
  return html`<label class="choice list"><span>${label}</span>
    <select disabled=${disabled}
      onChange=${(/** @type {any} */ event) => entries[event.currentTarget.selectedIndex].choose()}>
      ${entries.map((entry) => html`<option selected=${entry.chosen}>${entry.label}</option>`)}
    </select></label>`;
}

/** @param {Table} table */
const isBundled = ({ id }) => id === "prices" || id === "load";

/** @param {{table: Table}} props */
function TimeChoices({ table: shown }) {
  const { columns, roles, day_or_month } = shown;
  /** @param {string} label @param {boolean | null} dayfirst */
  const order = (label, dayfirst) => ({
    label, chosen: roles.dayfirst === dayfirst, choose: () => describe({ ...roles, dayfirst }),
  }); // prettier-ignore
  const none = { label: msg`none found`, chosen: roles.time === null, choose: () => describe({ ...roles, time: null }) };
  const entries = columns.map(({ name }) => ({
    label: name, chosen: name === roles.time, choose: () => describe({ ...roles, time: name }),
  })); // prettier-ignore
  return html`<${Choice} label="Time" disabled=${isBundled(shown)} entries=${[none, ...entries]} />
    ${day_or_month && html`<${Choice} label="Dates" entries=${[order(msg`as the rows tell`, null),
      order(msg`the day first: 1/2 is 1 February`, true), order(msg`the month first: 1/2 is 2 January`, false)]} />`}`;
}

/** @param {{table: Table}} props */
function Target({ table: shown }) {
  const { columns, roles } = shown;
  const { id, wide } = roles;
  const none = {
    label: msg`none found`, chosen: roles.target === null && !wide, choose: () => describe({ ...roles, target: null }),
  }; // prettier-ignore
  const each = { label: msg`each column of numbers`, chosen: wide, choose: () => describe({ ...roles, wide: true }) };
  const entries = columns.map(({ name }) => ({
    label: name, chosen: !wide && name === roles.target,
    choose: () => describe({ ...roles, id, target: name, wide: false }),
  })); // prettier-ignore
  const several = wide || columns.filter(({ kind }) => kind === "number").length > 1;
  return html`<${Choice} label="What to forecast" disabled=${isBundled(shown)}
    entries=${[none, ...(several ? [each] : []), ...entries]} />`;
}

/** The columns that tell series apart: one more can be named where one isn't enough. @param {{table: Table}} props */
function Ids({ table: shown }) {
  const { columns, roles, error } = shown;
  if (roles.wide) return null;
  const ids = [roles.id ?? []].flat();
  const more = ids.length > 1 || (ids.length === 1 && (error !== null || deeper.value));
  const places = ID_LABELS.slice(0, more ? ids.length + 1 : 1);
  /** @param {number} place @param {string | null} name */
  const choose = (place, name) => {
    const chosen = [...ids.slice(0, place), ...(name === null ? [] : [name]), ...ids.slice(place + 1)];
    return describe({ ...roles, id: chosen.length > 1 ? chosen : (chosen[0] ?? null) });
  };
  return places.map((label, place) => {
    const none = {
      label: place ? msg`no other` : msg`a single one`, chosen: ids[place] === undefined, choose: () => choose(place, null),
    }; // prettier-ignore
    const free = columns.filter(({ name }) => name === ids[place] || !ids.includes(name));
    const entries = free.map(({ name }) => ({
      label: name, chosen: name === ids[place], choose: () => choose(place, name),
    })); // prettier-ignore
    return html`<${Choice} label=${label} disabled=${isBundled(shown)} entries=${[none, ...entries]} />`;
  });
}

/** @param {{table: Table}} props */
function Preview({ table: shown }) {
  const { columns, preview, roles } = shown;
  return html`<section aria-labelledby="columns-title">
    <h2 id="columns-title">Which column is what</h2>
    <div class="choices"><${TimeChoices} table=${shown} /><${Target} table=${shown} /><${Ids} table=${shown} /></div>
    <div class="scroll yours-preview" tabindex="0" role="region" aria-label="The first rows"><table>
      <caption class="unseen">The first ${preview.length} rows</caption>
      <thead><tr>${columns.map(({ name, kind }) => html`<th
        scope="col">${name}<small>${roleOf(roles, name) ?? kind}</small></th>`)}</tr></thead>
      <tbody>${preview.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table></div>
  </section>`;
}

/** @param {import("lab/api.js").Roles} roles @param {string} name */
function roleOf(roles, name) {
  return ROLES.find(({ role }) => [roles[role]].flat().includes(name))?.label.toLowerCase();
}

/** @param {{table: Table}} props */
function Training({ table: shown }) {
  const options = { ...shown.options, h: { ...shown.options.h, default: shown.h }, windows: WINDOWS };
  const complaint = complaintOf(options);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (!complaint && !shown.error) start(taskOf(shown));
  };
  return html`<section aria-labelledby="train-title">
    <h2 id="train-title">How far to forecast</h2>
    <form onSubmit=${submit} class="yours-form">
      <div class="yours-fields">
        <${Field} name="h" label="Steps ahead" options=${options} />
        <${Field} name="level" label="Intervals, in %" options=${options} />
        ${deeper.value && html`
          <${Field} name="hidden_size" label=${html`<${Term} word="hidden unit" text="Hidden units" />`}
            options=${options} />
          <${Field} name="input_size" label="Window, in steps" options=${options} />
          <${Field} name="max_steps" label="Updates at most" options=${options} />
          <${Field} name="windows" label="Past origins to compare on" options=${options} />`}
      </div>
      ${!deeper.value && html`<p
        class="quiet">“Go deeper”, at the top, also lets you choose hidden units, window, updates and past
          origins.</p>`}
      <p>The net is compared with simple forecasts on past data first, each a <${Term}
        word="baseline" />. Whether it beats them stands at the top of what you get.</p>
      <p><button type="submit" class="plain main"
        disabled=${Boolean(complaint || shown.error)}>Train and forecast</button></p>
      <p role="status">${complaint}</p>
    </form>
  </section>`;
}

/** @typedef {Record<string, import("lab/api.js").Option>} Options */

/** @param {{name: keyof typeof wanted, label: unknown, options: Options}} props */
function Field({ name, label, options }) {
  const { help, unset, default: usual } = options[name];
  return html`<label title=${help}><span>${label}</span><input type="text" name=${name} inputmode="numeric"
    placeholder=${unset || [usual].flat().join(", ")} value=${wanted[name].value}
    onInput=${(/** @type {any} */ event) => (wanted[name].value = event.currentTarget.value)} /></label>`;
}

/** @param {string} text */
const wholes = (text) => text.split(/[\s,;]+/).filter(Boolean).map(Number);

/** What the reader wants and can't have, in a sentence; "" if there is nothing. @param {Options} options */
function complaintOf(options) {
  for (const [name, { value }] of Object.entries(wanted)) {
    const numbers = wholes(value);
    const [low, high] = [options[name].low ?? -Infinity, options[name].high ?? Infinity];
    if (name === "level") {
      const inside = numbers.every((number) => number > low && number < high);
      if (!inside) return msg`“${value}”: intervals hold between ${low} and ${high} %, such as 80, 95.`;
    } else {
      const inside = numbers.every((number) => Number.isInteger(number) && number >= low && number <= high);
      const range = msg`from ${low}${high < Infinity ? msg` to ${high}` : ""}`;
      if (!inside || numbers.length > 1) return msg`“${value}” isn't a whole number ${range}.`;
    }
  }
  return "";
}

/** @param {Table} shown @returns {ForecastTask} */
function taskOf({ id, h, roles }) {
  /** @type {ForecastTask} */
  const task = { kind: "forecast", table: id, h, level: wholes(wanted.level.value) };
  if (id !== "prices" && id !== "load") task.roles = roles;
  for (const name of /** @type {const} */ (["h", "hidden_size", "input_size", "max_steps", "windows"])) {
    const [value] = wholes(wanted[name].value);
    if (value !== undefined) task[name] = value;
  }
  return task;
}
