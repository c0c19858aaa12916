// What a unit may follow: of a text, a number for each of its letters. None looks ahead. clearlstm/letters.py has the
// same, and the tests hold the two to each other.

/** @typedef {(text: string) => number[]} Feature */

const CAPITAL = /[A-Z]/;

/** Count the letters since one of `ends`, which itself counts 0. @param {string} ends @returns {Feature} */
function since(ends) {
  return (text) => folded(text, (count, letter) => (ends.includes(letter) ? 0 : count + 1));
}

/**
 * A number a letter, each from the one before, 0 at the start, and the letter.
 * @param {string} text @param {(before: number, letter: string) => number} next
 */
function folded(text, next) {
  let now = 0;
  return [...text].map((letter) => (now = next(now, letter)));
}

/** 1 in the capitals that begin a speech, which is what follows an empty line. @type {Feature} */
function inName(text) {
  let [still, before] = [true, "\n"];
  return [...text].map((letter) => {
    still = letter === "\n" ? before === "\n" : still && /[A-Z '-]/.test(letter);
    before = letter;
    return still && letter !== "\n" ? 1 : 0;
  });
}

/** By the names that Python has. @type {Record<string, Feature>} */
export const FEATURES = {
  "place in the line": since("\n"),
  "place in the word": (text) => folded(text, (count, letter) => (/[A-Za-z']/.test(letter) ? count + 1 : 0)),
  "letters since , . ; : ! or ?": since(",.;:!?"),
  "letters since . ! or ?": since(".!?"),
  "in a speaker's name": inName,
  "in a stage direction": (text) =>
    folded(text, (inside, letter) => (letter === "[" || (inside && letter !== "]") ? 1 : 0)),
  "capital letter": (text) => [...text].map((letter) => (CAPITAL.test(letter) ? 1 : 0)),
  vowel: (text) => [...text].map((letter) => ("aeiouAEIOU".includes(letter) ? 1 : 0)),
};

/**
 * Pearson's correlation, −1 … 1; 0 where one of the two doesn't vary.
 * @param {number[]} a @param {number[]} b
 */
export function correlation(a, b) {
  const [x, y] = [a, b].map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  });
  const of = (/** @type {number[]} */ p, /** @type {number[]} */ q) => p.reduce((sum, value, k) => sum + value * q[k], 0);
  const size = Math.sqrt(of(x, x) * of(y, y));
  return size > 0 ? of(x, y) / size : 0;
}
