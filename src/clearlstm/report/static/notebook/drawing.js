// One drawing in a notebook: the rooms' own parts on the numbers that Python has. What the reader chooses or changes is
// the lab's link (lab/link.js), which the kernel reads and writes.

import { batch, effect } from "@preact/signals";
import { render } from "htm/preact";

import { html } from "lab/language/html.js";
import { address, restore, startAt } from "lab/link.js";
import { Parts } from "lab/notebook/parts.js";
import { unpacked } from "lab/packed.js";
import { forget, kernel } from "lab/rooms/yours/asking.js";
import { darkAround, hovered, shownResult } from "lab/state.js";

/**
 * @typedef {object} Contents
 * @property {any} data  what is shown, as Python packed it; its `start` is the address of what it begins with
 * @property {string} address  what was chosen and changed since
 *
 * @typedef {object} Around  what the notebook gives and takes
 * @property {(address: string) => void} onAddress
 * @property {(question: any) => Promise<any>} ask  the kernel
 */

/**
 * Put the drawing into `place`; the result takes it away again.
 * @param {Element} place @param {Contents} contents @param {Around} around
 */
export function open(place, contents, { onAddress, ask }) {
  kernel.value = async (question) => unpacked(await ask(question));
  show(contents);
  render(html`<${Parts} around=${place} />`, place);
  const stop = effect(() => onAddress(address()));
  return () => {
    stop();
    render(null, place);
    kernel.value = null;
    show({ data: null, address: "" });
  };
}

/** Show other numbers, or what was chosen elsewhere. @param {Contents} contents */
export function show({ data, address: text }) {
  batch(() => {
    forget();
    hovered.value = null;
    startAt(data?.start ?? "");
    shownResult.value = unpacked(data);
    restore(text);
  });
}

/** @param {string} text */
export function choose(text) {
  restore(text);
}

/** @param {boolean} dark */
export function shade(dark) {
  darkAround.value = dark;
}
