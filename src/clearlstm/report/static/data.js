// The data of a report, as Python wrote them (clearlstm/report/page_file.py), with their types.

import { unpacked } from "lab/packed.js";

/**
 * @typedef {(number | null)[]} Values  null is a gap
 *
 * @typedef {object} Interval
 * @property {number} level  nominal coverage in percent
 * @property {Values} lo
 * @property {Values} hi
 *
 * @typedef {object} Series
 * @property {string} id
 * @property {string | null} unit
 * @property {string[]} ds
 * @property {Values} y
 * @property {{ds: string[], median: Values, intervals: Interval[], advised?: Advised | null}} forecast
 * @property {string} model  which model made the forecast
 * @property {string | null} note
 *
 * @typedef {{name: string, median: Values}} Advised  the model that is to be used, where it isn't the one that is shown
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {number | null} mae
 * @property {number | null} mase
 * @property {number | null} skill  the LSTM's against this model; null for the LSTM itself
 * @property {[number, number] | null} [interval]  of the skill, 95 %
 * @property {number | null} p_value  of their difference
 * @property {string | null} verdict  what the LSTM does: "beats", "loses to", "is equivalent to", "can't be told from"
 * @property {string | null} [short]  the same for a table, such as "beats it" or "too few origins"
 *
 * @typedef {object} Backtest  of one series, row by row, what was forecast from the last origin before
 * @property {string} id
 * @property {(string | null)[]} cutoff  that origin; null where nothing was forecast
 * @property {string[]} ds
 * @property {Values} y
 * @property {Record<string, Values>} forecasts
 * @property {string | null} [note]
 *
 * @typedef {object} Comparison
 * @property {number} n_origins
 * @property {string} first_cutoff
 * @property {string} last_cutoff
 * @property {number} horizon
 * @property {number} step_size
 * @property {Model[]} models
 * @property {Record<string, Values>} by_horizon  MASE of each horizon
 * @property {{level: number, actual: number, mean_width: number}[]} coverage  widths scaled like MASE
 * @property {Backtest[]} series
 * @property {string | null} [note]
 *
 * @typedef {object} Layer  every array is T steps × H units
 * @property {string} name
 * @property {boolean} reverse
 * @property {number[][]} f
 * @property {number[][]} i
 * @property {number[][]} g
 * @property {number[][]} o
 * @property {number[][]} c
 * @property {number[][]} h
 * @property {number[][]} ledger  what each step wrote that is still in c when the last step has been taken
 * @property {number[]} [c_0]  the long-term memory before the first step; 0 where it is not given
 * @property {number[]} [h_0]  the short-term memory likewise
 *
 * @typedef {object} Trace
 * @property {string} id
 * @property {string[]} ds
 * @property {{name: string, values: Values}[]} inputs
 * @property {Layer[]} layers
 * @property {string} [why_not]  why the page can't run the net on it
 * @property {Told} [forecast]  of a forecaster: how its answers become a forecast
 *
 * @typedef {object} Told  report/answers_data.py; h steps, Q quantiles
 * @property {string[]} ds  h
 * @property {number[]} quantiles  Q
 * @property {number} nets  how many answer
 * @property {number[][]} scaled  h × Q: their mean, rising
 * @property {number[]} earned  h: the share of the median that counts
 * @property {number[]} size  h
 * @property {number[]} base  h
 * @property {boolean} log  whether the base is multiplied
 * @property {boolean} nonnegative
 * @property {number[][]} values  h × Q: the forecast
 *
 * @typedef {{step: number, loss: number, validation: number | null}} Point
 * @typedef {{curve: Point[], best_step: number | null, steps: number}} Training
 *
 * @typedef {object} Report  what `clearlstm forecast` or a job of the lab found
 * @property {"forecast" | "model" | "audit" | ""} kind  "" as long as there is nothing to show
 * @property {string} title
 * @property {string} made
 * @property {string} clearlstm  the version that wrote it
 * @property {string} source
 * @property {{headline: string, sentences: string[]}} verdict
 * @property {[string, unknown][]} settings
 * @property {string[]} warnings
 * @property {Training | null} [training]  of the net that is shown
 * @property {string} season_or_step
 * @property {Series[]} series
 * @property {Comparison | null} comparison
 * @property {(Trace & {x?: number[][], y?: number[] | number[][]})[]} traces
 * @property {import("lab/api.js").Net | null} net  null in reports that hold no weights
 * @property {string[]} notes  of an opened model: what it was fed, and how to read it
 */

/** What a report may leave out. @type {Report} */
const NOTHING = {
  kind: "", title: "", made: "", clearlstm: "", source: "", verdict: { headline: "", sentences: [] }, settings: [],
  warnings: [], season_or_step: "", series: [], comparison: null, traces: [], net: null, notes: [],
}; // prettier-ignore

/**
 * A report from what was found, or an empty one.
 * @param {any} data  unpacked, or null @returns {Report}
 */
export function asReport(data) {
  if (data === null) return NOTHING;
  return { ...NOTHING, ...data, kind: data.kind === "model" || data.kind === "audit" ? data.kind : "forecast" };
}

/** The data that stand in the page; null if there are none. */
export function dataInPage() {
  return unpacked(JSON.parse(document.getElementById("report-data")?.textContent || "null"));
}
