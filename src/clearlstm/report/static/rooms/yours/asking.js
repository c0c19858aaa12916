// Questions to the net of a finished job. Python answers them; each answer is kept as long as the page is open.

import { signal } from "@preact/signals";

import { api } from "lab/api.js";
import { jobId } from "lab/rooms/yours/work.js";
import { layerIndex, report, trace } from "lab/state.js";

/**
 * @typedef {import("lab/api.js").InsideTask} InsideTask
 * @typedef {Omit<InsideTask, "kind" | "job" | "trace" | "layer">} Request
 * @typedef {{state: "running" | "known" | "failed", answer?: any, error?: string}} Known
 */

/** @type {import("@preact/signals").Signal<Record<string, Known>>} What was asked, by the task as JSON. */
const known = signal(/** @type {Record<string, Known>} */ ({}));

/** The task, about the sequence and the layer that are shown. @param {Request} request @returns {InsideTask} */
function whole(request) {
  const n = report.value.traces.findIndex((one) => one === trace.value);
  return { kind: "inside", job: jobId.value, trace: Math.max(n, 0), layer: layerIndex.value, ...request };
}

/** What is known of a question; undefined if it wasn't asked. @param {Request} request */
export function knownOf(request) {
  return known.value[JSON.stringify(whole(request))];
}

/** Ask it. @param {Request} request */
export async function ask(request) {
  const task = whole(request);
  /** @param {Known} what */
  const tell = (what) => (known.value = { ...known.value, [JSON.stringify(task)]: what });
  tell({ state: "running" });
  try {
    const ended = await api.follow((await api.start(task)).id, () => {});
    if (ended.state === "done") tell({ state: "known", answer: await api.result(ended.id) });
    else tell({ state: "failed", error: ended.error ?? "It was stopped." });
  } catch (reason) {
    tell({ state: "failed", error: reason instanceof Error ? reason.message : String(reason) });
  }
}
