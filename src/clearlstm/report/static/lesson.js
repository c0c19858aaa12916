// The numbers, names and sentences that the terminal, the docs and this page share: data/bundled/lesson.json.

import { allTranslated, msg } from "lab/language/texts.js";
import lesson from "lab/lesson.json";

const { names, meanings, sentences } = lesson;

export const LESSON = { ...lesson, ...allTranslated({ names, meanings, sentences }) };

/**
 * A text in pieces: what stands outside braces, and the names inside.
 * @param {string} text @returns {{text: string, name: string}[]}
 */
export function pieces(text) {
  return [...text.matchAll(/([^{]*)(?:\{([^}]+)\})?/g)]
    .filter(([whole]) => whole !== "")
    .map(([, before, name = ""]) => ({ text: before, name }));
}

/**
 * A sentence with parts in the place of the names in braces; a name without one stands for itself.
 * @param {string} text @param {Record<string, unknown>} [parts]
 */
export function filled(text, parts = {}) {
  const typeset = text.replace(/-(?=\d)/g, "−");
  return pieces(typeset).map(({ text: before, name }) => [before, parts[name] ?? name]);
}

/** A sentence of the lesson. @param {keyof typeof lesson.sentences} name @param {Record<string, unknown>} [parts] */
export const sentence = (name, parts) => filled(LESSON.sentences[name], parts);

/** What a change does that vanishes, arrives or explodes, as a word. */
export const FATES = { vanishes: msg`vanishes`, arrives: msg`arrives`, explodes: msg`explodes` };

/** What becomes of a change. @param {number} norm  its size @returns {"vanishes" | "arrives" | "explodes"} */
export function fate(norm) {
  if (norm < lesson.vanished) return "vanishes";
  return norm > lesson.exploded ? "explodes" : "arrives";
}
