// First of all: is it any good? Then what was run, and what the reader should know of it.

import { html } from "htm/preact";

import { date } from "lab/dates.js";
import { report } from "lab/state.js";

const LONG = 60;

export function Verdict() {
  const { title, verdict, warnings } = report.value;
  return html`<header id="verdict">
    <p class="kicker">${title}</p>
    <h1>${verdict.headline}</h1>
    ${verdict.sentences.map((sentence) => html`<p class="lead">${sentence}</p>`)}
    ${warnings.length > 0 && html`<${Warnings} warnings=${warnings} />`}
    <${Run} />
  </header>`;
}

/** @param {{warnings: string[]}} props */
function Warnings({ warnings }) {
  return html`<section class="warnings" aria-label="Warnings">
    <ul>${warnings.map((warning) => html`<li><strong>Note</strong> ${warning}</li>`)}</ul>
  </section>`;
}

function Run() {
  /** @type {[string, unknown][]} */
  const rows = [["data", report.value.source], ...report.value.settings, ["made", made()]];
  return html`<section class="run" aria-labelledby="run-title">
    <h2 id="run-title">What was run</h2>
    <dl>${rows.map(([name, value]) => html`<${Setting} name=${name} value=${String(value)} />`)}</dl>
  </section>`;
}

/** @param {{name: string, value: string}} props */
function Setting({ name, value }) {
  return html`<div class=${value.length > LONG ? "wide" : ""}><dt>${name}</dt><dd>${value}</dd></div>`;
}

function made() {
  return `${date(report.value.made)}, clearlstm ${report.value.clearlstm}`;
}
