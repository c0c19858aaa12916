// The colours of the heat maps, for canvases; those of everything else stand in styles/.

/** @typedef {import("lab/words.js").Part} Part */
/** @typedef {[number, number, number]} RGB */

/**
 * Stops from the lowest value to the highest. Gates that let through 0 … 1 go from paper to their own hue; what has a
 * sign goes from blue over paper to vermilion. On a dark page, paper is dark and large values are light.
 */
const RAMPS = {
  light: {
    signed: ["#00456c", "#0072b2", "#ffffff", "#d55e00", "#7d3700"],
    f: ["#ffffff", "#7db8da", "#0072b2", "#004d78"],
    i: ["#ffffff", "#78cbb3", "#009e73", "#005f45"],
    o: ["#ffffff", "#e3b6cf", "#cc79a7", "#8a3f68"],
  },
  dark: {
    signed: ["#9bd4f7", "#2f8fc9", "#1a212a", "#e0701b", "#ffc49b"],
    f: ["#1a212a", "#1c5b85", "#3b9bd6", "#a9dbfa"],
    i: ["#1a212a", "#11664f", "#25b48a", "#a3efd5"],
    o: ["#1a212a", "#744a63", "#d488b3", "#f9d3e7"],
  },
};

/**
 * @param {Part} part
 * @param {boolean} dark
 */
export function ramp(part, dark) {
  const ramps = RAMPS[dark ? "dark" : "light"];
  return part === "f" || part === "i" || part === "o" ? ramps[part] : ramps.signed;
}

/** @param {string} hex @returns {RGB} */
function channels(hex) {
  return [1, 3, 5].reduce((rgb, at) => [...rgb, parseInt(hex.slice(at, at + 2), 16)], /** @type {any} */ ([]));
}

/** @type {Map<string, Uint8ClampedArray>} */
const TABLES = new Map();

/**
 * 256 colours from a ramp's first stop to its last, as one flat array of red, green and blue.
 * @param {string[]} stops
 */
export function table(stops) {
  const key = stops.join();
  const known = TABLES.get(key);
  if (known) return known;
  const ends = stops.map(channels);
  const colours = new Uint8ClampedArray(256 * 3);
  for (let k = 0; k < 256; k++) {
    const position = (k / 255) * (ends.length - 1);
    const left = Math.min(Math.floor(position), ends.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const [from, to] = [ends[left][channel], ends[left + 1][channel]];
      colours[3 * k + channel] = from + (to - from) * (position - left);
    }
  }
  TABLES.set(key, colours);
  return colours;
}
