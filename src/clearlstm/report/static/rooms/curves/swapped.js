// Why sigmoid here and tanh there: the unit with the curves swapped, on both companies.

import { html } from "lab/language/html.js";
import { linked, oneOf } from "lab/link.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { sigmoid, VIDEO } from "lab/lstm/unit.js";
import { Choice } from "lab/page/choice.js";
import { nameOf } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";

const CURVES = { sigmoid, tanh: Math.tanh };
const OPTIONS = Object.keys(CURVES).map((name) => ({ value: name, label: name }));
const form = oneOf(/** @type {const} */ (["sigmoid", "tanh"]));

const gates = linked("swapped-gates", "sigmoid", form);
const candidate = linked("swapped-candidate", "tanh", form);

/**
 * The unit of the video with other curves: each day's gates, candidate and memories.
 * @param {number[]} xs @param {{gates: keyof typeof CURVES, candidate: keyof typeof CURVES}} curves
 */
export function runSwapped(xs, { gates: gate, candidate: other }) {
  let [h, c] = [0, 0];
  return xs.map((x) => {
    const sum = (/** @type {"f" | "i" | "g" | "o"} */ part) => h * VIDEO[part].h + x * VIDEO[part].x + VIDEO[part].b;
    const [f, i, o] = [CURVES[gate](sum("f")), CURVES[gate](sum("i")), CURVES[gate](sum("o"))];
    const g = CURVES[other](sum("g"));
    c = f * c + i * g;
    h = o * Math.tanh(c);
    return { f, i, g, o, c, h };
  });
}

export function Swapped() {
  const [a, b] = COMPANIES.map(({ xs }) => runSwapped(xs, { gates: gates.value, candidate: candidate.value }));
  return html`<section id="swapped">
    <h2>Why sigmoid here and tanh there?</h2>
    <p>Swap them and see. The weights stay the video's; trained with other curves, they would be others.</p>
    <div class="choices">
      <${Choice} name="swapped-gates" label="The three gates" options=${OPTIONS} chosen=${gates.value}
        onChoose=${(/** @type {any} */ curve) => (gates.value = curve)} />
      <${Choice} name="swapped-candidate" label="The candidate" options=${OPTIONS} chosen=${candidate.value}
        onChoose=${(/** @type {any} */ curve) => (candidate.value = curve)} />
    </div>
    <div class="scroll-x"><table>
      <thead><tr><th scope="col">${nameOf("c")} after day</th>
        ${a.map((_, day) => html`<th scope="col">${day + 1}</th>`)}<th scope="col">answer</th></tr></thead>
      <tbody><${Row} name="A" steps=${a} /><${Row} name="B" steps=${b} /></tbody>
    </table></div>
    <p aria-live="polite">${verdict([...a, ...b])}</p>
  </section>`;
}

/** @param {{name: string, steps: ReturnType<typeof runSwapped>}} props */
function Row({ name, steps }) {
  return html`<tr><th scope="row">Company ${name}</th>
    ${steps.map(({ c }, day) => html`<td><${Num} name=${`swapped-${name}-${day + 1}`} value=${c} /></td>`)}
    <td><b><${Num} name=${`swapped-${name}`} value=${steps[steps.length - 1].h} /></b></td></tr>`;
}

/** @param {ReturnType<typeof runSwapped>} steps */
function verdict(steps) {
  const least = Math.min(...steps.map(({ f, i, o }) => Math.min(f, i, o)));
  const lowest = Math.min(...steps.map(({ g }) => g));
  if (gates.value === "tanh") {
    return html`A gate of tanh can be negative: the lowest here is <${Num} name="swapped-gate" value=${least} />.
      Below 0 it no longer keeps a share, it turns what passes into its opposite.`;
  }
  if (candidate.value === "sigmoid") {
    return html`A candidate of sigmoid is never below 0: the lowest here is
      <${Num} name="swapped-g" value=${lowest} />. The memory can be added to, and never be told the opposite.`;
  }
  return html`As it is: gates are shares, from <${Num} name="swapped-gate" value=${least} /> up to 1; what is written
    has a sign, down to <${Num} name="swapped-g" value=${lowest} />.`;
}
