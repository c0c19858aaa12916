// What is chosen for the two nets that learn, and how far they are.

import { computed, effect, signal } from "@preact/signals";

import { linked, oneOf, wholeNumber } from "lab/link.js";
import { ASKED_EVERY } from "lab/lstm/learning.js";
import { GAPS, runner, UPDATES } from "lab/rooms/plain-net/race.js";
import { forOneFrame } from "lab/rooms/frames.js";

export const gap = linked("race-gap", "50", oneOf(GAPS.map(String)));
export const draw = linked("race-draw", 1, wholeNumber(1, 9999));
export const plainStart = linked("race-plain", "plain", oneOf(/** @type {const} */ (["plain", "orthogonal"])));
export const lstmStart = linked("race-lstm", "open", oneOf(/** @type {const} */ (["open", "half"])));

/** Whether they learn now. Not in the link: a page opens standing still. */
export const running = signal(false);

/** The updates at which both are asked. */
export const XS = Array.from({ length: UPDATES / ASKED_EVERY + 1 }, (_, k) => k * ASKED_EVERY);

/** Both nets, made anew with each choice. They learn in place. */
const learners = computed(() => ({
  plain: runner(plainStart.value, Number(gap.value), draw.value),
  lstm: runner(lstmStart.value, Number(gap.value), draw.value),
}));

/** How many updates the page shows of them. */
export const updates = signal(0);

/** The index in XS at which the lines are read; null: where they end. */
export const readAt = signal(/** @type {number | null} */ (null));

effect(() => {
  if (learners.value) startOver();
});

function startOver() {
  updates.value = 0;
  readAt.value = null;
}

/** What they have answered so far, and how wrong they were. */
export const courses = computed(() => {
  const shown = updates.value / ASKED_EVERY + 1;
  const course = (/** @type {import("lab/lstm/learning.js").Learning} */ { answers, losses }) => ({
    answers: answers.map((values) => values.slice(0, shown)),
    losses: losses.slice(0, shown),
  });
  return { plain: course(learners.value.plain), lstm: course(learners.value.lstm) };
});

/** Let both learn for one frame. */
export function learn() {
  const { plain, lstm } = learners.value;
  forOneFrame(() => {
    plain.goOn();
    lstm.goOn();
    return lstm.updates < UPDATES;
  });
  updates.value = lstm.updates;
  if (lstm.updates >= UPDATES) running.value = false;
}

/** Let both learn to the end, and the page live meanwhile. */
export async function learnAll() {
  while (updates.value < UPDATES) {
    learn();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Two nets from the chosen draw, untrained, or from the next one. @param {number} next */
export function again(next) {
  running.value = false;
  draw.value = next;
}
