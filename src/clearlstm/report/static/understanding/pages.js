// The pages that aren't rooms: what was understood, and what was handed in.

import { HandInsPage } from "lab/understanding/hand-ins.js";
import { UnderstoodPage } from "lab/understanding/understood.js";

export const PAGES = [
  { id: "understood", title: "What you understood", Room: UnderstoodPage },
  { id: "hand-ins", title: "What was handed in", Room: HandInsPage },
];
