// Guess first, then see.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { answer, guesses, inputs, passes, revealed } from "lab/rooms/companies/state.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

/** @typedef {import("lab/rooms/companies/state.js").CompanyName} CompanyName */

const NAMES = /** @type {CompanyName[]} */ (["A", "B"]);

export function Guess() {
  return html`<section>
    <p class="lead">Two companies, day by day. ${same() ? msg`They differ on day 1 alone.` : msg`You changed their days.`}
      The same unit, with the same weights, reads both. What does it say for
      day ${Math.max(...NAMES.map((name) => inputs[name].value.length)) + 1}?</p>
    <${Story} />
    <div class="sliders">${NAMES.map(
      (name) => html`<${Slider} name=${`guess ${name}`} label=${msg`Your guess for ${name}`} value=${guesses[name].value}
        min=${-1} max=${1}
        step=${0.01} onMove=${(/** @type {number} */ value) => (guesses[name].value = value)} />`,
    )}</div>
    ${revealed.value
      ? html`<${Answers} />`
      : html`<button class="plain main" type="button" onClick=${() => (revealed.value = true)}>Show what it
        says</button>`}
  </section>`;
}

/** What the unit is about to read, and the day that is asked for. */
function Story() {
  const [a, b] = NAMES.map((name) => inputs[name].value);
  const days = Array.from({ length: Math.max(a.length, b.length) }, (_, k) => k);
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label="What each company was at"><table
      class="companies-story">
    <thead><tr><th scope="col">day</th>
      ${[...days, days.length].map((k) => html`<th scope="col">${k + 1}</th>`)}</tr></thead>
    <tbody>${NAMES.map((name) => html`<tr><th scope="row">Company ${name}</th>
      ${days.map((k) => html`<td class=${a[k] === b[k] ? "" : "apart"}>${inputs[name].value[k] !== undefined &&
        html`<${Num} name=${`day-${name}-${k + 1}`} value=${inputs[name].value[k]} />`}</td>`)}
      <td class="asked">?</td></tr>`)}</tbody>
  </table></div>`;
}

function same() {
  const [a, b] = [inputs.A.value.slice(1), inputs.B.value.slice(1)];
  return a.length === b.length && a.every((value, k) => value === b[k]);
}

function Answers() {
  return html`<div aria-live="polite">
    <dl class="companies-answers">${NAMES.map((name) => {
      const says = answer(passes[name].value);
      return html`<div><dt>Company ${name}</dt>
        <dd><b class="name h"><${Num} name=${`answer-${name}`} value=${says} decimals=${4} /></b>
          <small class="quiet">you guessed <${Num} name=${`guess-${name}`} value=${guesses[name].value} />: off by
          <${Num} name=${`miss-${name}`} value=${Math.abs(says - guesses[name].value)} /></small></dd></div>`;
    })}</dl>
    <p>Nothing but day 1 tells them apart, and the unit still knows on the last day. How?</p>
    <button class="plain" type="button" onClick=${() => (revealed.value = false)}>Hide it again</button>
  </div>`;
}
