// What the numbers of a unit are called: in the field, and in the StatQuest video.

import { msg } from "lab/language/texts.js";
import { LESSON } from "lab/lesson.js";

/**
 * @typedef {"f" | "i" | "g" | "o" | "c" | "h"} Part
 * @typedef {{part: Part, field: string, video: string}} Name
 */

/** @type {Name[]} In the order in which they are shown: memories first, then the gates. */
export const PARTS = Object.entries(LESSON.names).map(([part, names]) => ({ part: /** @type {Part} */ (part), ...names }));

/**
 * Whether a difference as large as the one found could be chance.
 * @param {number} p
 */
export function chance(p) {
  if (p < 0.01) return msg`hardly chance`;
  if (p < 0.05) return msg`unlikely to be chance`;
  if (p < 0.2) return msg`may be chance`;
  return msg`could well be chance`;
}
