// Room 2: sigmoid and tanh, with the unit's own numbers on them.

import { computed } from "@preact/signals";

import { Plot } from "lab/charts/plot.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { LESSON, sentence } from "lab/lesson.js";
import { aNumber, linked, oneOf, wholeNumber } from "lab/link.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { run, sigmoid, VIDEO } from "lab/lstm/unit.js";
import { Choice } from "lab/page/choice.js";
import { Swapped } from "lab/rooms/curves/swapped.js";
import { Keep } from "lab/rooms/keep.js";
import { deeper } from "lab/shell/choices.js";
import { Name } from "lab/shell/names.js";
import { Num, shown } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";
import { Term } from "lab/shell/term.js";

const EDGE = 10;
const COUNT = 401;
const ZS = Array.from({ length: COUNT }, (_, k) => -EDGE + (2 * EDGE * k) / (COUNT - 1));

const z = linked("curves-z", 1, aNumber);
const company = linked("curves-company", "B", oneOf(/** @type {const} */ (["A", "B"])));
const day = linked("curves-day", 1, wholeNumber(1, 4));

const sum = computed(() => Math.max(-EDGE, Math.min(EDGE, z.value)));

/** Every number of the chosen day. */
const today = computed(() => {
  const { xs } = COMPANIES.find(({ name }) => name === company.value) ?? COMPANIES[0];
  return run(VIDEO, xs)[day.value - 1];
});

/**
 * @typedef {"f" | "i" | "o" | "g" | "tanh_c"} Place
 * @typedef {{place: Place, part: import("lab/words.js").Part, from: number, to: number}} Mark
 * @typedef {object} Shape
 * @property {string} id
 * @property {string} name
 * @property {(z: number) => number} value
 * @property {(y: number) => number} slope
 * @property {[number, number]} ends
 */

/** @type {Shape} */
const SIGMOID = { id: "sigmoid", name: "sigmoid", value: sigmoid, slope: (y) => y * (1 - y), ends: [0, 1] };
/** @type {Shape} */
const TANH = { id: "tanh", name: "tanh", value: Math.tanh, slope: (y) => 1 - y * y, ends: [-1, 1] };

export function CurvesRoom() {
  return html`<h1>Two curves decide everything</h1>
    <p>${sentence("sigmoid", { sigmoid: html`<b>sigmoid</b>`, gate: html`<${Term} word="gate" />` })}
      ${" "}${sentence("tanh", { tanh: html`<b>tanh</b>` })}</p>
    <div class="sliders"><${Slider} name="z" label="The sum that comes in" value=${sum.value} min=${-EDGE} max=${EDGE}
      step=${0.05} onMove=${(/** @type {number} */ value) => (z.value = value)} /></div>
    <div class="pair">
      <${Curve} shape=${SIGMOID} style="f" marks=${gateMarks()} />
      <${Curve} shape=${TANH} style="g" marks=${valueMarks()} />
    </div>
    <${Saturation} />
    <${WhoseNumbers} />
    <${Table} />
    ${deeper.value && html`<${Swapped} />`}
    <${Keep}>Sigmoid says how much, tanh says what.<//>`;
}

/** @returns {Mark[]} */
function gateMarks() {
  const { z_f, z_i, z_o, f, i, o } = today.value;
  return [
    { place: "f", part: "f", from: z_f, to: f },
    { place: "i", part: "i", from: z_i, to: i },
    { place: "o", part: "o", from: z_o, to: o },
  ];
}

/** @returns {Mark[]} */
function valueMarks() {
  const { z_g, g, c, tanh_c } = today.value;
  return [
    { place: "g", part: "g", from: z_g, to: g },
    { place: "tanh_c", part: "c", from: c, to: tanh_c },
  ];
}

/**
 * A curve, the sum on it with its slope, and the unit's numbers of the day.
 * @param {{shape: Shape, style: string, marks: Mark[]}} props
 */
function Curve({ shape, marks }) {
  const at = Math.round(((sum.value + EDGE) / (2 * EDGE)) * (COUNT - 1));
  const y = shape.value(sum.value);
  const slope = shape.slope(y);
  const curves = [{ style: "plain-curve", name: "", values: ZS.map(shape.value) }];
  return html`<figure>
    <figcaption><b>${shape.name}</b><span>
      <${Num} name=${`${shape.id}-z`} value=${sum.value} /> → <b><${Num} name=${shape.id} value=${y}
        decimals=${3} /></b>
    </span></figcaption>
    <${Plot} label=${msg`${shape.name} from −10 to 10`} text=${msg`${shape.name} of ${fixed(sum.value, 2)} is
      ${fixed(y, 4)}`}
      xs=${ZS} curves=${curves} at=${at} onMove=${(/** @type {number} */ k) => (z.value = Number(ZS[k].toFixed(6)))}
      across="the sum" domain=${shape.ends} height=${260}
      over=${(/** @type {any} */ place) => html`<${Tangent} ...${place} shape=${shape} slope=${slope} />
        ${lettered(marks, place.x).map((mark) => html`<${Dot} ...${place} mark=${mark} />`)}`} />
    <p class="curves-slope">Its slope here is <${Num} name=${`${shape.id}-slope`} value=${slope} decimals=${3} />:
      add 0.1 to the sum, and the curve moves by about <${Num} name=${`${shape.id}-nudge`} value=${0.1 * slope}
      decimals=${4} />.</p>
  </figure>`;
}

