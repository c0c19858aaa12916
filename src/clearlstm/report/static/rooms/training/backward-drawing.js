// The way back on the drawing of the unit: the same wires, the gradients on them, and they travel from right to left.

import { signal } from "@preact/signals";

import { raised } from "lab/charts/plot.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { DAY } from "lab/rooms/training/lines.js";
import { company, line, now } from "lab/rooms/training/state.js";
import { lineOf, onWires, WAYS } from "lab/rooms/training/wires.js";
import { Days } from "lab/rooms/unit/days.js";
import { termsOf, UnitDrawing } from "lab/rooms/unit/drawing.js";
import { UnitFrame } from "lab/rooms/unit/frame.js";

/** The number that is pointed at. */
const hot = signal("");

/** @param {{pass: import("lab/rooms/training/wires.js").Pass, day: number, reached: number}} props */
export function BackwardDrawing({ pass, day, reached }) {
  const { weights } = now.value;
  const names = DAY.slice(0, reached + 1).map(({ name }) => name);
  const { lit, travel } = WAYS[names[reached]];
  const firstOf = (/** @type {number} */ of) => (pass.steps.length - 1 - of) * DAY.length;
  const goToDay = (/** @type {number} */ to) => (line.value = firstOf(to));
  /** @param {string} key */
  const open = (key) => (line.value = firstOf(day) + DAY.findIndex(({ name }) => name === lineOf(key)));
  return html`<${UnitFrame} lit=${lit} scene=${`${day} ${reached}`}>
      <${UnitDrawing} label=${msg`The unit on day ${day + 1}, with the gradients on its wires`} step=${pass.steps[day]}
        terms=${termsOf(weights, pass.steps[day])} gradients=${onWires(pass, day, weights, names)} lit=${lit}
        travel=${travel} scene=${`${company.value} ${day} ${reached}`} day=${msg`day ${day + 1}`} hot=${hot} text=${short}
        onOpen=${open} />
    <//>
    <${Days} label="Day of the way back" steps=${pass.steps} day=${day} onDay=${goToDay} />
    <p class="quiet">Every number on the unit says how much the loss would change if the one in its place did. At a
      weight stands what this day adds to its gradient. Click a number to go to its line, or a day.</p>`;
}

/**
 * As many digits as have room on a wire; of what is tiny, its power of ten.
 * @param {string} _key @param {number} value
 */
function short(_key, value) {
  const size = Math.abs(value);
  if (size === 0 || size >= 0.0005) return fixed(value, 3);
  return `${value < 0 ? "−" : ""}10${raised(Math.floor(Math.log10(size)))}`;
}
