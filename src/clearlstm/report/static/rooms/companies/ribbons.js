// The long-term memory as a ribbon over the days, in layers: what each day wrote, and how much of it is still there.

import { Levels, labelRoom } from "lab/charts/axes.js";
import { useWidth } from "lab/charts/width.js";
import { scaleLinear } from "lab/d3.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { sentence } from "lab/lesson.js";
import { books, litDay, passes } from "lab/rooms/companies/state.js";
import { Num, shown } from "lab/shell/number.js";
import { nameOf } from "lab/shell/names.js";

/** @typedef {import("lab/rooms/companies/state.js").CompanyName} CompanyName */

const HEIGHT = 240;
const TOP = 12;
const BOTTOM = 34;

export function Ribbons() {
  const count = Math.max(passes.A.value.length, passes.B.value.length);
  return html`<section id="ribbons">
    <h2>Who wrote the memory</h2>
    <p>Each day adds its own part to the ${nameOf("c")}, and each later day keeps a percentage of it. The blue layer,
      outlined on paper, is what day
      ${Math.min(litDay.value, count)} wrote; the others are grey, the older the lighter. Point at a layer, or choose a day.</p>
    <label class="choice list"><span>Day that is lit</span>
      <select onChange=${(/** @type {any} */ event) => (litDay.value = Number(event.currentTarget.value))}>
        ${Array.from({ length: count }, (_, k) => html`<option value=${k + 1}
          selected=${k + 1 === litDay.value}>${k + 1}</option>`)}
      </select></label>
    <div class="pair">${(/** @type {const} */ (["A", "B"])).map((name) => html`<${Ribbon} name=${name} />`)}</div>
    <${Reckoning} />
  </section>`;
}

/** @param {{name: CompanyName}} props */
function Ribbon({ name }) {
  const { box, width } = useWidth();
  return html`<figure>
    <figcaption><b>Company ${name}</b></figcaption>
    <div class="drawing" ref=${box} style=${`min-height:${HEIGHT}px`}>${width > 0 && html`<${Layers} name=${name}
      width=${width} />`}</div>
    <${Entries} name=${name} />
  </figure>`;
}

/** The same scale for both. */
function extent() {
  const tops = [...books.A.value, ...books.B.value].map(stackEnds);
  return [Math.min(0, ...tops.map(([low]) => low)), Math.max(0.1, ...tops.map(([, high]) => high))];
}

/** How far down and up the layers of one day reach. @param {number[]} entries */
function stackEnds(entries) {
  return [entries.reduce((sum, value) => sum + Math.min(value, 0), 0), entries.reduce((sum, value) => sum + Math.max(value, 0), 0)];
}

/** @param {{name: CompanyName, width: number}} props */
function Layers({ name, width }) {
  const book = books[name].value;
  const y = scaleLinear().domain(extent()).nice(4).range([HEIGHT - BOTTOM, TOP]); // prettier-ignore
  const levels = y.ticks(4);
  const labels = levels.map(y.tickFormat(4));
  const left = labelRoom(labels);
  const pitch = (width - left - 8) / book.length;
  const every = Math.ceil(book.length / 12);
  return html`<svg width=${width} height=${HEIGHT} aria-hidden="true">
    <${Levels} y=${y} ticks=${levels} labels=${labels} left=${left} right=${width - 8} />
    ${book.map((entries, t) => html`<${Stack} name=${name} entries=${entries} at=${left + t * pitch} pitch=${pitch}
      y=${y} />`)}
    ${book.map(
      (_, t) => t % every === 0 &&
        html`<text class="tick" x=${left + (t + 0.5) * pitch} y=${HEIGHT - BOTTOM + 18}
          text-anchor="middle">${t + 1}</text>`,
    )}
    <text class="tick context" x=${(left + width) / 2} y=${HEIGHT - 2} text-anchor="middle">after day</text>
  </svg>`;
}

/** The layers after one day: what adds above zero, what takes away below. @param {any} props */
function Stack({ name, entries, at, pitch, y }) {
  const gap = pitch > 24 ? 5 : pitch > 6 ? 1 : 0;
  let [below, above] = [0, 0];
  return entries.map((/** @type {number} */ value, /** @type {number} */ k) => {
    const from = value < 0 ? below : above;
    const to = from + value;
    if (value < 0) below = to;
    else above = to;
    const lit = k + 1 === litDay.value;
    const age = (k + 1) / Math.max(passes.A.value.length, passes.B.value.length);
    return html`<rect class=${lit ? "layer lit" : "layer"} style=${`--age:${(15 + 60 * age).toFixed(0)}%`}
      x=${at + gap / 2} width=${pitch - gap}
      y=${Math.min(y(from), y(to))} height=${Math.max(Math.abs(y(to) - y(from)), 0.5)}
      onPointerEnter=${() => (litDay.value = k + 1)}><title>${msg`${name}: day ${k + 1} wrote what is
        ${shown(value, 3)} now`}</title></rect>`;
  });
}

/** The entries on the last day, in numbers. @param {{name: CompanyName}} props */
function Entries({ name }) {
  const book = books[name].value;
  const [entries, steps] = [book[book.length - 1], passes[name].value];
  const few = entries.length <= 8;
  return html`<p>After day ${entries.length} the ${nameOf("c")} is <b><${Num} name=${`c-${name}`}
    value=${steps[steps.length - 1].c} decimals=${3} /></b>${
    few &&
    html`${" "}= ${entries.map(
      (value, k) => html`${k > 0 && (value < 0 ? " − " : " + ")}<span
        class=${k + 1 === litDay.value ? "entry-lit" : ""}><${Num}
        name=${`entry-${name}-${k + 1}`} value=${k > 0 ? Math.abs(value) : value} decimals=${3} /></span>`,
    )}`
  }.</p>`;
}

/** Of the difference, how much is the lit day's own entry, and how much was written later. */
function Reckoning() {
  const [a, b] = [books.A.value, books.B.value].map((book) => book[book.length - 1]);
  if (a.length !== b.length) return null;
  const lit = Math.min(litDay.value, a.length);
  const whole = sum(b) - sum(a);
  const own = b[lit - 1] - a[lit - 1];
  const why = lit === 1 ? msg` from equal inputs: the short-term memory carried day 1 there` : "";
  return html`<p class="lead">Of the <${Num} name="apart" value=${whole} decimals=${3} /> by which
    B's ${nameOf("c")} exceeds A's,
    <b><${Num} name="apart-own" value=${own} decimals=${3} /></b> stands in day ${lit}'s own layer.
    <b><${Num} name="apart-rest" value=${whole - own} decimals=${3} /></b> was written on the other days${why}.</p>
    <p>${sentence("bookkeeping", { "The ledger": msg`The ribbon` })}.</p>`;
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
