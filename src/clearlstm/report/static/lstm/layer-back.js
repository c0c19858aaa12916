// The way back through a layer of H LSTM units: what lstm/unit.js's stepBack says of one unit, for all of them at once.

import { backThroughSum, zeroRows } from "lab/lstm/sums.js";
import { GATES } from "lab/lstm/unit.js";

/**
 * @typedef {import("lab/lstm/layer.js").LayerRun} LayerRun
 * @typedef {import("lab/lstm/layer.js").LayerWeights} LayerWeights
 * @typedef {Record<import("lab/lstm/unit.js").Gate, import("lab/lstm/sums.js").SumGradient>} LayerGradient
 */

/**
 * Over all steps, from dh (H), the derivative of the loss by the last h; adds to `gradient`.
 * @param {LayerWeights} w @param {ArrayLike<number>[]} xs @param {LayerRun} run @param {ArrayLike<number>} dh
 * @param {LayerGradient} gradient
 */
export function backward(w, xs, run, dh, gradient) {
  const [nothing, dh_t, dc, f, i, g, o] = zeroRows(7, dh.length);
  const dz = { f, i, g, o };
  dh_t.set(dh);
  for (let t = xs.length - 1; t >= 0; t--) {
    backToSums(run, t, dh_t, dc, run.c[t - 1] ?? nothing, dz);
    dh_t.fill(0);
    for (const gate of GATES) backThroughSum(dz[gate], w[gate], xs[t], run.h[t - 1] ?? nothing, gradient[gate], dh_t);
  }
}

/**
 * The derivatives by the four sums of step t, written into dz. dc comes from the step after and leaves for the one
 * before.
 * @param {LayerRun} run @param {number} t @param {Float64Array} dh @param {Float64Array} dc
 * @param {Float64Array} c_prev @param {Record<import("lab/lstm/unit.js").Gate, Float64Array>} dz
 */
function backToSums({ f, i, g, o, c }, t, dh, dc, c_prev, dz) {
  for (let j = 0; j < dh.length; j++) {
    const [f_t, i_t, g_t, o_t, tanh_c] = [f[t][j], i[t][j], g[t][j], o[t][j], Math.tanh(c[t][j])];
    dc[j] += dh[j] * o_t * (1 - tanh_c * tanh_c);
    dz.f[j] = dc[j] * c_prev[j] * f_t * (1 - f_t);
    dz.i[j] = dc[j] * g_t * i_t * (1 - i_t);
    dz.g[j] = dc[j] * i_t * (1 - g_t * g_t);
    dz.o[j] = dh[j] * tanh_c * o_t * (1 - o_t);
    dc[j] *= f_t;
  }
}
