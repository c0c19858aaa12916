// What room 1 asks: powers of a weight, powers of a gate, and where both lead.

import { fixed } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { fate } from "lab/lesson.js";
import { sigmoid } from "lab/lstm/unit.js";
import { shown } from "lab/shell/number.js";
import { asPercent, firstClear } from "lab/understanding/question.js";

/**
 * @typedef {import("lab/understanding/draw.js").Draw} Draw
 * @typedef {import("lab/understanding/question.js").Question} Question
 */

/** @type {((draw: Draw) => Question)[]} */
export const QUESTIONS = [loop, gate, outcome];

/** @param {Draw} draw */
function loop(draw) {
  return firstClear(() => {
    const [w, n] = [draw.oneOf([0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.45]), draw.whole(3, 6)];
    return {
      idea: msg`The same weight multiplies once a day`,
      text: msg`A 1 comes in at the start, and the weight on the loop of a plain net is ${w}. What is left of the 1
        after ${n} days?`,
      given: [{ name: "w", label: "", value: w }, { name: "n", label: "", value: n }],
      answer: w ** n,
      slips: [
        { value: w * n, says: msg`That is the weight times the days. Every day multiplies what the day before left, so
          the weight is multiplied by itself.` },
        { value: 1 + n * (w - 1), says: msg`That adds the same amount each day. The loop multiplies, so each day acts
          on what the day before left.` },
        { value: w ** (n - 1), says: msg`One day is missing: day 1 multiplies, too.` },
        { value: w ** (n + 1), says: msg`That is one day too many.` },
        { value: w, says: msg`That is what the first day leaves. The later days multiply as well.` },
      ],
      hint: msg`Take 1, multiply it by the weight, and do the same with what comes out, once for every day.`,
      why: `${Array(n).fill(w).join(" × ")} = ${fixed(w ** n, 3)}`,
      at: `room=plain-net&plain-weight=${w}&plain-steps=${n}`,
    };
  }); // prettier-ignore
}

/** @param {Draw} draw */
function gate(draw) {
  return firstClear(() => {
    const [b, n] = [draw.decimal(0.5, 3.5, 1), draw.whole(2, 5)];
    const f = sigmoid(b);
    return {
      idea: msg`The forget gate is a percentage, and acts every day`,
      text: msg`The bias of an LSTM's forget gate is ${fixed(b, 1)}, and nothing else comes in. What share of the
        long-term memory is left after ${n} days?`,
      given: [{ name: "b", label: "", value: b }, { name: "n", label: "", value: n }],
      answer: f ** n,
      slips: [
        { value: f, says: msg`That is the gate, and what one day leaves. Every day multiplies by it again.` },
        { value: 1 - f ** n, says: msg`That is what is forgotten; asked is what is left.` },
        { value: n * f, says: msg`That is the gate times the days. Each day takes a share of what the day before left.` },
        { value: sigmoid(b * n), says: msg`That multiplies the bias by the days. The gate comes out of the sigmoid
          first; then each day multiplies by it.` },
        { value: Math.tanh(b) ** n, says: msg`That has the tanh. A gate comes out of the sigmoid.` },
        asPercent(f ** n),
        { value: b ** n, says: msg`That is a power of the bias. It goes through the sigmoid first, and becomes a share
          between 0 and 1.` },
      ],
      hint: msg`The sigmoid of the bias is the gate: 1 ÷ (1 + e to the minus bias). Each day multiplies by it.`,
      why: msg`The gate is sigmoid(${fixed(b, 1)}) = ${fixed(f, 3)}, and ${Array(n).fill(fixed(f, 3)).join(" × ")} =
        ${fixed(f ** n, 3)}`,
      at: `room=plain-net&plain-bias=${b}&plain-steps=${n}`,
    };
  }); // prettier-ignore
}

const ENDS = {
  explodes: msg`It explodes: more than 1,000 arrives`,
  arrives: msg`It arrives: something between 0.001 and 1,000`,
  vanishes: msg`It vanishes: less than 0.001 arrives`,
};
/** @typedef {keyof typeof ENDS} End */
const KEYS = /** @type {End[]} */ (["explodes", "arrives", "vanishes"]);
const FAR = 0.3; // in powers of ten, from where one word becomes another

/** @param {Draw} draw @returns {Question} */
function outcome(draw) {
  const wanted = draw.oneOf(KEYS);
  let [w, n] = [1, 5];
  do {
    w = draw.oneOf([0.5, 0.7, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.2, 1.5, 2]);
    n = draw.oneOf([5, 10, 20, 50, 100]);
  } while (fate(w ** n) !== wanted || Math.abs(Math.abs(n * Math.log10(w)) - 3) < FAR);
  return {
    idea: msg`Exploding and vanishing depend on weight and days together`,
    text: msg`A 1 goes round a loop whose weight is ${w} for ${n} days. What becomes of it?`,
    given: [{ name: "w", label: "", value: w }, { name: "n", label: "", value: n }],
    options: KEYS.map((end) => ({ text: ENDS[end], says: whyNot(end, w, n) })),
    right: KEYS.indexOf(wanted),
    hint: msg`Multiply 1 by the weight as often as there are days.`,
    why: msg`${w} to the power ${n} is ${shown(w ** n, 4)}`,
    at: `room=plain-net&plain-weight=${w}&plain-steps=${n}`,
  }; // prettier-ignore
}

/** What speaks against an end. @param {End} end @param {number} w @param {number} n */
function whyNot(end, w, n) {
  if (end === "explodes") {
    if (w <= 1) return msg`A weight of 1 or less never makes more of it.`;
    return msg`Above 1 it grows, but ${n} days of × ${w} don't make 1,000 of it: multiply it out.`;
  }
  if (end === "vanishes") {
    if (w >= 1) return msg`A weight of 1 or more never makes less of it.`;
    return msg`Below 1 it fades, but ${n} days of × ${w} leave more than 0.001: multiply it out.`;
  }
  if (w > 1) return msg`${w} looks close to 1, and over ${n} days it isn't: × ${w} again and again passes 1,000.`;
  return msg`${w} looks close to 1, and over ${n} days it isn't: × ${w} again and again falls below 0.001.`;
}