/** @param {{x: LinearScale, y: (value: number) => number, shape: Shape, slope: number}} props */
function Tangent({ x, y, shape, slope }) {
  const value = shape.value(sum.value);
  const reach = Math.min(2, 0.28 * (shape.ends[1] - shape.ends[0]) / Math.max(slope, 1e-9));
  const ends = [-reach, reach].map((by) => ({ x: x(sum.value + by), y: y(value + slope * by) }));
  return html`<line class="curves-tangent" x1=${ends[0].x} y1=${ends[0].y} x2=${ends[1].x} y2=${ends[1].y} />
    <circle class="curves-here" cx=${x(sum.value)} cy=${y(value)} r="5" />`;
}

const NEAR = 24; // pixels between two dots within which their letters would touch

/**
 * With the side of its dot on which each letter stands: outside of the curve, but of two close dots on either side.
 * @param {Mark[]} marks @param {LinearScale} x @returns {(Mark & {above: boolean})[]}
 */
function lettered(marks, x) {
  const placed = /** @type {(Mark & {above: boolean})[]} */ ([]);
  for (const mark of [...marks].sort((a, b) => a.from - b.from)) {
    const before = placed.at(-1);
    const close = before && x(mark.from) - x(before.from) < NEAR;
    placed.push({ ...mark, above: close ? !before.above : mark.from < 0 });
  }
  return placed;
}

/** @param {{x: LinearScale, y: (value: number) => number, mark: Mark & {above: boolean}}} props */
function Dot({ x, y, mark: { place, part, from, to, above } }) {
  const [left, top] = [x(Math.max(-EDGE, Math.min(EDGE, from))), y(to)];
  const letter = place === "tanh_c" ? "c" : place;
  return html`<g class=${`curves-mark ${part}`}>
    <circle class="dot" cx=${left} cy=${top} r="5" />
    <text class="curve-name" x=${left + (above ? -9 : 9)} y=${top + (above ? -6 : 15)}
      text-anchor=${above ? "end" : "start"}>${letter}</text>
  </g>`;
}

function Saturation() {
  const slope = SIGMOID.slope(sigmoid(sum.value));
  const steps = 10;
  const through = slope ** steps;
  return html`<section>
    <h2>Where the curves go flat</h2>
    <p>Far from 0 both curves are flat: that is <${Term} word="saturation" />. A gate that stands there is firmly open
      or firmly shut, which is good for keeping a memory. But training learns from slopes. The steepest that sigmoid
      gets is 0.25, at 0; at <${Num} name="sum" value=${sum.value} /> it is
      <${Num} name="slope" value=${slope} decimals=${4} />. A signal that had to pass ${steps} such slopes, one
      after the other, would keep
      <${Num} name="through" value=${through} decimals=${4} /> of itself.</p>
    <p>The long-term memory doesn't pass through these slopes on its way from day to day. It is multiplied by the forget
      gate's <i>value</i>, which can be close to 1, not by its slope.</p>
  </section>`;
}

function WhoseNumbers() {
  const companies = COMPANIES.map(({ name }) => ({ value: name, label: name }));
  const days = [1, 2, 3, 4].map((number) => ({ value: String(number), label: String(number) }));
  return html`<section>
    <h2>The unit's own numbers on them</h2>
    <div class="choices">
      <${Choice} name="curves-company" label="Company" options=${companies} chosen=${company.value}
        onChoose=${(/** @type {"A" | "B"} */ name) => (company.value = name)} />
      <${Choice} name="curves-day" label="Day" options=${days} chosen=${String(day.value)}
        onChoose=${(/** @type {string} */ number) => (day.value = Number(number))} />
    </div>
    <dl class="curves-numbers">${[...gateMarks(), ...valueMarks()].map(
      ({ place, part, from, to }) => html`<div class=${part}>
        <dt>${place === "tanh_c" ? html`<span class="name c">tanh of the new long-term memory</span>` : html`<${Name}
          part=${part} />`}</dt>
        <dd>${place === "g" || place === "tanh_c" ? "tanh" : "sigmoid"}(<${Num} name=${`z-${place}`} value=${from} />) =
          ${" "}<b><${Num} name=${place} value=${to} decimals=${3} /></b></dd>
      </div>`,
    )}</dl>
  </section>`;
}

function Table() {
  const rows = LESSON.curve_points;
  return html`<section>
    <h2>Five sums to remember</h2>
    <div class="scroll-x"><table>
      <thead><tr><th scope="col">the sum</th>${rows.map((value) => html`<th
        scope="col">${shown(value, 0)}</th>`)}</tr></thead>
      <tbody>${[SIGMOID, TANH].map(
        ({ id, name, value }) => html`<tr><th scope="row">${name}</th>${rows.map(
          (given) => html`<td><${Num} name=${`table-${id}-${given}`} value=${value(given)} decimals=${5} /></td>`,
        )}</tr>`,
      )}</tbody>
    </table></div>
  </section>`;
}
