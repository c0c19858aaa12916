// Both companies day by day: what came in, the four bars, both memories; where they differ is lit.

import { html } from "lab/language/html.js";
import { passes } from "lab/rooms/companies/state.js";
import { Name } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";

/** @typedef {"x" | "f" | "i" | "g" | "o" | "c" | "h"} Column */

const GATES = /** @type {("f" | "i" | "g" | "o")[]} */ (["f", "i", "g", "o"]);
const MEMORIES = /** @type {("c" | "h")[]} */ (["c", "h"]);
const MOST_SHOWN = 12;

export function Days() {
  const count = Math.max(passes.A.value.length, passes.B.value.length);
  const first = Math.max(0, count - MOST_SHOWN);
  return html`<section>
    <h2>Day by day</h2>
    <p>The deeper a cell is tinted, the more the companies differ there. On day 1 only the input differs;
      from then on, what is in memory does.</p>
    ${first > 0 && html`<p class="quiet">Shown are the last ${MOST_SHOWN} of ${count} days.</p>`}
    <div class="scroll-x" tabindex="0" role="region" aria-label="Both companies day by day"><table
      class="companies-days">
      <thead><tr><th scope="col">day</th><th scope="col"></th><th scope="col" class="x">input</th>
        ${[...GATES, ...MEMORIES].map((part) => html`<th scope="col"><${Name} part=${part} /></th>`)}</tr></thead>
      ${Array.from({ length: count - first }, (_, k) => html`<${Day} day=${first + k} />`)}
    </table></div>
  </section>`;
}

/** @param {{day: number}} props */
function Day({ day }) {
  return html`<tbody>${(/** @type {const} */ (["A", "B"])).map(
    (name) => html`<tr>
      ${name === "A" && html`<th scope="rowgroup" rowspan="2">${day + 1}</th>`}
      <th scope="row">${name}</th>
      ${(/** @type {Column[]} */ (["x", ...GATES, ...MEMORIES])).map(
        (column) => html`<${Cell} name=${name} day=${day} column=${column} />`,
      )}
    </tr>`,
  )}</tbody>`;
}

/** @param {{name: "A" | "B", day: number, column: Column}} props */
function Cell({ name, day, column }) {
  const [own, other] = [passes[name].value[day], passes[name === "A" ? "B" : "A"].value[day]];
  if (!own) return html`<td></td>`;
  const value = own[column];
  const apart = other ? Math.min(1, Math.abs(value - other[column])) : 0;
  const barred = GATES.includes(/** @type {any} */ (column));
  return html`<td class=${column} style=${`--apart:${(45 * apart).toFixed(1)}%`}>
    <${Num} name=${`${name}-${day + 1}-${column}`} value=${value} decimals=${column === "x" ? 2 : 3} />
    ${barred && html`<span class=${`companies-bar ${column}`} aria-hidden="true"><i
      style=${column === "g" ? fromTheMiddle(value) : `width:${100 * value}%`} /></span>`}
  </td>`;
}

/** The candidate: from 0 to the right, or to the left where it is negative. @param {number} value */
function fromTheMiddle(value) {
  return value >= 0 ? `left:50%;width:${50 * value}%` : `left:${50 + 50 * value}%;width:${-50 * value}%`;
}
