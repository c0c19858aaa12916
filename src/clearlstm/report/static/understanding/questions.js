// All questions of the check, by room.

import { drawer } from "lab/understanding/draw.js";
import { QUESTIONS as companies } from "lab/understanding/questions/companies.js";
import { QUESTIONS as curves } from "lab/understanding/questions/curves.js";
import { QUESTIONS as plainNet } from "lab/understanding/questions/plain-net.js";
import { QUESTIONS as training } from "lab/understanding/questions/training.js";
import { QUESTIONS as unit } from "lab/understanding/questions/unit.js";
import { QUESTIONS as yours } from "lab/understanding/questions/yours.js";

/** @typedef {import("lab/understanding/question.js").Question} Question */

const MAKERS = { "plain-net": plainNet, curves, unit, companies, training, yours };

/** @typedef {keyof typeof MAKERS} Checked  the id of a room that asks */

export const CHECKED = /** @type {Checked[]} */ (Object.keys(MAKERS));

/** How many questions each room asks. */
export const EACH = 3;

/** @param {string} room @returns {room is Checked} */
export const isChecked = (room) => room in MAKERS;

/**
 * The questions of a room: the same for the same seed and draw.
 * @param {Checked} room @param {number} seed  of the whole check
 * @param {number} draw  from 1: how often the room has been asked for other numbers
 * @returns {Question[]}
 */
export function questionsOf(room, seed, draw) {
  return MAKERS[room].map((make, k) => make(drawer(seed, CHECKED.indexOf(room), draw, k)));
}
