// What each model had said from the origin before, beside what came.

import { useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { calendarTicks, date } from "lab/dates.js";
import { decimalsFor, fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Choice } from "lab/page/choice.js";
import { SeriesChoice } from "lab/page/choices.js";
import { DataTable } from "lab/page/data-table.js";
import { BASELINE, isDrawn, modelStyle } from "lab/page/models.js";
import { Readout, spoken } from "lab/page/readout.js";
import { chosenSeries } from "lab/state.js";

/**
 * @typedef {import("lab/data.js").Backtest} Tested
 * @typedef {import("lab/data.js").Values} Values
 */

const NEAR = 60;

/** @param {{comparison: import("lab/data.js").Comparison}} props */
export function Backtest({ comparison }) {
  const tested = comparison.series.find((one) => one.id === chosenSeries.value);
  return html`<section aria-labelledby="backtest-title">
    <h3 id="backtest-title">What it had said</h3>
    <p class="note">At each origin a stroke leaves the line of what came: what was forecast from there, up to the next
      origin.</p>
    ${comparison.note && html`<p>${comparison.note}</p>`}
    <${SeriesChoice} section="backtest" ids=${comparison.series.map((one) => one.id)} />
    ${tested
      ? html`<${SeriesBacktest} key=${tested.id} tested=${tested} />`
      : html`<p>${chosenSeries.value} was not part of the backtest.</p>`}
  </section>`;
}

/** @param {{tested: Tested}} props */
function SeriesBacktest({ tested }) {
  const rows = tested.ds.length;
  const spans = [...new Set([Math.min(NEAR, rows), rows])];
  const [span, setSpan] = useState(spans[0]);
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const row = Math.min(at ?? span - 1, span - 1);
  const dates = tested.ds.slice(-span);
  const lines = drawnLines(tested, span);
  const cutoff = tested.cutoff.slice(-span)[row];
  const decimals = decimalsFor(tested.y);
  const items = lines.map(({ name, style, values }) => ({
    key: `backtest-${name}`, style, name, value: fixed(values[row], decimals), raw: values[row],
  }));
  const title = `${date(dates[row])}${cutoff ? msg`, said on ${date(cutoff)}` : ""}`;
  /** @param {string} choice */
  const show = (choice) => {
    setSpan(Number(choice));
    setAt(null);
  };
  const options = spans.map((one) => ({ value: String(one), label: one === rows ? msg`all ${one}` : msg`last ${one}` }));
  return html`<div>
    <${Readout} title=${title} items=${items} />
    <${Lines} label=${msg`${tested.id}: what was forecast from each origin, and what came`} text=${spoken(title, items)}
      lines=${lines} at=${row} onMove=${setAt} height=${300} ticks=${calendarTicks(dates)} />
    <div class="beneath">
      ${tested.note && html`<p class="note">${tested.note}</p>`}
      <${Choice} name="rows-backtest" label="Rows" options=${options} chosen=${String(span)} onChoose=${show} />
    </div>
    <${DataTable} ...${tableOf(tested, decimals)} />
  </div>`;
}

/**
 * What came lies beneath, then the baseline, then the models.
 * @param {Tested} tested @param {number} span
 */
function drawnLines(tested, span) {
  const names = Object.keys(tested.forecasts)
    .filter(isDrawn)
    .toSorted((a, b) => Number(b === BASELINE) - Number(a === BASELINE));
  const models = names.map((name) => {
    const values = tested.forecasts[name].slice(-span);
    return { name, style: modelStyle(name), values, strokes: strokesOf(tested, values) };
  });
  return [{ name: msg`what came`, style: "x road", values: tested.y.slice(-span) }, ...models];
}

/**
 * A stroke for each origin: from what was known there through all that was said of the rows after it.
 * @param {Tested} tested @param {Values} values  of the last rows
 */
function strokesOf({ ds, y, cutoff }, values) {
  const start = ds.length - values.length;
  /** @type {import("lab/charts/lines.js").Stroke[]} */
  const strokes = [];
  values.forEach((value, row) => {
    const [now, at] = [cutoff[start + row], start + row];
    if (!now) return;
    if (row > 0 && cutoff[at - 1] === now) strokes[strokes.length - 1].values.push(value);
    else if (row > 0 && ds[at - 1] === now) strokes.push({ row: row - 1, values: [y[at - 1], value] });
    else strokes.push({ row, values: [value] });
  });
  return strokes;
}

/** @param {Tested} tested @param {number} decimals @returns {import("lab/page/data-table.js").TableProps} */
function tableOf(tested, decimals) {
  const names = Object.keys(tested.forecasts);
  const newestFirst = tested.ds.map((_, row) => tested.ds.length - 1 - row);
  return {
    summary: msg`The numbers as a table`,
    caption: msg`${tested.id}: what was forecast from the origin before, newest first`,
    head: [msg`date`, msg`said on`, msg`what came`, ...names],
    rows: () =>
      newestFirst.map((row) => [
        date(tested.ds[row]),
        date(tested.cutoff[row] ?? ""),
        fixed(tested.y[row], decimals),
        ...names.map((name) => fixed(tested.forecasts[name][row], decimals)),
      ]),
  };
}
