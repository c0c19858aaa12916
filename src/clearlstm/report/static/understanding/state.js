// The learner's record on this page, and what moves it.

import { computed } from "@preact/signals";

import { linked } from "lab/link.js";
import { SHOWN } from "lab/understanding/question.js";
import { begun, LARGEST_SEED, later, LONGEST_NAME, NOTHING, read, tried, write } from "lab/understanding/record.js";
import { resultsOf } from "lab/understanding/results.js";

/** @typedef {import("lab/understanding/questions.js").Checked} Checked */

export const record = linked("check", NOTHING, { write, read, join: later });

/** All that was answered, judged. */
export const results = computed(() => resultsOf(record.value));

/** Ask a room's questions, for the first time or with other numbers. @param {Checked} room */
export function ask(room) {
  const seed = record.value.seed || freshSeed();
  record.value = begun({ ...record.value, seed }, room);
}

function freshSeed() {
  return 1 + Math.floor(Math.random() * LARGEST_SEED);
}

/** @param {Checked} room @param {number} place @param {string} given  as tryOf keeps it */
export function answer(room, place, given) {
  record.value = tried(record.value, room, place, given);
}

/** @param {Checked} room @param {number} place */
export function showAnswer(room, place) {
  answer(room, place, SHOWN);
}

/** @param {string} name */
export function call(name) {
  record.value = { ...record.value, name: name.replaceAll("_", " ").slice(0, LONGEST_NAME) };
}

/** Forget all answers: other numbers, and nothing answered. */
export function beginAnew() {
  record.value = { ...NOTHING, seed: freshSeed() };
}
