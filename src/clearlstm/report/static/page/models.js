// The models that are compared, and how each one is drawn.

import { computed } from "@preact/signals";

import { report } from "lab/state.js";

const OTHERS = ["other-1", "other-2", "other-3"];

/** The name of the last value repeated, against which skill is measured. */
export const BASELINE = "Naive";

/** The style of each model that is drawn. */
const styles = computed(() => {
  const models = report.value.comparison?.models ?? [];
  const first = models.find(({ name }) => name !== BASELINE);
  /** @type {Map<string, string>} */
  const styles = new Map();
  for (const { name } of models) {
    if (name === BASELINE) styles.set(name, "baseline");
    else if (name === first?.name) styles.set(name, "forecast");
  }
  // Of the others the nearest: more lines could not be told apart, and a bad one would flatten the rest.
  const others = models.filter(({ name }) => !styles.has(name));
  const nearest = others.toSorted((a, b) => (a.mase ?? Infinity) - (b.mase ?? Infinity)).slice(0, OTHERS.length);
  nearest.forEach(({ name }, k) => styles.set(name, OTHERS[k]));
  return styles;
});

/**
 * Whether a model has a line in the charts; in the tables all are.
 * @param {string} name
 */
export function isDrawn(name) {
  return styles.value.has(name);
}

/**
 * The class in styles/ with which a model is drawn: ink for the first, dashes for the baseline.
 * @param {string} name
 */
export function modelStyle(name) {
  return styles.value.get(name) ?? OTHERS[0];
}
