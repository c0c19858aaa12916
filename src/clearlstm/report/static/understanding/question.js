// What a question is, and what is said of an answer to it.

import { fixed } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { LESSON } from "lab/lesson.js";
import { readAnswer } from "lab/rooms/unit/slips.js";

/**
 * @typedef {import("lab/words.js").Part} Part
 * @typedef {import("lab/rooms/unit/slips.js").Slip} Slip
 *
 * @typedef {object} Given  a number that the learner works with
 * @property {string} name  for tests and readers by program
 * @property {string} label  "": it stands in the text
 * @property {number} value
 * @property {number} [decimals]  as it is shown; by default as many as it has
 * @property {Part | "x"} [part]  whose colour it has
 *
 * @typedef {object} Asked  what all questions have
 * @property {string} idea  what is understood by whoever can answer
 * @property {string} text
 * @property {Given[]} given
 * @property {string} hint  for an answer that no known way leads to
 * @property {string} why  how the answer comes about, told once it is found or shown
 * @property {string} at  the link to a room that stands at these numbers
 * @property {boolean} [open]  whether that link gives nothing away, and may be followed before
 *
 * @typedef {Asked & {answer: number, slips: Slip[]}} NumberQuestion
 * @typedef {Asked & {options: {text: string, says: string}[], right: number}} ChoiceQuestion  says: why it is wrong
 * @typedef {NumberQuestion | ChoiceQuestion} Question
 *
 * @typedef {{right: boolean, says: string}} Verdict
 */

/** An answer this close to the number is right. */
export const TOLERANCE = LESSON.close_enough;

/** What stands for "show it to me" among the tries. */
export const SHOWN = "x";

const DUST = 1e-9;
const MOST_DRAWS = 2000;

/** @param {Question} question @returns {question is ChoiceQuestion} */
export const isChoice = (question) => "options" in question;

/** The slip that a share invites. @param {number} share @returns {Slip} */
export const asPercent = (share) => ({ value: 100 * share, says: msg`Write the share as 0.83 or as 83 %.` });

/**
 * The same with the slip that any number invites, the wrong sign. A slip that leads to the answer itself is none.
 * @param {NumberQuestion} question @returns {NumberQuestion}
 */
function withUsualSlips(question) {
  const own = question.slips.filter(({ value }) => Math.abs(value - question.answer) > DUST);
  const known = own.some(({ value }) => Math.abs(value + question.answer) <= DUST);
  return { ...question, slips: known ? own : [...own, { value: -question.answer, says: msg`The sign is the wrong way
    round.` }] };
}

/**
 * The first draw in which no wrong way leads close to the answer, or to where another wrong way leads.
 * @param {() => NumberQuestion} make
 */
export function firstClear(make) {
  for (let k = 0; k < MOST_DRAWS; k++) {
    const question = withUsualSlips(make());
    const values = [question.answer, ...question.slips.map(({ value }) => value)].sort((a, b) => a - b);
    if (values.every((value, at) => at === 0 || value - values[at - 1] > 2 * TOLERANCE + DUST)) return question;
  }
  throw new Error(`no draw of ${MOST_DRAWS} told the wrong ways apart`);
}

/**
 * An answer as it is kept: a number as it was typed, the letter of an option; null for what is neither.
 * @param {Question} question @param {string} text
 */
export function tryOf(question, text) {
  if (isChoice(question)) return optionAt(question, text) < 0 ? null : text;
  const answer = readAnswer(text);
  return answer && answer.decimals <= 12 && Math.abs(answer.value) < 1e9 ? answer.value.toFixed(answer.decimals) : null;
}

/** The letter of an option. @param {number} place */
export const letterOf = (place) => "abcdef"[place];

/** @param {ChoiceQuestion} question @param {string} letter */
const optionAt = ({ options }, letter) => options.findIndex((_, place) => letterOf(place) === letter);

/** What is said of a try, as `tryOf` keeps it. @param {Question} question @param {string} given @returns {Verdict} */
export function judge(question, given) {
  if (isChoice(question)) {
    const place = optionAt(question, given);
    return place === question.right ? RIGHT : { right: false, says: question.options[place]?.says ?? question.hint };
  }
  const typed = Number(given);
  if (Math.abs(typed - question.answer) <= TOLERANCE + DUST) return RIGHT;
  const slip = question.slips.find(({ value }) => Math.abs(typed - value) <= TOLERANCE + DUST);
  return { right: false, says: slip?.says ?? question.hint };
}

const RIGHT = { right: true, says: "" };

/** A try as a person reads it. @param {Question} question @param {string} given */
export function written(question, given) {
  if (!isChoice(question)) return given.replace("-", "−");
  return question.options[optionAt(question, given)]?.text ?? given;
}

/** The right answer as a person reads it. @param {Question} question */
export function solution(question) {
  return isChoice(question) ? question.options[question.right].text : fixed(question.answer, 2);
}
