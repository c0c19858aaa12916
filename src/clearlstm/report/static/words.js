// What the numbers of a unit are called: in the field, and in the StatQuest video.

/**
 * @typedef {"f" | "i" | "g" | "o" | "c" | "h"} Part
 * @typedef {{part: Part, field: string, video: string}} Name
 */

/** @type {Name[]} In the order in which they are shown: memories first, then the gates. */
export const PARTS = [
  { part: "c", field: "cell state", video: "long-term memory" },
  { part: "h", field: "hidden state", video: "short-term memory" },
  { part: "f", field: "forget gate", video: "% long-term memory to remember" },
  { part: "i", field: "input gate", video: "% potential memory to remember" },
  { part: "g", field: "candidate", video: "potential long-term memory" },
  { part: "o", field: "output gate", video: "% potential short-term memory to remember" },
];

/**
 * Whether a difference as large as the one found could be chance.
 * @param {number} p
 */
export function chance(p) {
  if (p < 0.01) return "hardly chance";
  if (p < 0.05) return "unlikely to be chance";
  if (p < 0.2) return "may be chance";
  return "could well be chance";
}
