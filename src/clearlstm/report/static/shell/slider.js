// A number that the reader moves: a slider, and a field to type it in.

import { html } from "htm/preact";

/**
 * @typedef {object} SliderProps
 * @property {string} name  of the field, for tests and readers by program
 * @property {unknown} label
 * @property {number} value
 * @property {number} min
 * @property {number} max
 * @property {number} step
 * @property {string} [style]  a class that gives the colour
 * @property {(value: number) => void} onMove
 */

/** @param {SliderProps} props */
export function Slider({ name, label, value, min, max, step, style = "", onMove }) {
  /** @param {{currentTarget: HTMLInputElement}} event */
  const take = ({ currentTarget: field }) => {
    if (field.value !== "" && field.checkValidity()) onMove(Number(field.value));
  };
  const shared = { min, max, step, value };
  return html`<div class=${`slider ${style}`}>
    <label for=${`slider-${name}`}>${label}</label>
    <input type="range" id=${`slider-${name}`} ...${shared} onInput=${take} />
    <input type="number" aria-label=${`${name}, typed`} data-key=${name} data-value=${value} min=${min} max=${max}
      step="any" value=${value} onChange=${take} />
  </div>`;
}
