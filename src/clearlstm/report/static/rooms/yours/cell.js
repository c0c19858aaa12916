// One unit at one step: every number of it, and every term of its sums.

import { computed } from "@preact/signals";

import { msg } from "lab/language/texts.js";
import { GATES, sigmoid } from "lab/lstm/unit.js";
import { cBefore } from "lab/page/units.js";
import { inputs, layer, layerIndex, layers, net, place, trace } from "lab/state.js";
import { inputsOf } from "lab/what-if.js";

/**
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 *
 * @typedef {object} Term  of a weighted sum
 * @property {string} key  of its weight, as in lab/what-if.js
 * @property {string | null} given  of the number that is weighted, where the reader can change it
 * @property {string} source  what is weighted
 * @property {"x" | "h" | "b"} kind
 * @property {number} value
 * @property {number} weight
 * @property {number} product
 */

/** The weights of the layer that is shown; null where there are none, or no gates. */
export const gates = computed(() => {
  const shown = net.value?.layers[layerIndex.value];
  return shown?.gates && layer.value?.c ? shown.gates : null;
});

/** What the layer reads at the chosen step: number by number, with names. */
const read = computed(() => {
  const [whole, x, k] = [net.value, inputs.value, layerIndex.value];
  if (!whole || !x) return { values: [], names: [] };
  const values = inputsOf(whole, k, x, layers.value)[place.value.step];
  const { depth } = whole.layers[k];
  const below = whole.layers.filter((one) => one.depth === depth - 1);
  const names = depth === 0
    ? (trace.value?.inputs ?? []).map(({ name }) => name)
    : below.flatMap(({ name, hidden_size }) => Array.from({ length: hidden_size }, (_, j) => msg`h of unit ${j}, ${name}`));
  return { values, names };
}); // prettier-ignore

/** The short-term memories before the chosen step. */
const before = computed(() => {
  const shown = layer.value;
  const at = place.value.step + (shown?.reverse ? 1 : -1);
  return shown?.h[at] ?? shown?.h_0 ?? shown?.h[0].map(() => 0) ?? [];
});

/**
 * All terms of a gate's sum: inputs, short-term memories, bias.
 * @param {Gate} gate @returns {Term[]}
 */
export function termsOf(gate) {
  const own = gates.value?.[gate];
  if (!own) return [];
  const [k, { step, unit }] = [layerIndex.value, place.value];
  const { values, names } = read.value;
  const changeable = net.value?.layers[k].depth === 0;
  const ofInputs = values.map((value, n) => {
    const given = changeable ? `x.${step}.${n}` : null;
    return term(`W.${k}.${gate}.${n}.${unit}`, "x", names[n], value, own.W[n][unit], given);
  });
  const ofMemories = before.value.map((value, j) => {
    const source = msg`h of unit ${j}${j === unit ? msg`, itself` : ""}`;
    return term(`U.${k}.${gate}.${j}.${unit}`, "h", source, value, own.U[j][unit]);
  });
  return [...ofInputs, ...ofMemories, term(`b.${k}.${gate}.0.${unit}`, "b", msg`bias`, 1, own.b[unit])];
}

/**
 * @param {string} key @param {Term["kind"]} kind @param {string} source @param {number} value @param {number} weight
 * @param {string | null} [given] @returns {Term}
 */
function term(key, kind, source, value, weight, given = null) {
  return { key, given, source, kind, value, weight, product: value * weight };
}

/** @param {{product: number}[]} terms */
export const total = (terms) => terms.reduce((sum, { product }) => sum + product, 0);

/** The terms of all four gates. */
export const allTerms = computed(() => Object.fromEntries(GATES.map((gate) => [gate, termsOf(gate)])));

/** What the curve of a gate makes of a sum. @param {Gate} gate @param {number} z */
export const squashed = (gate, z) => (gate === "g" ? Math.tanh(z) : sigmoid(z));

/** Every number of the unit at the step, by the names of room 3; null where there are no gates. */
export const cell = computed(() => {
  const shown = layer.value;
  if (!shown || !gates.value) return null;
  const { step, unit } = place.value;
  const [f, i, g, o, c, h] = [shown.f, shown.i, shown.g, shown.o, shown.c, shown.h].map((values) => values[step][unit]);
  const [z_f, z_i, z_g, z_o] = GATES.map((gate) => total(allTerms.value[gate]));
  const c_prev = cBefore(shown, step, unit);
  const [x, h_prev] = [only(read.value.values), only(before.value)];
  const made = { kept: f * c_prev, written: i * g, c, tanh_c: Math.tanh(c), h };
  return { x, h_prev, c_prev, z_f, z_i, z_g, z_o, f, i, g, o, ...made };
});

/** The number of a list of one; of many, none. @param {number[]} values @returns {number | undefined} */
const only = (values) => (values.length === 1 ? values[0] : undefined);

/** The terms as room 3's drawing wants them: where there are many, their sum and how many. */
export const drawnTerms = computed(() => {
  /** @param {Gate} gate @param {"x" | "h"} kind */
  const side = (gate, kind) => {
    const terms = allTerms.value[gate].filter((/** @type {Term} */ term) => term.kind === kind);
    const [{ weight, product }] = terms;
    return terms.length === 1 ? { weight, product } : { label: msg`${terms.length} terms`, product: total(terms) };
  };
  /** @param {Gate} gate */
  const biasOf = (gate) => /** @type {Term} */ (allTerms.value[gate].at(-1)).weight;
  /** @param {Gate} gate */
  const of = (gate) => ({ h: side(gate, "h"), x: side(gate, "x"), b: biasOf(gate) });
  return { f: of("f"), i: of("i"), g: of("g"), o: of("o") };
});

/** How many numbers come in, in words. */
export const many = computed(() => ({ x: msg`all ${read.value.values.length}`, h_prev: msg`${before.value.length} units` }));
