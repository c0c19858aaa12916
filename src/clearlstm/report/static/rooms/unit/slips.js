// What may have gone wrong when an answer isn't the number: the operation that would have given what was typed.

import { msg } from "lab/language/texts.js";
import { LESSON } from "lab/lesson.js";
import { step as stepRounded } from "lab/lstm/rounded.js";
import { sigmoid, step } from "lab/lstm/unit.js";
import { FUNCTIONS, gateOf } from "lab/rooms/unit/keys.js";

/**
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 * @typedef {import("lab/lstm/unit.js").Step} Step
 * @typedef {import("lab/lstm/unit.js").Weights} Weights
 * @typedef {{value: number, says: string}} Slip
 * @typedef {{value: number, decimals: number}} Answer  decimals: as many as were typed
 */

const DUST = 1e-9;

/**
 * The number typed and its decimals. A comma is a point, 83 % is 0.83.
 * @param {string} text @returns {Answer | null}
 */
export function readAnswer(text) {
  const match = /^([+-]?)(\d*)(?:[.,](\d*))?\s*(%?)$/.exec(text.trim().replace("−", "-"));
  if (!match || !(match[2] || match[3])) return null;
  const [, sign, whole, after = "", percent] = match;
  const value = Number(`${sign}${whole || 0}.${after || 0}`);
  return percent ? { value: value / 100, decimals: after.length + 2 } : { value, decimals: after.length };
}

/** @param {Answer} answer @param {number} value */
function agrees({ value: typed, decimals }, value) {
  return Math.abs(typed - value) <= (decimals ? 0.5 * 10 ** -decimals : 0) + DUST;
}

/**
 * Whether an answer is right: the number, or what rounding on the way makes of it, to the digits that were typed; or as
 * close to it as rounding takes one, unless a slip gives just what was typed.
 * @param {Answer} answer @param {number} value @param {number[]} rounded  the number from rounded ones
 * @param {Slip[]} slips
 */
export function isRight(answer, value, rounded, slips) {
  if ([value, ...rounded].some((one) => agrees(answer, one))) return true;
  return Math.abs(answer.value - value) <= LESSON.close_enough + DUST && !explain(answer, slips);
}

/**
 * The number as one finds it who starts from the memories as they are shown, and rounds on the way or doesn't.
 * @param {string} key @param {Weights} w @param {Step} s
 */
export function fromRounded(key, w, { x, h_prev, c_prev }) {
  const seen = { h: Number(h_prev.toFixed(2)), c: Number(c_prev.toFixed(2)) };
  return [step(w, x, seen), stepRounded(w, x, seen)].map((one) => one[/** @type {keyof Step} */ (key)]);
}

/** What would give the answer. @param {Answer} answer @param {Slip[]} slips */
export function explain(answer, slips) {
  const exact = answer.decimals ? answer : { ...answer, decimals: 1 };
  return slips.find(({ value }) => agrees(exact, value));
}

/**
 * The slips that come to mind for a number.
 * @param {string} key @param {Weights} w @param {Step} s @returns {Slip[]}
 */
export function slipsOf(key, w, s) {
  const gate = gateOf(key);
  const own = gate ? (key === gate ? slipsOfGate(gate, s) : slipsOfSum(gate, w, s)) : slipsOfProduct(key, s);
  const right = s[/** @type {keyof Step} */ (key)];
  return [...own, { value: -right, says: msg`The sign is the wrong way round.` }]
    .filter(({ value }) => Math.abs(value - right) > DUST);
}

