// The way back on the unit's wires: what each line of lines.js lights up, along which wires it comes, and what stands
// on the wires so far.

import { GATES } from "lab/lstm/unit.js";
import { productsOfGate } from "lab/rooms/unit/keys.js";

/**
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 * @typedef {ReturnType<typeof import("lab/lstm/adam.js").lossAndGradient>} Pass
 * @typedef {{lit: string[], travel: string[][]}} Way  travel: wires against their direction, in order
 */

/** @param {Gate} gate @returns {Way} through the curve to the sum, and to the three weights that made it */
const throughCurve = (gate) => ({
  lit: [gate, `z_${gate}`, ...weightsOf(gate)],
  travel: [[`z_${gate}`], weightsOf(gate)],
});

/** @param {Gate} gate */
const weightsOf = (gate) => ["h", "x", "b"].map((name) => `${gate}-${name}`);

/** By the number that a line computes. @type {Record<string, Way>} */
export const WAYS = {
  do_: { lit: ["h", "o"], travel: [["h"], ["o"]] },
  dtanh_c: { lit: ["h", "tanh_c"], travel: [["tanh_c"]] },
  dc: { lit: ["c", "tanh_c", "kept", "written"], travel: [["c", "tap"]] },
  df: { lit: ["kept", "f"], travel: [["kept"], ["f"]] },
  di: { lit: ["written", "i"], travel: [["written"], ["i"]] },
  dg: { lit: ["written", "g"], travel: [["written"], ["g"]] },
  dz_f: throughCurve("f"),
  dz_i: throughCurve("i"),
  dz_g: throughCurve("g"),
  dz_o: throughCurve("o"),
  dc_prev: { lit: ["kept", "c_prev"], travel: [["c_prev"]] },
  dh_prev: {
    lit: ["h_prev", ...GATES.flatMap((gate) => [`z_${gate}`, `${gate}-h-product`])],
    travel: [GATES.map((gate) => `${gate}-h`), ["h_prev"]],
  },
};

/** The line in which a number on a wire is computed. @param {string} key @returns {string} */
export function lineOf(key) {
  const gate = GATES.find((one) => key === one || key.startsWith(`${one}-`) || key === `z_${one}`);
  if (gate && productsOfGate(gate).includes(key)) return "dh_prev";
  if (gate) return key === gate ? (gate === "o" ? "do_" : `d${gate}`) : `dz_${gate}`;
  return { kept: "dc", written: "dc", c: "dc", tanh_c: "dtanh_c", c_prev: "dc_prev", h_prev: "dh_prev" }[key] ?? "do_";
}

/**
 * What stands on the wires of a day once these lines are done. At a weight stands the day's part of its gradient.
 * @param {Pass} pass @param {number} day @param {import("lab/lstm/unit.js").Weights} weights @param {string[]} lines
 * @returns {Record<string, number>}
 */
export function onWires({ steps, back }, day, weights, lines) {
  const [s, d] = [steps[day], back.steps[day]];
  /** @type {Record<string, number>} */
  const all = {
    h: d.dh, c: d.dc_later, o: d.do_, tanh_c: d.dtanh_c, kept: d.dc, written: d.dc, f: d.df, i: d.di, g: d.dg,
    c_prev: d.dc_prev, h_prev: d.dh_prev,
  }; // prettier-ignore
  for (const gate of GATES) {
    const dz = d[`dz_${gate}`];
    Object.assign(all, {
      [`z_${gate}`]: dz, [`${gate}-h`]: dz * s.h_prev, [`${gate}-x`]: dz * s.x, [`${gate}-b`]: dz,
      [`${gate}-h-product`]: dz * weights[gate].h,
    }); // prettier-ignore
  }
  const known = (/** @type {string} */ key) => key === "h" || key === "c" || lines.includes(lineOf(key));
  return Object.fromEntries(Object.entries(all).filter(([key]) => known(key)));
}
