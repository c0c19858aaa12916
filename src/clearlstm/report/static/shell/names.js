// How the parts of a unit are called, by the reader's choice, and in which colour.

import { html } from "lab/language/html.js";
import { words } from "lab/shell/choices.js";
import { PARTS } from "lab/words.js";

/** @typedef {import("lab/words.js").Part} Part */

/**
 * The name of a part in the chosen words: "forget gate", or "% long-term memory to remember".
 * @param {Part} part
 */
export function nameOf(part) {
  const name = PARTS.find((one) => one.part === part);
  return name ? name[words.value] : part;
}

/** A part's name in its colour. @param {{part: Part}} props */
export function Name({ part }) {
  return html`<span class=${`name ${part}`}>${nameOf(part)}</span>`;
}
