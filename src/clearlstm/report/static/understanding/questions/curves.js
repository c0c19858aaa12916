// What room 2 asks: the sigmoid of a sum, its slope, and which curve belongs where.

import { fixed } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { sigmoid } from "lab/lstm/unit.js";
import { nameOf } from "lab/shell/names.js";
import { asPercent, firstClear, TOLERANCE } from "lab/understanding/question.js";

/**
 * @typedef {import("lab/understanding/draw.js").Draw} Draw
 * @typedef {import("lab/understanding/question.js").Question} Question
 */

/** @type {((draw: Draw) => Question)[]} */
export const QUESTIONS = [share, slope, curveOf];

/** @param {number} z */
const given = (z) => ({ name: "z", label: "", value: z });

/** @param {Draw} draw */
function share(draw) {
  return firstClear(() => {
    const z = draw.decimal(-3, 3, 2);
    const y = sigmoid(z);
    const e = Math.exp(-z);
    return {
      idea: msg`The sigmoid makes a share of a sum`,
      text: msg`The sum of a gate is ${fixed(z, 2)}. Where does the gate stand?`,
      given: [given(z)],
      answer: y,
      slips: [
        { value: Math.tanh(z), says: msg`That is the tanh of the sum. A gate comes out of the sigmoid.` },
        { value: 1 - y, says: msg`That is the sigmoid with the sign of the sum the wrong way round, or what the gate
          keeps out.` },
        { value: z, says: msg`That is the sum. It still has to go through the sigmoid.` },
        { value: y * (1 - y), says: msg`That is how steep the sigmoid is there, not where it stands.` },
        asPercent(y),
        { value: e, says: msg`That is e to the minus sum. Add 1, and divide 1 by it.` },
        { value: 1 + e, says: msg`Nearly there: now divide 1 by that.` },
      ],
      hint: msg`sigmoid(z) is 1 ÷ (1 + e to the minus z). Below 0 it is less than a half, above 0 more.`,
      why: `1 ÷ (1 + ${fixed(e, 3)}) = ${fixed(y, 3)}`,
      at: `room=curves&curves-z=${z}`,
    };
  }); // prettier-ignore
}

/** @param {Draw} draw */
function slope(draw) {
  return firstClear(() => {
    const z = draw.decimal(-4, 4, 2);
    const y = sigmoid(z);
    return {
      idea: msg`Where a curve is flat, nothing is learnt`,
      text: msg`At a sum of ${fixed(z, 2)} the sigmoid stands at ${fixed(y, 3)}. How steep is it there?`,
      given: [given(z), { name: "y", label: "", value: y, decimals: 3 }],
      answer: y * (1 - y),
      slips: [
        { value: y, says: msg`That is where the curve stands. Its slope is that times what is missing to 1.` },
        { value: 1 - y, says: msg`That is what is missing to 1. The slope is where the curve stands, times that.` },
        { value: 1 - y * y, says: msg`1 − y² is the slope of tanh. That of the sigmoid is y × (1 − y).` },
        { value: 0.25, says: msg`That is as steep as it ever gets, at a sum of 0.` },
        { value: 1 - Math.tanh(z) ** 2, says: msg`That is the slope of tanh. That of the sigmoid is y × (1 − y).` },
      ],
      hint: msg`The slope of the sigmoid is y × (1 − y), where y is what comes out of the curve.`,
      why: `${fixed(y, 3)} × (1 − ${fixed(y, 3)}) = ${fixed(y * (1 - y), 3)}`,
      at: `room=curves&curves-z=${z}`,
    };
  }); // prettier-ignore
}

const PLACES = /** @type {const} */ (["f", "i", "o", "g", "c"]);

/** @param {(typeof PLACES)[number]} place */
function callOf(place) {
  if (place === "c") return msg`the new ${nameOf("c")}, on its way to the new ${nameOf("h")},`;
  return msg`the sum of ${place}, ${nameOf(place)},`;
}

const WHY_SIGMOID = msg`A gate says how much passes: a share between 0 and 1. That is what the sigmoid makes of a sum.`;
const WHY_TANH = msg`What is remembered or said may be negative, and lies between −1 and 1. That is what tanh makes of
  it.`;

/** @param {Draw} draw @returns {Question} */
function curveOf(draw) {
  const place = draw.oneOf(PLACES);
  const squashes = place === "g" || place === "c";
  let z = 0;
  do z = draw.decimal(-2.5, 2.5, 1);
  while (!apart([sigmoid(z), Math.tanh(z), z, 1 - sigmoid(z)]));
  const ways = draw.shuffled([
    { text: fixed(sigmoid(z), 2), right: !squashes, says: msg`That is the sigmoid. ${WHY_TANH}` },
    { text: fixed(Math.tanh(z), 2), right: squashes, says: msg`That is the tanh. ${WHY_SIGMOID}` },
    { text: fixed(z, 2), right: false, says: msg`That is what comes in. On its way it goes through a curve.` },
    { text: fixed(1 - sigmoid(z), 2), right: false, says: msg`That is the sigmoid with the sign of the sum the wrong
      way round.` },
  ]); // prettier-ignore
  return {
    idea: msg`Sigmoid for gates, tanh for what is remembered and said`,
    text: msg`In the unit, ${callOf(place)} is ${fixed(z, 1)}. What comes out of its curve?`,
    given: [given(z)],
    options: ways,
    right: ways.findIndex(({ right }) => right),
    hint: msg`Which curve stands there, and what does it make of the sum?`,
    why: `${squashes ? WHY_TANH : WHY_SIGMOID} ${squashes ? "tanh" : "sigmoid"}(${fixed(z, 1)}) = ${fixed(squashes ? Math.tanh(z) : sigmoid(z), 3)}`,
    at: `room=curves&curves-z=${z}`,
  }; // prettier-ignore
}

/** Whether numbers can be told apart when two decimals are shown. @param {number[]} values */
function apart(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.every((value, k) => k === 0 || value - sorted[k - 1] > 2 * TOLERANCE);
}
