// The days in a row, each shrunk until only its two memories and four bars for its gates remain. One of them is open;
// from one day to the next the memories travel along their lines.

import { useRef } from "preact/hooks";

import { Scrubber } from "lab/charts/scrubber.js";
import { useWidth } from "lab/charts/width.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { GATES } from "lab/lstm/unit.js";
import { Travel } from "lab/rooms/unit/travel.js";
import { shown } from "lab/shell/number.js";

/** @typedef {import("lab/lstm/unit.js").Step} Step */

const [HEIGHT, MEMORY, FLOOR, BAR, WIDEST] = [136, 56, 92, 24, 220];

/**
 * @param {{
 *   label: string, steps: Pick<Step, "f" | "i" | "g" | "o" | "c" | "h">[], day: number, onDay: (day: number) => void,
 *   text?: (key: string, value: number) => string, hiddenFrom?: number,
 * }} props  from the day `hiddenFrom` on, nothing is told
 */
export function Days({ label, steps, day, onDay, text = (_, value) => shown(value), hiddenFrom = Infinity }) {
  const { box, width } = useWidth();
  const across = Math.min(width / steps.length, WIDEST);
  const shown = steps.slice(0, hiddenFrom);
  const { c, h } = steps[day];
  const turn = useRef({ from: day, to: day });
  if (turn.current.to !== day) turn.current = { from: turn.current.to, to: day };
  const { from } = turn.current;
  const memories = day < hiddenFrom ? `: c ${text("c", c)}, h ${text("h", h)}` : "";
  const spoken = msg`day ${day + 1} of ${steps.length}${memories}`;
  return html`<div class="unit-days" ref=${box} style=${`min-height:${HEIGHT}px`}>
    ${width > 0 && html`<${Scrubber} label=${label} text=${spoken} at=${day} count=${steps.length}
      indexAt=${(/** @type {number} */ x) => x / across - 0.5} onMove=${onDay}>
      <svg width=${across * steps.length} height=${HEIGHT} aria-hidden="true">
        <rect class="open-day" x=${day * across} width=${across} height=${HEIGHT} rx="4" />
        <${Memories} steps=${shown} across=${across} />
        ${Math.abs(day - from) === 1 && day < hiddenFrom &&
        html`<${Travel} key=${`${from} ${day}`} back=${day < from}
          paths=${[segments(steps, Math.min(day, from), across)]} />`}
        ${GATES.map((gate, k) => html`<path class=${`bars ${gate}`} d=${barsOf(shown, gate, k, across)} />`)}
        ${across >= 40 && steps.map((step, t) => html`<${DayText} step=${step} t=${t} across=${across} text=${text}
          known=${t < hiddenFrom} />`)}
      </svg><//>`}
  </div>`;
}

const ZERO = MEMORY / 2 + 2;
const MEMORIES = /** @type {const} */ (["c", "h"]);

/**
 * Where a memory stands after each day, as "x y".
 * @param {Pick<Step, "c" | "h">[]} steps @param {"c" | "h"} part @param {number} across
 */
function points(steps, part, across) {
  const largest = Math.max(1, ...steps.map(({ c }) => Math.abs(finite(c))));
  return steps.map((step, t) => `${(t + 0.5) * across} ${ZERO - (finite(step[part]) / largest) * (ZERO - 6)}`);
}

/**
 * The pieces of both lines from one day to the next.
 * @param {Pick<Step, "c" | "h">[]} steps @param {number} first @param {number} across
 */
function segments(steps, first, across) {
  return MEMORIES.map((part) => ({
    style: part,
    d: `M${points(steps, part, across).slice(first, first + 2).join("L")}`,
  }));
}

/** Both memories as lines over the days. @param {{steps: Pick<Step, "c" | "h">[], across: number}} props */
function Memories({ steps, across }) {
  if (!steps.length) return null;
  return html`<path class="rule" d=${`M0 ${ZERO}H${across * steps.length}`} />
    ${MEMORIES.map((part) => html`<path class=${`memory ${part}`} d=${`M${points(steps, part, across).join("L")}`} />`)}
    ${steps.length <= 40 && MEMORIES.map((part) => points(steps, part, across).map((at) => {
      const [x, y] = at.split(" ");
      return html`<circle class=${`memory ${part}`} cx=${x} cy=${y} r="3" />`;
    }))}`;
}

/**
 * The bars of one gate on all days as one path. The candidate can be below 0: its bar then hangs from the floor.
 * @param {Pick<Step, "f" | "i" | "g" | "o">[]} steps @param {import("lab/lstm/unit.js").Gate} gate
 * @param {number} k  its place among the four @param {number} across
 */
function barsOf(steps, gate, k, across) {
  const wide = Math.min(across / 6, 12);
  return steps
    .map((step, t) => {
      const x = (t + 0.5) * across + (k - 2) * wide * 1.25;
      return `M${x} ${FLOOR}h${wide}v${-BAR * finite(step[gate])}h${-wide}z`;
    })
    .join("");
}

/** @param {number} value */
function finite(value) {
  return Number.isFinite(value) ? value : 0;
}

/**
 * @param {{step: Pick<Step, "c" | "h">, t: number, across: number, text: (key: string, value: number) => string,
 *   known: boolean}} props
 */
function DayText({ step, t, across, text, known }) {
  const middle = (t + 0.5) * across;
  return html`<text x=${middle} y=${HEIGHT - 25} text-anchor="middle">day ${t + 1}</text>
    ${known && across >= 76 && html`<text x=${middle} y=${HEIGHT - 7} text-anchor="middle">
      <tspan class="c" data-key=${`day-${t + 1}-c`} data-value=${step.c}>${text("c", step.c)}</tspan>
      <tspan class="h" dx="0.75em" data-key=${`day-${t + 1}-h`} data-value=${step.h}>${text("h", step.h)}</tspan>
    </text>`}`;
}
