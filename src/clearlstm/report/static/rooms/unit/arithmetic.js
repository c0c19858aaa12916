// The arithmetic of every number of a unit, as a list of tokens: numbers by their keys, and what stands between them.
// Equation, values, sentence and line of code are all made of the same keys, so that one lights up in all of them.

import { msg, msgParts } from "lab/language/texts.js";
import { filled, LESSON } from "lab/lesson.js";
import { percentage } from "lab/rooms/unit/write.js";
import { FUNCTIONS, gateOf } from "lab/rooms/unit/keys.js";
import { nameOf } from "lab/shell/names.js";

/**
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 * @typedef {import("lab/lstm/unit.js").Step} Step
 *
 * @typedef {string | {key: string, plus?: boolean}} Token  plus: written with the sign that adds it
 *
 * @typedef {object} Arithmetic
 * @property {Token[]} symbols
 * @property {Token[]} values
 * @property {Token[]} sentence
 * @property {string[]} code  the constants in whose lines it is computed
 */

/** @param {string} key @returns {Token} */
const n = (key) => ({ key });

/** @param {Gate} gate @returns {Token[]} */
function weightedSum(gate) {
  const [h, x, b] = [n(`${gate}-h`), n(`${gate}-x`), { key: `${gate}-b`, plus: true }];
  return [n("h_prev"), "×", h, "+", n("x"), "×", x, b];
}

/** The sum, and on through the curve: one line tells all of a gate. @param {Gate} gate @returns {Token[]} */
function throughTheCurve(gate) {
  return [...weightedSum(gate), "=", n(`z_${gate}`), "→", FUNCTIONS[gate], "→", n(gate)];
}

/** @param {Gate} gate @returns {Arithmetic} */
function sumOf(gate) {
  const z = `z_${gate}`;
  return {
    symbols: [n(z), "=", ...weightedSum(gate)],
    values: throughTheCurve(gate),
    sentence: msgParts`The ${nameOf("h")} ${n("h_prev")} times its weight ${n(`${gate}-h`)}, the input ${n("x")} times its
      weight ${n(`${gate}-x`)}, and the bias ${n(`${gate}-b`)} make ${n(z)}.`,
    code: [z],
  }; // prettier-ignore
}

/** @param {Gate} gate @param {Step} step @returns {Arithmetic} */
function squashed(gate, step) {
  const parts = { share: percentage(step[gate]), c: msg`the ${nameOf("c")}`, g: msg`the ${nameOf("g")}` };
  const meaning = filled(LESSON.meanings[gate], parts).flat().join("");
  return {
    symbols: [n(gate), "=", FUNCTIONS[gate], "(", ...weightedSum(gate), ")"],
    values: throughTheCurve(gate),
    sentence: msgParts`The ${FUNCTIONS[gate]} turns the sum ${n(`z_${gate}`)} into ${n(gate)}: ${meaning}.`,
    code: [`z_${gate}`, gate],
  };
}

/** @param {string} key @returns {Arithmetic} */
function product(key) {
  const [gate, from] = key.split("-");
  const [source, weight] = [from === "h" ? "h_prev" : "x", `${gate}-${from}`];
  return {
    symbols: [n(source), "×", n(weight)],
    values: [n(source), "×", n(weight), "=", n(key)],
    sentence: msgParts`${n(source)} times its weight ${n(weight)} is ${n(key)}, a third of the sum of three.`,
    code: [`z_${gate}`],
  };
}

/** @type {Record<string, () => Arithmetic>} */
const COMBINED = {
  kept: () => ({
    symbols: [n("f"), "×", n("c_prev")],
    values: [n("f"), "×", n("c_prev"), "=", n("kept")],
    sentence: msgParts`Of ${n("c_prev")} the forget gate ${n("f")} lets ${n("kept")} stay.`,
    code: ["kept"],
  }),
  written: () => ({
    symbols: [n("i"), "×", n("g")],
    values: [n("i"), "×", n("g"), "=", n("written")],
    sentence: msgParts`Of ${n("g")}, which could be added, the input gate ${n("i")} lets in ${n("written")}.`,
    code: ["written"],
  }),
  c: () => ({
    symbols: [n("c"), "=", n("f"), "×", n("c_prev"), "+", n("i"), "×", n("g")],
    values: [n("f"), "×", n("c_prev"), "+", n("i"), "×", n("g"), "=", n("kept"), "+", n("written"), "=", n("c")],
    sentence: msgParts`What stays, ${n("kept")}, and what is added, ${n("written")}, are the new ${nameOf("c")} ${n("c")}.`,
    code: ["kept", "written", "c"],
  }),
  tanh_c: () => ({
    symbols: ["tanh", "(", n("c"), ")"],
    values: ["tanh", "(", n("c"), ")", "=", n("tanh_c")],
    sentence: msgParts`The tanh brings the ${nameOf("c")} ${n("c")} to ${n("tanh_c")}, between −1 and 1.`,
    code: ["tanh_c"],
  }),
  h: () => ({
    symbols: [n("h"), "=", n("o"), "×", "tanh", "(", n("c"), ")"],
    values: [n("o"), "×", "tanh", "(", n("c"), ")", "=", n("o"), "×", n("tanh_c"), "=", n("h")],
    sentence: msgParts`Of ${n("tanh_c")} the output gate ${n("o")} passes on the new ${nameOf("h")} ${n("h")}.`,
    code: ["tanh_c", "h"],
  }),
}; // prettier-ignore

/**
 * How a number is computed; null for what is given.
 * @param {string} key @param {Step} step @returns {Arithmetic | null}
 */
export function arithmeticOf(key, step) {
  const gate = gateOf(key);
  if (gate) {
    if (key === gate) return squashed(gate, step);
    return key.endsWith("-product") ? product(key) : sumOf(gate);
  }
  return COMBINED[key]?.() ?? null;
}
