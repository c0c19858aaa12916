// The feedback loop, and the same unrolled: one copy of the unit a day, the same weight between all of them.

import { useWidth } from "lab/charts/width.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { fate, FATES } from "lab/lesson.js";
import { powers, steps, weight, WEIGHTS, MOST_STEPS } from "lab/rooms/plain-net/state.js";
import { Num, shown } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

const HEIGHT = 136;
const BOX = 34;
const WIRE = 92;
const WHY = {
  explodes: msg`In training, one update then throws the weights far past any good place.`,
  vanishes: msg`In training, what happened at the start no longer moves any weight.`,
  arrives:
    msg`That needs a weight very close to 1 or −1: over 50 days, 1.1 already makes ${fixed(1.1 ** 50, 0)} of 1, and
      0.9 makes ${fixed(0.9 ** 50, 3)}.`,
};

export function FeedbackLoop() {
  const { box, width } = useWidth();
  return html`<section aria-label="The loop, unrolled">
    <div class="drawing" ref=${box} style=${`min-height:${HEIGHT}px`}>
      ${width > 0 && html`<${Unrolled} width=${width} />`}
    </div>
    <div class="sliders">
      <${Slider} name="weight" label="Weight on the loop" value=${weight.value} min=${WEIGHTS[0]} max=${WEIGHTS[1]}
        step=${0.01}
        style="h" onMove=${(/** @type {number} */ value) => (weight.value = value)} />
      <${Slider} name="steps" label="Days" value=${steps.value} min=${1} max=${MOST_STEPS} step=${1}
        onMove=${(/** @type {number} */ value) => (steps.value = Math.round(value))} />
    </div>
    <${Verdict} />
  </section>`;
}

/** @param {{width: number}} props */
function Unrolled({ width }) {
  const room = Math.max(2, Math.floor((width - 150) / WIRE));
  const days = shownDays(steps.value, room);
  const pitch = Math.min(WIRE * 1.6, (width - 150) / Math.max(days.length - 1, 1));
  return html`<svg class="loop" width=${width} height=${HEIGHT} aria-hidden="true">
    <${Loop} />
    <g transform="translate(118 72)">
      ${days.map((day, k) => html`<${Day} day=${day} before=${days[k - 1]} at=${k * pitch} pitch=${pitch} />`)}
    </g>
  </svg>`;
}

/**
 * The first days, a gap where there is no room for all, and the last one.
 * @param {number} count
 * @param {number} room
 */
function shownDays(count, room) {
  if (count + 1 <= room) return Array.from({ length: count + 1 }, (_, k) => k);
  return [...Array.from({ length: room - 1 }, (_, k) => k), count];
}

function Loop() {
  return html`<g transform="translate(12 72)">
    <rect class="loop-unit" width=${BOX} height=${BOX} y=${-BOX / 2} rx="4" />
    <path class="line h" d=${`M ${BOX} 0 h 14 v -46 h ${-BOX - 22} v 46 h 6`} marker-end="url(#loop-arrow)" />
    <text class="curve-name h" x=${BOX / 2} y="-54" text-anchor="middle">× ${shown(weight.value)}</text>
    <text class="tick" x=${BOX / 2} y="52" text-anchor="middle">the loop</text>
    <text class="tick" x=${BOX + 28} y="4">=</text>
    <marker id="loop-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
      <path class="loop-tip" d="M 0 0 L 8 4 L 0 8 z" />
    </marker>
  </g>`;
}

/** @param {{day: number, before: number | undefined, at: number, pitch: number}} props */
function Day({ day, before, at, pitch }) {
  const value = powers.value[day];
  const skips = before !== undefined && day - before > 1;
  return html`<g transform=${`translate(${at} 0)`}>
    ${before !== undefined &&
    html`<path class="line h" stroke-dasharray=${skips ? "2 5" : null} d=${`M ${BOX - pitch + 3} 0 H -5`}
      marker-end="url(#loop-arrow)" />
      <text class="curve-name h" x=${(BOX - pitch) / 2} y="-9" text-anchor="middle">
        ${skips ? `× … ×` : `× ${shown(weight.value)}`}</text>`}
    <rect class="loop-unit" width=${BOX} height=${BOX} y=${-BOX / 2} rx="4" />
    <text class="tick" x=${BOX / 2} y="36" text-anchor="middle">${day === 0 ? msg`start` : msg`day ${day}`}</text>
    <text class="loop-number" x=${BOX / 2} y="56" text-anchor="middle" data-key=${`power-${day}`} data-value=${value}>
      ${shown(value)}</text>
  </g>`;
}

function Verdict() {
  const last = powers.value[steps.value];
  const word = fate(Math.abs(last));
  return html`<p class="lead" aria-live="polite">A 1 that comes in at the start is
    <span class="name h">${fixed(weight.value, 2)}<sup>${steps.value}</sup></span> =
    <b><${Num} name="arrives" value=${last} decimals=${4} /></b> after ${steps.value} days.
    <b>It ${FATES[word]}.</b> ${WHY[word]}</p>`;
}
