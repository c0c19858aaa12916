// The units of a layer: in what order they are shown, and what their memory consists of.

import { msg } from "lab/language/texts.js";
import { PARTS } from "lab/words.js";

/** @typedef {import("lab/data.js").Layer} Layer */
/** @typedef {"held" | "kept" | "lit" | "number"} Order */

/** @type {{order: Order, label: string}[]} */
export const ORDERS = [
  { order: "held", label: msg`what they hold at the end, |c|` },
  { order: "kept", label: msg`how much they keep, mean f` },
  { order: "lit", label: msg`how many of their cells are lit` },
  { order: "number", label: msg`their number` },
];

/**
 * The step that was taken last: in a reverse layer, the first in time.
 * @param {Layer} layer
 */
export function lastStep(layer) {
  return layer.reverse ? 0 : layer.h.length - 1;
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
 * The units' numbers, in the order in which they are shown. A plain layer's units hold nothing but h.
 * @param {Layer} layer @param {Order} order
 * @param {(part: string) => number} leastLit  the least size that is lit in a map
 */
export function sortedUnits(layer, order, leastLit) {
  const units = layer.h[0].map((_, unit) => unit);
  const size = units.map(sizeBy(layer, order, leastLit));
  return units.sort((a, b) => size[b] - size[a]);
}

/**
 * @param {Layer} layer @param {Order} order @param {(part: string) => number} leastLit
 * @returns {(unit: number) => number}
 */
function sizeBy(layer, order, leastLit) {
  const held = (layer.c ?? layer.h)[lastStep(layer)];
  if (order === "number" || (order === "kept" && !layer.f)) return () => 0;
  if (order === "held") return (unit) => Math.abs(held[unit]);
  if (order === "kept") return (unit) => mean(column(layer.f, unit));
  const brushed = PARTS.map(({ part }) => part).filter((part) => layer[part] && leastLit(part) > 0);
  /** @param {import("lab/words.js").Part} part @param {number} unit */
  const lit = (part, unit) => column(layer[part], unit).filter((value) => Math.abs(value) >= leastLit(part)).length;
  return (unit) => brushed.reduce((sum, part) => sum + lit(part, unit), 0);
}

/** @param {Layer} layer */
export function heldMost(layer) {
  return sortedUnits(layer, "held", () => 0)[0];
}

/** The largest size of a number in a map. @param {number[][]} values */
export function largest(values) {
  return values.reduce((most, row) => row.reduce((size, value) => Math.max(size, Math.abs(value)), most), 0);
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
