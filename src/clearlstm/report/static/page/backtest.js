// What each model had said one step before, beside what came.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { calendarTicks, date } from "lab/dates.js";
import { decimalsFor, fixed } from "lab/format.js";
import { Choice } from "lab/page/choice.js";
import { SeriesChoice } from "lab/page/choices.js";
import { DataTable } from "lab/page/data-table.js";
import { BASELINE, isDrawn, modelStyle } from "lab/page/models.js";
import { Readout, spoken } from "lab/page/readout.js";
import { chosenSeries } from "lab/state.js";

/** @typedef {import("lab/data.js").Backtest} Tested */

const NEAR = 60;

/** @param {{comparison: import("lab/data.js").Comparison}} props */
export function Backtest({ comparison }) {
  const tested = comparison.series.find((one) => one.id === chosenSeries.value);
  return html`<section aria-labelledby="backtest-title">
    <h3 id="backtest-title">What it said one step before</h3>
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
  const decimals = decimalsFor(tested.y);
  const items = lines.map(({ name, style, values }) => ({
    key: `backtest-${name}`, style, name, value: fixed(values[row], decimals), raw: values[row],
  }));
  const title = date(dates[row]);
  /** @param {string} choice */
  const show = (choice) => {
    setSpan(Number(choice));
    setAt(null);
  };
  const options = spans.map((one) => ({ value: String(one), label: one === rows ? `all ${one}` : `last ${one}` }));
  return html`<div>
    <${Readout} title=${title} items=${items} />
    <${Lines} label=${`${tested.id}: forecasts one step ahead, and what came`} text=${spoken(title, items)}
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
  const models = names.map((name) => ({ name, style: modelStyle(name), values: tested.forecasts[name].slice(-span) }));
  return [{ name: "what came", style: "x road", values: tested.y.slice(-span) }, ...models];
}

/** @param {Tested} tested @param {number} decimals @returns {import("lab/page/data-table.js").TableProps} */
function tableOf(tested, decimals) {
  const names = Object.keys(tested.forecasts);
  const newestFirst = tested.ds.map((_, row) => tested.ds.length - 1 - row);
  return {
    summary: "The numbers as a table",
    caption: `${tested.id}: forecasts one step ahead, newest first`,
    head: ["date", "said on", "what came", ...names],
    rows: () =>
      newestFirst.map((row) => [
        date(tested.ds[row]),
        date(tested.cutoff[row]),
        fixed(tested.y[row], decimals),
        ...names.map((name) => fixed(tested.forecasts[name][row], decimals)),
      ]),
  };
}
