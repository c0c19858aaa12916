// The data of an audit, as Python wrote them (clearlstm/report/audit_data.py), with their types.

import { computed } from "@preact/signals";

import { shownResult } from "lab/state.js";

/**
 * @typedef {object} Finding
 * @property {string} name
 * @property {"fault" | "notice" | "fact"} severity
 * @property {string} sentence
 * @property {Record<string, unknown>} evidence
 * @property {string} advice
 *
 * @typedef {object} AuditLayer
 * @property {string} name
 * @property {"LSTM" | "RNN" | "GRU"} kind
 * @property {number} units
 * @property {number[]} lags  steps back
 * @property {(number | null)[]} arrives  of a small change of the state, so many steps later
 * @property {(number | null)[] | null} direct  of it by the forget gates alone; null for a plain net
 * @property {number | null} vanishes_at
 * @property {number | null} explodes_at
 * @property {number | null} shut
 *
 * @typedef {Record<string, number | boolean | string | null | undefined> & {layer: string, unit: number, held?: number | null}} Unit
 *   held: in steps; null where it lasts longer than the sequences, left out where nothing can be told
 *
 * @typedef {object} Feature
 * @property {string} name
 * @property {number | null} effect  the share of the answers' spread that hangs on it; null: can't be told
 * @property {number | null} effect_low  a 95 % interval for it
 * @property {number | null} effect_high
 * @property {number | null} slope_share
 *
 * @typedef {object} Audit
 * @property {string} title
 * @property {string} made
 * @property {string} clearlstm
 * @property {string} model
 * @property {string} made_by
 * @property {string[]} notes
 * @property {string} headline
 * @property {string[]} summary  three sentences for anyone
 * @property {string[]} missing  the stages that weren't reached
 * @property {Finding[]} findings
 * @property {{description: string, parameters: number, dtype: string, engine: string}} sizes
 * @property {{given: number, window: number, answers: number, exchanged: number, units: number, gradient: number,
 *   seed: number, seconds: number | null, cut: boolean}} samples
 * @property {AuditLayer[]} layers
 * @property {Unit[]} units
 * @property {Feature[]} features
 * @property {{steps: number[], effect: (number | null)[], reach: number | null} | null} look_back
 */

/** The audit that is shown. */
export const audit = computed(() => /** @type {Audit} */ (shownResult.value));

/** Below this, a change is gone: the convention of the whole program. */
export const GONE = 1e-3;

/**
 * A number as a person reads it, four digits at most.
 * @param {number} value
 */
export function short(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replace(".0e", "e").replace("e+", "e").replaceAll("-", "−");
  const text = String(Number(value.toPrecision(3)));
  return text.replace("-", "−");
}

/** The logarithm of a positive number; a gap for others. @param {number | null} value */
export function log(value) {
  return value === null || value <= 0 ? null : Math.log10(value);
}

/**
 * From and to of an axis of logarithms: as wide as they are, or whole decades where they lie close together.
 * @param {(number | null)[]} logs
 * @returns {[number, number]}
 */
export function logDomain(logs) {
  const known = logs.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return high - low >= 1 ? [low, high] : [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 1)];
}

/**
 * Where the ticks of an axis of logarithms stand: at powers of ten, or over few of them at 1, 2 and 5 times these.
 * @param {number[]} domain  from and to, as logarithms
 * @param {number} wanted  how many, about
 */
export function logTicks([low, high], wanted) {
  const [first, last] = [Math.floor(low), Math.ceil(high)];
  const between = Math.max(1, Math.ceil((high - low) / wanted));
  const steps = high - low < 2 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let exponent = Math.ceil(first / between) * between; exponent <= last; exponent += between)
    ticks.push(...steps.map((step) => exponent + Math.log10(step)));
  return ticks.filter((tick) => low - 1e-9 <= tick && tick <= high + 1e-9);
}

/** What stands at a tick of an axis of logarithms. @param {number} exponent */
export function power(exponent) {
  return short(10 ** exponent);
}
