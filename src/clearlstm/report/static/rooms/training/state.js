// What is chosen in room 5, and the course of training from the chosen start.

import { computed, signal } from "@preact/signals";

import { LESSON } from "lab/lesson.js";
import { aFlag, linked, oneOf, wholeNumber } from "lab/link.js";
import { COMPANIES, drawnStart, lossAndGradient, PUBLISHED_START } from "lab/lstm/adam.js";
import { Course } from "lab/rooms/training/course.js";

/** The epochs after which the published lesson stops. */
export const LAST = LESSON.epochs;

export const epoch = linked("training-epoch", 0, wholeNumber(0, LAST));
export const start = linked("training-start", "published", oneOf(/** @type {const} */ (["published", "random"])));
export const seed = linked("training-seed", 1, wholeNumber(1, 9999));
export const speed = linked("training-speed", "100", oneOf(/** @type {const} */ (["1", "10", "100", "1000"])));
export const showBackward = linked("training-back", false, aFlag);

/** Which line of the way back is reached, and whose way it is. */
export const line = linked("training-line", 0, wholeNumber(0, 999));
export const company = linked("training-company", "B", oneOf(/** @type {const} */ (["A", "B"])));

/** Whether it runs. Not in the link: a page opens standing still. */
export const playing = signal(false);

export const course = computed(() => new Course(start.value === "published" ? PUBLISHED_START : drawnStart(seed.value)));

/** Where training stands at the chosen epoch. */
export const now = computed(() => course.value.at(epoch.value));

/** Loss, answer and way back of each company with the weights of now. */
export const passes = computed(() => COMPANIES.map((one) => lossAndGradient(now.value.weights, one)));
