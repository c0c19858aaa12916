// What is chosen for the small tasks, and how far the net is.

import { computed, effect, signal } from "@preact/signals";

import { aFlag, linked, oneOf, wholeNumber } from "lab/link.js";
import { ASKED_EVERY } from "lab/lstm/learning.js";
import { forOneFrame } from "lab/rooms/frames.js";
import { DAYS, learner, MOST_UNITS, taskOf, TASKS, testedOn, tests, UPDATES } from "lab/rooms/training/small-tasks.js";

export const taskId = linked("task", "first", oneOf(TASKS.map(({ id }) => id)));
export const units = linked("task-units", 4, wholeNumber(1, MOST_UNITS));
export const days = linked("task-days", "8", oneOf(DAYS.map(String)));
export const same = linked("task-same", false, aFlag);
export const draw = linked("task-draw", 1, wholeNumber(1, 9999));

/** Whether it learns now. Not in the link: a page opens standing still. */
export const learning = signal(false);

export const task = computed(() => taskOf(taskId.value));

/** What it is tested on. */
export const sequences = computed(() => testedOn(task.value, Number(days.value), draw.value));

/** The net, made anew with each choice. It learns in place. */
const net = computed(() =>
  learner({ task: task.value, units: units.value, days: Number(days.value), seed: draw.value, same: same.value }),
);

/** How many updates the page shows of it. */
export const updates = signal(0);

/** The index at which the lines are read; null: where they end. */
export const readAt = signal(/** @type {number | null} */ (null));

effect(() => {
  if (net.value) startOver();
});

function startOver() {
  updates.value = 0;
  readAt.value = null;
}

/** What it has answered so far, how wrong it was on what it learns from, and the tests on what it doesn't. */
export const course = computed(() => {
  const shown = updates.value / ASKED_EVERY + 1;
  const answers = net.value.answers.map((values) => values.slice(0, shown));
  const results = tests(answers, task.value, sequences.value);
  return { answers: answers.map((values) => values[shown - 1]), losses: net.value.losses.slice(0, shown), results };
});

/** Let it learn for one frame. */
export function learn() {
  const one = net.value;
  forOneFrame(() => {
    one.goOn();
    return one.updates < UPDATES;
  });
  updates.value = one.updates;
  if (one.updates >= UPDATES) learning.value = false;
}
