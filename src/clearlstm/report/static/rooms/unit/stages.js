// The stages of one day, in order: what each lights up, along which wires its values come, and what it says.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { productsOfGate, termsOfGate } from "lab/rooms/unit/keys.js";
import { nameOf } from "lab/shell/names.js";

/** @typedef {import("lab/lstm/unit.js").Gate} Gate */

/**
 * @typedef {object} Stage
 * @property {string} id
 * @property {string} title
 * @property {string[]} lit  numbers that are being discussed; none: all are
 * @property {string[][]} travel  wires along which values come, in order; those in one list at the same time
 * @property {string[]} numbers  whose arithmetic is shown
 * @property {(last: boolean) => unknown} says  last: whether this is the last day
 */

/** @param {Gate} gate */
const sum = (gate) => ["h_prev", "x", ...termsOfGate(gate), ...productsOfGate(gate), `z_${gate}`];

/** @type {Stage[]} */
export const STAGES = [
  {
    id: "all", title: msg`All at once`, lit: [], travel: [], numbers: ["c", "h"],
    says: () => html`Along the top runs the <b>${nameOf("c")}</b>, along the bottom the
      <b class="name h">${nameOf("h")}</b>. Drag any weight, or step through the day.`,
  },
  {
    id: "inputs", title: msg`What comes in`, lit: ["x", "h_prev", "c_prev"], travel: [["x", "h_prev", "c_prev"]],
    numbers: ["x", "h_prev", "c_prev"],
    says: () => html`Three numbers come in: the input of the day, and the two memories as the day before left them.`,
  },
  {
    id: "z_f", title: msg`Forget: the sum`, lit: sum("f"), travel: [termsOfGate("f")], numbers: ["z_f"],
    says: () => html`The ${nameOf("h")} times its weight, the input times its weight, and a bias meet in one sum.`,
  },
  {
    id: "f", title: msg`Forget: the gate`, lit: ["z_f", "f"], travel: [["z_f"]], numbers: ["f"],
    says: () => html`The sigmoid turns the sum into a share between 0 and 1: how much of the ${nameOf("c")} stays.`,
  },
  {
    id: "kept", title: msg`What stays`, lit: ["c_prev", "f", "kept"], travel: [["c_prev", "f"], ["kept"]],
    numbers: ["kept"],
    says: () => html`The ${nameOf("c")} is multiplied by that share. This is all the forgetting there is.`,
  },
  {
    id: "g", title: msg`What could be added`, lit: [...sum("g"), "g"], travel: [termsOfGate("g"), ["z_g"]], numbers: ["g"],
    says: () => html`A sum with weights of its own goes through tanh: a number between −1 and 1 that could be added.`,
  },
  {
    id: "i", title: msg`How much of it`, lit: [...sum("i"), "i"], travel: [termsOfGate("i"), ["z_i"]], numbers: ["i"],
    says: () => html`Another sum, another sigmoid: how much of what could be added is let in.`,
  },
  {
    id: "written", title: msg`What is added`, lit: ["i", "g", "written"], travel: [["i", "g"], ["written"]],
    numbers: ["written"],
    says: () => html`The two are multiplied. Their product is on its way to the ${nameOf("c")}.`,
  },
  {
    id: "c", title: msg`The new memory`, lit: ["kept", "written", "c"], travel: [["kept", "written"], ["c"]],
    numbers: ["c"],
    says: () => html`What stays, plus what is added. No weight multiplies this line: that is why it can last.`,
  },
  {
    id: "tanh_c", title: msg`tanh of it`, lit: ["c", "tanh_c"], travel: [["tap"], ["tanh_c"]], numbers: ["tanh_c"],
    says: () => html`The ${nameOf("c")} can grow beyond 1. tanh brings what is told of it between −1 and 1.`,
  },
  {
    id: "o", title: msg`How much is told`, lit: [...sum("o"), "o"], travel: [termsOfGate("o"), ["z_o"]], numbers: ["o"],
    says: () => html`A last sum and sigmoid: how much of that leaves the unit today.`,
  },
  {
    id: "h", title: msg`What is said`, lit: ["o", "tanh_c", "h"], travel: [["o", "tanh_c"], ["h"]],
    numbers: ["h"],
    says: (last) => html`This is what the unit says today. ${last
      ? msg`Today is the last day, so this is its answer for the day after.`
      : msg`With the ${nameOf("c")}, it goes on into the next day.`}`,
  },
]; // prettier-ignore

/** @param {string} id */
export function stageOf(id) {
  return STAGES.find((stage) => stage.id === id) ?? STAGES[0];
}

/** The stage in which a number is computed. @param {string} key */
export function stageOfNumber(key) {
  const gate = /^z_([giof])$/.exec(key)?.[1];
  return gate && gate !== "f" ? gate : key;
}
