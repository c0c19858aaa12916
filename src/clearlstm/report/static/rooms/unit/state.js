// What the reader has chosen in this room, and the numbers that follow from it.

import { batch, computed, signal } from "@preact/signals";

import { msg } from "lab/language/texts.js";
import { LESSON } from "lab/lesson.js";
import { aFlag, aNumber, linked, numbers, oneOf, startOf, wholeNumber } from "lab/link.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { run as runRounded } from "lab/lstm/rounded.js";
import { fromARow, inARow, mapWeights, run, VIDEO } from "lab/lstm/unit.js";
import { COMPUTED, NUMBERS } from "lab/rooms/unit/keys.js";
import { STAGES } from "lab/rooms/unit/stages.js";

/**
 * @typedef {import("lab/lstm/unit.js").Weights} Weights
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 * @typedef {import("lab/link.js").Form<Weights>} WeightsForm
 * @typedef {import("lab/link.js").Form<number[]>} DaysForm
 */

export const MOST_DAYS = 1000;

/** @type {WeightsForm} */
const twelve = {
  write: (w) => numbers.write([...inARow(w)]),
  read: (text) => {
    const values = numbers.read(text);
    return values?.length === 12 ? fromARow(values) : undefined;
  },
};

/** @type {DaysForm} */
const atLeastADay = {
  write: numbers.write,
  read: (text) => {
    const values = numbers.read(text);
    return values && values.length >= 1 && values.length <= MOST_DAYS ? values : undefined;
  },
};

/** The input of each day. */
export const inputs = linked("unit-x", COMPANIES[1].xs, atLeastADay);
export const startH = linked("unit-h", 0, aNumber);
export const startC = linked("unit-c", 0, aNumber);
export const weights = linked("unit-w", VIDEO, twelve);

/** The day that was asked for, from 0; the one that is shown is never beyond the last. */
const wantedDay = linked("unit-day", 0, wholeNumber(0, MOST_DAYS - 1));
export const stage = linked("unit-stage", "all", oneOf(STAGES.map(({ id }) => id)));

/** The number whose arithmetic was asked for; by default that of the stage. */
export const opened = linked("unit-number", "", oneOf(["", ...NUMBERS]));

/** Whether rounded numbers are carried on, as in the video. */
export const carry = linked("unit-carry", false, aFlag);

/** The number that the reader is to supply; "" when no question is open, "done" after the last. */
export const question = linked("unit-fill", "", oneOf(["", ...COMPUTED, "done"]));

/** The number that is pointed at, wherever it stands. */
export const hot = signal("");

export const day = computed(() => Math.min(wantedDay.value, inputs.value.length - 1));
const start = computed(() => ({ h: startH.value, c: startC.value }));
export const exactSteps = computed(() => run(weights.value, inputs.value, start.value));
export const roundedSteps = computed(() => runRounded(weights.value, inputs.value, start.value));
export const steps = computed(() => (carry.value ? roundedSteps.value : exactSteps.value));
export const now = computed(() => steps.value[day.value]);

/** @param {number} wanted */
export function goToDay(wanted) {
  wantedDay.value = Math.min(Math.max(wanted, 0), inputs.value.length - 1);
}

/** @param {string} id  of a stage @param {number} [onDay] */
export function goToStage(id, onDay = day.value) {
  batch(() => {
    stage.value = id;
    opened.value = "";
    hot.value = "";
    goToDay(onDay);
  });
}

/** Where one more move leads to: a stage and a day, or null at the end. @param {1 | -1} by */
export function neighbour(by) {
  const at = STAGES.findIndex(({ id }) => id === stage.value) + by;
  if (at >= STAGES.length) return day.value + 1 < inputs.value.length ? { id: "inputs", day: day.value + 1 } : null;
  if (at < 0) return null;
  if (at === 0 && day.value > 0) return { id: STAGES[STAGES.length - 1].id, day: day.value - 1 };
  return { id: STAGES[at].id, day: day.value };
}

/** @param {1 | -1} by */
export function move(by) {
  const target = neighbour(by);
  if (target) goToStage(target.id, target.day);
}

/**
 * Whether a number is given rather than computed, so that the reader can change it.
 * @param {string} key @param {number} onDay
 */
export function isGiven(key, onDay) {
  return key === "x" || /^[figo]-[hxb]$/.test(key) || (onDay === 0 && (key === "h_prev" || key === "c_prev"));
}

/** The value of a given number. @param {string} key */
export function givenValue(key) {
  const [gate, name] = key.split("-");
  return name
    ? weights.value[/** @type {Gate} */ (gate)][/** @type {"h" | "x" | "b"} */ (name)]
    : now.value[/** @type {"x" | "h_prev" | "c_prev"} */ (key)];
}

/**
 * Change a given number: a weight, a bias, the day's input or a memory at the start.
 * @param {string} key @param {number} value
 */
export function change(key, value) {
  if (!Number.isFinite(value)) return;
  if (key === "x") inputs.value = inputs.value.map((x, k) => (k === day.value ? value : x));
  else if (key === "h_prev") startH.value = value;
  else if (key === "c_prev") startC.value = value;
  else weights.value = mapWeights(weights.value, (old, gate, name) => (key === `${gate}-${name}` ? value : old));
}

/**
 * @typedef {{id: string, label: string, xs: number[], h: number, c: number}} Preset
 * @type {Preset[]}
 */
export const PRESETS = [
  ...COMPANIES.map(({ name, xs }) => ({ id: name, label: msg`Company ${name}`, xs, h: 0, c: 0 })),
  { id: "single", label: msg`The video's single step`, xs: [LESSON.single_step], ...LESSON.before },
  { id: "forgets", label: msg`An input of −10`, xs: [LESSON.forgets], ...LESSON.before },
];

/** The preset that is being looked at, if any. */
export const preset = computed(() =>
  PRESETS.find(
    ({ xs, h, c }) => startH.value === h && startC.value === c && numbers.write(inputs.value) === numbers.write(xs),
  ),
);

/** @param {Preset} chosen */
export function choosePreset({ xs, h, c }) {
  batch(() => {
    [inputs.value, startH.value, startC.value, wantedDay.value] = [xs, h, c, 0];
  });
}

export const changedWeights = computed(() => twelve.write(weights.value) !== twelve.write(startOf(weights)));

/** Whose weights these were at the start. */
export const startIsVideo = () => twelve.write(startOf(weights)) === twelve.write(VIDEO);

export function resetWeights() {
  weights.value = startOf(weights);
}
