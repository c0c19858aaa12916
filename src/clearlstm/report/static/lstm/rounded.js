// The unit as the video computes it: every stage is rounded, and the rounded number is carried on.

import { LESSON } from "lab/lesson.js";
import { EMPTY, sigmoid } from "lab/lstm/unit.js";

/**
 * @typedef {import("lab/lstm/unit.js").Weights} Weights
 * @typedef {import("lab/lstm/unit.js").Memory} Memory
 * @typedef {import("lab/lstm/unit.js").Step} Step
 */

/** How many decimals the video keeps at each stage. */
export const DECIMALS = LESSON.decimals;

/** @typedef {keyof typeof DECIMALS} Stage */

/** @param {Stage} stage @param {number} value */
export function round(stage, value) {
  return Number(value.toFixed(DECIMALS[stage]));
}

/**
 * One step, as in lstm/unit.js, each number rounded before it is used.
 * @param {Weights} w @param {number} x @param {Memory} before @returns {Step}
 */
export function step(w, x, { h: h_prev, c: c_prev }) {
  const z_f = round("z_f", h_prev * w.f.h + x * w.f.x + w.f.b);
  const z_i = round("z_i", h_prev * w.i.h + x * w.i.x + w.i.b);
  const z_g = round("z_g", h_prev * w.g.h + x * w.g.x + w.g.b);
  const z_o = round("z_o", h_prev * w.o.h + x * w.o.x + w.o.b);
  const f = round("f", sigmoid(z_f));
  const i = round("i", sigmoid(z_i));
  const g = round("g", Math.tanh(z_g));
  const o = round("o", sigmoid(z_o));
  const kept = round("kept", f * c_prev);
  const written = round("written", i * g);
  const c = round("c", kept + written);
  const tanh_c = round("tanh_c", Math.tanh(c));
  const h = round("h", o * tanh_c);
  return { x, h_prev, c_prev, z_f, z_i, z_g, z_o, f, i, g, o, kept, written, c, tanh_c, h };
}

/**
 * All days in order, each from the rounded memories of the day before.
 * @param {Weights} w @param {number[]} xs @param {Memory} [start] @returns {Step[]}
 */
export function run(w, xs, start = EMPTY) {
  let memory = start;
  return xs.map((x) => (memory = step(w, x, memory)));
}

/**
 * The numbers that make the new long-term memory, before and after they are rounded, and what each of these roundings
 * adds to it: together, the difference of the two memories.
 * @param {Step} exact @param {Step} rounded  the same day, rounded
 * @returns {Record<string, {before: number, after: number, adds: number}>}
 */
export function whatRoundingAdds(exact, rounded) {
  /** @param {number} before @param {number} after @param {number} factor  what it is multiplied by on its way to c */
  const rounding = (before, after, factor) => ({ before, after, adds: (after - before) * factor });
  return {
    c_prev: rounding(exact.c_prev, rounded.c_prev, rounded.f),
    f: rounding(exact.f, rounded.f, exact.c_prev),
    kept: rounding(rounded.f * rounded.c_prev, rounded.kept, 1),
    i: rounding(exact.i, rounded.i, exact.g),
    g: rounding(exact.g, rounded.g, rounded.i),
    written: rounding(rounded.i * rounded.g, rounded.written, 1),
    c: rounding(rounded.kept + rounded.written, rounded.c, 1),
  };
}
