// The weighted sum that every kind of unit begins with, for a layer of H units, and the way back through it.

/**
 * @typedef {ArrayLike<number>} Row
 *
 * @typedef {object} SumWeights  of all units; row by row: the weights from one input, or one unit, to every unit
 * @property {Row[]} W  F × H, on the inputs
 * @property {Row[]} U  H × H, on the short-term memories
 * @property {Row} b  H
 *
 * @typedef {{W: Float64Array[], U: Float64Array[], b: Float64Array}} SumGradient  the loss's derivatives by them
 */

/**
 * z = x W + h_prev U + b, written into z (H).
 * @param {Float64Array} z @param {SumWeights} w @param {Row} x @param {Row} h_prev
 */
export function weightedSum(z, { W, U, b }, x, h_prev) {
  z.set(b);
  for (let n = 0; n < W.length; n++) addTimes(z, W[n], x[n]);
  for (let n = 0; n < z.length; n++) addTimes(z, U[n], h_prev[n]);
}

/**
 * From dz (H), the derivative of the loss by the sum: added to those by the weights, and to dh_prev (H).
 * @param {Row} dz @param {SumWeights} w @param {Row} x @param {Row} h_prev @param {SumGradient} gradient
 * @param {Float64Array} dh_prev
 */
export function backThroughSum(dz, { U }, x, h_prev, gradient, dh_prev) {
  addTimes(gradient.b, dz, 1);
  for (let n = 0; n < x.length; n++) addTimes(gradient.W[n], dz, x[n]);
  for (let n = 0; n < dh_prev.length; n++) {
    addTimes(gradient.U[n], dz, h_prev[n]);
    dh_prev[n] += dot(U[n], dz);
  }
}

/**
 * Zeros, T × H, on one piece of memory: many small ones take far longer to come by.
 * @param {number} T @param {number} H
 */
export function zeroRows(T, H) {
  const all = new Float64Array(T * H);
  return Array.from({ length: T }, (_, t) => all.subarray(t * H, (t + 1) * H));
}

/**
 * row += other × factor.
 * @param {{[k: number]: number, length: number}} row @param {Row} other @param {number} factor
 */
export function addTimes(row, other, factor) {
  for (let k = 0; k < row.length; k++) row[k] += other[k] * factor;
}

/** @param {Row} a @param {Row} b */
export function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}
