// What if: a memory is cut, or day 1 is changed, and the unit runs again.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { LESSON, sentence } from "lab/lesson.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { run, VIDEO } from "lab/lstm/unit.js";
import { answer, cutLong, cutPasses, cutShort, inputs, passes } from "lab/rooms/companies/state.js";
import { nameOf } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

/** What it says to a company that was halfway between the two. */
const HALF = answer(run(VIDEO, [LESSON.half, ...COMPANIES[0].xs.slice(1)]));

const SIDES = /** @type {const} */ (["A", "B"]);

export function WhatIf() {
  return html`<section id="what-if">
    <h2>What if</h2>
    <div class="choices">
      <${Cut} chosen=${cutShort} name="h" />
      <${Cut} chosen=${cutLong} name="c" />
    </div>
    <div class="sliders">${SIDES.map(
      (side) => html`<${Slider} name=${`day 1 of ${side}`} label=${msg`Day 1 of company ${side}`} style="x"
        value=${inputs[side].value[0]}
        min=${-2} max=${2} step=${0.05} onMove=${(/** @type {number} */ value) => changeFirst(side, value)} />`,
    )}</div>
    <dl class="companies-answers" aria-live="polite">${SIDES.map(
      (side) => html`<div><dt>${side} then says</dt><dd><b class="name h"><${Num} name=${`what-if-${side}`}
        value=${answer(cutPasses[side].value)} decimals=${4} /></b> <small class="quiet">without the cut
        <${Num} name=${`as-is-${side}`} value=${answer(passes[side].value)} decimals=${4} /></small></dd></div>`,
    )}</dl>
    <p>${lesson()}</p>
    <p class="quiet">${sentence("no_evidence")} ${sentence("half", {
      half: LESSON.half,
      answer: html`<${Num} name="half" value=${HALF} />`,
    })}</p>
  </section>`;
}

/** @param {"A" | "B"} side @param {number} value */
function changeFirst(side, value) {
  inputs[side].value = [value, ...inputs[side].value.slice(1)];
}

/** @param {{chosen: import("@preact/signals").Signal<boolean>, name: "h" | "c"}} props */
function Cut({ chosen, name }) {
  return html`<label class="deeper"><input type="checkbox" checked=${chosen.value}
    onChange=${(/** @type {any} */ event) => (chosen.value = event.currentTarget.checked)} />
    <span>Empty the <span class=${`name ${name}`}>${nameOf(name)}</span> before every day</span></label>`;
}

function lesson() {
  const [a, b] = SIDES.map((side) => answer(cutPasses[side].value));
  const apart = Math.abs(a - b) > 0.005;
  if (cutShort.value && cutLong.value) {
    return msg`With both memories emptied, only the last day is left, and it is all that counts.`;
  }
  if (cutShort.value)
    return apart
      ? msg`Without the short-term memory the two are still apart, but far less: the long-term memory alone carries
        part of day 1.`
      : msg`Without the short-term memory the two can't be told apart any more.`;
  if (cutLong.value)
    return apart
      ? msg`Even without the long-term memory something of day 1 gets through, from one day to the next.`
      : msg`Without the long-term memory the two can't be told apart any more.`;
  return msg`Cut one memory and see how much of day 1 the other still carries. Both do.`;
}
