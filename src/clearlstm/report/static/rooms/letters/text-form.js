// The text that the net reads: typed or pasted.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { letters, MOST, take, text } from "lab/rooms/letters/state.js";

export function TextForm() {
  return html`<section class="letters-form" aria-label="The text">
    <label for="letters-text">Text to read: type or paste, up to ${MOST} letters</label>
    <textarea id="letters-text" rows="3" maxlength=${MOST} spellcheck="false" aria-describedby="letters-note"
      value=${text.value}
      onInput=${(/** @type {any} */ event) => take(event.currentTarget.value)}></textarea>
    <p class="quiet" id="letters-note" role="status">${note()}</p>
  </section>`;
}

/** How much of the text the net reads, and what it left out. */
function note() {
  const [given, read] = [text.value.length, letters.value.length];
  if (given === read) return msg`${read} letters; spaces, line ends and signs count.`;
  return msg`${read} letters. It knows A to Z, a to z, space, line end and ! " ' , - . : ; ? [ ]: digits and other
    signs are left out, curly quotes and dashes are read as plain ones.`;
}
