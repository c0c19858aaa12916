// A number on the page: rounded for the eye, whole for whoever asks the element.

import { html } from "htm/preact";

import { fixed } from "lab/format.js";
import { digits } from "lab/shell/choices.js";

const DECIMALS = { rounded: 2, exact: 6 };

/**
 * The number as the reader wants to see it.
 * @param {number} value @param {number} [rounded]  decimals when rounded
 */
export function shown(value, rounded = DECIMALS.rounded) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const decimals = digits.value === "exact" ? DECIMALS.exact : rounded;
  const size = Math.abs(value);
  return size >= 1e6 || (size > 0 && size < 0.5 * 10 ** -decimals && digits.value === "exact")
    ? scientific(value)
    : fixed(value, decimals);
}

/** @param {number} value  as 1.13 × 10¹⁵ */
export function scientific(value) {
  const [mantissa, exponent] = value.toExponential(2).replace("-", "−").split("e");
  const raised = [...exponent.replace("+", "")].map((digit) => SUPERSCRIPTS[digit] ?? digit).join("");
  return `${mantissa} × 10${raised}`;
}

/** @type {Record<string, string>} */
const SUPERSCRIPTS = {
  0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹", "-": "⁻", "−": "⁻",
}; // prettier-ignore

/**
 * A number in a sentence or a table. `name` tells tests and readers by program which one it is.
 * @param {{name: string, value: number, style?: string, decimals?: number}} props
 */
export function Num({ name, value, style = "", decimals }) {
  return html`<span class=${`num ${style}`} data-key=${name} data-value=${value}>${shown(value, decimals)}</span>`;
}
