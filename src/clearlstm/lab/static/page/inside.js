// Inside the last window: every gate and both memories, of every unit, at every step.

import { html } from "htm/preact";

import { Heatmap } from "lab/charts/heatmap.js";
import { ramp } from "lab/colours.js";
import { calendarTicks, date } from "lab/dates.js";
import { decimalsFor, fixed } from "lab/format.js";
import { Choice, List } from "lab/page/choice.js";
import { SeriesChoice, seriesIds } from "lab/page/choices.js";
import { DataTable } from "lab/page/data-table.js";
import { Equation } from "lab/page/equation.js";
import { Ledger } from "lab/page/ledger.js";
import { Readout } from "lab/page/readout.js";
import { UnitLines } from "lab/page/unit-lines.js";
import { ORDERS } from "lab/page/units.js";
import { chooseLayer, chosenLayer, chosenSeries, glanceAt, report, stayAt } from "lab/state.js";
import { dark, largestMemory, layer, place, trace, unitOrder, units } from "lab/state.js";
import { PARTS } from "lab/words.js";

/**
 * @typedef {import("lab/data.js").Layer} Layer
 * @typedef {import("lab/data.js").Trace} Trace
 * @typedef {{trace: Trace, layer: Layer}} Props
 */

export function Inside() {
  return html`<section id="inside" aria-labelledby="inside-title">
    <h2 id="inside-title">Inside the last window</h2>
    ${report.traces.length > 0 && html`<${SeriesChoice} section="inside" ids=${seriesIds} />`}
    ${trace.value && layer.value
      ? html`<${Window} trace=${trace.value} layer=${layer.value} />`
      : html`<p>${absence()}</p>`}
  </section>`;
}

function absence() {
  const series = report.series.find((one) => one.id === chosenSeries.value);
  if (!series || series.model === "LSTM") return "This report holds no record of what the LSTM did in it.";
  return `${series.id} was forecast by ${series.model}, not by an LSTM: there is no memory to look into.`;
}

/** @param {Props} props */
function Window(props) {
  return html`<div>
    <${Introduction} ...${props} />
    <${Choices} ...${props} />
    <${Numbers} ...${props} />
    <${Maps} ...${props} />
    <${Equation} layer=${props.layer} />
    <${UnitLines} ...${props} />
    <${UnitTable} ...${props} />
    <${Ledger} ...${props} />
  </div>`;
}

/** @param {Props} props */
function Introduction({ trace: { ds }, layer: shown }) {
  const count = shown.c[0].length;
  return html`<p>These are the ${ds.length} steps from ${date(ds[0])} to ${date(ds[ds.length - 1])} that the forecast
    ${" "}was made from. In each map a row is one of ${count} ${count === 1 ? "unit" : "units"} and a column is a step.
    Point at a cell to read its numbers, click to stay there, or walk with the arrow keys.</p>
    ${shown.reverse && html`<p>This layer reads the window backwards: for it, “before” means later in time.</p>`}`;
}

/** @param {Props} props */
function Choices({ trace: { layers } }) {
  const names = layers.map(({ name }, k) => ({ value: String(k), label: name }));
  const orders = ORDERS.map(({ order, label }) => ({ value: order, label }));
  return html`<div class="choices">
    <${Choice} name="layer" label="Layer" options=${names} chosen=${String(chosenLayer.value)}
      onChoose=${(/** @type {string} */ k) => chooseLayer(Number(k))} />
    <${List} name="order" label="Units sorted by" options=${orders} chosen=${unitOrder.value}
      onChoose=${(/** @type {import("lab/page/units.js").Order} */ order) => (unitOrder.value = order)} />
  </div>`;
}

/** The six numbers of the chosen cell, and what came in at that step. @param {Props} props */
function Numbers({ trace: shown, layer: values }) {
  const { step, unit } = place.value;
  const items = PARTS.map(({ part, field, video }) => {
    const raw = values[part][step][unit];
    return { key: part, style: part, name: html`<b>${part}</b> ${field}`, also: video, value: fixed(raw, 4), raw };
  });
  const inputs = shown.inputs.map(({ name, values: all }) => `${name} ${fixed(all[step], decimalsFor(all))}`);
  return html`<div class="stays"><${Readout} title=${`Unit ${unit} · ${date(shown.ds[step])}`} items=${items}>
    <p class="inputs"><span class="swatch line x" />in: ${inputs.join(" · ")}</p>
  <//></div>`;
}

/** @param {Props} props */
function Maps({ trace: { ds }, layer: values }) {
  return html`<div class="maps">${PARTS.map(
    (name) => html`<${PartMap} name=${name} dates=${ds} values=${values[name.part]} />`,
  )}</div>`;
}

/** @param {{name: import("lab/words.js").Name, dates: string[], values: number[][]}} props */
function PartMap({ name: { part, field, video }, dates, values }) {
  const domain = domainOf(part);
  const stops = ramp(part, dark.value);
  const { step, unit } = place.value;
  const text = `unit ${unit}, ${date(dates[step])}: ${fixed(values[step][unit], 4)}`;
  return html`<figure class=${part}>
    <figcaption>
      <span><span class="swatch area" /><b>${part}</b> ${field}</span>
      <${Scale} domain=${domain} stops=${stops} />
      <small>${video}</small>
    </figcaption>
    <${Heatmap} label=${`${field}, ${video}: units by steps`} text=${text} values=${values} units=${units.value}
      domain=${domain} stops=${stops} place=${place.value} ticks=${calendarTicks(dates)}
      onHover=${glanceAt} onPin=${stayAt} />
  </figure>`;
}

/**
 * The values from one end of the colours to the other. What is squashed by tanh has one scale, gates have another.
 * @param {import("lab/words.js").Part} part
 * @returns {[number, number]}
 */
function domainOf(part) {
  if (part === "c") return [-largestMemory.value, largestMemory.value];
  return part === "g" || part === "h" ? [-1, 1] : [0, 1];
}

/** @param {{domain: [number, number], stops: string[]}} props */
function Scale({ domain, stops }) {
  const [low, high] = domain.map((end) => fixed(end, Number.isInteger(end) ? 0 : 2));
  const gradient = `background:linear-gradient(to right,${stops.join(",")})`;
  return html`<span class="scale">${low}<i style=${gradient} />${high}</span>`;
}

/** @param {Props} props */
function UnitTable({ trace: { ds, inputs }, layer: values }) {
  const { unit } = place.value;
  const rows = () =>
    ds.map((day, step) => {
      const numbers = [...PARTS.map(({ part }) => values[part]), values.ledger].map((all) => all[step][unit]);
      const came = inputs.map((input) => fixed(input.values[step], decimalsFor(input.values)));
      return [date(day), ...came, ...numbers.map((number) => fixed(number, 4))];
    });
  const names = [...inputs.map(({ name }) => name), ...PARTS.map(({ part, field }) => `${part}, ${field}`)];
  return html`<${DataTable} summary=${`All numbers of unit ${unit} as a table`} caption=${`Unit ${unit}, in numbers`}
    head=${["step", ...names, "of it still in c"]} rows=${rows} />`;
}
