// Units × steps as colours, on a canvas: one pixel a number, stretched to the width of the page.

import { useLayoutEffect, useRef } from "preact/hooks";

import { Dates } from "lab/charts/axes.js";
import { useWidth } from "lab/charts/width.js";
import { table } from "lab/colours.js";
import { html } from "lab/language/html.js";

/**
 * @typedef {object} HeatmapProps
 * @property {string} label
 * @property {string} text
 * @property {number[][]} values  steps × units
 * @property {number[]} units  the rows from top to bottom, as the units' numbers
 * @property {[number, number]} domain
 * @property {string[]} stops
 * @property {number} [least]  numbers of a smaller size aren't lit: they look like 0
 * @property {import("lab/state.js").Place} place  in units' numbers
 * @property {(place: import("lab/state.js").Place) => void} onPin
 * @property {(place: import("lab/state.js").Place | null) => void} onHover
 * @property {(wanted: number) => import("lab/dates.js").Tick[]} ticks
 */

const AXIS = 40;

/** The height of a map: rows that can be told apart where there are few, and never a wall. @param {number} rows */
function mapHeight(rows) {
  return Math.round(Math.min(Math.max(rows * 5, Math.min(rows * 14, 98), 28), 200));
}

/** @param {HeatmapProps} props */
export function Heatmap(props) {
  const { values, units, ticks } = props;
  const { box, width } = useWidth();
  const height = mapHeight(units.length);
  const across = width / values.length;
  /** @param {number} step */
  const middle = (step) => (step + 0.5) * across;
  return html`<div ref=${box} style=${`min-height:${height + AXIS}px`}>
    <${Cells} ...${props} height=${height} across=${across} down=${height / units.length} />
    ${width > 0 &&
    html`<svg width=${width} height=${AXIS} aria-hidden="true">
      <${Dates} ticks=${ticks(Math.floor(width / 95))} x=${middle} top=${0} width=${width} />
    </svg>`}
  </div>`;
}

/**
 * The map itself; across and down are the size of a cell.
 * @param {HeatmapProps & {height: number, across: number, down: number}} props
 */
function Cells(props) {
  const { label, text, values, units, place, onPin, onHover, height, across, down } = props;
  /** @param {PointerEvent & {currentTarget: Element}} event */
  const under = (event) => {
    const corner = event.currentTarget.getBoundingClientRect();
    const step = clamp(Math.floor((event.clientX - corner.left) / across), values.length);
    return { step, unit: units[clamp(Math.floor((event.clientY - corner.top) / down), units.length)] };
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const target = neighbour(event.key, place, units, values.length);
    if (!target) return;
    event.preventDefault();
    onPin(target);
  };
  return html`<div class="heatmap" role="slider" tabindex="0" aria-label=${label} aria-valuetext=${text}
    aria-valuemin="0" aria-valuemax=${values.length - 1} aria-valuenow=${place.step} style=${`height:${height}px`}
    onPointerMove=${(/** @type {any} */ event) => onHover(under(event))} onPointerLeave=${() => onHover(null)}
    onClick=${(/** @type {any} */ event) => onPin(under(event))} onKeyDown=${press}>
    <${Pixels} ...${props} enlarged=${across >= 1} />
    <div class="column-mark" style=${`left:${place.step * across}px;width:${Math.max(across, 2)}px`} />
    <div class="row-mark" style=${`top:${units.indexOf(place.unit) * down}px;height:${Math.max(down, 2)}px`} />
  </div>`;
}

/** @param {number} index @param {number} count */
function clamp(index, count) {
  return Math.min(Math.max(index, 0), count - 1);
}

/**
 * The place that a key leads to: left and right over the steps, up and down over the rows as they are sorted.
 * @param {string} key @param {import("lab/state.js").Place} place @param {number[]} units @param {number} steps
 */
function neighbour(key, { step, unit }, units, steps) {
  const row = units.indexOf(unit);
  /** @type {Record<string, [number, number]>} */
  const targets = {
    ArrowLeft: [step - 1, row],
    ArrowRight: [step + 1, row],
    ArrowUp: [step, row - 1],
    ArrowDown: [step, row + 1],
    PageUp: [step, row - 10],
    PageDown: [step, row + 10],
    Home: [0, row],
    End: [steps - 1, row],
  };
  const target = targets[key];
  return target ? { step: clamp(target[0], steps), unit: units[clamp(target[1], units.length)] } : null;
}

/** @param {HeatmapProps & {enlarged: boolean}} props */
function Pixels({ values, units, domain, stops, least = 0, enlarged }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context) context.putImageData(picture(values, units, domain, stops, least), 0, 0);
  }, [values, units, stops, least, domain[0], domain[1]]);
  const name = enlarged ? "enlarged" : "";
  return html`<canvas ref=${canvas} class=${name} width=${values.length} height=${units.length} />`;
}

/**
 * @param {number[][]} values @param {number[]} units @param {[number, number]} domain @param {string[]} stops
 * @param {number} least
 */
function picture(values, units, [low, high], stops, least) {
  const image = new ImageData(values.length, units.length);
  const { data } = image;
  const colours = table(stops);
  let pixel = 0;
  for (const unit of units) {
    for (const ofStep of values) {
      const value = Math.abs(ofStep[unit]) < least ? 0 : ofStep[unit];
      const shade = 3 * clamp(Math.round(((value - low) / (high - low || 1)) * 255), 256);
      data[pixel] = colours[shade];
      data[pixel + 1] = colours[shade + 1];
      data[pixel + 2] = colours[shade + 2];
      data[pixel + 3] = 255;
      pixel += 4;
    }
  }
  return image;
}
