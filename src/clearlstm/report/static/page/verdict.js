// First of all: what to use, and how sure that is. Behind it, why; then what was run, and what the reader should know.

import { date } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { ModelTable } from "lab/page/comparison.js";
import { report } from "lab/state.js";

const LONG = 60;

export function Verdict() {
  const { title, verdict } = report.value;
  return html`<header id="verdict">
    <p class="kicker">${title}</p>
    <h1>${verdict.headline}</h1>
  </header>`;
}

/** What the verdict rests on, in words and numbers, and what it was made from. */
export function Why() {
  const { verdict, comparison, warnings } = report.value;
  const some = verdict.sentences.length > 0 || comparison;
  return html`<section id="why" aria-label="Why, and what was run">
    ${warnings.length > 0 && html`<${Warnings} warnings=${warnings} />`}
    ${some && html`<details>
      <summary>Why: every comparison in words and numbers</summary>
      ${verdict.sentences.map((sentence) => html`<p>${sentence}</p>`)}
      ${comparison && html`<${ModelTable} comparison=${comparison} />`}
    </details>`}
    <details><summary>What was run</summary><${Run} /></details>
  </section>`;
}

/** @param {{warnings: string[]}} props */
function Warnings({ warnings }) {
  return html`<section class="warnings" aria-label="Warnings">
    <ul>${warnings.map((warning) => html`<li><strong>Note</strong> ${warning}</li>`)}</ul>
  </section>`;
}

function Run() {
  /** @type {[string, unknown][]} */
  const rows = [[msg`data`, report.value.source], ...report.value.settings, [msg`made`, made()]];
  return html`<dl class="run">${rows.map(([name, value]) => html`<${Setting} name=${name} value=${String(value)} />`)}</dl>`;
}

/** @param {{name: string, value: string}} props */
function Setting({ name, value }) {
  return html`<div class=${value.length > LONG ? "wide" : ""}><dt>${name}</dt><dd>${value}</dd></div>`;
}

function made() {
  return msg`${date(report.value.made)}, clearlstm ${report.value.clearlstm}`;
}
