// Two nets of about the same size, one of plain and one of LSTM units, that learn the same thing from the same
// companies: what a company was at on day 1, asked some days later.

import { ASKED_EVERY, Learning } from "lab/lstm/learning.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { generator } from "lab/lstm/random.js";
import { netFrom } from "lab/lstm/small-net.js";
import { orthogonalPlain, uniformLSTM, uniformPlain } from "lab/lstm/starts.js";

/** How many days can lie between day 1 and the question; with 3 of them the companies are the video's. */
export const GAPS = /** @type {const} */ ([3, 10, 20, 50]);
export const UPDATES = 600;
export const UNITS = { plain: 16, lstm: 8 };

/** Both answers of a net that has learnt it are nearer to what is wanted than this. */
export const NEAR = 0.25;

const RATE = 0.01;
const PAIRS = 4;
const HEAD = 1000; // added to a seed, so that the weights of the answer aren't the first ones of the layer

/**
 * How each net can start. The input gates of the LSTM that starts open are nearly shut at first, so that the days
 * between write little (as in Tallec & Ollivier 2018).
 */
export const STARTS = {
  plain: (/** @type {number} */ seed) => uniformPlain(UNITS.plain, seed),
  orthogonal: (/** @type {number} */ seed) => orthogonalPlain(UNITS.plain, seed),
  open: (/** @type {number} */ seed) => uniformLSTM(UNITS.lstm, seed, { f: 4, i: -2 }),
  half: (/** @type {number} */ seed) => uniformLSTM(UNITS.lstm, seed, { f: 1 }),
};

/** @typedef {keyof typeof STARTS} StartName */

/** A and B, who differ on day 1 alone. @param {number} gap @returns {number[][]} */
export function companies(gap) {
  return COMPANIES.map(({ xs: [first, ...pattern] }) => {
    const between = Array.from({ length: gap }, (_, k) => pattern[k % pattern.length]);
    return [first, ...between];
  });
}

/** Made-up companies in pairs that differ on day 1 alone. @param {number} gap @param {() => number} uniform */
function madeUp(gap, uniform) {
  return Array.from({ length: PAIRS }, () => Array.from({ length: gap }, uniform)).flatMap((between) =>
    [0, 1].map((first) => ({ xs: [first, ...between], target: first })),
  );
}

/** @param {StartName} start @param {number} gap @param {number} seed */
export function runner(start, gap, seed) {
  const uniform = generator(seed);
  const draw = () => madeUp(gap, uniform);
  return new Learning(netFrom(STARTS[start](seed), seed + HEAD), { draw, questions: companies(gap), rate: RATE });
}

/** Whether it tells A and B apart now. @param {Learning} learning */
export function tellsApart({ answers }) {
  return answers.every((course, wanted) => Math.abs(course[course.length - 1] - wanted) < NEAR);
}

/** The whole way of one net. @param {StartName} start @param {number} gap @param {number} seed */
export function finished(start, gap, seed) {
  const learning = runner(start, gap, seed);
  for (let k = 0; k < UPDATES / ASKED_EVERY; k++) learning.goOn();
  return learning;
}
