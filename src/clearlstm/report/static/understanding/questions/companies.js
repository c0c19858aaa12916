// What room 4 asks: what is left of a day's entry, what the short-term memory does to equal inputs, which memory was cut.

import { fixed } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { EMPTY, GATES, ledger, run, VIDEO } from "lab/lstm/unit.js";
import { labelOf } from "lab/rooms/unit/keys.js";
import { nameOf } from "lab/shell/names.js";
import { firstClear, TOLERANCE } from "lab/understanding/question.js";

/**
 * @typedef {import("lab/understanding/draw.js").Draw} Draw
 * @typedef {import("lab/understanding/question.js").Question} Question
 */

/** @type {((draw: Draw) => Question)[]} */
export const QUESTIONS = [entry, carried, emptied];

/** @param {Draw} draw */
const aValue = (draw) => draw.oneOf([0, 0.25, 0.5, 0.75, 1]);

/** @param {Draw} draw */
function entry(draw) {
  return firstClear(() => {
    const xs = [1, 2, 3].map(() => draw.decimal(-1, 1, 1));
    const days = run(VIDEO, xs);
    const [{ f: f1, i, g }, { f: f2 }, { f: f3, c }] = days;
    const [answer] = ledger(days);
    const gate = (/** @type {number} */ day, /** @type {number} */ value) =>
      ({ name: `f${day}`, label: msg`day ${day}: ${nameOf("f")}`, value, decimals: 3, part: /** @type {const} */ ("f") });
    return {
      idea: msg`What a day wrote is faded by the later forget gates alone`,
      text: msg`Three days, and both memories 0 before the first. How much of what day 1 wrote is in the
        ${nameOf("c")} after day 3?`,
      given: [
        gate(1, f1),
        { name: "i", label: msg`day 1: ${nameOf("i")}`, value: i, decimals: 3, part: "i" },
        { name: "g", label: msg`day 1: ${nameOf("g")}`, value: g, decimals: 3, part: "g" },
        gate(2, f2), gate(3, f3),
        { name: "c", label: msg`day 3: ${labelOf("c")}`, value: c, decimals: 3, part: "c" },
      ],
      answer,
      slips: [
        { value: i * g, says: msg`That is what day 1 wrote. Days 2 and 3 each keep only a share of it.` },
        { value: i * g * f1 * f2 * f3, says: msg`Day 1's own forget gate acts on what was there before, not on what
          day 1 writes.` },
        { value: i * g * f3, says: msg`Day 2's forget gate acts on it, too.` },
        { value: g * f2 * f3, says: msg`The input gate is missing: day 1 wrote i × g, not g.` },
        { value: i * f2 * f3, says: msg`The candidate is missing: day 1 wrote i × g, not i.` },
        { value: c, says: msg`That is all of the memory. Days 2 and 3 wrote in it as well.` },
        { value: f2 * f3, says: msg`That is the share that is left. Of what? Day 1 wrote i × g.` },
      ],
      hint: msg`Day 1 wrote i × g of day 1. Every later day multiplies that by its forget gate.`,
      why: `${fixed(i, 3)} × ${fixed(g, 3)} × ${fixed(f2, 3)} × ${fixed(f3, 3)} = ${fixed(answer, 3)}`,
      at: `room=companies&companies-revealed=1&companies-a=${xs.join("_")}`,
    };
  }); // prettier-ignore
}

/** Two companies that differ on day 1 alone. @param {Draw} draw */
function twoCompanies(draw) {
  const [a, rest] = [draw.decimal(0, 0.4, 1), [aValue(draw), aValue(draw), aValue(draw)]];
  return { A: [a, ...rest], B: [draw.decimal(a + 0.4, 1, 1), ...rest] };
}

/** @param {{A: number[], B: number[]}} days */
const link = ({ A, B }) =>
  `room=companies&companies-revealed=1&companies-a=${A.join("_")}&companies-b=${B.join("_")}`;

