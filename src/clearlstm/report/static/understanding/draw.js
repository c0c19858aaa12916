// What the numbers of a question are drawn from: the same for the same seed, room, draw and place.

import { generator } from "lab/lstm/random.js";

/** @typedef {ReturnType<typeof drawer>} Draw */

/** @param {number[]} from  whole numbers that say which draw it is */
export function drawer(...from) {
  const uniform = generator(mixed(from));
  /** @param {number} low @param {number} high  both are drawn, too */
  const whole = (low, high) => low + Math.floor(uniform() * (high - low + 1));
  return {
    whole,
    /** @param {number} low @param {number} high @param {number} decimals */
    decimal: (low, high, decimals) => {
      const scale = 10 ** decimals;
      return whole(Math.round(low * scale), Math.round(high * scale)) / scale;
    },
    /** @template T @param {readonly T[]} values @returns {T} */
    oneOf: (values) => values[whole(0, values.length - 1)],
    /** @template T @param {readonly T[]} values @returns {T[]} in an order of chance (Fisher & Yates 1938) */
    shuffled: (values) => {
      const order = [...values];
      for (let k = order.length - 1; k > 0; k--) {
        const other = whole(0, k);
        [order[k], order[other]] = [order[other], order[k]];
      }
      return order;
    },
  };
}

/** One number from several, so that neighbours have nothing in common (FNV-1a). @param {number[]} from */
function mixed(from) {
  return from.reduce((hash, value) => Math.imul((hash ^ value) >>> 0, 0x01000193) >>> 0, 0x811c9dc5);
}
