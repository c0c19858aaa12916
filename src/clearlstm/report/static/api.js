// The page's only way to the server. In an exported file there is none: `api.available` is false, the rest is live.

import { msg } from "lab/language/texts.js";
import { unpacked } from "lab/packed.js";

/**
 * @typedef {object} Roles  how a table is read
 * @property {string | null} time
 * @property {string | null} target  null where the table is wide
 * @property {string | string[] | null} id  several where they tell series apart together; null: a single series
 * @property {boolean | null} dayfirst  whether 01/02/2015 is 1 February; null: as the rows tell
 * @property {boolean} wide  there is a column for each series
 *
 * @typedef {object} Column
 * @property {string} name
 * @property {"time" | "number" | "text"} kind
 *
 * @typedef {object} Table  an uploaded table, or a bundled one
 * @property {string} id  to be named in a task
 * @property {string} name  the file's own name; of a bundled one its title
 * @property {number} rows
 * @property {Column[]} columns
 * @property {Roles} roles  as guessed, or as given to `describe`
 * @property {boolean} day_or_month  whether day and month of its dates could change places
 * @property {number | null} series  how many; null while `error` says why it can't be told
 * @property {string | null} frequency  a sentence: what a step is
 * @property {{id: string, ds: string[], y: (number | null)[]}[]} chart  the last rows of the first series
 * @property {number} h  a horizon to begin with
 * @property {string} noun  what a value is called: "price", "value"
 * @property {string | null} unit
 * @property {string[]} notes  what was guessed, what was sorted, what to keep in mind
 * @property {string | null} error  why it can't be forecast as it stands, and what to do
 * @property {string[][]} preview  the first 20 rows, in the order of `columns`
 * @property {Record<string, Option>} options  of a forecast, by the names that a ForecastTask has them under
 *
 * @typedef {object} Option
 * @property {string} help
 * @property {string} unit  what its number counts
 * @property {number | null} low  of its range, like `high`; null: there is no such limit
 * @property {number | null} high
 * @property {any} default  null: see `unset`
 * @property {string} unset  what takes its place where it's left out
 *
 * @typedef {object} Upload  a stored model
 * @property {string} id
 * @property {string} name
 *
 * @typedef {{kind: "forecast", table: string, roles?: Roles, windows?: number} & Record<string, unknown>} ForecastTask
 *   roles: left out, or null: as guessed; windows: past origins to compare on, 0 for no comparison; left out: by the
 *   data; and any of the table's `options`
 *
 * @typedef {object} OpenTask  open a saved model; what it is fed is `x`, or columns of a table, or random numbers
 * @property {"open"} kind
 * @property {string} model  an Upload's id
 * @property {string} [name]  of the recurrent layer to take, where there are several
 * @property {string} [head]  of the linear layer behind it
 * @property {"last" | "mean" | "none"} [pool]
 * @property {string} [table]
 * @property {string[]} [features]  the columns to feed, as they stand, unscaled; left out: by the model's input names
 * @property {number[][]} [x]  T steps × F features
 * @property {number} [steps]  how many of the last rows to feed, at most 500
 *
 * @typedef {object} InsideTask  ask the net of a finished job
 * @property {"inside"} kind
 * @property {string} job
 * @property {string} question  the name of a view that Python computes (lab/views.js)
 * @property {number} [trace]  which of the job's traces; 0
 * @property {number} [layer]  which of the job's `layers`; 0
 * @property {number} [step]  ledger: at which step; −1
 * @property {number} [output]  attribution: of which of the net's answers; 0
 * @property {{step: number, feature: number, value: number}[]} [change]  what-if: inputs to change
 * @property {{gate: "f" | "i" | "g" | "o", value: number, unit?: number, start?: number}[]} [hold]  what-if: of `layer`
 * @property {number[]} [zero]  what-if: units of `layer` to silence
 *
 * @typedef {ForecastTask | OpenTask | InsideTask} Task
 *
 * @typedef {object} Progress  of the training that runs
 * @property {number} fit  from 1
 * @property {number} of_fits
 * @property {string} fit_words  what this training is for
 * @property {number} step
 * @property {number} max_steps
 * @property {number | null} loss  of the training batches, a running mean
 * @property {number | null} validation  the last validation's
 * @property {number | null} seconds_left  of this training; null as long as nobody knows
 * @property {{step: number, loss: number, validation: number | null}[]} curve  of this training so far, at most 200
 *   points
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {"forecast" | "open" | "inside"} kind
 * @property {"queued" | "running" | "done" | "failed" | "stopped"} state
 * @property {number} version  grows with every change
 * @property {number} ahead  jobs that will run before a queued one
 * @property {string} phase  what it is doing, in words
 * @property {Progress | null} progress
 * @property {string[]} warnings
 * @property {string | null} error  why it failed or stopped, and what to do
 * @property {boolean} can_go_on  stopped or failed, and `again` goes on from its checkpoint
 *
 * @typedef {number[][]} Matrix
 *
 * @typedef {object} Gate
 * @property {Matrix} W  F × H, from the inputs
 * @property {Matrix} U  H × H, from the short-term memory before
 * @property {number[]} b  H
 * @property {number[]} [p]  H, from the long-term memory, where there are peepholes
 *
 * @typedef {object} LayerWeights  in full precision; those of an LSTM fit `forward` in lab/lstm/layer.js
 * @property {"LSTM" | "RNN" | "GRU"} kind
 * @property {string} name  "layer 0, forward"
 * @property {boolean} reverse
 * @property {number} depth  how many layers lie below; the two directions of a layer share it
 * @property {number} input_size
 * @property {number} hidden_size
 * @property {Record<"f" | "i" | "g" | "o", Gate>} [gates]  of an LSTM
 * @property {Gate} [weights]  of another net than an LSTM, its gates side by side
 * @property {{gate: string, candidate: string, state: string}} [activations]
 * @property {string | Record<string, string>} [activation]  of such a net
 * @property {import("lab/lstm/layer.js").Held[]} [held]  gates that the reader holds
 *
 * @typedef {object} Net
 * @property {string} words  "LSTM(3 → 32)" and so on
 * @property {"float32" | "float64"} dtype
 * @property {LayerWeights[]} layers
 * @property {{W: Matrix, b: number[]} | null} head  inputs × answers
 * @property {"last" | "mean" | null} pool
 * @property {number} parameters  how many
 *
 * @typedef {import("lab/data.js").Trace & {x: Matrix, y: number[] | Matrix}} FullTrace
 *   x: the inputs of the net to the last bit; y: its answer; layers in the order of the net's. Layers of other nets than LSTMs
 *   have `h` alone
 *
 * @typedef {Omit<import("lab/data.js").Report, "traces"> & {net: Net, traces: FullTrace[]}} ForecastResult
 *
 * @typedef {object} OpenResult
 * @property {string} title
 * @property {string} source
 * @property {string[]} notes  what was fed, and how to read it
 * @property {Net} net
 * @property {FullTrace[]} traces
 *
 * @typedef {object} GradientFlow
 * @property {Record<string, (number | null)[]>} paths  "h", "c", "joint", "direct", "direct_median": a norm a step
 * @property {Matrix | null} kept  T × H: the direct path, unit by unit
 *
 * @typedef {object} Ledger
 * @property {number} step  whose long-term memory is split
 * @property {Matrix} entries  T × H: what each step wrote that is still there
 * @property {number[]} start  H: what is left of the memory before the first step
 *
 * @typedef {object} Memory
 * @property {Matrix} half_life  T × H steps, of what each step wrote
 * @property {boolean[][]} reached  T × H; false: "at least"
 * @property {(number | null)[]} median  H; null: longer than the window
 * @property {(number | null)[]} typical  H
 *
 * @typedef {object} Attribution
 * @property {Matrix} values  T × F, in the units of the net's answer
 * @property {number} answer
 * @property {number} baseline_answer
 * @property {number} gap
 * @property {string} sentence
 *
 * @typedef {object} Units
 * @property {string} sentence
 * @property {Record<string, (number | string | boolean | null)[]>} units  a column a fact, a row a unit
 *
 * @typedef {object} Audit
 * @property {{headline: string, findings: any[], facts: any}} audit
 *
 * @typedef {object} WhatIf
 * @property {string} words  what was changed
 * @property {import("lab/data.js").Layer[]} before
 * @property {import("lab/data.js").Layer[]} after
 * @property {number[] | Matrix} y_before
 * @property {number[] | Matrix} y_after
 */

