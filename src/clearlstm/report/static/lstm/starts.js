// How layers of H units with one input start: the weights before any training, drawn from a seed.

import { generator, normal } from "lab/lstm/random.js";
import { addTimes, dot } from "lab/lstm/sums.js";
import { GATES } from "lab/lstm/unit.js";

/**
 * @typedef {{W: number[][], U: number[][], b: number[]}} Start  W 1 × H, U H × H, b H
 * @typedef {Record<import("lab/lstm/unit.js").Gate, Start>} LSTMStart
 */

/** @param {number} rows @param {number} columns @param {() => number} draw @returns {number[][]} */
function drawn(rows, columns, draw) {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, draw));
}

/** As torch starts: everything between ±1/√H; here the bias is 0. @param {number} H @param {number} seed */
export function uniformPlain(H, seed) {
  const uniform = generator(seed);
  const draw = () => (2 * uniform() - 1) / Math.sqrt(H);
  return { W: drawn(1, H, draw), U: drawn(H, H, draw), b: Array(H).fill(0) };
}

/**
 * U turns and mirrors, and changes no length (Saxe, McClelland & Ganguli 2014).
 * @param {number} H
 * @param {number} seed
 */
export function orthogonalPlain(H, seed) {
  const uniform = generator(seed);
  const rows = drawn(H, H, () => normal(uniform));
  rows.forEach((row, k) => {
    for (let earlier = 0; earlier < k; earlier++) addTimes(row, rows[earlier], -dot(row, rows[earlier]));
    const length = Math.sqrt(dot(row, row));
    row.forEach((value, j) => (row[j] = value / length));
  });
  return { W: drawn(1, H, () => (2 * uniform() - 1) / Math.sqrt(H)), U: rows, b: Array(H).fill(0) };
}

/**
 * An LSTM as torch starts it, but with every bias 0 except those that are given.
 * @param {number} H @param {number} seed @param {Partial<Record<import("lab/lstm/unit.js").Gate, number>>} biases
 * @returns {LSTMStart}
 */
export function uniformLSTM(H, seed, biases) {
  const uniform = generator(seed);
  const draw = () => (2 * uniform() - 1) / Math.sqrt(H);
  const gates = GATES.map((gate) => {
    const b = Array(H).fill(biases[gate] ?? 0);
    return [gate, { W: drawn(1, H, draw), U: drawn(H, H, draw), b }];
  });
  return Object.fromEntries(gates);
}
