// The two equations of a unit with the numbers of the chosen step in them.

import { fixed, percent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { cBefore } from "lab/page/units.js";
import { place } from "lab/state.js";

/** @param {number} value */
const four = (value) => fixed(value, 4);

/** @param {{layer: import("lab/data.js").Layer}} props */
export function Equation({ layer }) {
  const { step, unit } = place.value;
  const [f, i, g, o, c, h] = [layer.f, layer.i, layer.g, layer.o, layer.c, layer.h].map((all) => all[step][unit]);
  const before = cBefore(layer, step, unit);
  const kept = [["f", "f", f], "·", ["c", msg`c before`, before]];
  const written = [["i", "i", i], "·", ["g", "g", g]];
  return html`<section class="equation" aria-labelledby="equation-title">
    <h3 id="equation-title">The arithmetic of unit ${unit} at this step</h3>
    <div class="pair">
      <div>
        <${Terms} terms=${[["c", "c", c], "=", ...kept, "+", ...written]} />
        <p>Of the ${four(before)} that stood in long-term memory before this step, the forget gate kept
          ${percent(f, 0)}: that is ${four(f * before)}. The input gate let in ${percent(i, 0)} of the candidate
          ${four(g)}: that is ${four(i * g)}.</p>
      </div>
      <div>
        <${Terms} terms=${[["h", "h", h], "=", ["o", "o", o], "·", "tanh", ["c", "c", c]]} />
        <p>tanh brings the long-term memory to ${four(Math.tanh(c))}. The output gate let out ${percent(o, 0)} of it
          as short-term memory: that is ${four(h)}.</p>
      </div>
    </div>
  </section>`;
}

/**
 * Letters in one row, their numbers in the row beneath.
 * @typedef {[string, string, number]} Term  its style, its letter and its number
 * @param {{terms: (string | Term)[]}} props  a text is an operator
 */
function Terms({ terms }) {
  return html`<math display="block"><mtable>
    <mtr>${terms.map((term) => html`<mtd>${typeof term === "string" ? sign(term) : letter(term)}</mtd>`)}</mtr>
    <mtr>${terms.map((term) => html`<mtd>${typeof term === "string" ? sign(term) : number(term)}</mtd>`)}</mtr>
  </mtable></math>`;
}

/** @param {Term} term */
function letter([style, text]) {
  const [symbol, index] = text.split(" ");
  const plain = html`<mi class=${style}>${symbol}</mi>`;
  return index ? html`<msub>${plain}<mtext>${index}</mtext></msub>` : plain;
}

/** @param {Term} term */
function number([, , value]) {
  return html`<mn data-value=${value}>${four(value)}</mn>`;
}

/** @param {string} text */
function sign(text) {
  return text === "tanh" ? html`<mi>tanh</mi>` : html`<mo>${text}</mo>`;
}
