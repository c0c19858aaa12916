// Questions to the net. Python answers them, through the lab's server or from a notebook's kernel; each answer is kept as
// long as the page is open.

import { computed, signal } from "@preact/signals";

import { api } from "lab/api.js";
import { msg } from "lab/language/texts.js";
import { jobId } from "lab/rooms/yours/work.js";
import { layerIndex, report, trace } from "lab/state.js";

/**
 * @typedef {Omit<import("lab/api.js").InsideTask, "kind" | "job">} Question  about one sequence and one layer
 * @typedef {Omit<Question, "trace" | "layer">} Request
 * @typedef {{state: "running" | "known" | "failed", answer?: any, error?: string}} Known
 */

/** @type {import("@preact/signals").Signal<((question: Question) => Promise<any>) | null>} What answers in a notebook. */
export const kernel = signal(/** @type {((question: Question) => Promise<any>) | null} */ (null));

/** What answers; null: there is no Python behind the page that knows this net. */
export const python = computed(() => kernel.value ?? (api.available && jobId.value ? byServer : null));

/** @param {Question} question */
async function byServer(question) {
  const ended = await api.follow((await api.start({ kind: "inside", job: jobId.value, ...question })).id, () => {});
  if (ended.state !== "done") throw new Error(ended.error ?? msg`It was stopped.`);
  return api.result(ended.id);
}

/** @type {import("@preact/signals").Signal<Record<string, Known>>} What was asked, by the question as JSON. */
const known = signal(/** @type {Record<string, Known>} */ ({}));

/** Another net is shown: what is known of the one before is of no use. */
export function forget() {
  known.value = {};
}

/** The question, about the sequence and the layer that are shown. @param {Request} request @returns {Question} */
function whole(request) {
  const n = report.value.traces.findIndex((one) => one === trace.value);
  return { trace: Math.max(n, 0), layer: layerIndex.value, ...request };
}

/** What is known of a question; undefined if it wasn't asked. @param {Request} request */
export function knownOf(request) {
  return known.value[nameOf(whole(request))];
}

/** @param {Question} question */
const nameOf = (question) => `${jobId.value} ${JSON.stringify(question)}`;

/** Ask it. @param {Request} request */
export async function ask(request) {
  const [question, answer] = [whole(request), python.value];
  const name = nameOf(question);
  /** @param {Known} what */
  const tell = (what) => (known.value = { ...known.value, [name]: what });
  tell({ state: "running" });
  try {
    tell({ state: "known", answer: await answer?.(question) });
  } catch (reason) {
    tell({ state: "failed", error: reason instanceof Error ? reason.message : String(reason) });
  }
}
