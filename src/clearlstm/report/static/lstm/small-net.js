// A small net: one layer of plain or LSTM units that reads one number a day, and one number as its answer after the
// last day. It is trained in the page: on sequences with an answer each, by squared error and Adam.

import { adamStep, noMoments } from "lab/lstm/adam-step.js";
import { forward } from "lab/lstm/layer.js";
import { backward } from "lab/lstm/layer-back.js";
import * as plain from "lab/lstm/plain.js";
import { generator } from "lab/lstm/random.js";
import { addTimes, dot } from "lab/lstm/sums.js";
import { GATES } from "lab/lstm/unit.js";

/**
 * @typedef {"plain" | "lstm"} Kind
 * @typedef {import("lab/lstm/starts.js").Start} Start
 * @typedef {import("lab/lstm/starts.js").LSTMStart} LSTMStart
 * @typedef {{xs: number[], target: number}} Sequence
 *
 * @typedef {object} Net
 * @property {Kind} kind
 * @property {number} H
 * @property {Float64Array} numbers  all weights and biases in a row: those of the layer, of each unit in the answer,
 *   and its bias
 *
 * @typedef {object} NetTraining
 * @property {Net} net
 * @property {import("lab/lstm/adam-step.js").Moments} moments
 * @property {number} loss  on the sequences of the last update, before it
 */

/** A gradient that is longer than this is cut to it (Pascanu, Mikolov & Bengio 2013). */
const LONGEST = 1;

/**
 * @typedef {object} Layers  of a kind of unit
 * @property {string[]} parts  the names of its sums
 * @property {(layer: any, xs: number[][]) => {h: Float64Array[]}} forward
 * @property {(layer: any, xs: number[][], run: any, dh: Float64Array, gradient: any) => void} backward
 */

/** @type {Record<Kind, Layers>} */
const KINDS = {
  plain: {
    parts: ["z"],
    forward: ({ z }, xs) => ({ h: plain.forward(z, xs) }),
    backward: ({ z }, xs, { h }, dh, gradient) => plain.backward(z, xs, h, dh, gradient.z),
  },
  lstm: { parts: GATES, forward, backward },
};

/**
 * A net whose layer starts as given; the weights of its answer are drawn between ±1/√H.
 * @param {Start | LSTMStart} start @param {number} seed @returns {Net}
 */
export function netFrom(start, seed) {
  /** @type {{kind: Kind, layer: Record<string, Start>}} */
  const { kind, layer } = "f" in start ? { kind: "lstm", layer: start } : { kind: "plain", layer: { z: start } };
  const sums = KINDS[kind].parts.map((part) => layer[part]);
  const H = sums[0].b.length;
  const numbers = sums.flatMap(({ W, U, b }) => [...W.flat(), ...U.flat(), ...b]);
  const uniform = generator(seed);
  const w = Array.from({ length: H }, () => (2 * uniform() - 1) / Math.sqrt(H));
  return { kind, H, numbers: Float64Array.from([...numbers, ...w, 0]) };
}

/**
 * Its numbers, or a gradient by them, as a layer and as what makes the answer; writing into them writes into the row.
 * @param {Kind} kind @param {number} H @param {Float64Array} numbers
 */
export function viewed(kind, H, numbers) {
  let at = 0;
  /** @param {number} count */
  const next = (count) => numbers.subarray(at, (at += count));
  const sums = () => ({ W: [next(H)], U: Array.from({ length: H }, () => next(H)), b: next(H) });
  const layer = Object.fromEntries(KINDS[kind].parts.map((part) => [part, sums()]));
  return { layer, w: next(H), b: next(1) };
}

/** What it answers after the last day. @param {Net} net @param {number[]} xs */
export function answered({ kind, H, numbers }, xs) {
  return pass(kind, viewed(kind, H, numbers), columnOf(xs)).answer;
}

/** @param {number[]} xs @returns {number[][]} T × 1 */
const columnOf = (xs) => xs.map((x) => [x]);

/** @param {Kind} kind @param {ReturnType<typeof viewed>} weights @param {number[][]} xs */
function pass(kind, { layer, w, b }, xs) {
  const run = KINDS[kind].forward(layer, xs);
  return { run, answer: dot(run.h[xs.length - 1], w) + b[0] };
}

/**
 * The mean squared error over sequences, and its derivatives by the net's numbers.
 * @param {Net} net @param {Sequence[]} sequences
 */
export function lossAndGradient({ kind, H, numbers }, sequences) {
  const gradient = new Float64Array(numbers.length);
  const [weights, by] = [viewed(kind, H, numbers), viewed(kind, H, gradient)];
  let loss = 0;
  for (const { xs, target } of sequences) {
    const column = columnOf(xs);
    const { run, answer } = pass(kind, weights, column);
    const miss = answer - target;
    const dy = (2 * miss) / sequences.length;
    loss += miss ** 2 / sequences.length;
    by.b[0] += dy;
    addTimes(by.w, run.h[xs.length - 1], dy);
    const dh = weights.w.map((weight) => dy * weight);
    KINDS[kind].backward(weights.layer, column, run, dh, by.layer);
  }
  return { loss, gradient };
}

/** @param {Net} net @returns {NetTraining} */
export function begin(net) {
  return { net, moments: noMoments(net.numbers.length), loss: NaN };
}

/**
 * One update on some sequences.
 * @param {NetTraining} training @param {Sequence[]} sequences @param {number} rate @returns {NetTraining}
 */
export function update({ net, moments: before }, sequences, rate) {
  const { loss, gradient } = lossAndGradient(net, sequences);
  const length = Math.sqrt(dot(gradient, gradient));
  const cut = length > LONGEST ? gradient.map((value) => (value * LONGEST) / length) : gradient;
  const { numbers, moments } = adamStep(net.numbers, before, cut, rate);
  return { net: { ...net, numbers }, moments, loss };
}
