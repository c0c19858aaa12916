// A weighted sum with all its terms, the largest first: every product, and what they make together.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { linked, oneOf } from "lab/link.js";
import { List } from "lab/page/choice.js";
import { FUNCTIONS } from "lab/rooms/unit/keys.js";
import { allTerms, cell, squashed, total } from "lab/rooms/yours/cell.js";
import { hold } from "lab/rooms/yours/what-if.js";
import { nameOf } from "lab/shell/names.js";
import { Num, shown } from "lab/shell/number.js";
import { altered, cannotRun, changes, report } from "lab/state.js";

/**
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 * @typedef {import("lab/rooms/yours/cell.js").Term} Term
 */

const order = linked("yours-terms", "size", oneOf(/** @type {const} */ (["size", "place"])));
/** Of those that are sorted by size: the rest is told as one. */
const MOST = 100;
const ORDERS = [
  { value: "size", label: msg`largest first` },
  { value: "place", label: msg`as they stand in the net` },
];

/** @param {{gate: Gate}} props */
export function Terms({ gate }) {
  /** @type {Term[]} */
  const terms = allTerms.value[gate];
  const sorted = order.value === "size" ? terms.toSorted((a, b) => Math.abs(b.product) - Math.abs(a.product)) : terms;
  const shownTerms = order.value === "size" ? MOST : Infinity;
  const most = Math.max(...terms.map(({ product }) => Math.abs(product)), 1e-300);
  const caption = msg`The ${terms.length} terms of the sum of ${gate}`;
  return html`<h4 class=${`name ${gate}`}>${gate} · ${nameOf(gate)}: ${terms.length} terms and their sum</h4>
    <${List} name="terms-order" label="Terms" options=${ORDERS} chosen=${order.value}
      onChoose=${(/** @type {"size" | "place"} */ value) => (order.value = value)} />
    <div class="scroll yours-terms" tabindex="0" role="region" aria-label=${caption}><table>
      <caption class="unseen">${caption}</caption>
      <thead><tr><th scope="col">what comes in</th><th scope="col">number</th><th scope="col">× weight</th>
        <th scope="col">= term</th><td></td></tr></thead>
      <tbody>${sorted.slice(0, shownTerms).map((term) => html`<${Row} key=${term.key} term=${term} most=${most}
        gate=${gate} />`)}
        ${sorted.length > shownTerms && html`<${Rest} terms=${sorted.slice(shownTerms)} />`}</tbody>
    </table></div>
    <${Sum} gate=${gate} z=${total(terms)} />`;
}

/** @param {{term: Term, most: number, gate: Gate}} props */
function Row({ term: { key, given, source, kind, value, weight, product }, most, gate }) {
  const share = (50 * Math.abs(product)) / most;
  const bar = `width:${share}%;left:${product < 0 ? 50 - share : 50}%`;
  return html`<tr data-term=${key}>
    <th scope="row" class=${kind === "b" ? gate : kind}>${source}</th>
    <td>${kind !== "b" && (given ? html`<${Held} name=${given} value=${value}
      label=${source} />` : shown(value, 3))}</td>
    <td><${Held} name=${key} value=${weight} label=${kind === "b" ? msg`the bias` : msg`the weight on ${source}`} /></td>
    <td data-key="term" data-value=${product}>${shown(product, 3)}</td>
    <td class=${`yours-bar ${gate}`} aria-hidden="true"><i style=${bar} /></td>
  </tr>`;
}

/** @param {{terms: Term[]}} props */
function Rest({ terms }) {
  return html`<tr><th scope="row" colspan="3">${terms.length} smaller terms together</th>
    <td data-key="term" data-value=${total(terms)}>${shown(total(terms), 3)}</td><td></td></tr>`;
}

/** A number that can be taken into the hand. @param {{name: string, value: number, label: string}} props */
function Held({ name, value, label }) {
  if (cannotRun.value) return shown(value, 3);
  return html`<button type="button" class=${`yours-held ${name in changes.value ? "changed" : ""}`} data-key=${name}
    data-value=${value}
    aria-label=${msg`Change ${label}: ${shown(value, 3)}`} onClick=${() => hold(name)}>${shown(value, 3)}</button>`;
}

/** @param {{gate: Gate, z: number}} props */
function Sum({ gate, z }) {
  const own = squashed(gate, z);
  const kept = cell.value?.[gate] ?? NaN;
  const apart = Math.abs(own - kept);
  return html`<p class="yours-sum">Together <${Num} name="z" value=${z} style=${gate}
    decimals=${4} /> → ${FUNCTIONS[gate]} →
    <${Num} name="squashed" value=${own} style=${gate} decimals=${4} />.
    ${!altered.value && html`Python recorded <${Num} name="recorded" value=${kept} style=${gate} decimals=${4} />:
      ${apart === 0 ? msg`the same` : html`apart by <${Num} name="apart"
        value=${apart} />, the rounding of ${report.value.net?.dtype}`}.`}</p>`;
}
