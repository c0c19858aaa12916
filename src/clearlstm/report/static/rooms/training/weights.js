// The twelve numbers as they move, and which way each is pulled now.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { GATES, VIDEO } from "lab/lstm/unit.js";
import { now, passes, start } from "lab/rooms/training/state.js";
import { Name } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";
import { Term } from "lab/shell/term.js";

const NAMES = /** @type {const} */ ([
  { name: "h", label: msg`on the short-term memory` },
  { name: "x", label: msg`on the input` },
  { name: "b", label: msg`bias` },
]);
const WIDEST = 5;

export function Weights() {
  return html`<section>
    <h2>The twelve numbers</h2>
    <div class="training-weights">${GATES.map((gate) => html`<${Gate} gate=${gate} />`)}</div>
    <p
      class="quiet">The bar is the number now${start.value === "published" && msg`, the tick where the video's unit
        stands`}. Its
      <${Term} word="gradient" />, added up over A and B, is beside it: training moves against it.</p>
  </section>`;
}

/** @param {{gate: import("lab/lstm/unit.js").Gate}} props */
function Gate({ gate }) {
  return html`<div class=${gate}>
    <h3><${Name} part=${gate} /></h3>
    <dl>${NAMES.map(({ name, label }) => html`<${Weight} gate=${gate} name=${name} label=${label} />`)}</dl>
  </div>`;
}

/** @param {{gate: import("lab/lstm/unit.js").Gate, name: "h" | "x" | "b", label: string}} props */
function Weight({ gate, name, label }) {
  const value = now.value.weights[gate][name];
  const gradient = passes.value.reduce((sum, { back }) => sum + back.weights[gate][name], 0);
  return html`<div>
    <dt>${label}</dt>
    <dd>
      <span class="training-bar" aria-hidden="true"><i style=${barStyle(value)} />
        ${start.value === "published" && html`<b style=${`left:${place(VIDEO[gate][name])}%`} />`}</span>
      <span class="training-value"><${Num} name=${`w-${gate}-${name}`} value=${value} decimals=${3} /></span>
      <small class="quiet"><${Num} name=${`d-${gate}-${name}`} value=${gradient} decimals=${4} /></small>
    </dd>
  </div>`;
}

/** Where a weight stands between −5 and 5, in percent. @param {number} value */
function place(value) {
  return 50 + (50 * Math.max(-WIDEST, Math.min(WIDEST, value))) / WIDEST;
}

/** @param {number} value */
function barStyle(value) {
  const at = place(value);
  return value >= 0 ? `left:50%;width:${at - 50}%` : `left:${at}%;width:${50 - at}%`;
}
