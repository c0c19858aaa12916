// The models that are compared, and how each one is drawn.

import { report } from "lab/state.js";

const OTHERS = ["other-1", "other-2", "other-3"];

/** The name of the last value repeated, against which skill is measured. */
export const BASELINE = "Naive";

/** @type {Map<string, string>} */
const STYLES = new Map();
const models = report.comparison?.models ?? [];
const first = models.find(({ name }) => name !== BASELINE);
for (const { name } of models) {
  if (name === BASELINE) STYLES.set(name, "baseline");
  else if (name === first?.name) STYLES.set(name, "forecast");
}
// Of the others the nearest: more lines could not be told apart, and a bad one would flatten the rest.
const nearest = models.filter(({ name }) => !STYLES.has(name))
  .toSorted((a, b) => (a.mase ?? Infinity) - (b.mase ?? Infinity));
nearest.slice(0, OTHERS.length).forEach(({ name }, k) => STYLES.set(name, OTHERS[k]));

/**
 * Whether a model has a line in the charts; in the tables all are.
 * @param {string} name
 */
export function isDrawn(name) {
  return STYLES.has(name);
}

/**
 * The class in styles/ with which a model is drawn: ink for the first, dashes for the baseline.
 * @param {string} name
 */
export function modelStyle(name) {
  return STYLES.get(name) ?? OTHERS[0];
}
