// What is chosen in room 4, and the two passes that follow from it.

import { computed } from "@preact/signals";

import { aFlag, aNumber, linked, numbers, wholeNumber } from "lab/link.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { EMPTY, ledger, run, VIDEO } from "lab/lstm/unit.js";

/** @typedef {"A" | "B"} CompanyName */

export const MOST_DAYS = 100;

/** Days as a link may hold them. @type {typeof numbers} */
const days = {
  write: numbers.write,
  read: (text) => {
    const values = numbers.read(text);
    return values && values.length > 0 && values.length <= MOST_DAYS ? values : undefined;
  },
};

/** What each company was at, day by day. */
export const inputs = {
  A: linked("companies-a", COMPANIES[0].xs, days),
  B: linked("companies-b", COMPANIES[1].xs, days),
};

/** The reader's guesses for day 5, and whether the answers are shown. */
export const guesses = { A: linked("companies-guess-a", 0.5, aNumber), B: linked("companies-guess-b", 0.5, aNumber) };
export const revealed = linked("companies-revealed", false, aFlag);

/** The day whose own entry is lit in the ribbons, from 1. */
export const litDay = linked("companies-lit", 1, wholeNumber(1, MOST_DAYS));

/** What if: the memories are emptied before each day. */
export const cutShort = linked("companies-cut-h", false, aFlag);
export const cutLong = linked("companies-cut-c", false, aFlag);

/** The passes, whatever is asked. */
export const passes = {
  A: computed(() => run(VIDEO, inputs.A.value)),
  B: computed(() => run(VIDEO, inputs.B.value)),
};

/** The passes with the memories cut as the reader asks. */
export const cutPasses = {
  A: computed(() => run(VIDEO, inputs.A.value, EMPTY, cut)),
  B: computed(() => run(VIDEO, inputs.B.value, EMPTY, cut)),
};

/** @param {import("lab/lstm/unit.js").Memory} memory */
function cut({ h, c }) {
  return { h: cutShort.value ? 0 : h, c: cutLong.value ? 0 : c };
}

/** What each day wrote that is in memory after each day: books[t][k] is day k's entry after day t. */
export const books = {
  A: computed(() => passes.A.value.map((_, t, steps) => ledger(steps.slice(0, t + 1)))),
  B: computed(() => passes.B.value.map((_, t, steps) => ledger(steps.slice(0, t + 1)))),
};

/** What the unit says after a company's last day. @param {import("lab/lstm/unit.js").Step[]} steps */
export function answer(steps) {
  return steps[steps.length - 1].h;
}
