// The colours of a map with their numbers, which is also a brush: from where one drags to, larger numbers are lit.

import { keyTarget } from "lab/charts/scrubber.js";
import { fixed, percent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { endOfScale, leastLit, thresholds } from "lab/state.js";

/** @typedef {import("lab/words.js").Part} Part */

const NOTCHES = 50;

/**
 * @param {{part: Part, domain: [number, number], stops: string[], values: number[][]}} props  values: those of the map
 */
export function Brush({ part, domain: [low, high], stops, values }) {
  const least = leastLit(part);
  const at = Math.round((thresholds.value[part] ?? 0) * NOTCHES);
  /** @param {PointerEvent & {currentTarget: Element}} event */
  const point = (event) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const value = low + ((event.clientX - left) / width) * (high - low);
    light(part, Math.round((Math.abs(value) / high) * NOTCHES));
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const target = keyTarget(event.key, at, NOTCHES + 1);
    if (target === null) return;
    event.preventDefault();
    light(part, target);
  };
  const [from, to] = [-least, least].map((value) => Math.max(0, (100 * (value - low)) / (high - low)));
  const text = at === 0 ? msg`all are lit` : msg`${fixed(least, 2)} or more`;
  const gradient = `background:linear-gradient(to right,${stops.join(",")})`;
  return html`<span class="scale">${written(low)}
    <span class="brush" role="slider" tabindex="0" aria-label=${msg`Light |${part}| from`} aria-valuemin="0"
      aria-valuemax=${NOTCHES}
      aria-valuenow=${at} aria-valuetext=${text} title="Drag to light only large numbers" style=${gradient}
      onPointerDown=${(/** @type {any} */ event) => (event.currentTarget.setPointerCapture(event.pointerId), point(event))}
      onPointerMove=${(/** @type {any} */ event) => event.buttons > 0 && point(event)} onKeyDown=${press}>
      ${at > 0 && html`<i style=${`left:${from}%;width:${to - from}%`} />`}</span>
    ${written(high)}
    ${at > 0 && html`<span class="lit">lit: |${part}| ≥ <span data-key=${`least-${part}`}
      data-value=${least}>${fixed(least, 2)}</span>,
      <span data-key=${`lit-${part}`}
        data-value=${share(values, least)}>${percent(share(values, least), 0)}</span></span>`}
  </span>`;
}

/** @param {Part} part @param {number} notch */
function light(part, notch) {
  const { [part]: _, ...others } = thresholds.value;
  const wanted = Math.min(Math.max(notch, 0), NOTCHES) / NOTCHES;
  thresholds.value = wanted > 0 ? { ...others, [part]: wanted } : others;
}

/** The share of a map's numbers that is lit. @param {number[][]} values @param {number} least */
function share(values, least) {
  const lit = values.reduce((sum, row) => sum + row.filter((value) => Math.abs(value) >= least).length, 0);
  return lit / (values.length * values[0].length);
}

/** @param {number} end */
function written(end) {
  return fixed(end, Number.isInteger(end) ? 0 : 2);
}

/**
 * The values from one end of the colours to the other.
 * @param {Part} part @returns {[number, number]}
 */
export function domainOf(part) {
  const end = endOfScale(part);
  return part === "f" || part === "i" || part === "o" ? [0, end] : [-end, end];
}
