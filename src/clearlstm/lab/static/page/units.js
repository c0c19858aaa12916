// The units of a layer: in what order they are shown, and what their memory consists of.

/** @typedef {import("lab/data.js").Layer} Layer */
/** @typedef {"held" | "kept" | "number"} Order */

/** @type {{order: Order, label: string}[]} */
export const ORDERS = [
  { order: "held", label: "what they hold at the end, |c|" },
  { order: "kept", label: "how much they keep, mean f" },
  { order: "number", label: "their number" },
];

/**
 * The step that was taken last: in a reverse layer, the first in time.
 * @param {Layer} layer
 */
export function lastStep(layer) {
  return layer.reverse ? 0 : layer.c.length - 1;
}

/**
 * The long-term memory from which a step started.
 * @param {Layer} layer @param {number} step @param {number} unit
 */
export function cBefore(layer, step, unit) {
  const before = step + (layer.reverse ? 1 : -1);
  return layer.c[before]?.[unit] ?? layer.c_0?.[unit] ?? 0;
}

/**
 * The units' numbers, in the order in which they are shown.
 * @param {Layer} layer @param {Order} order
 */
export function sortedUnits(layer, order) {
  const units = layer.c[0].map((_, unit) => unit);
  if (order === "number") return units;
  const held = layer.c[lastStep(layer)].map(Math.abs);
  const size = order === "held" ? held : units.map((unit) => mean(column(layer.f, unit)));
  return units.sort((a, b) => size[b] - size[a]);
}

/** @param {Layer} layer */
export function heldMost(layer) {
  return sortedUnits(layer, "held")[0];
}

/**
 * One unit's values over the steps.
 * @param {number[][]} values @param {number} unit
 */
export function column(values, unit) {
  return values.map((row) => row[unit]);
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * How many of the steps that were taken last wrote half of what is in memory (entries counted by their size).
 * @param {number[]} entries  in time order @param {boolean} reverse
 */
export function stepsOfHalf(entries, reverse) {
  const sizes = (reverse ? entries : entries.toReversed()).map(Math.abs);
  const half = sizes.reduce((sum, size) => sum + size, 0) / 2;
  let sum = 0;
  return sizes.findIndex((size) => (sum += size) >= half) + 1;
}
