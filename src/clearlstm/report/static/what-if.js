// A net from Python, computed in the page: all its layers in float64, its answer, and what follows when an input, a
// weight or a bias of it is another.

import { msg } from "lab/language/texts.js";
import { forward } from "lab/lstm/layer.js";
import { GATES } from "lab/lstm/unit.js";

/**
 * @typedef {import("lab/api.js").Net} Net
 * @typedef {import("lab/api.js").LayerWeights} LayerWeights
 * @typedef {import("lab/data.js").Layer} Layer
 * @typedef {import("lab/lstm/unit.js").Gate} Gate
 * @typedef {number[][]} Matrix
 *
 * @typedef {Record<string, number>} Changes  by key: "x.STEP.FEATURE"; "W.LAYER.GATE.INPUT.UNIT" and
 *   "U.LAYER.GATE.FROM.UNIT" for weights on inputs and on short-term memories; "b.LAYER.GATE.0.UNIT" for biases;
 *   "G.LAYER.GATE.0.UNIT" for a gate that is held at every step
 *
 * @typedef {{layers: Layer[], y: number[] | Matrix}} Run
 */

/** @type {Changes} */
export const nothing = {};

const KEY = /^(x\.\d{1,5}\.\d{1,5}|[WU]\.\d{1,3}\.[figo]\.\d{1,5}\.\d{1,5}|[bG]\.\d{1,3}\.[figo]\.0\.\d{1,5}):(.+)$/;

/** @type {import("lab/link.js").Form<Changes>} */
export const changesForm = {
  write: (changes) => Object.entries(changes).map(([key, value]) => `${key}:${value}`).join("_"),
  read: (text) => {
    const parts = text.split("_").map((part) => KEY.exec(part));
    if (!parts.every((part) => part && Number.isFinite(Number(part[2])))) return undefined;
    return Object.fromEntries(parts.map((part) => [part?.[1], Number(part?.[2])]));
  },
};

/**
 * Why the page can't compute a net; null if it can.
 * @param {Net | null} net
 */
export function whyNot(net) {
  if (!net) return msg`This report holds no weights.`;
  const other = net.layers.find(({ kind }) => kind !== "LSTM")?.kind;
  if (other) return msg`The page computes LSTMs only; this net has ${other === "RNN" ? msg`plain recurrent` : other}
    layers.`;
  const peepholes = net.layers.some(({ gates }) => GATES.some((gate) => gates?.[gate].p));
  if (peepholes) return msg`This net has peepholes, which the page doesn't compute.`;
  const usual = net.layers.every(
    ({ activations: a }) => !a || (a.gate === "sigmoid" && a.candidate === "tanh" && a.state === "tanh"),
  );
  return usual ? null : msg`This net has other curves than sigmoid and tanh, which the page doesn't compute.`;
}

/**
 * All layers from the lowest up, and the answer.
 * @param {Net} net  of LSTMs @param {Matrix} x  T × F
 * @param {Pick<Layer, "h_0" | "c_0">[]} [starts]  of each layer, the memories before its first step; 0 by default
 * @returns {Run}
 */
export function runNet(net, x, starts = []) {
  /** @type {Layer[]} */
  const layers = [];
  net.layers.forEach((weights, k) => layers.push(runLayer(weights, inputsOf(net, k, x, layers), starts[k])));
  return { layers, y: answer(net, layers) };
}

/**
 * What a layer reads: the net's inputs, or the short-term memories of the layers right below, side by side.
 * @param {Net} net @param {number} k @param {Matrix} x @param {Layer[]} layers  at least all below @returns {Matrix}
 */
export function inputsOf(net, k, x, layers) {
  const { depth } = net.layers[k];
  return depth === 0 ? x : sideBySide(layers.filter((_, j) => net.layers[j].depth === depth - 1));
}

/** @param {Layer[]} layers @returns {Matrix} their short-term memories, T × all of their units */
function sideBySide(layers) {
  return layers.length === 1 ? layers[0].h : layers[0].h.map((_, t) => layers.flatMap(({ h }) => h[t]));
}

/** @param {LayerWeights} weights @param {Matrix} x @param {Pick<Layer, "h_0" | "c_0">} [start] @returns {Layer} */
function runLayer({ name, reverse, gates, held }, x, { h_0, c_0 } = {}) {
  const how = { reverse, h: h_0, c: c_0, held };
  const run = forward(/** @type {import("lab/lstm/layer.js").LayerWeights} */ (gates), x, how);
  /** @param {Float64Array[]} rows */
  const lists = (rows) => rows.map((row) => Array.from(row));
  const [f, i, g, o, c, h] = [run.f, run.i, run.g, run.o, run.c, run.h].map(lists);
  return { name, reverse, f, i, g, o, c, h, ledger: ledger(f, i, g, reverse), h_0, c_0 };
}

