// The pages that aren't rooms: what was understood, what was handed in, and the tour on paper.

import { msg } from "lab/language/texts.js";
import { HandInsPage } from "lab/understanding/hand-ins.js";
import { SlidesPage } from "lab/understanding/slides.js";
import { UnderstoodPage } from "lab/understanding/understood.js";

export const PAGES = [
  { id: "understood", title: msg`What you understood`, Room: UnderstoodPage },
  { id: "hand-ins", title: msg`What was handed in`, Room: HandInsPage },
  { id: "slides", title: msg`The tour on paper`, Room: SlidesPage },
];
