// One letter: what the gates of the unit did at it, and what the net thinks comes next.

import { fixed, percent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { GATES } from "lab/lstm/unit.js";
import { named } from "lab/rooms/letters/coloured.js";
import { at, letters, net, next, run, unit } from "lab/rooms/letters/state.js";
import { Name } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";

const SHOWN = 8;

export function AtLetter() {
  return html`<section aria-labelledby="letters-at-title">
    <h2 id="letters-at-title">At letter ${at.value + 1}, ${named(letters.value[at.value])}</h2>
    <${Gates} /><${Next} />
  </section>`;
}

function Gates() {
  const [t, j, numbers] = [at.value, unit.value, run.value];
  if (!numbers) return null;
  const [f, i, g, c, h] = [numbers.f, numbers.i, numbers.g, numbers.c, numbers.h].map((rows) => rows[t][j]);
  const before = t > 0 ? numbers.c[t - 1][j] : 0;
  return html`<div>
    <h3>Unit ${j}: its gates</h3>
    <table class="letters-bars"><caption class="unseen">Gates of unit ${j} at this letter</caption><tbody>
      ${GATES.map((gate) => html`<${Bar} style=${gate} label=${html`<${Name} part=${gate} />`} key=${gate}
        value=${numbers[gate][t][j]} text=${html`<${Num} name=${gate} value=${numbers[gate][t][j]} />`} />`)}
    </tbody></table>
    <p>c = f × c before + i × g = <${Num} name="kept-f" value=${f} style="f" /> × <${Num} name="c_prev" value=${before}
      /> + <${Num} name="written-i" value=${i} style="i" /> × <${Num} name="written-g" value=${g} style="g" />
      = <b><${Num} name="c" value=${c} style="c" /></b>, and h = o × tanh c = <b><${Num} name="h" value=${h}
      style="h" /></b>.</p>
  </div>`;
}

function Next() {
  const came = letters.value[at.value + 1];
  const all = next.value.map((chance, a) => ({ a, chance, letter: net.value?.alphabet[a] ?? "" }));
  const likely = all.sort((a, b) => b.chance - a.chance).slice(0, SHOWN);
  return html`<div>
    <h3>What comes next?</h3>
    <table class="letters-bars"><caption class="unseen">Chances of the next letter</caption><tbody>
      ${likely.map(({ a, letter, chance }) => html`<${Bar} style="forecast" label=${named(letter)} value=${chance}
        text=${html`<span data-key=${`next-${a}`} data-value=${chance}>${percent(chance)}</span>${
          letter === came ? msg` came` : ""}`} />`)}
    </tbody></table>
    ${came !== undefined && html`<p>What came: ${named(came)}, with a chance of
      ${percent(all.find(({ letter }) => letter === came)?.chance)}, ${bitsOf(all, came)} bits.</p>`}
  </div>`;
}

/** What guessing a letter cost. @param {{letter: string, chance: number}[]} all @param {string} came */
function bitsOf(all, came) {
  return fixed(-Math.log2(all.find(({ letter }) => letter === came)?.chance ?? 1), 2);
}

/** @param {{style: string, label: unknown, value: number, text: unknown}} props  value: −1 … 1 */
function Bar({ style, label, value, text }) {
  const [from, wide] = [Math.min(0, value), Math.abs(value)].map((share) => 100 * share);
  const place = style === "g" ? `left:${50 + from / 2}%;width:${wide / 2}%` : `left:0;width:${wide}%`;
  return html`<tr><th scope="row">${label}</th>
    <td class="letters-bar"><span class=${style}><i style=${place} /></span></td><td>${text}</td></tr>`;
}
