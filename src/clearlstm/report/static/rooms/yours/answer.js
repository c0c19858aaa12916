// What the net answers, as Python recorded it, and as it follows from the reader's changes.

import { date } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { quantileName } from "lab/rooms/yours/answer-names.js";
import { ToForecast } from "lab/rooms/yours/to-forecast.js";
import { Num } from "lab/shell/number.js";
import { altered, answersOf, cannotRun, place, report, trace, unchanged } from "lab/state.js";

export function Answer() {
  const answers = answersOf(trace.value);
  const now = altered.value && answersOf(altered.value);
  const before = answersOf(unchanged.value);
  const apart = Math.max(0, ...answers.map((value, k) => Math.abs(value - before[k])));
  const caption = msg`The net's answers`;
  return html`<section aria-labelledby="answer-title" class="yours-answer">
    <h3 id="answer-title">What the net answers</h3>
    <p>${words(answers.length)} ${!cannotRun.value && html`Computed in the page from the same inputs and weights, in
      float64, they are
      ${apart === 0 ? msg`the same` : html`apart by at most <${Num} name="answers-apart"
        value=${apart} />, the rounding of
      ${report.value.net?.dtype}`}.`}</p>
    <div class="scroll-x" tabindex="0" role="region" aria-label=${caption}><table>
      <caption class="unseen">${caption}</caption>
      <thead><${Head} answers=${answers} /></thead>
      <tbody>
        <${Row} title="recorded" name="answer" values=${answers} />
        ${now && html`<${Row} title="with your changes" name="changed" values=${now} />
          <${Row} title="difference" name="moved" values=${now.map((value, k) => value - before[k])} />`}
      </tbody></table></div>
    <${ToForecast} />
  </section>`;
}

/** Of a forecaster, the steps and what is answered for each; of other nets, numbers. @param {{answers: number[]}} props */
function Head({ answers }) {
  const told = trace.value?.forecast;
  if (!told) return html`<tr><td></td>${answers.map((_, k) => html`<th scope="col">${k}</th>`)}</tr>`;
  const { ds, quantiles } = told;
  return html`<tr><td></td>${ds.map((day) => html`<th scope="colgroup" colspan=${quantiles.length}>${date(day)}</th>`)}</tr>
    <tr><td></td>${ds.map(() => quantiles.map((level) => html`<th scope="col">${quantileName(level)}</th>`))}</tr>`;
}

/** @param {number} count */
function words(count) {
  const many = count === 1 ? msg`One number` : msg`${count} numbers`;
  const [{ kind, net }, { step }] = [report.value, place.value];
  if (net?.pool === null) return msg`${many} at each step; these are those at ${date(trace.value?.ds[step])}.`;
  return kind === "forecast"
    ? msg`${many} in the net's own scaled units: they correct what the net starts from.`
    : `${many}.`;
}

/** @param {{title: string, name: string, values: number[]}} props */
function Row({ title, name, values }) {
  return html`<tr><th scope="row">${title}</th>
    ${values.map((value, k) => html`<td><${Num} name=${`${name}-${k}`} value=${value} decimals=${4} /></td>`)}</tr>`;
}
