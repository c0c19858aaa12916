// The numbers of a unit by the names that the drawing, the arithmetic and the link know them by: those of a Step in
// lstm/unit.js; "f-h", "f-x", "f-b" for weights and bias of a gate; "f-h-product" for a weighted input.

import { msg } from "lab/language/texts.js";
import { LESSON } from "lab/lesson.js";
import { GATES } from "lab/lstm/unit.js";
import { nameOf } from "lab/shell/names.js";
import { words } from "lab/shell/choices.js";

/** @typedef {import("lab/lstm/unit.js").Gate} Gate */

/** What is computed, in the order of events. It is also what the fill-in mode asks. */
export const COMPUTED = ["z_f", "f", "kept", "z_g", "g", "z_i", "i", "written", "c", "tanh_c", "z_o", "o", "h"];

/** @param {Gate} gate */
export const termsOfGate = (gate) => ["h", "x", "b"].map((name) => `${gate}-${name}`);

/** @param {Gate} gate */
export const productsOfGate = (gate) => ["h", "x"].map((name) => `${gate}-${name}-product`);

export const NUMBERS = [
  "x", "h_prev", "c_prev", ...COMPUTED, ...GATES.flatMap((gate) => [...termsOfGate(gate), ...productsOfGate(gate)]),
]; // prettier-ignore

/** The squashing function of each gate. */
export const FUNCTIONS = LESSON.functions;

/** The gate that a number belongs to, if any: of f, z_f, f-h and f-h-product it is f. @param {string} key */
export function gateOf(key) {
  const match = /^(?:z_)?([figo])(?:-|$)/.exec(key);
  return match ? /** @type {Gate} */ (match[1]) : undefined;
}

/** The class that gives a number its colour. @param {string} key */
export function styleOf(key) {
  const gate = gateOf(key);
  if (gate) return gate;
  if (key === "x") return "x";
  return key === "h" || key === "h_prev" ? "h" : "c";
}

/** How a number is called, in the chosen words. @param {string} key @returns {string} */
export function labelOf(key) {
  const gate = gateOf(key);
  if (gate) return labelAtGate(key, gate);
  /** @type {Record<string, () => string>} */
  const labels = {
    x: () => msg`input`,
    h_prev: () => msg`${nameOf("h")} before`,
    c_prev: () => msg`${nameOf("c")} before`,
    kept: () => msg`what stays of the ${nameOf("c")}`,
    written: () => msg`what is added to the ${nameOf("c")}`,
    c: () => msg`new ${nameOf("c")}`,
    tanh_c: () => (words.value === "video" ? msg`potential short-term memory` : msg`tanh of the cell state`),
    h: () => msg`new ${nameOf("h")}`,
  };
  return labels[key]();
}

/** @param {string} key @param {Gate} gate */
function labelAtGate(key, gate) {
  const name = words.value === "video" ? `${gate}, ${nameOf(gate)}` : nameOf(gate);
  if (key === gate) return nameOf(gate);
  if (key === `z_${gate}`) return msg`sum of ${name}`;
  const [, from, product] = key.split("-");
  if (from === "b") return msg`bias of ${name}`;
  const source = from === "h" ? nameOf("h") : msg`input`;
  return product ? msg`weighted ${source} of ${name}` : msg`weight of ${name} on the ${source}`;
}
