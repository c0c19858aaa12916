// Curves over a number: linear at the bottom, linear or logarithmic at the side, each named where it ends.

import { labelRoom, Levels } from "lab/charts/axes.js";
import { Scrubber } from "lab/charts/scrubber.js";
import { useWidth } from "lab/charts/width.js";
import { line, scaleLinear } from "lab/d3.js";
import { html } from "lab/language/html.js";

/**
 * @typedef {object} Curve
 * @property {string} style  a class in styles/
 * @property {string} name  what stands at its end; "" for none
 * @property {number[]} values  one for each x; on a logarithmic axis what isn't above 0 is left out
 *
 * @typedef {object} PlotProps
 * @property {string} label  what the drawing shows, for those who don't see it
 * @property {string} text  the numbers at the cursor, likewise
 * @property {number[]} xs  rising
 * @property {Curve[]} curves
 * @property {number} at  which of xs the cursor stands at
 * @property {(index: number) => void} onMove
 * @property {string} across  what the axis at the bottom counts
 * @property {boolean} [log]
 * @property {[number, number]} [domain]  of the values; as wide as they are by default
 * @property {number} [height]
 * @property {(place: {x: LinearScale, y: (value: number) => number}) => unknown} [over]  what is drawn on top
 */

const TOP = 14;
const BOTTOM = 38;
const LINE = 15;
const LETTER = 6.6;

/** @param {PlotProps} props */
export function Plot(props) {
  const { box, width } = useWidth();
  const { height = 300 } = props;
  return html`<div class="drawing" ref=${box} style=${`min-height:${height}px`}>
    ${width > 0 && html`<${Drawing} ...${props} width=${width} height=${height} />`}
  </div>`;
}

/** @param {PlotProps & {width: number, height: number}} props */
function Drawing({ label, text, xs, curves, at, onMove, across, log = false, domain, width, height, over }) {
  const bottom = height - BOTTOM;
  const axis = log
    ? logAxis(domain ?? extent(curves, true), bottom)
    : linearAxis(domain ?? extent(curves, false), bottom);
  const left = labelRoom(axis.names);
  const names = curves.map(({ name }) => name.length);
  const right = width - Math.max(14, Math.min(Math.max(...names) * LETTER + 12, width * 0.3));
  const x = scaleLinear().domain([xs[0], xs[xs.length - 1]]).range([left, right]); // prettier-ignore
  const { y } = axis;
  const path = line()
    .defined(([, value]) => Number.isFinite(y(value)))
    .x(([place]) => x(place))
    .y(([, value]) => y(value));
  const ticks = x.ticks(Math.max(2, Math.floor((right - left) / 90)));
  const write = x.tickFormat(ticks.length);
  /** @param {number} pixel */
  const indexAt = (pixel) => nearest(xs, x.invert(pixel));
  return html`<${Scrubber} label=${label} text=${text} at=${at} count=${xs.length} indexAt=${indexAt} onMove=${onMove}>
    <svg width=${width} height=${height} aria-hidden="true">
      <${Levels} y=${y} ticks=${axis.ticks} labels=${axis.names} left=${left} right=${right} />
      ${ticks.map(
        (tick) => html`<text class="tick" x=${x(tick)} y=${bottom + 18} text-anchor="middle">${write(tick)}</text>`,
      )}
      <text class="tick context" x=${(left + right) / 2} y=${height - 4} text-anchor="middle">${across}</text>
      <line class="cursor" x1=${x(xs[at])} x2=${x(xs[at])} y1=${TOP - 6} y2=${bottom} />
      ${curves.map(
        ({ style, values }) => html`<path class=${`line ${style}`}
          d=${path(/** @type {any} */ (values.map((value, k) => [xs[k], value])))} />`,
      )}
      ${curves.map(({ style, values }) => {
        const height = y(values[at]);
        return Number.isFinite(height) && html`<circle class=${`dot ${style}`} cx=${x(xs[at])} cy=${height} r="4" />`;
      })}
      <${Names} curves=${curves} y=${y} at=${right + 8} bottom=${bottom} />
      ${over?.({ x, y })}
    </svg>
  <//>`;
}

/** The names at the ends, moved apart where they would touch. @param {any} props */
function Names({ curves, y, at, bottom }) {
  /** @type {{name: string, style: string, height: number}[]} */
  const named = curves
    .filter((/** @type {Curve} */ { name }) => name)
    .map((/** @type {Curve} */ { name, style, values }) => ({ name, style, height: lastHeight(values, y) ?? bottom }))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => a.height - b.height);
  for (let k = 1; k < named.length; k++) named[k].height = Math.max(named[k].height, named[k - 1].height + LINE);
  const excess = named.length ? Math.max(0, named[named.length - 1].height - bottom) : 0;
  for (let k = named.length - 1; k >= 0; k--) {
    const limit = k === named.length - 1 ? named[k].height - excess : named[k + 1].height - LINE;
    named[k].height = Math.min(named[k].height, limit);
  }
  return named.map(
    ({ name, style, height }) => html`<text class=${`curve-name ${style}`} x=${at} y=${height}
      dy="0.32em">${name}</text>`,
  );
}

/** @param {number[]} values @param {(value: number) => number} y */
function lastHeight(values, y) {
  return values.map(y).findLast((height) => Number.isFinite(height));
}

/** @param {[number, number]} domain @param {number} bottom */
function linearAxis(domain, bottom) {
  const y = scaleLinear().domain(domain).range([bottom, TOP]);
  const ticks = y.ticks(5);
  return { y: (/** @type {number} */ value) => y(value), ticks, names: ticks.map(y.tickFormat(5)).map(trueMinus) };
}

/** Powers of ten, as many as have room. @param {[number, number]} domain @param {number} bottom */
function logAxis([low, high], bottom) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const scale = scaleLinear().domain([first, Math.max(last, first + 1)]).range([bottom, TOP]); // prettier-ignore
  const between = Math.max(1, Math.ceil((last - first) / ((bottom - TOP) / 34)));
  const powers = [];
  for (let power = Math.ceil(first / between) * between; power <= last; power += between) powers.push(power);
  return {
    y: (/** @type {number} */ value) => (value > 0 && Number.isFinite(value) ? scale(Math.log10(value)) : NaN),
    ticks: powers.map((power) => 10 ** power),
    names: powers.map((power) =>
      Math.abs(power) < 4 ? String(Number((10 ** power).toPrecision(1))) : `10${raised(power)}`,
    ),
  };
}

/** @param {Curve[]} curves @param {boolean} log @returns {[number, number]} */
function extent(curves, log) {
  const values = curves.flatMap((curve) => curve.values).filter((value) => Number.isFinite(value) && (!log || value > 0));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return log ? [Math.min(low, 1), Math.max(high, 1)] : [Math.min(low, 0), Math.max(high, 0)];
}

/** A power of ten as it stands over the ten. @param {number} power */
export function raised(power) {
  return [...String(power)].map((sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)] ?? "⁻").join("");
}

/** @param {string} text */
function trueMinus(text) {
  return text.replace("-", "−");
}

/** @param {number[]} xs @param {number} wanted */
function nearest(xs, wanted) {
  return xs.reduce((best, x, k) => (Math.abs(x - wanted) < Math.abs(xs[best] - wanted) ? k : best), 0);
}
