// How a small change travels through untrained nets: plain ones and LSTMs of H units, in float64.
// The norms are those of clearlstm.gradient_flow, to which the tests hold them.

import { forward } from "lab/lstm/layer.js";
import { forward as plainForward } from "lab/lstm/plain.js";
import { generator, normal } from "lab/lstm/random.js";
import { addTimes, dot } from "lab/lstm/sums.js";

/**
 * @typedef {import("lab/lstm/layer.js").LayerWeights} LayerWeights
 * @typedef {import("lab/lstm/plain.js").PlainWeights} PlainWeights
 * @typedef {Float64Array[]} Matrix
 */

/** A first step of 1, and noise after it. @param {number} steps @param {number} seed */
export function probe(steps, seed) {
  const uniform = generator(seed);
  return Array.from({ length: steps }, (_, t) => [t === 0 ? 1 : 0.3 * normal(uniform)]);
}

/**
 * The spectral norm of ∂h_last/∂h_k for every step k of a plain net.
 * @param {PlainWeights} w @param {number[][]} xs
 */
export function plainFlow(w, xs) {
  const [T, H, h] = [xs.length, w.b.length, plainForward(w, xs)];
  let J = identity(H);
  const norms = new Array(T);
  for (let t = T - 1; t >= 0; t--) {
    norms[t] = spectralNorm(J);
    const dz = scaled(J, h[t].map((value) => 1 - value * value)); // prettier-ignore
    J = timesTransposed(dz, w.U);
  }
  return norms;
}

/**
 * The same of an LSTM, each c_k held; and beside it the product of forget gates of the unit that keeps most.
 * @param {LayerWeights} w @param {number[][]} xs
 */
export function lstmFlow(w, xs) {
  const run = forward(w, xs);
  const [T, H] = [xs.length, w.f.b.length];
  let [J_h, J_c] = [identity(H), zeros(H)];
  const kept = new Float64Array(H).fill(1);
  const [norms, direct] = [new Array(T), new Array(T)];
  for (let t = T - 1; t >= 0; t--) {
    [norms[t], direct[t]] = [spectralNorm(J_h), Math.max(...kept)];
    const s = slopes(run, t);
    const dc = plus(J_c, scaled(J_h, s.h));
    J_h = plus(
      plus(timesTransposed(scaled(dc, s.f), w.f.U), timesTransposed(scaled(dc, s.i), w.i.U)),
      plus(timesTransposed(scaled(dc, s.g), w.g.U), timesTransposed(scaled(J_h, s.o), w.o.U)),
    );
    J_c = scaled(dc, run.f[t]);
    kept.forEach((value, j) => (kept[j] = value * run.f[t][j]));
  }
  return { norms, direct };
}

/**
 * The derivatives inside step t: of c by z_f, z_i, z_g; of h by z_o, and by c.
 * @param {import("lab/lstm/layer.js").LayerRun} run @param {number} t
 */
function slopes({ f, i, g, o, c }, t) {
  const tanh_c = c[t].map(Math.tanh);
  return {
    f: f[t].map((value, j) => (t > 0 ? c[t - 1][j] : 0) * value * (1 - value)),
    i: i[t].map((value, j) => g[t][j] * value * (1 - value)),
    g: g[t].map((value, j) => i[t][j] * (1 - value * value)),
    o: o[t].map((value, j) => tanh_c[j] * value * (1 - value)),
    h: o[t].map((value, j) => value * (1 - tanh_c[j] * tanh_c[j])),
  };
}

const SQUARINGS = 7;

/**
 * The largest singular value of J: ‖J v‖ for the v that JᵀJ stretches most. Squaring JᵀJ seven times leaves hardly
 * anything of the other directions, and what is left counts only squared.
 * @param {Matrix} J
 */
export function spectralNorm(J) {
  const size = Math.max(...J.map((row) => Math.max(...row.map(Math.abs))));
  if (!(size > 0) || !Number.isFinite(size)) return size;
  const unit = J.map((row) => row.map((value) => value / size));
  let power = gram(unit);
  for (let k = 0; k < SQUARINGS; k++) power = gram(normed(power));
  const widest = power.reduce((best, row) => (dot(row, row) > dot(best, best) ? row : best));
  let v = widest;
  for (let k = 0; k < 4; k++) v = direction(power.map((row) => dot(row, v)));
  return size * Math.sqrt(unit.reduce((sum, row) => sum + dot(row, v) ** 2, 0));
}

/** JᵀJ. @param {Matrix} J @returns {Matrix} */
function gram(J) {
  const H = J[0].length;
  const product = zeros(H);
  for (const row of J) for (let k = 0; k < H; k++) addTimes(product[k], row, row[k]);
  return product;
}

/** @param {Matrix} M @returns {Matrix} */
function normed(M) {
  const size = Math.max(...M.map((row) => Math.max(...row.map(Math.abs))));
  return M.map((row) => row.map((value) => value / size));
}

/** @param {number[]} v */
function direction(v) {
  const length = Math.sqrt(dot(v, v));
  return Float64Array.from(v, (value) => value / length);
}

/** @param {number} H @returns {Matrix} */
function zeros(H) {
  return Array.from({ length: H }, () => new Float64Array(H));
}

/** @param {number} H @returns {Matrix} */
function identity(H) {
  const made = zeros(H);
  made.forEach((row, k) => (row[k] = 1));
  return made;
}

/**
 * Every row of M times the numbers in `by`, one by one.
 * @param {Matrix} M
 * @param {ArrayLike<number>} by
 * @returns {Matrix}
 */
function scaled(M, by) {
  return M.map((row) => row.map((value, j) => value * by[j]));
}

/** @param {Matrix} a @param {Matrix} b @returns {Matrix} */
function plus(a, b) {
  return a.map((row, k) => row.map((value, j) => value + b[k][j]));
}

/** M Uᵀ. @param {Matrix} M @param {ArrayLike<number>[]} U @returns {Matrix} */
function timesTransposed(M, U) {
  return M.map((row) => Float64Array.from(U, (other) => dot(row, other)));
}
