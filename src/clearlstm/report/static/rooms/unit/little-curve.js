// A little sigmoid or tanh, with a dot where the sum falls.

import { line, scaleLinear } from "lab/d3.js";
import { html } from "lab/language/html.js";
import { sigmoid } from "lab/lstm/unit.js";

const POINTS = 41;
const MARGIN = 9;

/**
 * @param {{
 *   of: string, style: string, x: number, y: number, width: number, height: number, at: number, faded: boolean,
 *   hidden: boolean,
 * }} props  x is the middle, y the upper edge; `at` is the sum
 */
export function LittleCurve({ of, style, x, y, width, height, at, faded, hidden }) {
  const squash = of === "tanh" ? Math.tanh : sigmoid;
  const z = Number.isFinite(at) ? at : 0;
  const reach = Math.max(6, 1.1 * Math.abs(z));
  const [left, right] = [x - width / 2 + 4, x + width / 2 - 4];
  const across = scaleLinear().domain([-reach, reach]).range([left, right]);
  const up = scaleLinear().domain([of === "tanh" ? -1 : 0, 1]).range([y + height - MARGIN, y + MARGIN]);
  const points = Array.from({ length: POINTS }, (_, k) => reach * ((2 * k) / (POINTS - 1) - 1));
  const path = /** @type {PathMaker<number>} */ (line()).x((p) => across(p)).y((p) => up(squash(p)));
  const shown = !hidden && Number.isFinite(at);
  return html`<g class=${`unit-curve ${style} ${faded ? "faded" : ""}`}>
    <rect x=${x - width / 2} y=${y} width=${width} height=${height} rx="4" />
    <path class="axis" d=${`M${left} ${up(0)}H${right}M${across(0)} ${y + 5}V${y + height - 5}`} />
    <path class="curve" d=${path(points)} />
    ${shown && html`<path class="fall" d=${`M${across(z)} ${y + height}V${up(squash(z))}`} />
      <circle cx=${across(z)} cy=${up(squash(z))} r="5.5" />`}
    <text x=${x - width / 2 + 7} y=${y + 19}>${of}</text>
  </g>`;
}
