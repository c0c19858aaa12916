// What the reader has chosen. Everything that is shown follows from the report and from these signals.

import { computed, signal } from "@preact/signals";

import { readReport } from "lab/data.js";
import { heldMost, sortedUnits } from "lab/page/units.js";

/** @typedef {{step: number, unit: number}} Place */

export const report = readReport();

/** The id of the series that is shown, in every section. */
export const chosenSeries = signal(report.series[0]?.id ?? "");

export const chosenLayer = signal(0);

/** @type {import("@preact/signals").Signal<import("lab/page/units.js").Order>} */
export const unitOrder = signal(/** @type {const} */ ("held"));

/** @type {import("@preact/signals").Signal<Place | null>} Where the reader stopped; null before any choice. */
export const pinned = signal(/** @type {Place | null} */ (null));

/** @type {import("@preact/signals").Signal<Place | null>} Where the pointer is now. */
export const hovered = signal(/** @type {Place | null} */ (null));

/** The trace of the chosen series' last window, if there is one. */
export const trace = computed(() => report.traces.find((one) => one.id === chosenSeries.value) ?? null);

/** The layer of that trace that is shown. */
export const layer = computed(() => {
  const layers = trace.value?.layers ?? [];
  return layers[Math.min(chosenLayer.value, layers.length - 1)] ?? null;
});

/** The numbers of its units, from the first row of every map to the last. */
export const units = computed(() => (layer.value ? sortedUnits(layer.value, unitOrder.value) : []));

/** The largest long-term memory in it, for the scale of its map. */
export const largestMemory = computed(() => {
  const sizes = (layer.value?.c ?? []).map((ofStep) => Math.max(...ofStep.map(Math.abs)));
  return Math.max(...sizes) || 1;
});

/** The step and unit that every number inside the window belongs to. */
export const place = computed(() => {
  if (!layer.value) return { step: 0, unit: 0 };
  const [steps, units] = [layer.value.c.length, layer.value.c[0].length];
  const { step, unit } = hovered.value ?? pinned.value ?? { step: steps - 1, unit: heldMost(layer.value) };
  return { step: Math.min(step, steps - 1), unit: Math.min(unit, units - 1) };
});

/**
 * Show another series, from where its own memories are largest.
 * @param {string} id
 */
export function chooseSeries(id) {
  chosenSeries.value = id;
  chosenLayer.value = 0;
  pinned.value = null;
  hovered.value = null;
}

/** @param {number} index */
export function chooseLayer(index) {
  chosenLayer.value = index;
  pinned.value = null;
}

/** @param {Place} at */
export function stayAt(at) {
  pinned.value = at;
  hovered.value = null;
}

/** @param {number} step */
export function stayAtStep(step) {
  stayAt({ step, unit: place.value.unit });
}

/** @param {Place | null} at  null: the pointer has left */
export function glanceAt(at) {
  hovered.value = at;
}

/** Dark or light, as the reader's system says. */
export const dark = signal(false);
const scheme = matchMedia("(prefers-color-scheme: dark)");
const follow = () => (dark.value = scheme.matches);
scheme.addEventListener("change", follow);
follow();
