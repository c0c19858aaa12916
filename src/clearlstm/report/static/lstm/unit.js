// One LSTM unit with one input, in float64: the equations as a person reads them. Rooms 1 to 5 show what is computed
// here. tests/golden holds it to the numbers that Python's reference is held to.

import { LESSON } from "lab/lesson.js";

/**
 * @typedef {"f" | "i" | "g" | "o"} Gate
 *
 * @typedef {object} GateWeights
 * @property {number} h  weight on the short-term memory
 * @property {number} x  weight on the input
 * @property {number} b  bias
 *
 * @typedef {Record<Gate, GateWeights>} Weights
 *
 * @typedef {{h: number, c: number}} Memory  short-term and long-term
 *
 * @typedef {ReturnType<typeof step>} Step  every number of one step, by name
 *
 * @typedef {ReturnType<typeof stepBack>} StepBack  the derivative of the loss by every number of one step
 */

/** @type {Gate[]} */
export const GATES = ["f", "i", "g", "o"];

/** @type {Memory} */
export const EMPTY = { h: 0, c: 0 };

/** The unit of the video. @type {Weights} */
export const VIDEO = LESSON.weights;

/** @param {number} z */
export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // never overflows
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/**
 * One step: from the memories before and the input to the memories after.
 * @param {Weights} w @param {number} x @param {Memory} before
 */
export function step(w, x, { h: h_prev, c: c_prev }) {
  const z_f = h_prev * w.f.h + x * w.f.x + w.f.b;
  const z_i = h_prev * w.i.h + x * w.i.x + w.i.b;
  const z_g = h_prev * w.g.h + x * w.g.x + w.g.b;
  const z_o = h_prev * w.o.h + x * w.o.x + w.o.b;
  const f = sigmoid(z_f);
  const i = sigmoid(z_i);
  const g = Math.tanh(z_g);
  const o = sigmoid(z_o);
  const kept = f * c_prev;
  const written = i * g;
  const c = kept + written;
  const tanh_c = Math.tanh(c);
  const h = o * tanh_c;
  return { x, h_prev, c_prev, z_f, z_i, z_g, z_o, f, i, g, o, kept, written, c, tanh_c, h };
}

/**
 * All days in order; the same weights serve every day. `between` may change the memories before a day, to ask what if.
 * @param {Weights} w @param {number[]} xs @param {Memory} [start] @param {(memory: Memory) => Memory} [between]
 * @returns {Step[]}
 */
export function run(w, xs, start = EMPTY, between = (memory) => memory) {
  let memory = start;
  return xs.map((x) => (memory = step(w, x, between(memory))));
}

/**
 * One step of the way back: from the derivative of the loss by what came out of the step to that by what went in.
 * @param {Weights} w @param {Step} s @param {Memory} after  dh and dc as they arrive from the next day and the loss
 */
export function stepBack(w, s, { h: dh, c: dc_later }) {
  const do_ = dh * s.tanh_c;
  const dtanh_c = dh * s.o;
  const dc = dc_later + dtanh_c * (1 - s.tanh_c * s.tanh_c);
  const df = dc * s.c_prev;
  const di = dc * s.g;
  const dg = dc * s.i;
  const dz_f = df * s.f * (1 - s.f);
  const dz_i = di * s.i * (1 - s.i);
  const dz_g = dg * (1 - s.g * s.g);
  const dz_o = do_ * s.o * (1 - s.o);
  const dh_prev = dz_f * w.f.h + dz_i * w.i.h + dz_g * w.g.h + dz_o * w.o.h;
  const dc_prev = dc * s.f;
  const dx = dz_f * w.f.x + dz_i * w.i.x + dz_g * w.g.x + dz_o * w.o.x;
  return { dh, dc_later, do_, dtanh_c, dc, df, di, dg, dz_f, dz_i, dz_g, dz_o, dh_prev, dc_prev, dx };
}

/**
 * The way back over all days, from dh, the derivative of the loss by each day's short-term memory.
 * @param {Weights} w @param {Step[]} steps @param {number[]} dh
 * @returns {{weights: Weights, steps: StepBack[]}} the derivatives by the weights, and all that led to them
 */
export function backward(w, steps, dh) {
  const weights = zeros();
  /** @type {StepBack[]} */
  const back = new Array(steps.length);
  let [dh_prev, dc_prev] = [0, 0];
  for (let t = steps.length - 1; t >= 0; t--) {
    const s = steps[t];
    back[t] = stepBack(w, s, { h: dh[t] + dh_prev, c: dc_prev });
    ({ dh_prev, dc_prev } = back[t]);
    for (const gate of GATES) {
      const dz = back[t][`dz_${gate}`];
      weights[gate].h += dz * s.h_prev;
      weights[gate].x += dz * s.x;
      weights[gate].b += dz;
    }
  }
  return { weights, steps: back };
}

/** @returns {Weights} */
export function zeros() {
  return mapWeights(VIDEO, () => 0);
}

/**
 * The same shape with every number replaced.
 * @param {Weights} w @param {(value: number, gate: Gate, name: keyof GateWeights) => number} make @returns {Weights}
 */
export function mapWeights(w, make) {
  /** @param {Gate} gate */
  const of = (gate) => ({ h: make(w[gate].h, gate, "h"), x: make(w[gate].x, gate, "x"), b: make(w[gate].b, gate, "b") });
  return { f: of("f"), i: of("i"), g: of("g"), o: of("o") };
}

/** The twelve in a row: f, i, g, o, and of each the weight on h, the weight on x and the bias. @param {Weights} w */
export function inARow(w) {
  return Float64Array.from(GATES.flatMap((gate) => [w[gate].h, w[gate].x, w[gate].b]));
}

/** @param {ArrayLike<number>} numbers  twelve, as from inARow @returns {Weights} */
export function fromARow(numbers) {
  return mapWeights(VIDEO, (_, gate, name) => numbers[3 * GATES.indexOf(gate) + "hxb".indexOf(name)]);
}

/**
 * What each day wrote that is still in the long-term memory after the last one: suffix products of the forget gates.
 * @param {Step[]} steps @returns {number[]}
 */
export function ledger(steps) {
  const entries = new Array(steps.length);
  let kept = 1;
  for (let t = steps.length - 1; t >= 0; t--) {
    entries[t] = kept * steps[t].written;
    kept *= steps[t].f;
  }
  return entries;
}
