// Words that a newcomer may not know, explained where they stand: on hover, on focus, on touch.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";

/** What each term is called, and what it means, in one or two sentences. */
export const GLOSSARY = {
  weight: {
    name: msg`weight`,
    says: msg`A number that an input is multiplied by. Training changes weights; everything else follows from them.`,
  },
  bias: {
    name: msg`bias`,
    says: msg`A number that is added whatever the input is. It says where a gate stands when nothing comes in.`,
  },
  unroll: {
    name: msg`unroll`,
    says: msg`To draw the one unit once for every day. All the copies share the same weights.`,
  },
  gradient: {
    name: msg`gradient`,
    says: msg`How much the loss would change if a number changed a little: which way to move it, and how strongly.`,
  },
  epoch: {
    name: msg`epoch`,
    says: msg`One pass through all the training data.`,
  },
  loss: {
    name: msg`loss`,
    says: msg`One number that says how wrong the answers are. Training makes it smaller.`,
  },
  gate: {
    name: msg`gate`,
    says: msg`A number between 0 and 1 that says how much of something passes.`,
  },
  saturation: {
    name: msg`saturation`,
    says: msg`Where a curve is so flat that a change of its input hardly changes its output.`,
  },
  backpropagation: {
    name: msg`backpropagation`,
    says: msg`To walk from the loss back to every weight by the chain rule, a step at a time.`,
  },
  "learning rate": {
    name: msg`learning rate`,
    says: msg`How far each update moves the weights.`,
  },
  "hidden unit": {
    name: msg`hidden unit`,
    says: msg`One memory cell with its own gates. Real LSTMs have tens or hundreds side by side.`,
  },
  baseline: {
    name: msg`baseline`,
    says: msg`A simple forecast that a model has to beat to be worth anything, such as: tomorrow equals today.`,
  },
};

/** @typedef {keyof typeof GLOSSARY} Word */

/**
 * A word with its explanation. `text` is how it stands in the sentence, if that isn't the word itself.
 * @param {{word: Word, text?: string}} props
 */
export function Term({ word, text = GLOSSARY[word].name }) {
  return html`<span class="term" tabindex="0" onPointerEnter=${fit} onFocus=${fit}>${text}<span class="gloss"
    role="note">${GLOSSARY[word].says}</span></span>`;
}

const EDGE = 8; // pixels between an explanation and the window's edge

/** Move an explanation to where all of it is seen. @param {{currentTarget: HTMLElement}} event */
function fit({ currentTarget: term }) {
  const gloss = /** @type {HTMLElement} */ (term.querySelector(".gloss"));
  gloss.style.translate = "";
  gloss.classList.remove("below");
  const { left, right, top } = gloss.getBoundingClientRect();
  const aside = Math.max(EDGE - left, 0) + Math.min(document.documentElement.clientWidth - EDGE - right, 0);
  gloss.style.translate = `calc(-50% + ${aside}px)`;
  gloss.classList.toggle("below", top < EDGE);
}
