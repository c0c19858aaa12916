// Inside the last window: every gate and both memories, of every unit, at every step.

import { Heatmap } from "lab/charts/heatmap.js";
import { ramp } from "lab/colours.js";
import { calendarTicks, date } from "lab/dates.js";
import { decimalsFor, fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { Brush, domainOf } from "lab/page/brush.js";
import { Choice, List } from "lab/page/choice.js";
import { SeriesChoice } from "lab/page/choices.js";
import { DataTable } from "lab/page/data-table.js";
import { Equation } from "lab/page/equation.js";
import { Ledger } from "lab/page/ledger.js";
import { Readout } from "lab/page/readout.js";
import { UnitLines } from "lab/page/unit-lines.js";
import { ORDERS } from "lab/page/units.js";
import { Answer } from "lab/rooms/yours/answer.js";
import { UnitAtStep } from "lab/rooms/yours/unit-at-step.js";
import { altered, chooseLayer, chosenSeries, dark, glanceAt, layer, layerIndex, leastLit } from "lab/state.js";
import { namedInputs, place, report, seriesIds, stayAt, thresholds, trace, unitOrder, units } from "lab/state.js";
import { PARTS } from "lab/words.js";

/**
 * @typedef {import("lab/data.js").Layer} Layer
 * @typedef {import("lab/data.js").Trace} Trace
 * @typedef {{trace: Trace, layer: Layer}} Props
 */

export function Inside() {
  const { traces, kind } = report.value;
  return html`<section id="inside" aria-labelledby="inside-title">
    <h2 id="inside-title">${kind === "model" ? msg`Inside the net` : msg`Inside the last window`}</h2>
    ${traces.length > 0 && html`<${SeriesChoice} section="inside" ids=${seriesIds.value} />`}
    ${trace.value && layer.value
      ? html`<${Window} trace=${trace.value} layer=${layer.value} />`
      : html`<p>${absence()}</p>`}
  </section>`;
}

function absence() {
  const series = report.value.series.find((one) => one.id === chosenSeries.value);
  if (!series || series.model !== "Naive") return msg`This report holds no record of what the LSTM did in it.`;
  return msg`${series.id} was forecast by ${series.model}, not by an LSTM: there is no memory to look into.`;
}

/** @param {Props} props */
function Window(props) {
  const holds = Boolean(props.layer.c);
  return html`<div>
    <${Introduction} ...${props} />
    <${UnitMaps} ...${props} />
    ${report.value.net && html`<${Answer} /><${UnitAtStep} />`}
    ${holds && html`<${Equation} layer=${props.layer} />`}
    <${UnitLines} ...${props} />
    <${UnitTable} ...${props} />
    ${holds && html`<${Ledger} ...${props} />`}
  </div>`;
}

/** All units over all steps, and the numbers of one of them at one step. @param {Props} props */
export function UnitMaps(props) {
  return html`<${Choices} ...${props} /><${Numbers} ...${props} /><${Maps} ...${props} />`;
}

/** @param {Props} props */
export function Introduction({ trace: { ds }, layer: shown }) {
  const count = shown.h[0].length;
  const fed = report.value.kind === "model" ? msg`the net was fed` : msg`the forecast was made from`;
  return html`<p>These are the ${ds.length} steps from ${date(ds[0])} to ${date(ds[ds.length - 1])} that ${fed}.
    In each map a row is one of ${count} ${plural(count, "unit|units")} and a column is a step.
    Point at a cell to read its numbers, click to stay there, or walk with the arrow keys.</p>
    ${shown.reverse && html`<p>This layer reads the window backwards: for it, “before” means later in time.</p>`}
    ${!shown.c && html`<p>${withoutLongTermMemory()}</p>`}`;
}

function withoutLongTermMemory() {
  const kind = report.value.net?.layers[layerIndex.value]?.kind ?? "RNN";
  if (kind === "RNN") return msg`This is a plain recurrent layer: it has a short-term memory, and no gates.`;
  return msg`This is a ${kind} layer: it has one memory, which is shown; its gates are not on this page.`;
}

/** @param {Props} props */
function Choices({ trace: { layers } }) {
  const names = layers.map(({ name }, k) => ({ value: String(k), label: name }));
  const orders = ORDERS.map(({ order, label }) => ({ value: order, label }));
  return html`<div class="choices">
    <${Choice} name="layer" label="Layer" options=${names} chosen=${String(layerIndex.value)}
      onChoose=${(/** @type {string} */ k) => chooseLayer(Number(k))} />
    <${List} name="order" label="Units sorted by" options=${orders} chosen=${unitOrder.value}
      onChoose=${(/** @type {import("lab/page/units.js").Order} */ order) => (unitOrder.value = order)} />
    ${Object.keys(thresholds.value).length > 0 &&
    html`<button type="button" class="plain" onClick=${() => (thresholds.value = {})}>Light all cells</button>`}
  </div>`;
}

/** The parts that this layer has. @param {Layer} layer */
function partsOf(layer) {
  return PARTS.filter(({ part }) => layer[part]);
}

/** The six numbers of the chosen cell, and what came in at that step. @param {Props} props */
function Numbers({ trace: { ds }, layer: values }) {
  const { step, unit } = place.value;
  const items = partsOf(values).map(({ part, field, video }) => {
    const raw = values[part][step][unit];
    return { key: part, style: part, name: html`<b>${part}</b> ${field}`, also: video, value: fixed(raw, 4), raw };
  });
  const inputs = namedInputs.value.map(({ name, values: all }) => `${name} ${fixed(all[step], decimalsFor(all))}`);
  const title = `${msg`Unit ${unit}`} · ${date(ds[step])}${altered.value ? msg` · with your changes` : ""}`;
  return html`<div class="stays"><${Readout} title=${title} items=${items}>
    <p class="inputs"><span class="swatch line x" />in: ${inputs.join(" · ")}</p>
  <//></div>`;
}

/** @param {Props} props */
function Maps({ trace: { ds }, layer: values }) {
  return html`<div class="maps">${partsOf(values).map(
    (name) => html`<${PartMap} name=${name} dates=${ds} values=${values[name.part]} />`,
  )}</div>`;
}

/** @param {{name: import("lab/words.js").Name, dates: string[], values: number[][]}} props */
function PartMap({ name: { part, field, video }, dates, values }) {
  const domain = domainOf(part);
  const stops = ramp(part, dark.value);
  const { step, unit } = place.value;
  const text = msg`unit ${unit}, ${date(dates[step])}: ${fixed(values[step][unit], 4)}`;
  return html`<figure class=${part}>
    <figcaption>
      <span><span class="swatch area" /><b>${part}</b> ${field}</span>
      <${Brush} part=${part} domain=${domain} stops=${stops} values=${values} />
      <small>${video}</small>
    </figcaption>
    <${Heatmap} label=${msg`${field}, ${video}: units by steps`} text=${text} values=${values} units=${units.value}
      domain=${domain} stops=${stops} least=${leastLit(part)} place=${place.value} ticks=${calendarTicks(dates)}
      onHover=${glanceAt} onPin=${stayAt} />
  </figure>`;
}

/** @param {Props} props */
export function UnitTable({ trace: { ds }, layer: values }) {
  const { unit } = place.value;
  const inputs = namedInputs.value;
  const parts = partsOf(values);
  const written = values.ledger ? [values.ledger] : [];
  const rows = () =>
    ds.map((day, step) => {
      const numbers = [...parts.map(({ part }) => values[part]), ...written].map((all) => all[step][unit]);
      const came = inputs.map((input) => fixed(input.values[step], decimalsFor(input.values)));
      return [date(day), ...came, ...numbers.map((number) => fixed(number, 4))];
    });
  const names = [...inputs.map(({ name }) => name), ...parts.map(({ part, field }) => `${part}, ${field}`)];
  return html`<${DataTable} summary=${msg`All numbers of unit ${unit} as a table`} caption=${msg`Unit ${unit}, in numbers`}
    head=${[msg`step`, ...names, ...written.map(() => msg`of it still in c`)]} rows=${rows} />`;
}
