// How the numbers of a unit are written: rounded or exact for the eye, or with the decimals that the video keeps.

import { fixed } from "lab/format.js";
import { DECIMALS } from "lab/lstm/rounded.js";
import { scientific, shown } from "lab/shell/number.js";
import { digits } from "lab/shell/choices.js";

/** Shares need a third decimal: 0.997 and 1.00 are not the same gate. */
const THREE = ["f", "i", "g", "o", "tanh_c"];
const WEIGHT = /^[figo]-[hxb]$/;
const FEWEST = 2;

/**
 * @param {string} key @param {number} value @param {boolean} carried  as the video rounds it
 */
export function written(key, value, carried) {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e6) return shown(value);
  if (key === "x") return given(value, 0, digits.value === "exact" ? 6 : 4);
  if (WEIGHT.test(key)) return given(value, FEWEST, digits.value === "exact" ? 4 : FEWEST);
  if (key.endsWith("_prev") && Number.isInteger(value)) return fixed(value, 0);
  if (carried && key in DECIMALS) return fixed(value, DECIMALS[/** @type {keyof typeof DECIMALS} */ (key)]);
  return shown(value, THREE.includes(key) ? 3 : FEWEST);
}

/**
 * A number that somebody chose: as it stands, within these decimals.
 * @param {number} value @param {number} fewest @param {number} most
 */
function given(value, fewest, most) {
  if (value !== 0 && Math.abs(value) < 0.5 * 10 ** -most) return scientific(value);
  for (let decimals = fewest; decimals < most; decimals++) {
    if (Math.abs(Number(value.toFixed(decimals)) - value) < 1e-12) return fixed(value, decimals);
  }
  return fixed(value, most);
}

/** A share as a percentage that doesn't hide what is nearly nothing. @param {number} share */
export function percentage(share) {
  const size = Math.abs(share);
  return size > 0 && size < 0.0005 ? `${scientific(100 * share)} %` : `${fixed(100 * share, 1)} %`;
}
