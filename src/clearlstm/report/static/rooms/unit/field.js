// A field for a number. What is being typed is left alone: "-" and "2." are on the way to a number.

import { useLayoutEffect, useRef } from "preact/hooks";

import { html } from "lab/language/html.js";

/**
 * @param {{name: string, label: string, value: number, style?: string, onChange: (value: number) => void}} props
 */
export function NumberField({ name, label, value, style = "", onChange }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useLayoutEffect(() => {
    const input = field.current;
    if (!input) return;
    const { activeElement } = /** @type {Document | ShadowRoot} */ (input.getRootNode());
    if (activeElement !== input || input.valueAsNumber !== value) input.value = String(value);
  }, [value]);
  /** @param {Event & {currentTarget: HTMLInputElement}} event */
  const typed = ({ currentTarget: { value: text, valueAsNumber } }) => {
    if (text.trim() !== "" && Number.isFinite(valueAsNumber)) onChange(valueAsNumber);
  };
  return html`<input ref=${field} class=${`unit-field ${style}`} type="number" step="0.01" aria-label=${label}
    data-key=${name} data-value=${value} onInput=${typed}
    onBlur=${(/** @type {any} */ event) => (event.currentTarget.value = String(value))} />`;
}
