// The parts that drawings share: hair lines with their numbers at the left, dates below.

import { html } from "lab/language/html.js";

/** @typedef {import("lab/dates.js").Tick} Tick */

const DIGIT = 7.3;
const GAP = 14;

/**
 * How much room numbers need to stand left of a drawing.
 * @param {string[]} labels
 */
export function labelRoom(labels) {
  return Math.ceil(Math.max(0, ...labels.map((label) => label.length)) * DIGIT) + 10;
}

/**
 * Horizontal hair lines with their numbers.
 * @param {{y: LinearScale, ticks: number[], labels: string[], left: number, right: number}} props
 */
export function Levels({ y, ticks, labels, left, right }) {
  return ticks.map(
    (tick, k) => html`<g transform=${`translate(0 ${y(tick)})`}>
      <line class=${tick === 0 ? "rule zero" : "rule"} x1=${left} x2=${right} />
      <text class="tick" x=${left - 8} dy="0.32em" text-anchor="end">${labels[k]}</text>
    </g>`,
  );
}

/**
 * Ticks below a drawing: a label, and under it what it belongs to (a year, a day). One that would touch the one
 * before it is left out; one that would leave the drawing turns inwards.
 * @param {{ticks: Tick[], x: (index: number) => number, top: number, width: number}} props
 */
export function Dates({ ticks, x, top, width }) {
  let free = -Infinity;
  return ticks.map(({ index, label, context }) => {
    const at = x(index);
    const room = Math.max(label.length, context.length) * DIGIT;
    const anchor = at < room / 2 ? "start" : at > width - room / 2 ? "end" : "middle";
    const from = at - { start: 0, middle: room / 2, end: room }[anchor];
    if (from < free) return null;
    free = from + room + GAP;
    return html`<g transform=${`translate(${at} ${top})`}>
      <line class="rule" y2="5" />
      <text class="tick" y="18" text-anchor=${anchor}>${label}</text>
      <text class="tick context" y="33" text-anchor=${anchor}>${context}</text>
    </g>`;
  });
}
