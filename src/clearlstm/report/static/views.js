// The views that Python has of the inside of a net (clearlstm/insight/views.py).

import { allTranslated } from "lab/language/texts.js";
import told from "lab/views.json";

/**
 * @typedef {object} View
 * @property {string} title
 * @property {string} read  how to read it
 * @property {string} cannot  what it can't tell
 * @property {boolean} needs_memory  whether layers without gates and a long-term memory have none
 */

/** @type {Record<string, View>} by name */
export const views = allTranslated(told);
