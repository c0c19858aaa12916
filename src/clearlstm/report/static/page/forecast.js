// One series: its last rows, the forecast, and how wide its intervals are; beside it the next numbers, and the rivals.

import { useMemo, useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { areWeekdays, calendarTicks, date } from "lab/dates.js";
import { decimalsFor, fixed, MISSING } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Choice } from "lab/page/choice.js";
import { SeriesChoice } from "lab/page/choices.js";
import { DataTable } from "lab/page/data-table.js";
import { NextNumbers } from "lab/page/next-numbers.js";
import { Readout, spoken } from "lab/page/readout.js";
import { Skill } from "lab/page/skill.js";
import { chosenSeries, report, seriesIds } from "lab/state.js";

/**
 * @typedef {import("lab/data.js").Series} Series
 * @typedef {import("lab/data.js").Values} Values
 */

export function Forecast() {
  const series = report.value.series.find((one) => one.id === chosenSeries.value);
  if (!series) return null;
  return html`<section id="forecast" aria-labelledby="forecast-title">
    <h2 id="forecast-title" class="unseen">The forecast</h2>
    <${SeriesChoice} section="forecast" ids=${seriesIds.value} />
    <div class="look">
      <${SeriesForecast} key=${series.id} series=${series} />
      <div><${NextNumbers} series=${series} /><${Skill} /></div>
    </div>
  </section>`;
}

/** @param {Series} series */
function weekdayNote(series) {
  const mentioned = /weekday/i.test(`${report.value.season_or_step} ${series.note ?? ""}`);
  const holds = series.forecast.ds.length > 0 && areWeekdays([...series.ds, ...series.forecast.ds]);
  return holds && !mentioned ? msg`Future dates are weekdays; holidays are not known.` : "";
}

/** @param {{series: Series}} props */
function SeriesForecast({ series }) {
  const spans = spansOf(series);
  const [span, setSpan] = useState(spans[0]);
  const rows = useMemo(() => shownRows(series, span), [series, span]);
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const row = Math.min(at ?? rows.known, rows.dates.length - 1);
  const items = readoutItems(series, rows, row);
  const title = date(rows.dates[row]);
  /** @param {string} choice */
  const show = (choice) => {
    setSpan(Number(choice));
    setAt(null);
  };
  return html`<div>
    <${Readout} title=${title} items=${items} />
    <${Lines} label=${msg`${series.id}: the last ${span} rows and the forecast`} text=${spoken(title, items)}
      lines=${drawnLines(rows)} bands=${drawnBands(rows)} split=${{ row: rows.known - 1, label: msg`last known` }}
      at=${row} onMove=${setAt} height=${340} ticks=${calendarTicks(rows.dates)} />
    <div class="beneath">
      ${series.note && html`<p class="note">${series.note}</p>`}
      <${Choice} name="rows-forecast" label="Rows" options=${spans.map((one) => spanOption(one, series))}
        chosen=${String(span)} onChoose=${show} />
    </div>
    <p class="note">${report.value.season_or_step} ${weekdayNote(series)}</p>
    <${DataTable} ...${tableOf(series)} />
  </div>`;
}

/**
 * How many known rows can be shown: enough to see the forecast well, three times as many, all.
 * @param {Series} series
 */
function spansOf(series) {
  const near = Math.max(40, 6 * series.forecast.ds.length);
  return [...new Set([near, 3 * near, series.ds.length].map((span) => Math.min(span, series.ds.length)))];
}

/** @param {number} span @param {Series} series */
function spanOption(span, series) {
  return { value: String(span), label: span === series.ds.length ? msg`all ${span}` : msg`last ${span}` };
}

/**
 * The rows of the drawing, known ones first: every list is as long as `dates`.
 * @param {Series} series @param {number} span
 */
function shownRows(series, span) {
  const { forecast } = series;
  const y = series.y.slice(-span);
  const [past, future] = [y.map(() => null), forecast.ds.map(() => null)];
  return {
    known: y.length,
    dates: [...series.ds.slice(-span), ...forecast.ds],
    y: [...y, ...future],
    median: [...past, ...forecast.median],
    advised: forecast.advised && { ...forecast.advised, median: [...past, ...forecast.advised.median] },
    intervals: forecast.intervals.map(({ level, lo, hi }) => ({ level, lo: [...past, ...lo], hi: [...past, ...hi] })),
  };
}

/** @typedef {ReturnType<typeof shownRows>} Rows */

/**
 * Lines and bands of the forecast start at the last known value, so that the eye finds where they come from.
 * @param {Values} values @param {Rows} rows @returns {Values}
 */
function joined(values, rows) {
  return values.map((value, row) => (row === rows.known - 1 ? rows.y[row] : value));
}

/** @param {Rows} rows */
function drawnLines(rows) {
  return [
    ...(rows.advised ? [{ style: "baseline", values: joined(rows.advised.median, rows) }] : []),
    { style: "forecast", values: joined(rows.median, rows) },
    { style: "x", values: rows.y },
  ];
}

/** Wide ones first: the narrow ones lie on them. @param {Rows} rows */
function drawnBands(rows) {
  const wideFirst = rows.intervals.toSorted((a, b) => b.level - a.level);
  return wideFirst.map(({ lo, hi }) => ({ style: "interval", lo: joined(lo, rows), hi: joined(hi, rows) }));
}

/**
 * @param {Series} series @param {Rows} rows @param {number} row
 * @returns {import("lab/page/readout.js").Item[]}
 */
function readoutItems(series, rows, row) {
  const decimals = decimalsFor(series.y);
  const [y, median] = [rows.y[row], rows.median[row]];
  const unit = series.unit ? `, ${series.unit}` : "";
  const advised = rows.advised && {
    key: "advised", style: "baseline", name: msg`${rows.advised.name}, advised`,
    value: fixed(rows.advised.median[row], decimals), raw: rows.advised.median[row],
  }; // prettier-ignore
  return [
    { key: "y", style: "x", name: `${msg`known`}${unit}`, value: fixed(y, decimals), raw: y },
    { key: "median", style: "forecast", name: msg`${series.model}, median`, value: fixed(median, decimals), raw: median },
    ...(advised ? [advised] : []),
    ...rows.intervals.map(({ level, lo, hi }, k) => ({
      key: `interval-${level}`,
      style: `interval nested-${k}`,
      mark: /** @type {const} */ ("area"),
      name: msg`${level} % interval`,
      value: range(lo[row], hi[row], decimals),
      raw: lo[row],
    })),
  ];
}

/** @param {number | null} lo @param {number | null} hi @param {number} decimals */
function range(lo, hi, decimals) {
  return lo === null || hi === null ? MISSING : msg`${fixed(lo, decimals)} to ${fixed(hi, decimals)}`;
}

/** @param {Series} series @returns {import("lab/page/data-table.js").TableProps} */
function tableOf(series) {
  const rows = shownRows(series, series.ds.length);
  const decimals = decimalsFor(series.y);
  const newestFirst = rows.dates.map((_, row) => rows.dates.length - 1 - row);
  return {
    summary: msg`The numbers as a table`,
    caption: msg`${series.id}: forecast and known values, newest first`,
    head: [msg`date`, msg`known`, msg`${series.model}, median`, ...rows.intervals.map(({ level }) => msg`${level} % interval`)],
    rows: () =>
      newestFirst.map((row) => [
        date(rows.dates[row]),
        fixed(rows.y[row], decimals),
        fixed(rows.median[row], decimals),
        ...rows.intervals.map(({ lo, hi }) => range(lo[row], hi[row], decimals)),
      ]),
  };
}
