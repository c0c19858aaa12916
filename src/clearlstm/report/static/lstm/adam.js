// Training the unit as the video's was: squared error of the last day, Adam, one update a company.

import { LESSON } from "lab/lesson.js";
import { generator, normal } from "lab/lstm/random.js";
import { backward, mapWeights, run, zeros } from "lab/lstm/unit.js";

/**
 * @typedef {import("lab/lstm/unit.js").Weights} Weights
 * @typedef {{name: string, xs: number[], target: number}} Company
 * @typedef {{weights: Weights, m: Weights, v: Weights, updates: number}} Training  Adam's two running means, and how
 *   often
 */

/** Kingma & Ba (2015), with the usual numbers. */
const [RATE, BETA_1, BETA_2, EPSILON] = [LESSON.learning_rate, 0.9, 0.999, 1e-8];

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
  return { weights, m: zeros(), v: zeros(), updates: 0 };
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
 * One update of Adam: m and v are running means of the gradient and of its square.
 * @param {Training} before @param {Weights} gradient @returns {Training}
 */
export function update({ weights, m, v, updates }, gradient) {
  const k = updates + 1;
  const m_next = mapWeights(m, (old, gate, name) => BETA_1 * old + (1 - BETA_1) * gradient[gate][name]);
  const v_next = mapWeights(v, (old, gate, name) => BETA_2 * old + (1 - BETA_2) * gradient[gate][name] ** 2);
  const moved = mapWeights(weights, (w, gate, name) => {
    const mean = m_next[gate][name] / (1 - BETA_1 ** k);
    const square = v_next[gate][name] / (1 - BETA_2 ** k);
    return w - (RATE * mean) / (Math.sqrt(square) + EPSILON);
  });
  return { weights: moved, m: m_next, v: v_next, updates: k };
}

/**
 * One epoch: an update for each company in turn.
 * @param {Training} training @param {Company[]} [companies] @returns {Training}
 */
export function epoch(training, companies = COMPANIES) {
  return companies.reduce((now, company) => update(now, lossAndGradient(now.weights, company).back.weights), training);
}
