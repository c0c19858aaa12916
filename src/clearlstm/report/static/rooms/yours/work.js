// The lab's server as this room sees it: which table, model or job the reader is at, and what becomes of it. All of it
// stands in the link, so that a reload finds it again, and so that two browsers each have their own.

import { effect, signal } from "@preact/signals";

import { api } from "lab/api.js";
import { dataInPage } from "lab/data.js";
import { msg } from "lab/language/texts.js";
import { address, aText, linked, visit } from "lab/link.js";
import { shownResult } from "lab/state.js";

/**
 * @typedef {import("lab/api.js").Job} Job
 * @typedef {import("lab/api.js").Table} Table
 * @typedef {import("lab/api.js").Task} Task
 */

export const jobId = linked("yours-job", "", aText);
export const tableId = linked("yours-table", "", aText);
export const modelId = linked("yours-model", "", aText);
export const modelName = linked("yours-model-name", "", aText);

/** @type {import("@preact/signals").Signal<Job | null>} The job that runs, or how it ended. */
export const job = signal(/** @type {Job | null} */ (null));

/** @type {import("@preact/signals").Signal<Table | null>} The table as it is understood now. */
export const table = signal(/** @type {Table | null} */ (null));

/** What went wrong, in a sentence that says what to do; "" for nothing. */
export const trouble = signal("");

/** Whether the server is being asked for something that takes a while. */
export const busy = signal("");

/** The keys of the link that belong to this room and not to one result of it. */
const KEPT = [
  "table", "model", "model-name", "h", "level", "hidden", "window", "updates", "origins", "features", "layer-name",
  "head", "pool",
].map((name) => `yours-${name}`); // prettier-ignore

/**
 * Go on to another view of this room; the back button leads back.
 * @param {Record<string, string>} [to]  keys of the link, without "yours-"
 */
export function go(to = {}) {
  const parts = new URLSearchParams(address());
  const kept = Object.keys(to).length > 0 ? KEPT : [];
  for (const key of [...parts.keys()]) if (key.startsWith("yours-") && !kept.includes(key)) parts.delete(key);
  parts.set("room", "yours");
  for (const [key, value] of Object.entries(to)) {
    if (value) parts.set(`yours-${key}`, value);
    else parts.delete(`yours-${key}`);
  }
  trouble.value = "";
  visit(parts.toString());
  scrollTo(0, 0);
}

/**
 * Do something at the server; what it refuses is told.
 * @template T
 * @param {string} words  what is being done @param {() => Promise<T>} what @returns {Promise<T | undefined>}
 */
export async function attempt(words, what) {
  busy.value = words;
  trouble.value = "";
  try {
    return await what();
  } catch (reason) {
    trouble.value = reason instanceof Error ? reason.message : String(reason);
    return undefined;
  } finally {
    busy.value = "";
  }
}

/** Start a job and go to it. @param {Task} task */
export async function start(task) {
  const started = await attempt(msg`Starting`, () => api.start(task));
  if (started) go({ job: started.id });
}

/**
 * Take a file in by what its name says it is; which model it holds, Python tells by its content.
 * @param {File} file @param {boolean} [isModel]  whatever its name
 */
export async function take(file, isModel = false) {
  const name = file.name.toLowerCase();
  if (isModel || /^[^.]+$|\.(safetensors|pt|pth|ckpt|bin|keras|h5|hdf5|onnx)$/.test(name)) {
    const model = await attempt(msg`Taking in ${file.name}`, () => api.addModel(file));
    if (model) go({ model: model.id, "model-name": model.name, table: "" });
  } else if (/\.html?$/.test(name)) {
    const report = await attempt(msg`Opening ${file.name}`, () => api.openReport(file));
    if (report) show(report, file.name);
  } else {
    const taken = await attempt(msg`Reading ${file.name}`, () => api.addTable(file));
    if (!taken) return;
    table.value = taken;
    go({ table: taken.id, model: modelId.value, "model-name": modelName.value });
  }
}

/** @param {any} report  data of a page that clearlstm wrote @param {string} name */
function show(report, name) {
  if (!report.series && !report.net && !report.findings) {
    trouble.value = msg`${name} holds no forecast, no model and no audit: there is nothing to show.`;
    return;
  }
  go();
  shownResult.value = report;
}

/** Another table by its columns' roles. @param {Partial<import("lab/api.js").Roles>} roles */
export async function describe(roles) {
  const described = await attempt(msg`Reading the table`, () => api.describe(tableId.value, roles));
  if (described) table.value = described;
}

/** @type {AbortController | undefined} */
let following;

/** Follow the job that is named in the link, to its end and its result. @param {string} id */
async function follow(id) {
  following?.abort();
  following = new AbortController();
  const { signal: left } = following;
  job.value = null;
  shownResult.value = dataInPage();
  if (!id) return;
  try {
    const ended = await api.follow(id, (news) => !left.aborted && (job.value = news), left);
    if (ended.state !== "done") return;
    const result = await api.result(id);
    if (!left.aborted) shownResult.value = result;
  } catch (reason) {
    if (!left.aborted) trouble.value = reason instanceof Error ? reason.message : String(reason);
  }
}

/** Run a stopped job on from its checkpoint. @param {string} id */
export async function again(id) {
  if (await attempt(msg`Starting again`, () => api.again(id))) follow(id);
}

/** Find the table that is named in the link, after a reload. @param {string} id */
async function findTable(id) {
  if (!id || table.value?.id === id) return;
  table.value = null;
  const described = await attempt(msg`Reading the table`, async () => {
    const bundled = (await examples()).find((one) => one.id === id);
    return bundled ?? api.describe(id, {});
  });
  if (described && tableId.value === id) table.value = described;
}

/** @type {Promise<Table[]> | undefined} */
let bundled;

/** The bundled tables, asked for once. */
export function examples() {
  bundled ??= api.examples();
  bundled.catch(() => (bundled = undefined));
  return bundled;
}

if (api.available) {
  effect(() => void follow(jobId.value));
  effect(() => {
    const id = tableId.value;
    queueMicrotask(() => findTable(id)); // what it reads is no reason to look again
  });
}
