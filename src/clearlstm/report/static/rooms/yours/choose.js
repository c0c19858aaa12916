// What to take: bundled data, one's own, a saved model, a report.

import { useEffect, useState } from "preact/hooks";

import { api } from "lab/api.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { DropPlace, FileButton, MODELS, REPORTS, TABLES } from "lab/rooms/yours/files.js";
import { attempt, examples, go, table } from "lab/rooms/yours/work.js";

export function Choose() {
  return html`<h1>Your data, your model</h1>
    <p class="lead">The instrument of the rooms before, on the real thing: a forecast with its baselines, and every
      number inside.</p>
    ${api.available ? html`<${Offers} />` : html`<${Offline} />`}
    <${Letters} />`;
}

/** A net that is in the page, with a server or without. */
function Letters() {
  return html`<section aria-labelledby="letters-title">
    <h2 id="letters-title">Or watch a net read</h2>
    <p>It guesses the next letter of a play. See which of its units keep track of lines, words and names, and let it
      write.</p>
    <button type="button" class="plain" onClick=${() => go({ letters: "1" })}>Open the net of letters</button>
  </section>`;
}

/** A page without a server. */
function Offline() {
  return html`<section aria-labelledby="offline-title">
    <h2 id="offline-title">This needs the running lab</h2>
    <p>This page is a file: it can show and compute, but training and opening models are Python's work. Start the lab in
      a terminal, and this room opens there:</p>
    <pre class="yours-command">pip install 'clearlstm[lab]'
clearlstm lab</pre>
    <p>Your data stay on your machine: the lab answers this computer alone, and asks nobody else. The rooms before this
      one work here as they do there.</p>
  </section>`;
}

function Offers() {
  return html`<${DropPlace}>
    <div class="yours-offers">
      <section aria-labelledby="bundled-title"><h2
        id="bundled-title">Take data that are here</h2><${Bundled} /></section>
      <section aria-labelledby="own-title"><h2 id="own-title">Bring your own</h2>
        <p>A table with a column of dates and a column of numbers, as CSV or Parquet. Several series: a column that
          names them.</p>
        <${FileButton} label="Choose a table" accept=${TABLES} /></section>
      <section aria-labelledby="model-title"><h2 id="model-title">Open a saved model</h2>
        <p>An LSTM of clearlstm, PyTorch, Keras or ONNX. Files are read, never run.</p>
        <${FileButton} label="Choose a model" accept=${MODELS} /></section>
      <section aria-labelledby="report-title"><h2 id="report-title">Open a report</h2>
        <p>A report.html of <code>clearlstm forecast</code>, a page of <code>clearlstm inspect</code>, or one that was
          exported here.</p>
        <${FileButton} label="Choose a report" accept=${REPORTS} /></section>
    </div>
    <p class="quiet">Or drop a file anywhere here. It goes to Python on this machine and nowhere else.</p>
  <//>`;
}

function Bundled() {
  const [tables, setTables] = useState(/** @type {import("lab/api.js").Table[]} */ ([]));
  useEffect(() => void attempt(msg`Looking at the bundled data`, examples).then((found) => found && setTables(found)), []);
  return html`${tables.map(
    (one) => html`<p><button type="button" class="plain"
      onClick=${() => ((table.value = one), go({ table: one.id }))}>${TITLES[one.id] ?? one.name}</button>
      <small class="quiet">${one.name}: ${one.rows} rows, ${one.series} series</small></p>`,
  )}`;
}

/** @type {Record<string, string>} */
const TITLES = { prices: msg`Prices of shares`, load: msg`Electricity load` };
