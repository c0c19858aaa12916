// One result of clearlstm's insight: what it says, its drawing, how to read it and what it can't tell.

import { Bars } from "lab/charts/bars.js";
import { Plot } from "lab/charts/plot.js";
import { calendarTicks, date } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { linked, wholeNumber } from "lab/link.js";
import { List } from "lab/page/choice.js";
import { SeriesChoice } from "lab/page/choices.js";
import { PATHS } from "lab/rooms/yours/answers.js";
import { DRAWN } from "lab/rooms/yours/questions.js";
import { Num, shown } from "lab/shell/number.js";
import { layer, place, report, seriesIds, shownResult, stayAt, stayAtStep, trace } from "lab/state.js";
import { views } from "lab/views.js";

/**
 * @typedef {object} LedgerAnswer  of one sequence
 * @property {number} step
 * @property {number[][]} entries  T × H: what each step wrote that is still there
 * @property {number[]} start  H: what is still there of what it began with
 *
 * @typedef {object} LinesAnswer
 * @property {number[]} xs
 * @property {{name: string, style: string, values: (number | null)[]}[]} lines
 * @property {string} across  what xs are
 * @property {boolean} log
 */

/** What draws a result that isn't one of room 6's questions. @type {Record<string, (props: {answer: any}) => unknown>} */
const MORE = { ledger: LedgerBars, lines: LinesPlot, flow_summary: FlowLines, sentences: () => null };

export function Answered() {
  const { question, drawing, answers, sentences, by_unit } = shownResult.value;
  const index = Math.max(report.value.traces.findIndex((one) => one === trace.value), 0);
  const Drawn = MORE[drawing] ?? DRAWN[drawing].Answer;
  const view = views[question];
  return html`<div class="notebook-answer" data-question=${question}>
    ${sentences.map((/** @type {string} */ sentence) => html`<p>${sentence}</p>`)}
    ${seriesIds.value.length > 1 && html`<${SeriesChoice} section="answer" ids=${seriesIds.value} />`}
    ${by_unit && html`<${UnitList} />`}
    ${answers.length > 0 && html`<${Drawn} answer=${answers[Math.min(index, answers.length - 1)]} />`}
    ${view && html`<p class="note">${view.read} What it can't tell: ${view.cannot.charAt(0).toLowerCase() +
      view.cannot.slice(1)}</p>`}
  </div>`;
}

/** Which unit is looked at. */
function UnitList() {
  const { step, unit } = place.value;
  const options = layer.value?.h[0].map((_, k) => ({ value: String(k), label: msg`unit ${k}` }));
  return html`<${List} name="unit" label="Of" options=${options} chosen=${String(unit)}
    onChoose=${(/** @type {string} */ k) => stayAt({ step, unit: Number(k) })} />`;
}

/** @param {{answer: LedgerAnswer}} props */
function LedgerBars({ answer: { entries, start } }) {
  const { step, unit } = place.value;
  const values = entries.map((row) => row[unit]);
  const total = values.reduce((sum, value) => sum + value, start[unit]);
  const day = date(trace.value?.ds[step]);
  return html`<p>The bars add up${start[unit] !== 0 && html`, with <${Num} name="start" value=${start[unit]} decimals=${4} /> from
      before the first step,`} to <${Num} name="total" value=${total} style="c" decimals=${4} />.</p>
    <p class="readout-title">${day}: <${Num} name="entry" value=${values[step]} decimals=${4} /></p>
    <${Bars} label=${msg`What each step wrote of unit ${unit}`} text=${`${day}: ${shown(values[step], 4)}`} values=${values}
      at=${step} onMove=${stayAtStep} ticks=${calendarTicks(trace.value?.ds ?? [])} />`;
}

/**
 * The medians over the sequences, by how many steps back.
 * @param {{answer: {lag: number[], paths: Record<string, (number | null)[]>}}} props
 */
function FlowLines({ answer: { lag, paths } }) {
  const names = Object.keys(PATHS).filter((name) => name in paths);
  const lines = names.map((name) => ({ ...PATHS[name], values: paths[name] }));
  return html`<${LinesPlot} answer=${{ xs: lag, lines, across: "steps back", log: true }} />`;
}

/** Where the reader is on the lines. */
const at = linked("at", 0, wholeNumber(0, 999_999));

/** @param {{answer: LinesAnswer}} props */
function LinesPlot({ answer: { xs, lines, across, log } }) {
  const k = Math.min(at.value, xs.length - 1);
  const curves = lines.map(({ name, style, values }) => ({ name, style, values: values.map((value) => value ?? NaN) }));
  const text = `${across} ${xs[k]}: ${curves.map(({ name, values }) => `${name} ${shown(values[k], 4)}`).join(", ")}`;
  return html`<p class="readout-title">${across} ${xs[k]}: ${curves.map(({ name, style, values }, n) => html`${n > 0 &&
      " · "}<span class=${style}>${name}</span> <${Num} name=${`line-${n}`} value=${values[k]} decimals=${4} />`)}</p>
    <${Plot} label="Over ${across}" text=${text} xs=${xs} curves=${curves} at=${k} across=${across} log=${log}
      onMove=${(/** @type {number} */ index) => (at.value = index)} height=${260} />`;
}
