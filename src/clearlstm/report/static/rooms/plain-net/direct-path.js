// The LSTM's long-term memory: no weight on it, but a forget gate; and the honest remarks that belong to it.

import { computed } from "@preact/signals";

import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { sentence } from "lab/lesson.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { run, sigmoid, stepBack, VIDEO } from "lab/lstm/unit.js";
import { forgetBias, openGate, steps } from "lab/rooms/plain-net/state.js";
import { nameOf } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";
import { Term } from "lab/shell/term.js";

/** Company B: the product of forget gates from day 1 to day 4, and all of ∂c₄/∂c₁. */
const companyB = computed(() => {
  const days = run(VIDEO, COMPANIES[1].xs);
  const direct = days.slice(1).reduce((product, { f }) => product * f, 1);
  let [dh, dc, whole] = [0, 1, 1];
  for (const day of days.toReversed()) {
    const back = stepBack(VIDEO, day, { h: dh, c: dc });
    [dh, dc, whole] = [back.dh_prev, back.dc_prev, back.dc];
  }
  return { direct, whole };
});

/** The video's forget gate where h and x are 0. */
const IDLE = sigmoid(VIDEO.f.b);

export function DirectPath() {
  return html`<section id="direct-path">
    <h2>What the LSTM changes</h2>
    <p>${sentence("no_weight", {
      "long-term memory c": nameOf("c"),
      "forget gate": html`<span class="name f">${msg`forget gate`}</span>`,
    })} So nothing on that road makes it explode, and where the gate stands near 1, it fades slowly.</p>
    <div class="sliders"><${Slider} name="forget bias" spoken=${msg`forget bias`} label=${html`<${Term} word="bias"
      text="Bias" /> of the forget gate`}
      style="f" value=${forgetBias.value} min=${-2} max=${6} step=${0.05}
      onMove=${(/** @type {number} */ value) => (forgetBias.value = value)} /></div>
    <p class="lead">With nothing else coming in, the gate stands at
      <b class="name f"><${Num} name="gate" value=${openGate.value} decimals=${4} /></b>, and
      after ${steps.value} days
      <b><${Num} name="kept" value=${openGate.value ** steps.value} decimals=${4} /></b> is left of what was in
      memory.</p>
    <h3>Two things that are often left out</h3>
    <ul class="remarks">
      <li>${sentence("little_left", {
        gate: html`<${Num} name="idle-gate" value=${IDLE} decimals=${4} />`,
        power: html`${fixed(IDLE, 4)}<sup>50</sup>`,
        kept: html`<${Num} name="idle-kept" value=${IDLE ** 50} decimals=${6} />`,
      })} So an LSTM can vanish too.</li>
      <li>${sentence("direct_path", {
        c: msg`the ${nameOf("c")}`,
        h: msg`the ${nameOf("h")}`,
        direct: html`<${Num} name="direct-b" value=${companyB.value.direct} />`,
        whole: html`<${Num} name="whole-b" value=${companyB.value.whole} />`,
      })}. So it can also explode.</li>
    </ul>
  </section>`;
}