/** @param {Draw} draw */
function carried(draw) {
  return firstClear(() => {
    const days = twoCompanies(draw);
    const day = draw.whole(2, 4);
    const [a, b] = [run(VIDEO, days.A)[day - 1], run(VIDEO, days.B)[day - 1]];
    const gate = draw.oneOf(GATES);
    const { h: w, x: w_x, b: bias } = VIDEO[gate];
    const answer = b[`z_${gate}`] - a[`z_${gate}`];
    const before = (/** @type {"A" | "B"} */ name, /** @type {number} */ value) =>
      ({ name, label: `${name}: ${labelOf("h_prev")}`, value, decimals: 3, part: /** @type {const} */ ("h") });
    return {
      idea: msg`Equal inputs, other sums: short-term memory carries the past`,
      text: msg`Day ${day} brings both companies the same input. Take the ${labelOf(`z_${gate}`)}: how much larger is
        B's than A's?`,
      given: [
        before("A", a.h_prev), before("B", b.h_prev),
        { name: "x", label: msg`input, for both`, value: a.x, part: "x" },
        { name: "w_h", label: msg`weight on the ${nameOf("h")}`, value: w, decimals: 2, part: gate },
        { name: "w_x", label: msg`weight on the input`, value: w_x, decimals: 2, part: gate },
        { name: "b", label: msg`bias`, value: bias, decimals: 2, part: gate },
      ],
      answer,
      slips: [
        { value: b.h_prev - a.h_prev, says: msg`That is by how much the memories differ. The sum takes them times a
          weight.` },
        { value: w_x * (b.h_prev - a.h_prev), says: msg`That has the weight on the input. The memories differ, so
          theirs counts.` },
        { value: b[`z_${gate}`], says: msg`That is B's whole sum. Take A's away: input and bias are the same in both.` },
        { value: w * b.h_prev, says: msg`That is B's term alone. A has one as well.` },
        { value: w * (a.h_prev + b.h_prev), says: msg`The two terms were added. Asked is by how much they differ.` },
        { value: answer + bias, says: msg`The bias is in both sums, so it falls out of the difference.` },
        { value: 0, says: msg`The inputs are equal, but the ${nameOf("h")} isn't, and it is in the sum.` },
      ],
      hint: msg`Input and bias are the same for both. Only the weighted ${nameOf("h")} differs.`,
      why: `${fixed(w, 2)} × (${fixed(b.h_prev, 3)} − ${inBrackets(a.h_prev)}) = ${fixed(answer, 2)}`,
      at: link(days),
    };
  }); // prettier-ignore
}

/** @param {number} value */
const inBrackets = (value) => (value < 0 ? `(${fixed(value, 3)})` : fixed(value, 3));

/** What may be emptied before every day, and what is kept then. */
const CUTS = /** @type {const} */ ([
  { h: true, c: true }, { h: false, c: true }, { h: true, c: false }, { h: false, c: false },
]); // prettier-ignore

/** @param {Draw} draw @returns {Question} */
function emptied(draw) {
  let days = twoCompanies(draw);
  let says = answersOf(days);
  while (!tellApart(says)) {
    days = twoCompanies(draw);
    says = answersOf(days);
  }
  const right = draw.whole(0, CUTS.length - 1);
  const names = [msg`Neither`, msg`The ${nameOf("h")}`, msg`The ${nameOf("c")}`, msg`Both`];
  return {
    idea: msg`Both memories carry day 1 to the end`,
    text: msg`The unit is run on these days, with one of the memories emptied before every day, or both, or neither.
      It answers ${fixed(says[right].A, 3)} for A and ${fixed(says[right].B, 3)} for B. Which was emptied?`,
    given: [...listed("A", days.A), ...listed("B", days.B),
      { name: "answer-A", label: "", value: says[right].A, decimals: 3 },
      { name: "answer-B", label: "", value: says[right].B, decimals: 3 }],
    options: names.map((text, k) => ({
      text, says: msg`Then it would answer ${fixed(says[k].A, 3)} and ${fixed(says[k].B, 3)}.`,
    })),
    right,
    hint: msg`Set the room to these days and empty one memory after the other.`,
    why: right === 3
      ? msg`Nothing goes on from day to day, and day 4 brings the same to both: so the answers are equal.`
      : msg`${names[right]}. With both emptied the answers would be equal: nothing else carries day 1.`,
    at: link(days),
    open: true,
  }; // prettier-ignore
}

/** @param {"A" | "B"} name @param {number[]} xs */
function listed(name, xs) {
  return xs.map((value, k) => ({
    name: `${name}${k + 1}`, label: msg`${name}, day ${k + 1}`, value, part: /** @type {const} */ ("x"),
  })); // prettier-ignore
}

/** What the unit answers under every cut. @param {{A: number[], B: number[]}} days */
function answersOf({ A, B }) {
  return CUTS.map((kept) => {
    const last = (/** @type {number[]} */ xs) =>
      run(VIDEO, xs, EMPTY, ({ h, c }) => ({ h: kept.h ? h : 0, c: kept.c ? c : 0 }))[xs.length - 1].h;
    return { A: last(A), B: last(B) };
  });
}

/** @param {{A: number, B: number}[]} all */
function tellApart(all) {
  return all.every((one, k) =>
    all.slice(0, k).every((other) => Math.max(Math.abs(one.A - other.A), Math.abs(one.B - other.B)) > 3 * TOLERANCE),
  );
}
