// The whole state of the lab stands in the link, after the #: reload, back and sharing all lead to the same page.
// A choice that is as it was at the start isn't written.

import { batch, effect, signal } from "@preact/signals";

/**
 * @template T
 * @typedef {object} Form
 * @property {(value: T) => string} write
 * @property {(text: string) => T | undefined} read  undefined: not a value of it
 * @property {(now: T, linked: T) => T} [join]  what counts when a link is followed; by default what the link says
 */

const LARGEST = 1e100; // what is summed and multiplied in the rooms stays finite

/** @type {Form<number>} */
export const aNumber = {
  write: String,
  read: (text) => (text.trim() !== "" && Math.abs(Number(text)) <= LARGEST ? Number(text) : undefined),
};

/** @type {Form<number[]>} */
export const numbers = {
  write: (values) => values.join("_"),
  read: (text) => {
    const values = text === "" ? [] : text.split("_").map((part) => aNumber.read(part));
    return values.every((value) => value !== undefined) ? /** @type {number[]} */ (values) : undefined;
  },
};

/** @type {Form<boolean>} */
export const aFlag = {
  write: (value) => (value ? "1" : "0"),
  read: (text) => (/^[01]$/.test(text) ? text === "1" : undefined),
};

/** @type {Form<string>} */
export const aText = { write: (value) => value, read: (text) => text };

/** @param {number} low @param {number} high @returns {Form<number>} a whole number within both */
export function wholeNumber(low, high) {
  return {
    write: String,
    read: (text) => (/^-?\d+$/.test(text) && Number(text) >= low && Number(text) <= high ? Number(text) : undefined),
  };
}

/**
 * @template {string} T
 * @param {readonly T[]} values @returns {Form<T>}
 */
export function oneOf(values) {
  return { write: (value) => value, read: (text) => values.find((value) => value === text) };
}

/**
 * @typedef {object} LinkChoice
 * @property {import("@preact/signals").Signal<any>} signal
 * @property {unknown} first  what it is on this page
 * @property {unknown} start  what it is at the start, and then isn't written
 * @property {Form<any>} form
 */

/** @type {Map<string, LinkChoice>} */
const choices = new Map();

/**
 * A signal that is part of the link.
 * @template T
 * @param {string} key  its name there, unique on the page @param {T} first @param {Form<T>} form
 * @returns {import("@preact/signals").Signal<T>}
 */
export function linked(key, first, form) {
  if (choices.has(key)) throw new Error(`two choices are called ${key} in the link`);
  const made = signal(first);
  choices.set(key, { signal: made, first, start: first, form });
  return made;
}

/** The state as it stands in the link, without the #. */
export function address() {
  const parts = [];
  for (const [key, { signal: { value }, start, form }] of choices) {
    const text = form.write(value);
    if (text !== form.write(start)) parts.push(`${key}=${encodeURIComponent(text)}`);
  }
  return parts.join("&");
}

/**
 * Take over a state. What it doesn't name, and what can't be read, is as at the start.
 * @param {string} text  an address
 */
export function restore(text) {
  const given = new URLSearchParams(text);
  batch(() => {
    for (const [key, { signal: chosen, start, form }] of choices) {
      const written = given.get(key);
      const linked = (written === null ? undefined : form.read(written)) ?? start;
      const value = form.join ? form.join(chosen.value, linked) : linked;
      if (form.write(value) !== form.write(chosen.value)) chosen.value = value;
    }
  });
}

/**
 * Begin elsewhere: what stands in `text` is what is as it was at the start. Nothing moves by that alone.
 * @param {string} text  an address
 */
export function startAt(text) {
  const given = new URLSearchParams(text);
  for (const [key, choice] of choices) {
    const written = given.get(key);
    choice.start = (written === null ? undefined : choice.form.read(written)) ?? choice.first;
  }
}

/** What a choice is at the start. @template T @param {import("@preact/signals").Signal<T>} chosen @returns {T} */
export function startOf(chosen) {
  const choice = [...choices.values()].find(({ signal }) => signal === chosen);
  return /** @type {T} */ (choice ? choice.start : chosen.value);
}

/**
 * Go somewhere as a link would: the back button leads back to where the reader is now.
 * @param {string} text  an address
 */
export function visit(text) {
  writeNow();
  history.pushState(null, "", `#${text}`);
  restore(text);
}

/** Read the link now and whenever it changes, and write it while the reader chooses. */
export function followLink() {
  restore(location.hash.slice(1) || startAddress());
  addEventListener("popstate", () => restore(location.hash.slice(1)));
  effect(() => {
    address(); // to be told of every change
    later ??= setTimeout(writeNow, WAIT);
  });
  addEventListener("pagehide", writeNow);
}

/** Where an exported page opens. */
const startAddress = () => document.querySelector('meta[name="clearlstm-address"]')?.getAttribute("content") ?? "";

const WAIT = 250; // milliseconds; browsers refuse more than some hundred changes of the link in 30 s

/** @type {ReturnType<typeof setTimeout> | undefined} */
let later;

/** Put the state into the link without a new entry for the back button. */
function writeNow() {
  clearTimeout(later);
  later = undefined;
  const wanted = `#${address()}`;
  if (wanted !== (location.hash || "#")) history.replaceState(null, "", wanted);
}
