// Numbers as a person reads them: a true minus sign, and as many decimals as the data have.

/** @typedef {import("lab/data.js").Values} Values */

export const MISSING = "–";

/** @type {Map<number, Intl.NumberFormat>} */
const FORMATS = new Map();

/** @param {number} decimals */
function withDecimals(decimals) {
  let format = FORMATS.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    FORMATS.set(decimals, format);
  }
  return format;
}

/**
 * @param {number | null | undefined} value
 * @param {number} decimals
 */
export function fixed(value, decimals) {
  if (value === null || value === undefined) return MISSING;
  const rounded = withDecimals(decimals).format(value);
  return Number(value.toFixed(decimals)) === 0 ? rounded.replace("-", "") : rounded.replace("-", "−");
}

/**
 * A share as a percentage: 0.793 is "79.3 %".
 * @param {number | null | undefined} share
 * @param {number} [decimals]
 */
export function percent(share, decimals = 1) {
  return share === null || share === undefined ? MISSING : `${fixed(100 * share, decimals)} %`;
}

/**
 * The same with its sign: 0.012 is "+1.2 %".
 * @param {number | null | undefined} share
 */
export function signedPercent(share) {
  const text = percent(share);
  return share && Number((100 * share).toFixed(1)) > 0 ? `+${text}` : text;
}

/** @param {number} p */
export function pValue(p) {
  return p < 0.001 ? "p\u00a0<\u00a00.001" : `p\u00a0=\u00a0${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/**
 * The decimals that write these values in full: at least three significant digits of the largest, at most six.
 * @param {Values} values
 */
export function decimalsFor(values) {
  const known = values.filter((value) => value !== null);
  const size = known.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const wholeDigits = Math.floor(Math.log10(size)) + 1;
  const [fewest, most] = [3, 6].map((digits) => Math.min(Math.max(digits - wholeDigits, 0), 12));
  for (let decimals = fewest; decimals < most; decimals++) {
    const scale = 10 ** decimals;
    if (known.every((value) => Math.abs(Math.round(value * scale) / scale - value) < 1e-9 * size)) return decimals;
  }
  return most;
}
