// The unit, drawn in the video's arrangement: long-term memory along the top, short-term memory along the bottom, the
// input from below, the gates between, a number on every wire. It draws any unit: the rooms give it the numbers.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { GATES } from "lab/lstm/unit.js";
import { FUNCTIONS, gateOf, labelOf, productsOfGate, styleOf, termsOfGate } from "lab/rooms/unit/keys.js";
import { ASIDE, BOTTOM, CENTRE, CURVE, NODE, NODES, SPOTS, STAGE, TANH, TOP, WIRES } from "lab/rooms/unit/layout.js";
import { wrapped } from "lab/rooms/unit/layout.js";
import { LittleCurve } from "lab/rooms/unit/little-curve.js";
import { Quantity } from "lab/rooms/unit/quantity.js";
import { Travel } from "lab/rooms/unit/travel.js";
import { nameOf } from "lab/shell/names.js";

/**
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 * @typedef {import("lab/lstm/unit.js").Step} Step
 * @typedef {import("lab/lstm/unit.js").Weights} Weights
 *
 * @typedef {Omit<Step, "x" | "h_prev"> & {x?: number, h_prev?: number}} UnitStep  a unit with many inputs has no one x
 *
 * @typedef {object} Term  one of the two weighted sources of a gate's sum
 * @property {number} [weight]  where it is one weight times one number
 * @property {string} [label]  where it is many, such as "32 terms"
 * @property {number} product
 *
 * @typedef {Record<Gate, {h: Term, x: Term, b: number}>} Terms
 *
 * @typedef {object} UnitDrawingProps
 * @property {string} label  what is drawn, for those who don't see it
 * @property {UnitStep} step
 * @property {Terms} terms
 * @property {{x?: string, h_prev?: string}} [many]  what stands in place of x and h before where they are many
 * @property {string[]} [lit]  numbers that are being discussed; the rest fades. None: all are
 * @property {string[]} [hidden]  numbers that the reader is to supply
 * @property {string[]} [open]  numbers whose arithmetic is shown
 * @property {string[][]} [travel]  wires along which values come
 * @property {string} [scene]  a new one makes the values travel
 * @property {Record<string, number>} [gradients]  the way back: what stands on the wires in place of the numbers, by
 *   their keys; it travels against the direction of events
 * @property {string} [day]  written at the input
 * @property {import("@preact/signals").Signal<string>} hot  the number that is pointed at
 * @property {(key: string, value: number) => string} text  how a number is written
 * @property {(key: string) => void} onOpen
 * @property {(key: string) => boolean} [isGiven]  whether the reader can change it
 * @property {(key: string, value: number) => void} [onEdit]
 */

/** The terms of a unit with one input. @param {Weights} w @param {Step} step @returns {Terms} */
export function termsOf(w, step) {
  /** @param {Gate} gate */
  const of = (gate) => ({
    h: { weight: w[gate].h, product: step.h_prev * w[gate].h },
    x: { weight: w[gate].x, product: step.x * w[gate].x },
    b: w[gate].b,
  });
  return { f: of("f"), i: of("i"), g: of("g"), o: of("o") };
}

/** @param {UnitDrawingProps} props */
export function UnitDrawing(props) {
  const { label, step, lit = [], hidden = [], travel = [], scene = "", gradients } = props;
  const fade = fader(lit);
  const box = `0 0 ${STAGE.width} ${STAGE.height}`;
  return html`<svg class="unit-drawing" viewBox=${box} role="group" aria-label=${label}>
    <${Wires} fade=${fade} back=${gradients !== undefined} />
    ${[...GATES.map((gate) => curveOf(gate)), TANH_CURVE].map(
      ({ key, sum, ...curve }) => html`<${LittleCurve} ...${curve} at=${step[sum]} faded=${fade(key)}
        hidden=${hidden.includes(sum)} />`,
    )}
    ${NODES.map(
      ({ sign, key, style, x, y }) => html`<g class=${`unit-node ${style} ${fade(key) ? "faded" : ""}`}
        transform=${`translate(${x} ${y})`}><circle r=${NODE} /><text dy="0.35em">${sign}</text></g>`,
    )}
    <${Names} fade=${fade} day=${props.day} />
    ${SPOTS.filter(({ key }) => !gradients || key in gradients).map((spot) => quantityAt(spot, props, fade))}
    ${travel.length > 0 &&
    html`<${Travel} key=${scene} back=${gradients !== undefined}
      paths=${travel.map((together) => WIRES.filter(({ id }) => together.includes(id)))} />`}
  </svg>`;
}

/**
 * Says whether what belongs to a number is to fade.
 * @typedef {(key: string) => boolean} Fade
 * @param {string[]} lit @returns {Fade}
 */
function fader(lit) {
  return (key) => lit.length > 0 && !lit.includes(key);
}

/** The dimensions of a gate's curve. @param {Gate} gate */
function curveOf(gate) {
  const sum = /** @type {const} */ (`z_${gate}`);
  const { width, height, gates: y } = CURVE;
  const key = /** @type {string} */ (gate);
  return { key, sum, of: FUNCTIONS[gate], style: gate, x: CENTRE[gate], y, width, height };
}

const TANH_CURVE = {
  key: "tanh_c", sum: /** @type {const} */ ("c"), of: "tanh", style: "c", x: TANH, y: CURVE.tanh,
  width: CURVE.width, height: CURVE.tanhHeight,
}; // prettier-ignore

