// Questions to the net of a finished job. Python answers them; each answer is kept as long as the page is open.

import { signal } from "@preact/signals";

import { api } from "lab/api.js";
import { jobId } from "lab/rooms/yours/work.js";
import { layerIndex, report, trace } from "lab/state.js";

/**
 * @typedef {import("lab/api.js").InsideTask} InsideTask
 * @typedef {Omit<InsideTask, "kind" | "job" | "trace" | "layer">} Asked
 * @typedef {{state: "asked" | "known" | "failed", answer?: any, error?: string}} Known
 */

/** @type {import("@preact/signals").Signal<Record<string, Known>>} What was asked, by the task as JSON. */
const known = signal(/** @type {Record<string, Known>} */ ({}));

/** The whole question, about the sequence and the layer that are shown. @param {Asked} asked @returns {InsideTask} */
function whole(asked) {
  const n = report.value.traces.findIndex((one) => one === trace.value);
  return { kind: "inside", job: jobId.value, trace: Math.max(n, 0), layer: layerIndex.value, ...asked };
}

/** What is known of a question; undefined if it wasn't asked. @param {Asked} asked */
export function knownOf(asked) {
  return known.value[JSON.stringify(whole(asked))];
}

/** Ask it. @param {Asked} asked */
export async function ask(asked) {
  const task = whole(asked);
  /** @param {Known} what */
  const tell = (what) => (known.value = { ...known.value, [JSON.stringify(task)]: what });
  tell({ state: "asked" });
  try {
    const ended = await api.follow((await api.start(task)).id, () => {});
    if (ended.state === "done") tell({ state: "known", answer: await api.result(ended.id) });
    else tell({ state: "failed", error: ended.error ?? "It was stopped." });
  } catch (reason) {
    tell({ state: "failed", error: reason instanceof Error ? reason.message : String(reason) });
  }
}
