// What is shown of a report, and what the reader has chosen in it. Everything follows from these signals.

import { batch, computed, signal } from "@preact/signals";

import { asReport, dataInPage } from "lab/data.js";
import { msg } from "lab/language/texts.js";
import { aText, linked, oneOf, wholeNumber } from "lab/link.js";
import { heldMost, largest, ORDERS, sortedUnits } from "lab/page/units.js";
import { changed, changesForm, nothing, runNet, whyNot } from "lab/what-if.js";

/**
 * @typedef {{step: number, unit: number}} Place
 * @typedef {import("lab/link.js").Form<Place | null>} PlaceForm
 */

/** The result that is shown, by whoever wrote the page or by a job of the lab; null: nothing yet. */
export const shownResult = signal(dataInPage());

/** The report that is shown. */
export const report = computed(() => asReport(shownResult.value));

/** The ids of all series, in the order of the report; of an opened model, those of the sequences that it was fed. */
export const seriesIds = computed(() => {
  const { series, traces } = report.value;
  return (series.length ? series : traces).map(({ id }) => id);
});

const wantedSeries = linked("yours-series", "", aText);

/** The id of the series that is shown, in every section. */
export const chosenSeries = computed(() =>
  seriesIds.value.includes(wantedSeries.value) ? wantedSeries.value : (seriesIds.value[0] ?? ""),
);

export const chosenLayer = linked("yours-layer", 0, wholeNumber(0, 999));

/** @type {import("@preact/signals").Signal<import("lab/page/units.js").Order>} */
export const unitOrder = linked("yours-order", "held", oneOf(ORDERS.map(({ order }) => order)));

/** @type {PlaceForm} */
const aPlace = {
  write: (place) => (place ? `${place.step}_${place.unit}` : ""),
  read: (text) => {
    const parts = /^(\d{1,6})_(\d{1,6})$/.exec(text);
    return parts ? { step: Number(parts[1]), unit: Number(parts[2]) } : undefined;
  },
};

/** Where the reader stopped; null before any choice. */
export const pinned = linked("yours-place", /** @type {Place | null} */ (null), aPlace);

/** @type {import("@preact/signals").Signal<Place | null>} Where the pointer is now. */
export const hovered = signal(/** @type {Place | null} */ (null));

/** The trace of the chosen series' last window as it was recorded, if there is one. */
export const trace = computed(() => report.value.traces.find((one) => one.id === chosenSeries.value) ?? null);

/** What the reader has changed to ask "what if": inputs, weights and biases. */
export const changes = linked("yours-change", nothing, changesForm);

/** Why the page can't compute this net itself; null if it can. */
export const cannotRun = computed(() => {
  if (!trace.value?.x) return msg`This report holds no weights.`;
  return trace.value.why_not || whyNot(report.value.net);
});

/** Net and inputs, with what was changed in them. */
const changedNet = computed(() => {
  const { net } = report.value;
  return net && trace.value?.x && !cannotRun.value ? changed(net, trace.value.x, changes.value) : null;
});

/** Weights as they are used now. */
export const net = computed(() => changedNet.value?.net ?? report.value.net);

/** The net's inputs as they are now, T × F; null where they were not recorded to the last bit. */
export const inputs = computed(() => changedNet.value?.x ?? trace.value?.x ?? null);

/** What came in, by name, as it is now. */
export const namedInputs = computed(() => {
  const [named, rows] = [trace.value?.inputs ?? [], inputs.value];
  return altered.value && rows ? named.map(({ name }, k) => ({ name, values: rows.map((row) => row[k]) })) : named;
});

/** The same net and inputs unchanged, computed in the page in float64: what a change is compared with. */
export const unchanged = computed(() => {
  const { net } = report.value;
  return net && trace.value?.x && !cannotRun.value ? runNet(net, trace.value.x, trace.value.layers) : null;
});

/** What follows from the changes, computed in the page; null if nothing was changed. */
export const altered = computed(() => {
  if (!changedNet.value || Object.keys(changedNet.value.applied).length === 0) return null;
  return runNet(changedNet.value.net, changedNet.value.x, trace.value?.layers);
});

/**
 * The answers of a run; of a net that answers at each step, those of the chosen one.
 * @param {{y?: number[] | number[][]} | null} run @returns {number[]}
 */
export function answersOf(run) {
  const y = run?.y ?? [];
  return Array.isArray(y[0]) ? /** @type {number[][]} */ (y)[place.value.step] : /** @type {number[]} */ (y);
}

/** All layers as they are shown: as they were recorded, or as they follow from the changes. */
export const layers = computed(() => altered.value?.layers ?? trace.value?.layers ?? []);

/** The index of the layer that is shown. */
export const layerIndex = computed(() => Math.min(chosenLayer.value, layers.value.length - 1));

/** The layer that is shown. */
export const layer = computed(() => layers.value[layerIndex.value] ?? null);

/** Of each map, the least size of a number that is lit, as a share of the end of its scale. */
export const thresholds = linked("yours-lit", /** @type {Record<string, number>} */ ({}), {
  write: (shares) => Object.entries(shares).map(([part, share]) => part + share).join("_"),
  read: (text) => {
    const parts = text.split("_").map((part) => /^([chfigo])(0\.\d{1,4}|1)$/.exec(part));
    return parts.every(Boolean) ? Object.fromEntries(parts.map((part) => [part?.[1], Number(part?.[2])])) : undefined;
  },
});

/** The largest long-term memory as it was recorded, for the scale of its map. */
export const largestMemory = computed(() => {
  const recorded = trace.value?.layers[layerIndex.value];
  return (recorded?.c && largest(recorded.c)) || 1;
});

/** The end of a map's scale. What is squashed has one scale; memories have that of the largest. @param {string} part */
export const endOfScale = (part) => (part === "c" ? largestMemory.value : 1);

/** The least size of a number of `part` that is lit. @param {string} part */
export const leastLit = (part) => (thresholds.value[part] ?? 0) * endOfScale(part);

/** The numbers of its units, from the first row of every map to the last. */
export const units = computed(() => (layer.value ? sortedUnits(layer.value, unitOrder.value, leastLit) : []));

/** The step and unit that every number inside the window belongs to. */
export const place = computed(() => {
  if (!layer.value) return { step: 0, unit: 0 };
  const recorded = trace.value?.layers[layerIndex.value] ?? layer.value;
  const [steps, units] = [layer.value.h.length, layer.value.h[0].length];
  const { step, unit } = hovered.value ?? pinned.value ?? { step: steps - 1, unit: heldMost(recorded) };
  return { step: Math.min(step, steps - 1), unit: Math.min(unit, units - 1) };
});

/**
 * Show another series, from where its own memories are largest.
 * @param {string} id
 */
export function chooseSeries(id) {
  batch(() => {
    wantedSeries.value = id;
    chosenLayer.value = 0;
    changes.value = nothing;
    pinned.value = null;
    hovered.value = null;
  });
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

/** Change one input, weight or bias; undefined takes the change back. @param {string} key @param {number} [value] */
export function change(key, value) {
  const { [key]: _, ...others } = changes.value;
  changes.value = value === undefined ? others : { ...others, [key]: value };
}

/** @type {import("@preact/signals").Signal<boolean | null>} Dark or light, where what is around the page says so. */
export const darkAround = signal(/** @type {boolean | null} */ (null));

const scheme = matchMedia("(prefers-color-scheme: dark)");
const darkSystem = signal(scheme.matches);
scheme.addEventListener("change", () => (darkSystem.value = scheme.matches));

/** Dark or light; by default as the reader's system says. */
export const dark = computed(() => darkAround.value ?? darkSystem.value);
