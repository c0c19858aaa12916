// Guess first, then see.

import { html } from "htm/preact";

import { answer, guesses, inputs, passes, revealed } from "lab/rooms/companies/state.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

/** @typedef {import("lab/rooms/companies/state.js").CompanyName} CompanyName */

const NAMES = /** @type {CompanyName[]} */ (["A", "B"]);

export function Guess() {
  return html`<section>
    <p class="lead">Company A was at <${Num} name="first-A" value=${inputs.A.value[0]} decimals=${1} /> on day 1,
      company B at
      ${" "}<${Num} name="first-B" value=${inputs.B.value[0]} decimals=${1} />. Days 2 to ${inputs.A.value.length}
      ${" "}${same() ? "are the same for both" : "differ too, since you changed them"}. The same unit, with the same
      weights, reads
      ${" "}both. What does it say for day ${inputs.A.value.length + 1}?</p>
    <div class="sliders">${NAMES.map(
      (name) => html`<${Slider} name=${`guess ${name}`} label=${`Your guess for ${name}`} value=${guesses[name].value}
        min=${-1} max=${1}
        step=${0.01} onMove=${(/** @type {number} */ value) => (guesses[name].value = value)} />`,
    )}</div>
    ${revealed.value
      ? html`<${Answers} />`
      : html`<button class="plain main" type="button" onClick=${() => (revealed.value = true)}>Show what it
        says</button>`}
  </section>`;
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
          ${" "}<small class="quiet">you guessed <${Num} name=${`guess-${name}`} value=${guesses[name].value} />: off by
          ${" "}<${Num} name=${`miss-${name}`} value=${Math.abs(says - guesses[name].value)} /></small></dd></div>`;
    })}</dl>
    <p>Nothing but day 1 tells them apart, and the unit still knows on the last day. How?</p>
    <button class="plain" type="button" onClick=${() => (revealed.value = false)}>Hide it again</button>
  </div>`;
}
