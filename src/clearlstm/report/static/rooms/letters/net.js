// The net of letters (data/bundled/letters_net.safetensors), computed in the page in float64, letter by letter.

import { forward } from "lab/lstm/layer.js";
import { unpacked } from "lab/packed.js";

/**
 * @typedef {import("lab/lstm/layer.js").LayerRun} LayerRun
 *
 * @typedef {object} Net  A letters, H units
 * @property {string} alphabet
 * @property {import("lab/lstm/layer.js").LayerWeights} gates
 * @property {{W: number[][], b: number[]}} head  H × A
 * @property {Measured} measured
 *
 * @typedef {object} Measured  on a play that the net has not seen
 * @property {number} plays  how many it has
 * @property {number} letters  of those
 * @property {number} held_out_letters
 * @property {Record<"held_out" | "excerpt", {net: number, by_counts: number[]}>} bits
 * @property {Record<"c" | "h", Record<string, number[]>>} following  of each feature, each unit's correlation
 *
 * @typedef {{text: string, run: LayerRun}} Reading  a text, and every number of the net over it, T × H
 */

/** A file holds it; the server is asked for it when somebody wants to see it. @returns {Promise<Net>} */
export async function loadNet() {
  const inPage = document.getElementById("letters-net")?.textContent;
  return unpacked(inPage ? JSON.parse(inPage) : await (await fetch("/static/letters.json")).json());
}

const READ_AS = /** @type {Record<string, string>} */ ({
  "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "--", "\t": " ", "\r": "",
}); // prettier-ignore

/**
 * A text in letters of the alphabet: curly quotes and dashes become plain ones, what is left is left out.
 * @param {string} text @param {string} alphabet
 */
export function known(text, alphabet) {
  const plain = [...text].map((letter) => READ_AS[letter] ?? letter).join("");
  return [...plain].filter((letter) => alphabet.includes(letter)).join("");
}

/** @type {Reading} */
const NOTHING = {
  text: "",
  run: { z_f: [], z_i: [], z_g: [], z_o: [], f: [], i: [], g: [], o: [], c: [], h: [] },
};

/**
 * Read a text. As far as it begins like the one before, that one's numbers are taken: the net never looks ahead.
 * @param {Net} net @param {string} text  in letters of the alphabet @param {Reading} [before] @returns {Reading}
 */
export function read(net, text, before = NOTHING) {
  let same = 0;
  while (same < text.length && text[same] === before.text[same]) same++;
  const { h, c } = before.run;
  const run = forward(net.gates, oneHot(net, text.slice(same)), { h: h[same - 1], c: c[same - 1] });
  for (const part of /** @type {(keyof LayerRun)[]} */ (Object.keys(run))) {
    run[part] = [...before.run[part].slice(0, same), ...run[part]];
  }
  return { text, run };
}

/** @param {Net} net @param {string} text @returns {Float64Array[]} 1 at the letter of each step, 0 elsewhere */
function oneHot({ alphabet }, text) {
  return [...text].map((letter) => new Float64Array(alphabet.length).fill(1, ...place(alphabet.indexOf(letter))));
}

/** @param {number} at @returns {[number, number]} */
const place = (at) => [at, at + 1];

/**
 * What the net thinks comes next: softmax of h W + b, the logarithms divided by the temperature first.
 * @param {Net} net @param {ArrayLike<number>} h @param {number} [temperature] @returns {number[]} a chance a letter
 */
export function chances({ head: { W, b } }, h, temperature = 1) {
  const y = b.map((bias, a) => W.reduce((sum, row, j) => sum + h[j] * row[a], bias));
  const largest = Math.max(...y);
  const e = y.map((value) => Math.exp((value - largest) / temperature));
  const sum = e.reduce((total, value) => total + value, 0);
  return e.map((value) => value / sum);
}

/** The first letter at which the summed chances exceed u in 0 … 1. @param {number[]} chances @param {number} u */
export function drawn(chances, u) {
  let sum = 0;
  const found = chances.findIndex((chance) => (sum += chance) > u);
  return found < 0 ? chances.length - 1 : found;
}
