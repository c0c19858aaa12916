// What room 5 asks: the loss, its derivative by the answer, and a step against a gradient.

import { fixed } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { COMPANIES, drawnStart, lossAndGradient } from "lab/lstm/adam.js";
import { GATES } from "lab/lstm/unit.js";
import { Course } from "lab/rooms/training/course.js";
import { labelOf } from "lab/rooms/unit/keys.js";
import { firstClear } from "lab/understanding/question.js";

/**
 * @typedef {import("lab/understanding/draw.js").Draw} Draw
 * @typedef {import("lab/understanding/question.js").Question} Question
 */

/** @type {((draw: Draw) => Question)[]} */
export const QUESTIONS = [loss, pull, move];

/** A unit on its way, from a random start, and its two passes. @param {Draw} draw */
function onTheWay(draw) {
  const [seed, epoch] = [draw.whole(1, 9999), draw.whole(2, 20)];
  const { weights } = new Course(drawnStart(seed)).at(epoch);
  return {
    weights, passes: COMPANIES.map((one) => lossAndGradient(weights, one)), epoch,
    at: `room=training&training-start=random&training-seed=${seed}&training-epoch=${epoch}`,
  }; // prettier-ignore
}

/** @param {Draw} draw */
function loss(draw) {
  return firstClear(() => {
    const { passes: [{ answer: a }, { answer: b }], epoch, at } = onTheWay(draw);
    const [missA, missB] = [a - COMPANIES[0].target, b - COMPANIES[1].target];
    return {
      idea: msg`The loss: both misses, squared and added`,
      text: msg`After ${epoch} epochs from a random start, the unit answers ${fixed(a, 3)} for A, which should be 0,
        and ${fixed(b, 3)} for B, which should be 1. What is the loss?`,
      given: [
        { name: "a", label: "", value: a, decimals: 3 },
        { name: "b", label: "", value: b, decimals: 3 },
      ],
      answer: missA ** 2 + missB ** 2,
      slips: [
        { value: Math.abs(missA) + Math.abs(missB), says: msg`Those are the misses, added. Square each of them first.` },
        { value: (missA + missB) ** 2, says: msg`The misses were added, then squared. Square each, then add: or they
          cancel out.` },
        { value: (missA ** 2 + missB ** 2) / 2, says: msg`That is the mean of the two. The loss is their sum here.` },
        { value: a ** 2 + b ** 2, says: msg`B should be 1, so its miss is its answer less 1.` },
        { value: missB ** 2, says: msg`That is B's part. A was missed, too.` },
        { value: Math.sqrt(missA ** 2 + missB ** 2), says: msg`That is the root of it. The loss stays squared.` },
      ],
      hint: msg`For each company: what it answers less what it should. Square both, and add them.`,
      why: `${inBrackets(missA)}² + ${inBrackets(missB)}² = ${fixed(missA ** 2 + missB ** 2, 3)}`,
      at,
    };
  }); // prettier-ignore
}

/** @param {number} value */
const inBrackets = (value) => (value < 0 ? `(${fixed(value, 3)})` : fixed(value, 3));

/** @param {Draw} draw */
function pull(draw) {
  return firstClear(() => {
    const { passes, epoch, at } = onTheWay(draw);
    const which = draw.whole(0, 1);
    const { name, target } = COMPANIES[which];
    const { answer } = passes[which];
    const miss = answer - target;
    return {
      idea: msg`A gradient: how the loss moves if a number does`,
      text: msg`After ${epoch} epochs, the unit answers ${fixed(answer, 3)} for ${name}, which should be ${target}.
        Its loss is that miss, squared. What is ∂h on the last day, the derivative of the loss by the answer?`,
      given: [
        { name: "answer", label: "", value: answer, decimals: 3 },
        { name: "target", label: "", value: target },
      ],
      answer: 2 * miss,
      slips: [
        { value: miss, says: msg`That is the miss. The derivative of a square is twice what is squared.` },
        { value: miss ** 2, says: msg`That is the loss itself. Asked is how it changes as the answer does.` },
        { value: -2 * miss, says: msg`The sign is the wrong way round: answer less wanted. Above what is wanted, a
          larger answer makes a larger loss.` },
        { value: 2 * answer, says: msg`The wanted answer is missing: twice (answer − wanted).` },
        { value: 2 * miss ** 2, says: msg`That is twice the loss. The power goes down by one: twice the miss.` },
      ],
      hint: msg`The derivative of (answer − wanted)² by the answer is 2 × (answer − wanted).`,
      why: `2 × (${fixed(answer, 3)} − ${target}) = ${fixed(2 * miss, 3)}`,
      at: `${at}&training-back=1&training-company=${name}`,
    };
  }); // prettier-ignore
}

const SOURCES = /** @type {const} */ (["h", "x", "b"]);

/** @param {Draw} draw */
function move(draw) {
  return firstClear(() => {
    const { weights, passes, epoch, at } = onTheWay(draw);
    const [gate, source] = [draw.oneOf(GATES), draw.oneOf(SOURCES)];
    const w = weights[gate][source];
    const gradient = passes.reduce((sum, { back }) => sum + back.weights[gate][source], 0);
    const rate = draw.oneOf([0.1, 0.2, 0.5]);
    return {
      idea: msg`Training moves each weight against its gradient`,
      text: msg`After ${epoch} epochs, take one plain step of gradient descent. (Adam, in the room, sets the length of
        each step by itself.) Where does it take this weight?`,
      given: [
        { name: "w", label: msg`${labelOf(`${gate}-${source}`)}, before`, value: w, decimals: 3, part: gate },
        { name: "gradient", label: msg`its gradient`, value: gradient, decimals: 3 },
        { name: "rate", label: msg`learning rate`, value: rate, decimals: 1 },
      ],
      answer: w - rate * gradient,
      slips: [
        { value: w + rate * gradient, says: msg`That goes with the gradient, and makes the loss larger. Training goes
          against it.` },
        { value: w - gradient, says: msg`The learning rate is missing: it says how far a step goes.` },
        { value: rate * gradient, says: msg`That is the length of the step. Take it away from where the weight was.` },
        { value: w - rate, says: msg`The gradient is missing: the step is the learning rate times it.` },
        { value: (w - gradient) * rate, says: msg`The learning rate multiplies the gradient alone, not the weight.` },
      ],
      hint: msg`The weight, less the learning rate times the gradient.`,
      why: `${fixed(w, 3)} − ${fixed(rate, 1)} × ${inBrackets(gradient)} = ${fixed(w - rate * gradient, 3)}`,
      at,
    };
  }); // prettier-ignore
}
