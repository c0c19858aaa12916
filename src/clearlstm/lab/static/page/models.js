// The models that are compared, and how each one is drawn.

import { report } from "lab/state.js";

const OTHERS = ["other-1", "other-2", "other-3"];

/** The name of the last value repeated, against which skill is measured. */
export const BASELINE = "Naive";

/** @type {Map<string, string>} */
const STYLES = new Map();
for (const { name } of report.comparison?.models ?? []) {
  const isFirst = ![...STYLES.values()].includes("forecast");
  const others = [...STYLES.values()].filter((style) => OTHERS.includes(style)).length;
  STYLES.set(name, name === BASELINE ? "baseline" : isFirst ? "forecast" : OTHERS[others % OTHERS.length]);
}

/**
 * The class in theme.css with which a model is drawn: ink for the first, dashes for the baseline.
 * @param {string} name
 */
export function modelStyle(name) {
  return STYLES.get(name) ?? OTHERS[0];
}