/**
 * What each step wrote that is still in c when the last step has been taken: i g times every later forget gate.
 * @param {Matrix} f @param {Matrix} i @param {Matrix} g @param {boolean} reverse @returns {Matrix}
 */
function ledger(f, i, g, reverse) {
  const T = f.length;
  const kept = f[0].map(() => 1);
  /** @type {Matrix} */
  const entries = new Array(T);
  for (let k = T - 1; k >= 0; k--) {
    const t = reverse ? T - 1 - k : k;
    entries[t] = kept.map((share, j) => share * i[t][j] * g[t][j]);
    for (let j = 0; j < kept.length; j++) kept[j] *= f[t][j];
  }
  return entries;
}

/** @param {Net} net @param {Layer[]} layers @returns {number[] | Matrix} */
function answer(net, layers) {
  const top = Math.max(...net.layers.map(({ depth }) => depth));
  const last = layers.filter((_, k) => net.layers[k].depth === top);
  if (net.pool === "last") return throughHead(net, last.flatMap(({ h, reverse }) => h[reverse ? 0 : h.length - 1]));
  const h = sideBySide(last);
  if (net.pool === null) return h.map((row) => throughHead(net, row));
  return throughHead(net, h[0].map((_, j) => h.reduce((sum, row) => sum + row[j], 0) / h.length));
}

/** y = h W + b. @param {Net} net @param {number[]} h @returns {number[]} */
function throughHead({ head }, h) {
  return head ? head.b.map((b, m) => h.reduce((sum, value, j) => sum + value * head.W[j][m], b)) : h;
}

/**
 * Net and inputs with changes in them; those given stay as they are. A change of what isn't there is left out.
 * @param {Net} net @param {Matrix} x @param {Changes} changes @returns {{net: Net, x: Matrix, applied: Changes}}
 */
export function changed(net, x, changes) {
  const layers = [...net.layers];
  const rows = [...x];
  /** @type {Changes} */
  const applied = {};
  for (const [key, value] of Object.entries(changes)) {
    const [kind, ...where] = key.split(".");
    const [step, feature] = where.map(Number);
    const done = kind === "x" ? put(rows, step, feature, value) : changeWeight(layers, kind, where, value);
    if (done) applied[key] = value;
  }
  return { net: { ...net, layers }, x: rows, applied };
}

/**
 * Put a value into a row of its own; says whether there is such a place.
 * @param {Matrix} rows @param {number} at @param {number} column @param {number} value
 */
function put(rows, at, column, value) {
  if (rows[at]?.[column] === undefined) return false;
  rows[at] = rows[at].with(column, value);
  return true;
}

/** @param {LayerWeights[]} layers @param {string} kind @param {string[]} where @param {number} value */
function changeWeight(layers, kind, [k, gate, from, unit], value) {
  const gates = layers[Number(k)]?.gates;
  if (!gates) return false;
  if (kind === "G") return holdGate(layers, Number(k), /** @type {Gate} */ (gate), Number(unit), value);
  const own = gates[/** @type {Gate} */ (gate)];
  const rows = kind === "b" ? [own.b] : [...own[/** @type {"W" | "U"} */ (kind)]];
  if (!put(rows, Number(from), Number(unit), value)) return false;
  const part = kind === "b" ? { b: rows[0] } : { [kind]: rows };
  layers[Number(k)] = { ...layers[Number(k)], gates: { ...gates, [gate]: { ...own, ...part } } };
  return true;
}

/** @param {LayerWeights[]} layers @param {number} k @param {Gate} gate @param {number} unit @param {number} value */
function holdGate(layers, k, gate, unit, value) {
  if (unit >= layers[k].hidden_size) return false;
  layers[k] = { ...layers[k], held: [...(layers[k].held ?? []), { gate, unit, value }] };
  return true;
}

/** The value that a key stands for in a net and its inputs. @param {Net} net @param {Matrix} x @param {string} key */
export function valueAt(net, x, key) {
  const [kind, ...where] = key.split(".");
  if (kind === "x") return x[Number(where[0])]?.[Number(where[1])];
  const [k, gate, from, unit] = where;
  const own = net.layers[Number(k)]?.gates?.[/** @type {Gate} */ (gate)];
  if (!own || kind === "G") return undefined; // a gate follows from the rest, until it is held
  return kind === "b" ? own.b[Number(unit)] : own[/** @type {"W" | "U"} */ (kind)][Number(from)]?.[Number(unit)];
}
