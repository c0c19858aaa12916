// The days in a row, each shrunk until only its two memories and four bars for its gates remain. One of them is open.

import { html } from "htm/preact";

import { Scrubber } from "lab/charts/scrubber.js";
import { useWidth } from "lab/charts/width.js";
import { GATES } from "lab/lstm/unit.js";
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
  const spoken = `day ${day + 1} of ${steps.length}${day < hiddenFrom ? `: c ${text("c", c)}, h ${text("h", h)}` : ""}`;
  return html`<div class="unit-days" ref=${box} style=${`min-height:${HEIGHT}px`}>
    ${width > 0 && html`<${Scrubber} label=${label} text=${spoken} at=${day} count=${steps.length}
      indexAt=${(/** @type {number} */ x) => x / across - 0.5} onMove=${onDay}>
      <svg width=${across * steps.length} height=${HEIGHT} aria-hidden="true">
        <rect class="open-day" x=${day * across} width=${across} height=${HEIGHT} rx="4" />
        <${Memories} steps=${shown} across=${across} />
        ${GATES.map((gate, k) => html`<path class=${`bars ${gate}`} d=${barsOf(shown, gate, k, across)} />`)}
        ${across >= 40 && steps.map((step, t) => html`<${DayText} step=${step} t=${t} across=${across} text=${text}
          known=${t < hiddenFrom} />`)}
      </svg><//>`}
  </div>`;
}

/** Both memories as lines over the days. @param {{steps: Pick<Step, "c" | "h">[], across: number}} props */
function Memories({ steps, across }) {
  if (!steps.length) return null;
  const zero = MEMORY / 2 + 2;
  const largest = Math.max(1, ...steps.map(({ c }) => Math.abs(finite(c))));
  /** @param {"c" | "h"} part */
  const points = (part) =>
    steps.map((step, t) => `${(t + 0.5) * across} ${zero - (finite(step[part]) / largest) * (zero - 6)}`);
  return html`<path class="rule" d=${`M0 ${zero}H${across * steps.length}`} />
    <path class="memory c" d=${`M${points("c").join("L")}`} /><path class="memory h" d=${`M${points("h").join("L")}`} />
    ${steps.length <= 40 && ["c", "h"].map((part) => points(/** @type {"c"} */ (part)).map((at) => {
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