const TOKEN = "clearlstm-token";
const served = document.querySelector('meta[name="clearlstm-served"]') !== null;
const token = served ? takenToken() : "";

/** The token that the link brought, or that this tab had before it was loaded again; it doesn't stay in the address. */
function takenToken() {
  const address = new URLSearchParams(location.hash.slice(1));
  const brought = address.get("token");
  if (brought === null) return remembered((store) => store.getItem(TOKEN)) ?? "";
  address.delete("token");
  history.replaceState(null, "", `#${address}`);
  remembered((store) => store.setItem(TOKEN, brought));
  return brought;
}

/** @template T @param {(store: Storage) => T} use  of what this tab keeps; a browser may forbid it */
function remembered(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

/** What the server said no to; its message says what to do. */
export class Refused extends Error {
  /** @param {string} message @param {number} status  0: no answer at all */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const GONE = msg`The lab's server doesn't answer: look at the terminal where clearlstm lab runs, start it again if
  need be.`;

/**
 * @param {string} path @param {RequestInit} [how]
 * @returns {Promise<Response>}
 */
async function ask(path, how = {}) {
  const headers = { ...how.headers, "X-Clearlstm-Token": token };
  const answer = await fetch(`/api/${path}`, { ...how, headers }).catch((reason) => {
    throw how.signal?.aborted ? reason : new Refused(GONE, 0);
  });
  if (answer.ok) return answer;
  const content = await answer.json().catch(() => ({}));
  throw new Refused(content.error ?? msg`The lab's server answered with status ${answer.status}.`, answer.status);
}

/** @param {string} path @param {unknown} body @param {AbortSignal} [signal] */
const post = (path, body, signal) =>
  ask(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });

/** @param {string} path @param {File} file */
const send = (path, file) =>
  ask(`${path}?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": "application/octet-stream" },
  });

/** @param {Response | Promise<Response>} answer */
const json = async (answer) => unpacked(await (await answer).json());

/** @param {string} id */
const jobPath = (id) => `jobs/${encodeURIComponent(id)}`;

/** A file that the server gives, by the name that it gives it. @param {Response} answer @param {string} otherwise */
async function file(answer, otherwise) {
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? otherwise;
  return { blob: await answer.blob(), name };
}

export const api = {
  /** Whether there is a server behind the page. */
  available: served,

  /** The bundled tables. @returns {Promise<Table[]>} */
  examples: () => json(ask("examples")),

  /** Hand over a CSV or Parquet file. @param {File} file @returns {Promise<Table>} */
  addTable: (file) => json(send("tables", file)),

  /**
   * The table as it is with other columns.
   * @param {string} id
   * @param {Partial<Roles>} roles
   * @returns {Promise<Table>}
   */
  describe: (id, roles) => json(post(`tables/${encodeURIComponent(id)}`, roles)),

  /** Hand over a saved model. @param {File} file @returns {Promise<Upload>} */
  addModel: (file) => json(send("models", file)),

  /** Read the data out of a page that clearlstm wrote. @param {File} file @returns {Promise<any>} */
  openReport: (file) => json(send("reports", file)),

  /** @param {Task} task @returns {Promise<Job>} */
  start: (task) => json(post("jobs", task)),

  /** @param {string} id @returns {Promise<Job>} */
  job: (id) => json(ask(jobPath(id))),

  /** Stop a job; its checkpoint stays. @param {string} id @returns {Promise<Job>} */
  stop: (id) => json(post(`${jobPath(id)}/stop`, {})),

  /**
   * Run a stopped or failed job again, from its checkpoint if there is one.
   * @param {string} id
   * @returns {Promise<Job>}
   */
  again: (id) => json(post(`${jobPath(id)}/again`, {})),

  /**
   * What a finished job found: a ForecastResult, an OpenResult, or the answer to a question.
   * @param {string} id
   * @returns {Promise<any>}
   */
  result: (id) => json(ask(`${jobPath(id)}/result`)),

  /**
   * Tell of every change of a job until it has ended. Each request waits at the server for news, so no timer is needed,
   * which a browser would slow down in a page that isn't looked at. While somebody follows, the job goes on; a minute
   * after the last one has gone it is stopped, and its checkpoint stays.
   * @param {string} id @param {(job: Job) => void} onChange @param {AbortSignal} [signal]  to leave
   * @returns {Promise<Job>} the job at its end
   */
  async follow(id, onChange, signal) {
    let seen = -1;
    for (;;) {
      /** @type {Job} */
      const job = await json(ask(`${jobPath(id)}?after=${seen}`, { signal }));
      if (job.version !== seen) onChange(job);
      if (job.state !== "queued" && job.state !== "running") return job;
      seen = job.version;
    }
  },

  /**
   * One HTML file that works offline and opens at `address` (lab/link.js), with what the job found inside.
   * @param {string | null} id  of a finished job, or null for the lab without one @param {string} address
   * @returns {Promise<{blob: Blob, name: string}>}
   */
  async exported(id, address) {
    return file(await post("export", { job: id, address }), "clearlstm.html");
  },

  /** The net of a finished job as a safetensors file. @param {string} id @returns {Promise<{blob: Blob, name: string}>} */
  async model(id) {
    return file(await ask(`${jobPath(id)}/model`), "model.safetensors");
  },
};
