// One bar a step, up for what adds and down for what takes away.

import { Dates, labelRoom, Levels } from "lab/charts/axes.js";
import { Scrubber } from "lab/charts/scrubber.js";
import { useWidth } from "lab/charts/width.js";
import { scaleLinear } from "lab/d3.js";
import { html } from "lab/language/html.js";

/**
 * @typedef {object} BarsProps
 * @property {string} label
 * @property {string} text
 * @property {number[]} values
 * @property {number} at
 * @property {(row: number) => void} onMove
 * @property {(wanted: number) => import("lab/dates.js").Tick[]} ticks
 */

const HEIGHT = 220;
const TOP = 12;
const BOTTOM = 40;
const END = 22;

/** @param {BarsProps} props */
export function Bars(props) {
  const { box, width } = useWidth();
  return html`<div class="drawing" ref=${box} style=${`min-height:${HEIGHT}px`}>
    ${width > 0 && html`<${Plot} ...${props} width=${width} />`}
  </div>`;
}

/** @param {BarsProps & {width: number}} props */
function Plot({ label, text, values, at, onMove, ticks, width }) {
  const extent = [Math.min(0, ...values), Math.max(0, ...values)];
  const y = scaleLinear()
    .domain(extent[0] === extent[1] ? [0, 1] : extent)
    .nice(4)
    .range([HEIGHT - BOTTOM, TOP]);
  const levels = y.ticks(4);
  const names = levels.map(y.tickFormat(4));
  const left = labelRoom(names);
  const right = width - END;
  const room = (right - left) / values.length;
  /** @param {number} row */
  const middle = (row) => left + (row + 0.5) * room;
  /** @param {number} distance */
  const indexAt = (distance) => (distance - left) / room - 0.5;
  const count = values.length;
  return html`<${Scrubber} label=${label} text=${text} at=${at} count=${count} indexAt=${indexAt} onMove=${onMove}>
    <svg width=${width} height=${HEIGHT} aria-hidden="true">
      <${Levels} y=${y} ticks=${levels} labels=${names} left=${left} right=${right} />
      <${Dates} ticks=${ticks(Math.floor((right - left) / 95))} x=${middle} top=${HEIGHT - BOTTOM} width=${width} />
      <path class="bar"
        d=${values.map((value, row) => (row === at ? "" : barPath(value, left + row * room, room, y))).join("")} />
      <path class="bar chosen" d=${barPath(values[at] ?? 0, left + at * room, room, y)} />
    </svg>
  <//>`;
}

/** @param {number} value @param {number} x  of its left edge @param {number} room @param {LinearScale} y */
function barPath(value, x, room, y) {
  const gap = room > 4 ? Math.min(room * 0.2, 3) : 0;
  const height = Math.max(Math.abs(y(value) - y(0)), 0.5);
  return `M${x + gap / 2} ${y(Math.max(value, 0))}h${room - gap}v${height}h${gap - room}z`;
}
