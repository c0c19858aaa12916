// Adam, over numbers in a row.

/** Kingma & Ba (2015), with the usual numbers. */
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * @typedef {object} Moments  of every number, running means
 * @property {Float64Array} m  of the gradient
 * @property {Float64Array} v  of its square
 * @property {number} updates  so far
 */

/** @param {number} count @returns {Moments} */
export function noMoments(count) {
  return { m: new Float64Array(count), v: new Float64Array(count), updates: 0 };
}

/**
 * One update: the numbers and what is known of them afterwards.
 * @param {Float64Array} numbers @param {Moments} moments @param {Float64Array} gradient @param {number} rate
 * @returns {{numbers: Float64Array, moments: Moments}}
 */
export function adamStep(numbers, moments, gradient, rate) {
  const k = moments.updates + 1;
  const m = moments.m.map((old, n) => BETA_1 * old + (1 - BETA_1) * gradient[n]);
  const v = moments.v.map((old, n) => BETA_2 * old + (1 - BETA_2) * gradient[n] ** 2);
  const moved = numbers.map((number, n) => {
    const mean = m[n] / (1 - BETA_1 ** k);
    const square = v[n] / (1 - BETA_2 ** k);
    return number - (rate * mean) / (Math.sqrt(square) + EPSILON);
  });
  return { numbers: moved, moments: { m, v, updates: k } };
}
