// Lines and bands over rows: prices with their forecast, a backtest, the memories and gates of a unit.

import { Dates, labelRoom, Levels } from "lab/charts/axes.js";
import { Scrubber } from "lab/charts/scrubber.js";
import { useWidth } from "lab/charts/width.js";
import { area, line, scaleLinear } from "lab/d3.js";
import { html } from "lab/language/html.js";

/**
 * @typedef {import("lab/data.js").Values} Values
 * @typedef {{row: number, values: Values}} Stroke  from a row on
 * @typedef {{style: string, values: Values, strokes?: Stroke[]}} Line  style is a class in styles/; strokes: what is
 *   drawn where that isn't one line through all values
 * @typedef {{style: string, lo: Values, hi: Values}} Band
 *
 * @typedef {object} LinesProps
 * @property {string} label  what the drawing shows, for those who don't see it
 * @property {string} text  the numbers of the chosen row, likewise
 * @property {Line[]} lines  all of one length: a value a row
 * @property {Band[]} [bands]
 * @property {number} at  the chosen row
 * @property {(row: number) => void} onMove
 * @property {(wanted: number) => import("lab/dates.js").Tick[]} ticks
 * @property {number} [height]
 * @property {[number, number]} [domain]  of the values; as wide as they are by default
 * @property {{row: number, label: string} | null} [split]  a hair line between rows
 * @property {(value: number) => string} [format]  of the numbers at the left
 * @property {(domain: number[], wanted: number) => number[]} [levelsOf]  which numbers stand there
 * @property {boolean} [dots]  mark every row of the first line
 */

const TOP = 20;
const BOTTOM = 40;
const END = 22;

/** @param {LinesProps} props */
export function Lines(props) {
  const { box, width } = useWidth();
  const { height = 280 } = props;
  return html`<div class="drawing" ref=${box} style=${`min-height:${height}px`}>
    ${width > 0 && html`<${Plot} ...${props} width=${width} height=${height} />`}
  </div>`;
}

/** @param {LinesProps & {width: number, height: number}} props */
function Plot(props) {
  const { label, text, lines, bands = [], at, onMove, ticks, width, height, split, dots } = props;
  const count = lines[0].values.length;
  const { y, levels, names } = scaleY(props);
  const left = labelRoom(names);
  const right = width - END;
  const x = scaleLinear().domain([0, Math.max(count - 1, 1)]).range([left, right]);
  return html`<${Scrubber} label=${label} text=${text} at=${at} count=${count} indexAt=${x.invert} onMove=${onMove}>
    <svg width=${width} height=${height} aria-hidden="true">
      <${Levels} y=${y} ticks=${levels} labels=${names} left=${left} right=${right} />
      <${Dates} ticks=${ticks(Math.floor((right - left) / 95))} x=${x} top=${height - BOTTOM} width=${width} />
      ${split && html`<${Split} ...${split} x=${x} bottom=${height - BOTTOM} />`}
      ${bands.map((band) => html`<path class=${`band ${band.style}`} d=${bandPath(band, x, y)} />`)}
      <line class="cursor" x1=${x(at)} x2=${x(at)} y1=${TOP - 6} y2=${height - BOTTOM} />
      ${lines.map((one) => html`<path class=${`line ${one.style}`} d=${strokesOf(one).map(({ row, values }) => linePath(values, x, y, row)).join("")} />`)}
      ${dots && html`<${Dots} line=${lines[0]} x=${x} y=${y} />`}
      ${lines.map((one) => html`<${Dot} style=${one.style} value=${one.values[at]} x=${x(at)} y=${y} r=${4} />`)}
    </svg>
  <//>`;
}

/**
 * The scale of the values, the levels to draw and their names.
 * @param {LinesProps & {height: number}} props
 */
function scaleY({ lines, bands = [], domain, height, format, levelsOf }) {
  const all = [...lines.map((one) => one.values), ...bands.flatMap((band) => [band.lo, band.hi])].flat();
  const known = all.filter((value) => value !== null);
  const extent = domain ?? (known.length ? [Math.min(...known), Math.max(...known)] : [0, 1]);
  const wide = extent[0] === extent[1] ? [extent[0] - 1, extent[1] + 1] : extent;
  const count = Math.max(2, Math.floor(height / 60));
  const y = scaleLinear().domain(wide).nice(count).range([height - BOTTOM, TOP]);
  const levels = levelsOf ? levelsOf(y.domain(), count) : y.ticks(count);
  return { y, levels, names: levels.map(format ?? y.tickFormat(count)) };
}

/** @param {Line} line @returns {Stroke[]} */
const strokesOf = ({ values, strokes }) => strokes ?? [{ row: 0, values }];

/** @param {Values} values @param {LinearScale} x @param {LinearScale} y @param {number} first  row of the first value */
function linePath(values, x, y, first) {
  const path = /** @type {PathMaker<number | null>} */ (line());
  return path.defined((value) => value !== null).x((_, row) => x(first + row)).y((value) => y(Number(value)))(values);
}

/** @param {Band} band @param {LinearScale} x @param {LinearScale} y */
function bandPath(band, x, y) {
  const rows = band.lo.map((lo, row) => ({ lo, hi: band.hi[row] }));
  const path = /** @type {PathMaker<{lo: number | null, hi: number | null}>} */ (area());
  return path
    .defined(({ lo, hi }) => lo !== null && hi !== null)
    .x((_, row) => x(row))
    .y0(({ lo }) => y(Number(lo)))
    .y1(({ hi }) => y(Number(hi)))(rows);
}

/** @param {{row: number, label: string, x: LinearScale, bottom: number}} props */
function Split({ row, label, x, bottom }) {
  return html`<line class="rule split" x1=${x(row)} x2=${x(row)} y1="2" y2=${bottom} />
    <text class="tick" x=${x(row) - 6} y="11" text-anchor="end">${label}</text>`;
}

/** @param {{line: Line, x: LinearScale, y: LinearScale}} props */
function Dots({ line: { style, values }, x, y }) {
  return values.map((value, row) => html`<${Dot} style=${style} value=${value} x=${x(row)} y=${y} r=${2.5} />`);
}

/** @param {{style: string, value: number | null, x: number, y: LinearScale, r: number}} props */
function Dot({ style, value, x, y, r }) {
  if (value === null || value === undefined) return null;
  return html`<circle class=${`dot ${style}`} cx=${x} cy=${y(value)} r=${r} />`;
}
