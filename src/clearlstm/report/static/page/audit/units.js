// All units in one table, sorted by whatever the reader asks for.

import { computed } from "@preact/signals";
import { useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { audit, short } from "lab/page/audit/data.js";

/** @typedef {import("lab/page/audit/data.js").Unit} Unit */
/** @typedef {{key: string, down: boolean}} Order */

/** Every column of the data, with its heading. */
const ALL_COLUMNS = [
  ["layer", msg`layer`],
  ["unit", msg`unit`],
  ["held", msg`half held, steps`],
  ["ablation", msg`effect of hiding it`],
  ["ablated_on", msg`on sequences`],
  ["first_order", msg`estimated`],
  ["f_low", "f < 0.1"],
  ["f_high", "f > 0.9"],
  ["i_low", "i < 0.1"],
  ["i_high", "i > 0.9"],
  ["o_low", "o < 0.1"],
  ["o_high", "o > 0.9"],
  ["dead", msg`dead`],
  ["counter", msg`counter`],
  ["latch", msg`latch`],
  ["leaky", msg`leaky`],
];

const columns = computed(() => ALL_COLUMNS.filter(([key]) => audit.value.units.some((unit) => key in unit)));
const layers = computed(() => audit.value.layers.map(({ name }) => name));

const FIRST = 100;

export function Units() {
  const [order, setOrder] = useState(/** @type {Order} */ ({ key: "layer", down: false }));
  const [all, setAll] = useState(false);
  if (audit.value.units.length === 0) return null;
  const rows = sorted(order);
  const shown = all ? rows : rows.slice(0, FIRST);
  return html`<section id="units" aria-labelledby="units-title">
    <h2 id="units-title">Every unit</h2>
    <p>Shares of steps with a gate nearly shut (below 0.1) or open (above 0.9), a fact rather than a fault; the largest
      change of an answer, in spreads, when nobody reads the unit, and on how many sequences that was seen (“estimated”: from slopes, without a
      run); and habits, which are heuristics.</p>
    <div class="scroll units" tabindex="0" role="region" aria-label="Units"><table>
      <thead><tr>${columns.value.map(([key, name]) => html`<${Head} name=${name} column=${key} order=${order} onOrder=${setOrder} />`)}</tr></thead>
      <tbody>${shown.map((unit) => html`<tr>${columns.value.map(([key]) => html`<td>${cell(unit[key], key)}</td>`)}</tr>`)}</tbody>
    </table></div>
    ${shown.length < rows.length && html`<button type="button" onClick=${() => setAll(true)}>Show all ${rows.length} units</button>`}
  </section>`;
}

/** @param {{name: string, column: string, order: Order, onOrder: (order: Order) => void}} props */
function Head({ name, column, order, onOrder }) {
  const chosen = order.key === column;
  const turn = () => onOrder({ key: column, down: chosen ? !order.down : !["layer", "unit"].includes(column) });
  const sort = chosen ? (order.down ? "descending" : "ascending") : "none";
  return html`<th scope="col" aria-sort=${sort}>
    <button type="button" data-column=${column} onClick=${turn}>${name}${chosen ? (order.down ? " ↓" : " ↑") : ""}</button>
  </th>`;
}

/** @param {Order} order @returns {Unit[]} */
function sorted({ key, down }) {
  const sign = down ? -1 : 1;
  return audit.value.units
    .map((unit, place) => ({ unit, place }))
    .sort((one, other) => sign * (size(one.unit[key], key) - size(other.unit[key], key)) || one.place - other.place)
    .map(({ unit }) => unit);
}

/**
 * What a cell is sorted by. A memory that outlasts the sequences is the longest; what isn't known is the least.
 * @param {unknown} value @param {string} key
 */
function size(value, key) {
  if (key === "layer") return layers.value.indexOf(String(value));
  if (value === null && key === "held") return Number.MAX_VALUE;
  if (value === null || value === undefined) return -1;
  return Number(value);
}

/** @param {unknown} value @param {string} key */
function cell(value, key) {
  if (value === null && key === "held") return msg`longer`;
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? msg`yes` : "";
  return typeof value === "number" ? short(value) : String(value);
}
