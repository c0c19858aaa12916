// Three small tasks for nets of a few LSTM units: what a net is shown, what it should answer, and when that is right.

import { msg } from "lab/language/texts.js";
import { Learning } from "lab/lstm/learning.js";
import { generator, normal } from "lab/lstm/random.js";
import { netFrom } from "lab/lstm/small-net.js";
import { uniformLSTM } from "lab/lstm/starts.js";

/**
 * @typedef {import("lab/lstm/small-net.js").Sequence} Sequence
 *
 * @typedef {object} Task
 * @property {string} id
 * @property {string} name
 * @property {string} says
 * @property {(days: number, uniform: () => number) => Sequence} draw
 * @property {(answer: number, sequence: Sequence) => boolean} isRight
 */

export const UPDATES = 600;
export const MOST_UNITS = 8;
export const DAYS = /** @type {const} */ ([4, 8, 16]);

/** How many sequences an update learns from, and how many others it is tested on. */
export const [BATCH, TESTED] = [16, 50];

const RATE = 0.03;
const NOISE = 0.5;
const [HEAD, TEST] = [1000, 2000]; // added to a seed

/** @param {number} days @param {() => number} uniform */
const coins = (days, uniform) => Array.from({ length: days }, () => (uniform() < 0.5 ? -1 : 1));

/** @param {number[]} xs */
const ones = (xs) => xs.filter((x) => x === 1).length;

/** @type {Task[]} */
export const TASKS = [
  {
    id: "first", name: msg`remember the first sign`,
    says: msg`Day 1 is 1 or −1, the days after it are noise. Answer what day 1 was.`,
    draw: (days, uniform) => {
      const [first] = coins(1, uniform);
      return { xs: [first, ...Array.from({ length: days - 1 }, () => NOISE * normal(uniform))], target: first };
    },
    isRight: (answer, { target }) => answer * target > 0,
  },
  {
    id: "count", name: msg`count`,
    says: msg`Every day is 1 or −1. Answer the share of ones.`,
    draw: (days, uniform) => {
      const xs = coins(days, uniform);
      return { xs, target: ones(xs) / days };
    },
    isRight: (answer, { xs }) => Math.round(answer * xs.length) === ones(xs),
  },
  {
    id: "parity", name: msg`odd or even`,
    says: msg`Every day is 1 or −1. Answer 1 if the number of ones is odd, −1 if it is even: each one turns it over.`,
    draw: (days, uniform) => {
      const xs = coins(days, uniform);
      return { xs, target: ones(xs) % 2 ? 1 : -1 };
    },
    isRight: (answer, { target }) => answer * target > 0,
  },
]; // prettier-ignore

/** @param {string} id */
export const taskOf = (id) => TASKS.find((task) => task.id === id) ?? TASKS[0];

/** Sequences that no net learns from. @param {Task} task @param {number} days @param {number} seed */
export function testedOn(task, days, seed) {
  const uniform = generator(seed + TEST);
  return Array.from({ length: TESTED }, () => task.draw(days, uniform));
}

/**
 * A net that learns a task: from new sequences at every update, or from the same few again and again. They are of all
 * lengths up to the one that it is tested on: short ones are easy, and what they teach helps with the long ones.
 * @param {{task: Task, units: number, days: number, seed: number, same: boolean}} how
 */
export function learner({ task, units, days, seed, same }) {
  const uniform = generator(seed);
  const batch = () => Array.from({ length: BATCH }, () => task.draw(1 + Math.floor(uniform() * days), uniform));
  const few = batch();
  return new Learning(netFrom(uniformLSTM(units, seed, { f: 1 }), seed + HEAD), {
    draw: same ? () => few : batch,
    questions: testedOn(task, days, seed).map(({ xs }) => xs),
    rate: RATE,
  });
}

/**
 * How wrong and how right it is on the sequences that it doesn't learn from, each time that it was asked.
 * @param {number[][]} answers  of each sequence, course by course @param {Task} task @param {Sequence[]} sequences
 */
export function tests(answers, task, sequences) {
  return answers[0].map((_, k) => ({
    loss: answers.reduce((sum, course, q) => sum + (course[k] - sequences[q].target) ** 2, 0) / sequences.length,
    right: answers.filter((course, q) => task.isRight(course[k], sequences[q])).length,
  }));
}