/** @param {Gate} gate @param {Weights} w @param {Step} s @returns {Slip[]} */
function slipsOfSum(gate, w, s) {
  const { h, x, b } = w[gate];
  const [fromH, fromX] = [s.h_prev * h, s.x * x];
  /** @type {Gate[]} */
  const others = ["f", "i", "g", "o"];
  return [
    { value: fromH + fromX, says: msg`That is the sum without the bias.` },
    { value: fromH + fromX - b, says: msg`The bias was taken with the wrong sign.` },
    { value: fromH + b, says: msg`The weighted input is missing.` },
    { value: fromX + b, says: msg`The weighted short-term memory is missing.` },
    { value: fromH - fromX + b, says: msg`The weighted input was taken away instead of added.` },
    { value: s.h_prev * x + s.x * h + b, says: msg`The two weights changed places.` },
    { value: s.c_prev * h + fromX + b, says: msg`That takes the long-term memory; sums know only the short-term one.` },
    { value: h + x + b, says: msg`The weights were added, but not multiplied by what comes in.` },
    { value: s[gate], says: msg`That is already the ${FUNCTIONS[gate]} of the sum; the sum itself is asked.` },
    ...others.filter((other) => other !== gate).map((other) => ({
      value: s[`z_${other}`], says: msg`Those are the weights of ${other}; here the weights are those of ${gate}.`,
    })),
  ]; // prettier-ignore
}

/** @param {Gate} gate @param {Step} s @returns {Slip[]} */
function slipsOfGate(gate, s) {
  const z = s[`z_${gate}`];
  const wrong = FUNCTIONS[gate] === "tanh" ? { of: "sigmoid", value: sigmoid(z) } : { of: "tanh", value: Math.tanh(z) };
  return [
    { value: wrong.value, says: msg`That is the ${wrong.of} of the sum; here it is the ${FUNCTIONS[gate]}.` },
    { value: sigmoid(-z), says: msg`That is the sigmoid with the sign of the sum the wrong way round.` },
    { value: z, says: msg`That is the sum; it still has to go through the ${FUNCTIONS[gate]}.` },
    { value: 100 * s[gate], says: msg`Write the share as 0.83 or as 83 %.` },
  ];
}

/** @param {string} key @param {Step} s @returns {Slip[]} */
function slipsOfProduct(key, s) {
  /** @type {Record<string, Slip[]>} */
  const slips = {
    kept: [
      { value: (1 - s.f) * s.c_prev, says: msg`That is what is forgotten; the forget gate says what stays.` },
      { value: s.f + s.c_prev, says: msg`The gate multiplies; it doesn't add.` },
      { value: s.f * s.h_prev, says: msg`That is the short-term memory; the gate acts on the long-term one.` },
      { value: s.f, says: msg`That is the gate; it still has to be multiplied by the long-term memory.` },
      { value: s.c_prev, says: msg`That is all of it; the gate still has to be applied.` },
    ],
    written: [
      { value: s.i + s.g, says: msg`The gate multiplies; it doesn't add.` },
      { value: s.g, says: msg`That is all that could be added; the input gate still has to be applied.` },
      { value: s.i, says: msg`That is the gate; it still has to be multiplied by the candidate.` },
      { value: s.f * s.g, says: msg`That is the forget gate; the input gate decides about what is added.` },
    ],
    c: [
      { value: s.written, says: msg`What stays of the long-term memory is missing.` },
      { value: s.kept, says: msg`What is added is missing.` },
      { value: s.kept - s.written, says: msg`What is let in is added, not taken away.` },
      { value: s.kept * s.written, says: msg`The two are added, not multiplied.` },
      { value: s.c_prev + s.written, says: msg`The forget gate was left out.` },
      { value: s.kept + s.g, says: msg`The input gate was left out.` },
      { value: s.tanh_c, says: msg`That is already the tanh of it.` },
    ],
    tanh_c: [
      { value: sigmoid(s.c), says: msg`That is the sigmoid of it; here it is the tanh.` },
      { value: s.c, says: msg`That is the long-term memory; it still has to go through the tanh.` },
    ],
    h: [
      { value: s.o * s.c, says: msg`The tanh was left out.` },
      { value: s.o * sigmoid(s.c), says: msg`That has the sigmoid of the long-term memory; here it is the tanh.` },
      { value: s.o + s.tanh_c, says: msg`The gate multiplies; it doesn't add.` },
      { value: s.tanh_c, says: msg`The output gate still has to be applied.` },
      { value: s.o, says: msg`That is the gate; it still has to be multiplied by tanh(c).` },
    ],
  };
  return slips[key] ?? [];
}
