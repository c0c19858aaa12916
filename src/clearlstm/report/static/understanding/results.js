// What a record shows to be understood: every question computed again from the seed, every try judged.

import { judge, SHOWN } from "lab/understanding/question.js";
import { CHECKED, EACH, questionsOf } from "lab/understanding/questions.js";

/**
 * @typedef {import("lab/understanding/question.js").Question} Question
 * @typedef {import("lab/understanding/record.js").CheckRecord} CheckRecord
 * @typedef {import("lab/understanding/questions.js").Checked} Checked
 *
 * @typedef {"first try" | "after help" | "not yet" | "not asked"} Outcome
 * @typedef {{question: Question, tries: string[], outcome: Outcome, over: boolean}} Result  over: found, or shown
 * @typedef {{room: Checked, draw: number, results: Result[]}} RoomResults
 */

/** @param {Question} question @param {string[]} tries @returns {Result} */
export function resultOf(question, tries) {
  const found = tries.findIndex((given) => given !== SHOWN && judge(question, given).right);
  const shown = tries.indexOf(SHOWN);
  const over = found >= 0 || shown >= 0;
  /** @type {Outcome} */
  let outcome = tries.length ? "not yet" : "not asked";
  if (found >= 0 && (shown < 0 || found < shown)) outcome = found === 0 ? "first try" : "after help";
  return { question, tries, outcome, over };
}

/** The rooms that were begun. @param {CheckRecord} record @returns {RoomResults[]} */
export function resultsOf({ seed, rooms }) {
  return CHECKED.flatMap((room) => {
    const at = rooms[room];
    if (!at) return [];
    const results = questionsOf(room, seed, at.draw).map((question, k) => resultOf(question, at.tries[k]));
    return [{ room, draw: at.draw, results }];
  });
}

/** How many of all the questions came to each outcome. @param {RoomResults[]} rooms */
export function countsOf(rooms) {
  const outcomes = rooms.flatMap(({ results }) => results.map(({ outcome }) => outcome));
  const number = (/** @type {Outcome} */ wanted) => outcomes.filter((outcome) => outcome === wanted).length;
  return { first: number("first try"), helped: number("after help"), of: CHECKED.length * EACH };
}

/**
 * Whether no page wrote this: a page takes no try after a question is over, and its sum is right.
 * @param {CheckRecord} record
 */
export function isForged(record) {
  const goesOn = (/** @type {Result} */ { question, tries }) => tries.slice(0, -1).some((given) => given === SHOWN || judge(question, given).right);
  return record.changed || resultsOf(record).some(({ results }) => results.some(goesOn));
}
