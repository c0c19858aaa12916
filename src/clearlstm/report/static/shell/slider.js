// A number that the reader moves: a slider, and a field to type it in.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";

/**
 * @typedef {object} SliderProps
 * @property {string} name  of the field, for tests and readers by program
 * @property {unknown} label
 * @property {string} [spoken]  the label as a text, where it is more than that
 * @property {number} value
 * @property {number} min
 * @property {number} max
 * @property {number} step
 * @property {string} [style]  a class that gives the colour
 * @property {(value: number) => void} onMove
 */

/** @param {SliderProps} props */
export function Slider({ name, label, spoken = String(label), value, min, max, step, style = "", onMove }) {
  /** @param {{currentTarget: HTMLInputElement}} event */
  const take = ({ currentTarget: field }) => {
    if (field.value !== "" && field.checkValidity()) onMove(Number(field.value));
  };
  const shared = { min, max, step, value };
  return html`<div class=${`slider ${style}`}>
    <label for=${`slider-${name}`}>${label}</label>
    <input type="range" id=${`slider-${name}`} ...${shared} onInput=${take} />
    <input type="number" aria-label=${msg`${spoken}, typed`} data-key=${name} data-value=${value} min=${min} max=${max}
      step="any" value=${value} onChange=${take} />
  </div>`;
}
