// A number on the page: rounded for the eye, whole for whoever asks the element.

import { raised } from "lab/charts/plot.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { digits } from "lab/shell/choices.js";

const DECIMALS = { rounded: 2, exact: 6 };

/**
 * The number as the reader wants to see it.
 * @param {number} value @param {number} [rounded]  decimals when rounded
 */
export function shown(value, rounded = DECIMALS.rounded) {
  if (Number.isNaN(value)) return msg`not a number`;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const decimals = digits.value === "exact" ? DECIMALS.exact : rounded;
  const size = Math.abs(value);
  if (size >= 1e6) return scientific(value);
  if (size === 0 || size >= 0.5 * 10 ** -decimals) return fixed(value, decimals);
  return size >= 5e-5 ? fixed(value, 4) : scientific(value); // what would read 0 isn't 0
}

/** @param {number} value  as 1.13 × 10¹⁵ */
export function scientific(value) {
  const [mantissa, power] = value.toExponential(2).split("e");
  return `${mantissa.replace("-", "−")} × 10${raised(Number(power))}`;
}

/**
 * A number in a sentence or a table. `name` tells tests and readers by program which one it is.
 * @param {{name: string, value: number, style?: string, decimals?: number}} props
 */
export function Num({ name, value, style = "", decimals }) {
  return html`<span class=${style ? `num ${style}` : "num"} data-key=${name}
    data-value=${value}>${shown(value, decimals)}</span>`;
}
