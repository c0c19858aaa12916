// What the reader has chosen for all rooms.

import { dataInPage } from "lab/data.js";
import { aFlag, aText, linked, oneOf } from "lab/link.js";

/** Whose names: the video's, or the field's. */
export const words = linked("words", "video", oneOf(/** @type {const} */ (["video", "field"])));

/** Rounded for the eye, or with more digits. */
export const digits = linked("digits", "rounded", oneOf(/** @type {const} */ (["rounded", "exact"])));

/** Whether heat maps, the way back and the audit are shown. */
export const deeper = linked("deeper", false, aFlag);

/** The room that is open, by its id. A page with a report inside opens at it. */
export const room = linked("room", dataInPage() ? "yours" : "unit", aText);
