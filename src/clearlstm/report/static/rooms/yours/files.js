// A place to drop a file, or to choose one; and what the server says of it.

import { useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { busy, take, trouble } from "lab/rooms/yours/work.js";

/** @param {{children?: unknown}} props  a drop anywhere within counts */
export function DropPlace({ children }) {
  const [over, setOver] = useState(false);
  /** @param {DragEvent} event */
  const enter = (event) => {
    event.preventDefault();
    setOver(true);
  };
  /** @param {DragEvent} event */
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  };
  return html`<div class=${`yours-drop ${over ? "over" : ""}`} onDragOver=${enter} onDragLeave=${() => setOver(false)}
    onDrop=${drop}>
    ${children}
    <${Told} />
  </div>`;
}

/** @param {{label: string, accept: string}} props */
export function FileButton({ label, accept }) {
  /** @param {Event & {currentTarget: HTMLInputElement}} event */
  const chosen = async ({ currentTarget: input }) => {
    const [file] = input.files ?? [];
    if (file) await take(file, accept === MODELS);
    input.value = ""; // the same file again is news too
  };
  return html`<label class="yours-file"><span>${label}</span><input type="file" accept=${accept}
    onChange=${chosen} /></label>`;
}

/** What is being done, and what went wrong. */
export function Told() {
  return html`<div role="status">${busy.value && html`<p class="quiet">${busy.value} …</p>`}</div>
    <div role="alert">${trouble.value && html`<p
      class="yours-trouble"><strong>That didn't work.</strong> ${trouble.value}</p>`}</div>`;
}

export const TABLES = ".csv,.tsv,.txt,.csv.gz,.gz,.parquet,.pq";
export const MODELS = ".safetensors,.pt,.pth,.ckpt,.bin,.keras,.h5,.hdf5,.onnx";
export const REPORTS = ".html,.htm";
