// Many units side by side: every h reaches every gate, and the weights in between become a matrix. Computed here, with
// weights fresh from a draw.

import { computed } from "@preact/signals";

import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { linked, oneOf, wholeNumber } from "lab/link.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { forward } from "lab/lstm/layer.js";
import { uniformLSTM } from "lab/lstm/starts.js";
import { dot } from "lab/lstm/sums.js";
import { GATES } from "lab/lstm/unit.js";
import { Choice } from "lab/page/choice.js";
import { nameOf } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

const MOST = 32;
const SIZE = 256;
const DRAW = 1;

const count = linked("many-units", MOST, wholeNumber(1, MOST));
const gate = linked("many-gate", "f", oneOf(GATES));
const wanted = linked("many-unit", 5, wholeNumber(1, MOST));

/** The unit whose gate is looked at, from 0. */
const chosen = computed(() => Math.min(wanted.value, count.value) - 1);

/** The layer, and its numbers on company B's last day. */
const today = computed(() => {
  const { xs } = COMPANIES[1];
  const weights = uniformLSTM(count.value, DRAW, { f: 1 });
  const run = forward(weights, xs.map((x) => [x])); // prettier-ignore
  const last = xs.length - 1;
  return { weights, x: xs[last], h_prev: run.h[last - 1], z: run[`z_${gate.value}`][last] };
});

/** How many numbers a layer with one input has to learn. @param {number} H */
const learnt = (H) => GATES.length * (H * H + H + H);

export function ManyUnits() {
  const H = count.value;
  return html`<section id="many-units">
    <h2>With many units</h2>
    <p>Real nets have tens of units side by side. Each has a ${nameOf("c")} and an h of its own, and every gate of every
      unit reads all the h's of the day before.</p>
    <div class="sliders">
      <${Slider} name="units side by side" label="Units" value=${H} min=${1} max=${MOST} step=${1}
        onMove=${(/** @type {number} */ value) => (count.value = Math.round(value))} />
      <${Slider} name="unit" label="Look at unit" value=${chosen.value + 1} min=${1} max=${H} step=${1}
        onMove=${(/** @type {number} */ value) => (wanted.value = Math.round(value))} />
    </div>
    <${Choice} name="many-gate" label="The sum of" options=${GATES.map((one) => ({ value: one, label: one }))}
      chosen=${gate.value} onChoose=${(/** @type {any} */ one) => (gate.value = one)} />
    <div class="pair"><${Matrix} /><${Sum} /></div>
    <p>With ${H} ${plural(H, "unit|units")} that is 4 × (${H} × ${H} + ${H} + ${H}) =
      <b><${Num} name="many-learnt" value=${learnt(H)} decimals=${0} /></b> numbers to learn; with one unit, the
      twelve that you know.</p>
  </section>`;
}

/** The weights on all h's: a row for each h, a column for each unit's sum. */
function Matrix() {
  const { U } = today.value.weights[gate.value];
  const cell = SIZE / U.length;
  const largest = 1 / Math.sqrt(U.length);
  const strength = (/** @type {number} */ weight) => Math.min(1, Math.abs(weight) / largest);
  return html`<figure><figcaption><b>The ${U.length} × ${U.length} weights on h in the sums of ${gate.value}</b>
      <small>a row for each h, a column for each unit's sum; blue is below 0</small></figcaption>
    <svg class="many-matrix" viewBox=${`0 0 ${SIZE} ${SIZE}`} role="img"
      aria-label=${msg`A matrix of ${U.length} by ${U.length} weights; framed is column ${chosen.value + 1}`}>
      ${U.map((row, j) => row.map((weight, k) => html`<rect class=${weight < 0 ? "f" : "h"} x=${k * cell} y=${j * cell}
        width=${cell} height=${cell} opacity=${strength(weight)} />`))}
      <rect class="lit" x=${chosen.value * cell} width=${cell} height=${SIZE} />
    </svg></figure>`;
}

/** The chosen gate's sum: its column of the matrix, the input and the bias. */
function Sum() {
  const { weights, x, h_prev, z } = today.value;
  const { W, U, b } = weights[gate.value];
  const k = chosen.value;
  const column = U.map((row) => row[k]);
  return html`<div>
    <p>Unit ${k + 1} on company B's day 4: all ${U.length} h's, each times its weight in the framed column, are
      <b><${Num} name="many-from-h" value=${dot(h_prev, column)} decimals=${4} /></b> together. The input times
      its weight is <b><${Num} name="many-from-x" value=${x * W[0][k]} decimals=${4} /></b>, the bias
      <b><${Num} name="many-bias" value=${b[k]} decimals=${2} /></b>. The sum is
      <b class=${`name ${gate.value}`}><${Num} name="many-z" value=${z[k]} decimals=${4} /></b>.</p>
    <p>All ${U.length} sums at once are one product: the row of h's times the matrix. Each of f, i, g and o has a
      matrix of its own. c has none: each unit's ${nameOf("c")} meets its own gates only, number by number.</p>
  </div>`;
}
