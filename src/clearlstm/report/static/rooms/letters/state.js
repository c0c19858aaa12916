// What the reader has chosen of the net of letters, and what follows from it.

import { computed, signal } from "@preact/signals";

import { msg } from "lab/language/texts.js";
import { aFlag, aNumber, linked, oneOf, wholeNumber } from "lab/link.js";
import { generator } from "lab/lstm/random.js";
import { chances, drawn, known, loadNet, read } from "lab/rooms/letters/net.js";

/** @typedef {import("lab/rooms/letters/net.js").Net} Net */

/** The most letters of a text: they stand in the link, and each is computed and drawn. */
export const MOST = 2000;

/** From the first scene of The Tempest, which the net hasn't seen. */
const EXAMPLE = `MASTER.
Boatswain!

BOATSWAIN.
Here, master: what cheer?

MASTER.
Good! Speak to the mariners: fall to't yarely, or
we run ourselves aground: bestir, bestir.

[Exit]

[Enter MARINERS]

BOATSWAIN.
Heigh, my hearts! cheerly, cheerly, my hearts! yare, yare!
Take in the topsail. Tend to th' master's whistle.--Blow
till thou burst thy wind, if room enough.
`;

/** Whether the net of letters is what room 6 shows. */
export const open = linked("yours-letters", false, aFlag);

/** What the reader gave, and after it what the net wrote. */
export const text = linked("yours-letters-text", EXAMPLE, {
  write: (value) => value,
  read: (value) => (value.length <= MOST ? value : undefined),
});

/** How many of the last letters the net wrote. */
export const written = linked("yours-letters-written", 0, wholeNumber(0, MOST));

/** @type {import("@preact/signals").Signal<"c" | "h">} */
export const part = linked("yours-letters-part", "c", oneOf(/** @type {const} */ (["c", "h"])));

/** What the list of units is sorted by, as its place in the list of features. */
export const feature = linked("yours-letters-feature", 0, wholeNumber(0, 99));

export const seed = linked("yours-letters-seed", 1, wholeNumber(1, 9999));

/** What the logarithms of the chances are divided by before a letter is drawn. */
export const temperature = linked("yours-letters-temperature", 0.7, {
  write: String,
  read: (value) => [aNumber.read(value)].find((given) => given !== undefined && given >= 0.1 && given <= 2),
});

/** The unit that the reader chose; −1: the one that follows the feature best. */
const chosenUnit = linked("yours-letters-unit", -1, wholeNumber(0, 9999));

/** The letter that the reader chose; −1: the last. */
const pinned = linked("yours-letters-at", -1, wholeNumber(0, MOST));

/** The letter that is pointed at; −1: none. */
export const hovered = signal(-1);

/** @type {import("@preact/signals").Signal<Net | null>} */
export const net = signal(/** @type {Net | null} */ (null));

/** Why there is no net; "" as long as it may still come. */
export const trouble = signal("");

/** Fetch the net, once. */
export async function fetchNet() {
  if (net.value) return;
  try {
    net.value = await loadNet();
  } catch {
    trouble.value = msg`The net's numbers couldn't be loaded: reload the page.`;
  }
}

/** The text as the net reads it. */
export const letters = computed(() => (net.value ? known(text.value, net.value.alphabet) : ""));

/** @type {import("lab/rooms/letters/net.js").Reading | undefined} What is known already. */
let before;

/** Every number of the net over the text; null where there is none. */
export const run = computed(() => {
  if (!net.value || !letters.value) return null;
  before = read(net.value, letters.value, before);
  return before.run;
});

/** How each unit follows each feature, measured on a whole play. */
export const following = computed(() => net.value?.measured.following[part.value] ?? {});

/** The feature that units are sorted by. */
export const featureName = computed(() => Object.keys(following.value)[feature.value] ?? Object.keys(following.value)[0]);

/** The units, the one that follows the feature best first. */
export const sorted = computed(() => {
  const how = following.value[featureName.value] ?? [];
  return how.map((r, unit) => ({ unit, r })).sort((a, b) => Math.abs(b.r) - Math.abs(a.r) || a.unit - b.unit);
});

/** The unit that is shown. */
export const unit = computed(() => (sorted.value[chosenUnit.value] ? chosenUnit.value : (sorted.value[0]?.unit ?? 0)));

/** @param {number} wanted */
export function chooseUnit(wanted) {
  chosenUnit.value = wanted;
}

/** Sort by another feature, and show the unit that follows it best. @param {number} wanted */
export function chooseFeature(wanted) {
  feature.value = wanted;
  chosenUnit.value = -1;
}

/** The chosen memory of the shown unit, over the letters. */
export const values = computed(() => (run.value ? run.value[part.value].map((row) => row[unit.value]) : []));

/** The letter that is looked at. */
export const at = computed(() => {
  const last = letters.value.length - 1;
  const wanted = hovered.value >= 0 ? hovered.value : pinned.value;
  return wanted < 0 ? last : Math.min(wanted, last);
});

/** @param {number} wanted  −1: the last letter, also when more come */
export function stayAt(wanted) {
  pinned.value = wanted;
  hovered.value = -1;
}

/** What the net thinks comes after the letter that is looked at. */
export const next = computed(() => (net.value && run.value ? chances(net.value, run.value.h[at.value]) : []));

/** Another text; nothing in it is the net's. @param {string} given */
export function take(given) {
  text.value = given.slice(0, MOST);
  written.value = 0;
  stayAt(-1);
}

/** @type {import("@preact/signals").Signal<{u: number, chance: number, letter: string} | null>} The last draw. */
export const draw = signal(/** @type {{u: number, chance: number, letter: string} | null} */ (null));

export const full = computed(() => text.value.length >= MOST);

/** Let the net write one more letter: a random number between 0 and 1 chooses among the chances. */
export function writeOne() {
  if (!net.value || !run.value || full.value) return;
  const uniform = generator(seed.value);
  for (let k = 0; k < written.value; k++) uniform();
  const [u, all] = [uniform(), chances(net.value, run.value.h[run.value.h.length - 1], temperature.value)];
  const which = drawn(all, u);
  draw.value = { u, chance: all[which], letter: net.value.alphabet[which] };
  text.value += net.value.alphabet[which];
  written.value += 1;
  stayAt(-1);
}

/** Take away what the net wrote. */
export function unwrite() {
  text.value = text.value.slice(0, Math.max(0, text.value.length - written.value));
  written.value = 0;
  draw.value = null;
  stayAt(-1);
}
