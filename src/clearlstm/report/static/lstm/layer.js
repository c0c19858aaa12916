// A layer of H units with F inputs, in float64: what lstm/unit.js says of one unit, for all of them at once.
// What a model from Python looks like when a weight of it is moved in the page is computed here.

import { weightedSum, zeroRows } from "lab/lstm/sums.js";
import { GATES, sigmoid } from "lab/lstm/unit.js";

/**
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 *
 * @typedef {Record<Gate, import("lab/lstm/sums.js").SumWeights>} LayerWeights
 *
 * @typedef {{gate: Gate, unit: number, value: number}} Held  a gate of a unit that stands at a value at every step
 *
 * @typedef {Record<"z_f" | "z_i" | "z_g" | "z_o" | "f" | "i" | "g" | "o" | "c" | "h", Float64Array[]>} LayerRun
 *   every number of the pass by name, T × H
 */

/**
 * @param {LayerWeights} w
 * @param {ArrayLike<number>[]} xs  T × F
 * @param {{reverse?: boolean, h?: ArrayLike<number>, c?: ArrayLike<number>, held?: Held[]}} [how]  the memories before
 *   the first step, and gates that don't move
 * @returns {LayerRun}
 */
export function forward(w, xs, { reverse = false, h, c, held = [] } = {}) {
  const [T, H] = [xs.length, w.f.b.length];
  const run = emptyRun(T, H);
  /** @type {ArrayLike<number>} */
  let h_prev = h ?? new Float64Array(H);
  /** @type {ArrayLike<number>} */
  let c_prev = c ?? new Float64Array(H);
  for (let k = 0; k < T; k++) {
    const t = reverse ? T - 1 - k : k;
    for (const gate of GATES) weightedSum(run[`z_${gate}`][t], w[gate], xs[t], h_prev);
    for (let j = 0; j < H; j++) {
      run.f[t][j] = sigmoid(run.z_f[t][j]);
      run.i[t][j] = sigmoid(run.z_i[t][j]);
      run.g[t][j] = Math.tanh(run.z_g[t][j]);
      run.o[t][j] = sigmoid(run.z_o[t][j]);
    }
    for (const { gate, unit, value } of held) run[gate][t][unit] = value;
    for (let j = 0; j < H; j++) {
      run.c[t][j] = run.f[t][j] * c_prev[j] + run.i[t][j] * run.g[t][j];
      run.h[t][j] = run.o[t][j] * Math.tanh(run.c[t][j]);
    }
    [h_prev, c_prev] = [run.h[t], run.c[t]];
  }
  return run;
}

/** @param {number} T @param {number} H @returns {LayerRun} */
function emptyRun(T, H) {
  const array = () => zeroRows(T, H);
  return {
    z_f: array(), z_i: array(), z_g: array(), z_o: array(), f: array(), i: array(), g: array(), o: array(), c: array(),
    h: array(),
  }; // prettier-ignore
}
