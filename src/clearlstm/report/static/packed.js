// Arrays of numbers come from Python as their bytes in base64: to the last bit, and quicker than as text.

/**
 * @typedef {{packed: "float16" | "float32" | "float64", shape: number[], base64: string}} Packed
 */

/**
 * `value` with every packed array in it, however deep, as nested lists of numbers.
 * @param {any} value @returns {any}
 */
export function unpacked(value) {
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(unpacked);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.base64 === "string") return nested(value);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpacked(part)]));
}

/** @param {Packed} array */
function nested({ packed, shape, base64 }) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k); // a trace may have megabytes
  const flat = numbersIn(packed, bytes.buffer);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== flat.length) throw new Error(`${flat.length} numbers can't have the shape ${shape.join(" × ")}`);
  return rows(flat, shape, 0, flat.length);
}

/** @param {Packed["packed"]} kind @param {ArrayBuffer} bytes */
function numbersIn(kind, bytes) {
  if (kind === "float16") return Float32Array.from(new Uint16Array(bytes), half);
  return kind === "float64" ? new Float64Array(bytes) : new Float32Array(bytes);
}

/** A number of 16 bits, which browsers don't all read themselves: sign, 5 bits of exponent, 10 of fraction. @param {number} bits */
function half(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14);
}

/**
 * @param {Float32Array | Float64Array} flat @param {number[]} shape @param {number} from @param {number} to
 * @returns {any}
 */
function rows(flat, shape, from, to) {
  if (shape.length < 2) return Array.from(flat.subarray(from, to));
  const [count, ...rest] = shape;
  const size = (to - from) / Math.max(count, 1);
  return Array.from({ length: count }, (_, k) => rows(flat, rest, from + k * size, from + (k + 1) * size));
}