/** @param {{fade: Fade, back: boolean}} props */
function Wires({ fade, back }) {
  return html`<g class="unit-wires">
    ${WIRES.map(
      ({ id, key, style, d }) => html`<g class=${`unit-wire ${style} at-${id} ${fade(key) ? "faded" : ""}`}>
        ${id === "h_prev" && html`<path class="gap" d=${d} />`}<path d=${d} /></g>`,
    )}
    ${GATES.map(
      (gate) => html`<circle class=${`unit-source ${gate} ${fade(`${gate}-b`) ? "faded" : ""}`} r="4"
        cx=${CENTRE[gate] + ASIDE} cy=${BOTTOM - 38} />`,
    )}
    ${(back ? ["c_prev", "h_prev"] : ["c", "h"]).map(
      (key) => html`<path class=${`unit-arrow ${styleOf(key)} ${fade(key) ? "faded" : ""}`} d=${arrow(key, back)} />`,
    )}
  </g>`;
}

/**
 * The tip of a memory's line: at the right, or on the way back at the left.
 * @param {string} key @param {boolean} back
 */
function arrow(key, back) {
  const [y, half] = styleOf(key) === "c" ? [TOP, 9] : [BOTTOM, 8];
  const [end, along] = back ? [0, 14] : [STAGE.width, -14];
  return `M${end + along} ${y - half}L${end} ${y}L${end + along} ${y + half}z`;
}

/** The names of what comes in, of the columns and of what goes out. @param {{fade: Fade, day?: string}} props */
function Names({ fade, day = "" }) {
  const end = STAGE.width - 10;
  return html`
    <${Label} style="c" lines=${[nameOf("c")]} x=${0} y=${12} faded=${fade("c_prev")} />
    <${Label} style="c" lines=${[msg`new ${nameOf("c")}`]} x=${end} y=${12} anchor="end" faded=${fade("c")} />
    <${Label} style="h" lines=${wrapped(nameOf("h"), 12)} x=${0} y=${450} up anchor="start" faded=${fade("h_prev")} />
    <${Label} style="h" lines=${wrapped(msg`new ${nameOf("h")}`, 16)} x=${end} y=${450} up anchor="end"
      faded=${fade("h")} />
    <${Label} style="x" lines=${[msg`input`, day]} x=${0} y=${587} faded=${fade("x")} />
    ${GATES.map(
      (gate) => html`<${Label} style=${gate} lines=${wrapped(`${gate} · ${nameOf(gate)}`, 17)}
        x=${CENTRE[gate]} y=${580} anchor="middle" faded=${fade(gate) && fade(`z_${gate}`)} />`,
    )}`;
}

/**
 * Lines of text; `up`: y is that of the last line.
 * @param {{style: string, lines: string[], x: number, y: number, anchor?: string, up?: boolean, faded: boolean}} props
 */
function Label({ style, lines, x, y, anchor = "start", up, faded }) {
  const first = up ? y - 20 * (lines.length - 1) : y;
  return html`<text class=${`unit-label ${style} ${faded ? "faded" : ""}`} text-anchor=${anchor}>
    ${lines.map((line, k) => html`<tspan x=${x} y=${first + 20 * k}>${line}</tspan>`)}</text>`;
}

/**
 * @param {import("lab/rooms/unit/layout.js").Spot} spot @param {UnitDrawingProps} props @param {Fade} fade
 */
function quantityAt({ key, ...place }, props, fade) {
  const { hidden = [], open = [], hot, text, onOpen, onEdit, isGiven, gradients } = props;
  const { value, label } = gradients
    ? { value: gradients[key], label: text(key, gradients[key]) }
    : numberAt(key, props);
  const given = value !== undefined && onEdit && isGiven?.(key);
  const unknown = hidden.includes(key);
  return html`<${Quantity} ...${place} key=${key} name=${key} value=${value}
    label=${gradients ? msg`gradient of ${labelOf(key)}` : labelOf(key)} style=${styleOf(key)}
    text=${unknown ? "?" : (label ?? signed(key, text(key, value ?? NaN)))} hidden=${unknown} faded=${fade(key)}
    open=${open.includes(key)} hot=${hot} onOpen=${onOpen} onEdit=${given ? onEdit : undefined} />`;
}

/** A weight with the sign of what it does, as in "× 2.70" and "+ 1.62". @param {string} key @param {string} text */
function signed(key, text) {
  const gate = gateOf(key);
  if (!gate || !termsOfGate(gate).includes(key)) return text;
  if (!key.endsWith("-b")) return `× ${text}`;
  return text.startsWith("−") ? `− ${text.slice(1)}` : `+ ${text}`;
}

/**
 * The number that a key stands for in these numbers, or what stands in its place.
 * @param {string} key @param {UnitDrawingProps} props @returns {{value?: number, label?: string}}
 */
function numberAt(key, { step, terms, many }) {
  const gate = gateOf(key);
  if (!gate || !key.includes("-")) {
    const value = step[/** @type {keyof Step} */ (key)];
    return value === undefined ? { label: many?.[/** @type {"x" | "h_prev"} */ (key)] } : { value };
  }
  const name = /** @type {"h" | "x" | "b"} */ (key.split("-")[1]);
  if (name === "b") return { value: terms[gate].b };
  const term = terms[gate][name];
  if (productsOfGate(gate).includes(key)) return { value: term.product };
  return term.weight === undefined ? { label: term.label } : { value: term.weight };
}
