// Where everything stands on the 16:9 stage, left to right in the order of events.

import { GATES } from "lab/lstm/unit.js";

/** @typedef {import("lab/lstm/unit.js").Gate} Gate */

export const STAGE = { width: 1120, height: 630 };

/** The middles of the four columns, of tanh(c), and of the + on the line of the long-term memory. */
export const CENTRE = { f: 212, i: 392, g: 572, o: 752 };
export const [TANH, PLUS] = [956, 482];

/** Heights of the lines: long-term memory, where i and g meet, where o and tanh(c) meet, sums, h and x. */
export const [TOP, MEET, SPEAK, SUM, BOTTOM, INPUT] = [58, 134, 236, 338, 496, 542];

/** How far left and right of the middle of a column its outer terms come up. */
export const ASIDE = 56;

/** Half the size of a circle with an operator. */
export const NODE = 15;

/** The little curves: sizes, and the top edges of those of the gates and of that of tanh(c). */
export const CURVE = { width: 132, height: 80, gates: 196, tanh: 92, tanhHeight: 74 };
const CURVE_END = CURVE.gates + CURVE.height;

/**
 * A wire: the number that it carries, the class of its colour, and its path in the direction of events.
 * @typedef {{id: string, key: string, style: string, d: string}} Wire
 */

/** @param {Gate} gate @returns {Wire} from the line of the input to the sum */
function fromInput(gate) {
  return { id: `${gate}-x`, key: `${gate}-x`, style: "x", d: `M${CENTRE[gate]} ${INPUT}V${SUM + NODE}` };
}

/** @param {Gate} gate @returns {Wire[]} from the short-term memory and the bias to the sum, and on to the curve */
function intoGate(gate) {
  const middle = CENTRE[gate];
  const [left, right] = [middle - ASIDE, middle + ASIDE];
  return [
    { id: `${gate}-h`, key: `${gate}-h`, style: "h",
      d: `M${left} ${BOTTOM}V${SUM + 40}Q${left} ${SUM} ${middle - NODE} ${SUM}` },
    { id: `${gate}-b`, key: `${gate}-b`, style: gate,
      d: `M${right} ${BOTTOM - 38}V${SUM + 40}Q${right} ${SUM} ${middle + NODE} ${SUM}` },
    { id: `z_${gate}`, key: `z_${gate}`, style: gate, d: `M${middle} ${SUM - NODE}V${CURVE_END}` },
  ]; // prettier-ignore
}

/** From below to above: what is crossed first. @type {Wire[]} */
export const WIRES = [
  { id: "x", key: "x", style: "x", d: `M84 ${STAGE.height}V${INPUT + 14}Q84 ${INPUT} 98 ${INPUT}H${CENTRE.o}` },
  ...GATES.map(fromInput),
  { id: "h_prev", key: "h_prev", style: "h", d: `M0 ${BOTTOM}H${CENTRE.o - ASIDE}` },
  ...GATES.flatMap(intoGate),
  { id: "f", key: "f", style: "f", d: `M${CENTRE.f} ${CURVE.gates}V${TOP + NODE}` },
  { id: "i", key: "i", style: "i",
    d: `M${CENTRE.i} ${CURVE.gates}V${MEET + 14}Q${CENTRE.i} ${MEET} ${CENTRE.i + 14} ${MEET}H${PLUS - NODE}` },
  { id: "g", key: "g", style: "g",
    d: `M${CENTRE.g} ${CURVE.gates}V${MEET + 14}Q${CENTRE.g} ${MEET} ${CENTRE.g - 14} ${MEET}H${PLUS + NODE}` },
  { id: "written", key: "written", style: "c", d: `M${PLUS} ${MEET - NODE}V${TOP + NODE}` },
  { id: "o", key: "o", style: "o", d: `M${CENTRE.o + CURVE.width / 2} ${SPEAK}H${TANH - NODE}` },
  { id: "tap", key: "c", style: "c", d: `M${TANH} ${TOP}V${CURVE.tanh}` },
  { id: "tanh_c", key: "tanh_c", style: "c", d: `M${TANH} ${CURVE.tanh + CURVE.tanhHeight}V${SPEAK - NODE}` },
  { id: "h", key: "h", style: "h",
    d: `M${TANH} ${SPEAK + NODE}V${BOTTOM - 20}Q${TANH} ${BOTTOM} ${TANH + 20} ${BOTTOM}H${STAGE.width - 14}` },
  { id: "c_prev", key: "c_prev", style: "c", d: `M0 ${TOP}H${CENTRE.f - NODE}` },
  { id: "kept", key: "kept", style: "c", d: `M${CENTRE.f + NODE} ${TOP}H${PLUS - NODE}` },
  { id: "c", key: "c", style: "c", d: `M${PLUS + NODE} ${TOP}H${STAGE.width - 14}` },
]; // prettier-ignore

