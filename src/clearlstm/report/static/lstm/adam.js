// Training the unit as the video's was: squared error of the last day, Adam, one update a company.

import { LESSON } from "lab/lesson.js";
import { adamStep, noMoments } from "lab/lstm/adam-step.js";
import { generator, normal } from "lab/lstm/random.js";
import { backward, fromARow, inARow, mapWeights, run } from "lab/lstm/unit.js";

/**
 * @typedef {import("lab/lstm/unit.js").Weights} Weights
 * @typedef {{name: string, xs: number[], target: number}} Company
 * @typedef {{weights: Weights, moments: import("lab/lstm/adam-step.js").Moments}} Training
 */

/** The companies of the video: their input on days 1 to 4, and the answer on day 5. @type {Company[]} */
export const COMPANIES = LESSON.companies;

/** Where the published lesson starts: eight weights drawn from N(0, 1), biases 0. @type {Weights} */
export const PUBLISHED_START = LESSON.start;

/** A start of one's own: weights from N(0, 1), biases 0. @param {number} seed @returns {Weights} */
export function drawnStart(seed) {
  const uniform = generator(seed);
  return mapWeights(PUBLISHED_START, (_value, _gate, name) => (name === "b" ? 0 : normal(uniform)));
}

/** @param {Weights} weights @returns {Training} */
export function begin(weights) {
  return { weights, moments: noMoments(inARow(weights).length) };
}

/**
 * The loss of one company, (h − target)², and its gradient, with all that led to it.
 * @param {Weights} w @param {Company} company
 */
export function lossAndGradient(w, { xs, target }) {
  const steps = run(w, xs);
  const answer = steps[xs.length - 1].h;
  const dh = xs.map((_, t) => (t === xs.length - 1 ? 2 * (answer - target) : 0));
  return { loss: (answer - target) ** 2, answer, steps, back: backward(w, steps, dh) };
}

/**
 * One update.
 * @param {Training} training @param {Weights} gradient @returns {Training}
 */
export function update({ weights, moments }, gradient) {
  const after = adamStep(inARow(weights), moments, inARow(gradient), LESSON.learning_rate);
  return { weights: fromARow(after.numbers), moments: after.moments };
}

/**
 * One epoch: an update for each company in turn.
 * @param {Training} training @param {Company[]} [companies] @returns {Training}
 */
export function epoch(training, companies = COMPANIES) {
  return companies.reduce((now, company) => update(now, lossAndGradient(now.weights, company).back.weights), training);
}
