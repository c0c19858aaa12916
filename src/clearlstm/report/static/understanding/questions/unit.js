// What room 3 asks: a sum, the new long-term memory, the new short-term memory, on a day with numbers of its own.

import { fixed } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { GATES, step, VIDEO } from "lab/lstm/unit.js";
import { labelOf } from "lab/rooms/unit/keys.js";
import { slipsOf } from "lab/rooms/unit/slips.js";
import { nameOf } from "lab/shell/names.js";
import { firstClear } from "lab/understanding/question.js";

/**
 * @typedef {import("lab/understanding/draw.js").Draw} Draw
 * @typedef {import("lab/understanding/question.js").Question} Question
 * @typedef {import("lab/understanding/question.js").Given} Given
 * @typedef {import("lab/lstm/unit.js").Step} Step
 */

/** @type {((draw: Draw) => Question)[]} */
export const QUESTIONS = [weightedSum, longTerm, shortTerm];

/** A day of the video's unit. @param {Draw} draw */
function aDay(draw) {
  const c = draw.oneOf([-1, 1]) * draw.decimal(0.3, 2.5, 1);
  const h = draw.oneOf([-1, 1]) * draw.decimal(0.2, 0.9, 1);
  return step(VIDEO, draw.decimal(0.1, 1, 1), { h, c });
}

/** @param {Step} s @param {string} number */
const link = ({ x, h_prev, c_prev }, number) =>
  `room=unit&unit-x=${x}&unit-h=${h_prev}&unit-c=${c_prev}&unit-number=${number}`;

/** @param {"f" | "i" | "g" | "o" | "c"} part @param {Step} s @returns {Given} */
const seen = (part, s) => ({ name: part, label: labelOf(part), value: s[part], decimals: 3, part });

/** @param {Draw} draw */
function weightedSum(draw) {
  return firstClear(() => {
    const s = aDay(draw);
    const gate = draw.oneOf(GATES);
    const { h, x, b } = VIDEO[gate];
    return {
      idea: msg`A sum is three terms: memory, input, bias`,
      text: msg`What is the ${labelOf(`z_${gate}`)}?`,
      given: [
        { name: "h_prev", label: labelOf("h_prev"), value: s.h_prev, part: "h" },
        { name: "c_prev", label: labelOf("c_prev"), value: s.c_prev, part: "c" },
        { name: "x", label: msg`input`, value: s.x, part: "x" },
        { name: "w_h", label: msg`weight on the ${nameOf("h")}`, value: h, decimals: 2, part: gate },
        { name: "w_x", label: msg`weight on the input`, value: x, decimals: 2, part: gate },
        { name: "b", label: msg`bias`, value: b, decimals: 2, part: gate },
      ],
      answer: s[`z_${gate}`],
      slips: slipsOf(`z_${gate}`, VIDEO, s),
      hint: msg`The ${nameOf("h")} times its weight, plus the input times its weight, plus the bias.`,
      why: `${fixed(s.h_prev, 1)} × ${fixed(h, 2)} + ${fixed(s.x, 1)} × ${fixed(x, 2)} + ${fixed(b, 2)} = ${fixed(s[`z_${gate}`], 2)}`,
      at: link(s, `z_${gate}`),
    };
  }); // prettier-ignore
}

/** @param {Draw} draw */
function longTerm(draw) {
  return firstClear(() => {
    const s = aDay(draw);
    return {
      idea: msg`Long-term memory: a part stays, a part is added`,
      text: msg`What is the ${labelOf("c")}?`,
      given: [
        { name: "c_prev", label: labelOf("c_prev"), value: s.c_prev, part: "c" },
        { name: "h_prev", label: labelOf("h_prev"), value: s.h_prev, part: "h" },
        seen("f", s), seen("i", s), seen("g", s),
      ],
      answer: s.c,
      slips: slipsOf("c", VIDEO, s),
      hint: msg`The forget gate times the ${nameOf("c")} before, plus the input gate times the candidate: f × c + i ×
        g.`,
      why: `${fixed(s.f, 3)} × ${fixed(s.c_prev, 1)} + ${fixed(s.i, 3)} × ${fixed(s.g, 3)} = ${fixed(s.c, 3)}`,
      at: link(s, "c"),
    };
  }); // prettier-ignore
}

/** @param {Draw} draw */
function shortTerm(draw) {
  return firstClear(() => {
    const s = aDay(draw);
    const old = { value: s.o * Math.tanh(s.c_prev), says: msg`That takes the old ${nameOf("c")}. What is said comes
      from the new one.` };
    return {
      idea: msg`Short-term memory: a share of the squashed long-term one`,
      text: msg`What is the ${labelOf("h")}, the unit's answer?`,
      given: [
        { name: "c_prev", label: labelOf("c_prev"), value: s.c_prev, part: "c" },
        { ...seen("c", s), label: labelOf("c") },
        seen("o", s),
      ],
      answer: s.h,
      slips: [...slipsOf("h", VIDEO, s), old],
      hint: msg`The output gate times the tanh of the new ${nameOf("c")}: o × tanh(c).`,
      why: msg`${fixed(s.o, 3)} × tanh(${fixed(s.c, 3)}) = ${fixed(s.o, 3)} × ${fixed(s.tanh_c, 3)} = ${fixed(s.h, 3)}`,
      at: link(s, "h"),
    };
  }); // prettier-ignore
}