/** The circles in which wires meet, and the number that comes out of each. */
export const NODES = [
  { sign: "×", key: "kept", style: "c", x: CENTRE.f, y: TOP },
  { sign: "+", key: "c", style: "c", x: PLUS, y: TOP },
  { sign: "×", key: "written", style: "c", x: PLUS, y: MEET },
  { sign: "×", key: "h", style: "h", x: TANH, y: SPEAK },
  ...GATES.map((gate) => ({ sign: "+", key: `z_${gate}`, style: gate, x: CENTRE[gate], y: SUM })),
];

/**
 * Where a number stands: the middle of its text, or its start or end.
 * @typedef {{key: string, x: number, y: number, anchor?: "start" | "end", big?: boolean}} Spot
 */

/** @param {Gate} gate @returns {Spot[]} */
function spotsOfGate(gate) {
  const middle = CENTRE[gate];
  return [
    { key: `${gate}-h`, x: middle - ASIDE, y: 463 },
    { key: `${gate}-x`, x: middle, y: (BOTTOM + INPUT) / 2 },
    { key: `${gate}-b`, x: middle + ASIDE, y: 436 },
    { key: `${gate}-h-product`, x: middle - ASIDE, y: 386 },
    { key: `${gate}-x-product`, x: middle, y: 410 },
    { key: `z_${gate}`, x: middle, y: 300 },
  ];
}

/** @type {Spot[]} */
export const SPOTS = [
  { key: "c_prev", x: 0, y: 34, anchor: "start", big: true },
  { key: "h_prev", x: 0, y: 474, anchor: "start", big: true },
  { key: "x", x: 84, y: 590, big: true },
  ...spotsOfGate("f"),
  { key: "f", x: CENTRE.f, y: 128, big: true },
  { key: "kept", x: (CENTRE.f + PLUS) / 2, y: TOP, big: true },
  ...spotsOfGate("i"),
  { key: "i", x: CENTRE.i, y: 168, big: true },
  ...spotsOfGate("g"),
  { key: "g", x: CENTRE.g, y: 168, big: true },
  { key: "written", x: PLUS, y: (TOP + MEET) / 2, big: true },
  { key: "c", x: STAGE.width - 10, y: 34, anchor: "end", big: true },
  { key: "tanh_c", x: TANH, y: 194, big: true },
  ...spotsOfGate("o"),
  { key: "o", x: (CENTRE.o + CURVE.width / 2 + TANH - NODE) / 2, y: SPEAK - 18, big: true },
  { key: "h", x: STAGE.width - 10, y: 474, anchor: "end", big: true },
];

/** The middle of what a stage is about, for screens that show a part of the drawing. @param {string[]} lit */
export function middleOf(lit) {
  const spots = SPOTS.filter(({ key }) => lit.includes(key) && !(key === "x" || key === "h_prev"));
  if (!spots.length) return 0;
  const across = spots.map(({ x }) => x);
  return (Math.min(...across) + Math.max(...across)) / 2;
}

/**
 * A text in lines of at most so many letters.
 * @param {string} text @param {number} most @returns {string[]}
 */
export function wrapped(text, most) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length && longer.length <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
