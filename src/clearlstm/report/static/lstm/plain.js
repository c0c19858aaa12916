// A layer of H plain recurrent units, forward and backward, in float64: h = tanh(x W + h_prev U + b), and nothing else.

import { backThroughSum, weightedSum, zeroRows } from "lab/lstm/sums.js";

/**
 * @typedef {import("lab/lstm/sums.js").SumWeights} PlainWeights
 * @typedef {import("lab/lstm/sums.js").SumGradient} PlainGradient
 */

/**
 * @param {PlainWeights} w @param {ArrayLike<number>[]} xs  T × F
 * @returns {Float64Array[]} h, T × H
 */
export function forward(w, xs) {
  const h = zeroRows(xs.length, w.b.length);
  let h_prev = new Float64Array(w.b.length);
  h.forEach((h_t, t) => {
    weightedSum(h_t, w, xs[t], h_prev);
    for (let j = 0; j < h_t.length; j++) h_t[j] = Math.tanh(h_t[j]);
    h_prev = h_t;
  });
  return h;
}

/**
 * The way back over all steps, from dh (H), the derivative of the loss by the last h; adds to `gradient`.
 * @param {PlainWeights} w @param {ArrayLike<number>[]} xs @param {Float64Array[]} h @param {ArrayLike<number>} dh
 * @param {PlainGradient} gradient
 */
export function backward(w, xs, h, dh, gradient) {
  const [nothing, dz, dh_t] = zeroRows(3, w.b.length);
  dh_t.set(dh);
  for (let t = xs.length - 1; t >= 0; t--) {
    for (let j = 0; j < dz.length; j++) dz[j] = dh_t[j] * (1 - h[t][j] * h[t][j]);
    dh_t.fill(0);
    backThroughSum(dz, w, xs[t], h[t - 1] ?? nothing, gradient, dh_t);
  }
}
