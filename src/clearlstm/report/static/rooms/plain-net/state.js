// What is chosen in room 1.

import { computed } from "@preact/signals";

import { aNumber, linked, wholeNumber } from "lab/link.js";
import { sigmoid } from "lab/lstm/unit.js";

export const MOST_STEPS = 100;
export const WEIGHTS = /** @type {const} */ ([-2.5, 2.5]);

/** The weight on the loop, and how many days it acts. */
export const weight = linked("plain-weight", 2, aNumber);
export const steps = linked("plain-steps", 50, wholeNumber(1, MOST_STEPS));

/** The bias of the forget gate; where nothing else comes in, sigmoid of it is the gate. */
export const forgetBias = linked("plain-bias", 1, aNumber);

/** Which draw of the untrained nets is shown, and the day at which their lines are read. */
export const draw = linked("plain-draw", 1, wholeNumber(1, 9999));
export const readAt = linked("plain-at", 1, wholeNumber(1, MOST_STEPS));

/** The number of days at which the powers are read. */
export const growthAt = linked("plain-growth", 50, wholeNumber(0, MOST_STEPS));

/** What arrives of 1 after each number of days, w⁰ … wⁿ. */
export const powers = computed(() => Array.from({ length: steps.value + 1 }, (_, k) => weight.value ** k));

/** The forget gate that the bias alone opens. */
export const openGate = computed(() => sigmoid(forgetBias.value));
