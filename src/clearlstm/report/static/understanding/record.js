// What a learner has answered, as it stands in the link and in a file to hand in: the seed, and every try. Which tries
// are right isn't written: whoever reads it computes the questions again.

import { CHECKED, EACH, isChecked } from "lab/understanding/questions.js";

/**
 * @typedef {import("lab/understanding/questions.js").Checked} Checked
 * @typedef {{draw: number, tries: string[][]}} RoomRecord  draw: from 1; the tries of each question, in order
 *
 * @typedef {object} CheckRecord
 * @property {number} seed  0: not begun
 * @property {string} name  of the learner
 * @property {Partial<Record<Checked, RoomRecord>>} rooms  those that were begun
 * @property {boolean} changed  whether it isn't as the page wrote it
 */

/** @type {CheckRecord} */
export const NOTHING = { seed: 0, name: "", rooms: {}, changed: false };

export const LARGEST_SEED = 999_999;
export const LONGEST_NAME = 60;
const MOST_DRAWS = 999;
const LONGEST = 20_000;

/**
 * As text: a sum of it, seed and name; then, for each room, its name with the draw, and its tries, those of a question
 * after a q. An underscore is between all of them.
 * @param {CheckRecord} record
 */
export function write({ seed, name, rooms, changed }) {
  if (seed === 0) return "";
  const parts = CHECKED.flatMap((room) => {
    const one = rooms[room];
    return one ? [`${room}.${one.draw}`, ...one.tries.flatMap((tries) => ["q", ...tries])] : [];
  });
  const text = [seed, name.replaceAll("_", " "), ...parts].join("_");
  return `${changed ? "changed" : sumOf(text)}_${text}`;
}

/**
 * The record in a text, or a seed alone for a check that isn't begun; undefined for what is neither.
 * @param {string} text @returns {CheckRecord | undefined}
 */
export function read(text) {
  if (text.length > LONGEST) return undefined;
  if (/^\d+$/.test(text)) return isSeed(text) ? { ...NOTHING, seed: Number(text) } : undefined;
  const [sum, seed, name, ...parts] = text.split("_");
  if (!isSeed(seed) || name === undefined || name.length > LONGEST_NAME) return undefined;
  const rooms = readRooms(parts);
  return rooms && { seed: Number(seed), name, rooms, changed: sum !== sumOf(text.slice(sum.length + 1)) };
}

/** @param {string | undefined} text */
const isSeed = (text = "") => /^\d{1,6}$/.test(text) && Number(text) > 0;

/** @param {string[]} parts @returns {CheckRecord["rooms"] | undefined} */
function readRooms(parts) {
  /** @type {CheckRecord["rooms"]} */
  const rooms = {};
  /** @type {RoomRecord | undefined} */
  let at;
  for (const part of parts) {
    const [, room, draw] = /^([a-z-]+)\.(\d{1,3})$/.exec(part) ?? [];
    if (room && isChecked(room) && !rooms[room] && Number(draw) > 0) rooms[room] = at = { draw: Number(draw), tries: [] };
    else if (!at) return undefined;
    else if (part === "q" && at.tries.length < EACH) at.tries.push([]);
    else if (/^(-?\d+(\.\d+)?|[a-fx])$/.test(part) && at.tries.length) at.tries[at.tries.length - 1].push(part);
    else return undefined;
  }
  return Object.values(rooms).every(({ tries }) => tries.length === EACH) ? rooms : undefined;
}

/**
 * Tells a slip of the pen or of the mail from what the page wrote (FNV-1a). It is no signature: it holds no secret.
 * @param {string} text
 */
function sumOf(text) {
  const hash = [...text].reduce((sum, sign) => Math.imul(sum ^ (sign.codePointAt(0) ?? 0), 0x01000193) >>> 0, 0x811c9dc5);
  return hash.toString(36);
}

/** How far a record has come: it only grows. @param {CheckRecord} record */
function progress({ rooms }) {
  return Object.values(rooms).reduce((sum, { draw, tries }) => sum + MOST_DRAWS * draw + tries.flat().length, 0);
}

/**
 * What counts when a link is followed: the back button takes no answer away.
 * @param {CheckRecord} now @param {CheckRecord} linked
 */
export function later(now, linked) {
  const behind = linked.seed === 0 || (linked.seed === now.seed && progress(linked) <= progress(now));
  return behind ? now : linked;
}

/** A room with the next draw, nothing answered. @param {CheckRecord} record @param {Checked} room @returns {CheckRecord} */
export function begun(record, room) {
  const draw = Math.min((record.rooms[room]?.draw ?? 0) + 1, MOST_DRAWS);
  const fresh = { draw, tries: Array.from({ length: EACH }, () => []) };
  return { ...record, rooms: { ...record.rooms, [room]: fresh } };
}

/** @param {CheckRecord} record @param {Checked} room @param {number} place @param {string} given @returns {CheckRecord} */
export function tried(record, room, place, given) {
  const at = record.rooms[room];
  if (!at) return record;
  const tries = at.tries.map((list, k) => (k === place ? [...list, given] : list));
  return { ...record, rooms: { ...record.rooms, [room]: { ...at, tries } } };
}
