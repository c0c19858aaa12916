// What was found: the verdict first, then the forecast, what it is compared with, and what went on inside.

import { signal } from "@preact/signals";

import { api } from "lab/api.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { address } from "lab/link.js";
import { Features } from "lab/page/audit/features.js";
import { Findings } from "lab/page/audit/findings.js";
import { Memory } from "lab/page/audit/memory.js";
import { Reach } from "lab/page/audit/reach.js";
import { Units } from "lab/page/audit/units.js";
import { Comparison } from "lab/page/comparison.js";
import { Forecast } from "lab/page/forecast.js";
import { Inside } from "lab/page/inside.js";
import { keep } from "lab/page/keep.js";
import { Verdict, Why } from "lab/page/verdict.js";
import { Keep } from "lab/rooms/keep.js";
import { Told } from "lab/rooms/yours/files.js";
import { Learnt } from "lab/rooms/yours/learning.js";
import { Questions } from "lab/rooms/yours/questions.js";
import { attempt, go, jobId } from "lab/rooms/yours/work.js";
import { report, shownResult } from "lab/state.js";

export function Result() {
  if (report.value.kind === "audit") return html`<${Audit} />`;
  return report.value.kind === "forecast"
    ? html`<${Verdict} /><${Forecast} /><${ToKeep} /><${Why} /><${Bar} /><${Comparison} /><${Learnt} /><${Inside} /><${Questions} />`
    : html`<${Model} /><${Forecast} /><${Bar} /><${Inside} /><${Questions} />`;
}

function ToKeep() {
  return html`<${Keep}>A forecast is worth as much as its errors are smaller than those of the simplest rule, on steps that
    neither had seen.<//>`;
}

/** What `clearlstm inspect` found. */
function Audit() {
  return html`<${Findings} /><${Bar} /><${Memory} /><${Reach} /><${Features} /><${Units} />`;
}

/** An opened model says what it is and what it was fed. */
function Model() {
  const { title, notes, net, traces } = report.value;
  return html`<header class="yours-model">
    <p class="kicker">A saved model</p>
    <h1>${title}</h1>
    <p class="lead">${net?.words}, ${net?.parameters} parameters in ${net?.dtype}. It read ${traces.length}
      ${plural(traces.length, "sequence|sequences")} of ${traces[0]?.ds.length} steps.</p>
    ${notes.map((note) => html`<p>${note}</p>`)}
  </header>`;
}

/** What can be done with it. */
function Bar() {
  if (!api.available) {
    return html`<section class="yours-bar" aria-label="This file"><p
      class="quiet">This page is a file and works offline. For data and models of your
      own, start the lab in a terminal: <code>clearlstm lab</code></p></section>`;
  }
  return html`<section class="yours-bar" aria-label="What to do with it">
    <div class="yours-buttons">
      ${jobId.value && html`<button type="button" class="plain" onClick=${save}>Export as one HTML file</button>
        <button type="button" class="plain" onClick=${saveModel}>Save the model</button>
        <button type="button" class="plain" onClick=${() => go({ job: "" })}>Change what is asked</button>`}
      <button type="button" class="plain" onClick=${leave}>Take something else</button>
    </div>
    <${Told} />
    ${saved.value && html`<p role="status">${saved.value} holds the net and all that it needs. Open it under “Open a saved
      model”, with <code>clearlstm ${report.value.kind === "forecast" ? "predict" : "inspect"} ${saved.value}</code>,
      or in Python with <code>clearlstm.load("${saved.value}")</code>.</p>`}
  </section>`;
}

function leave() {
  go();
  if (!jobId.value) shownResult.value = null;
}

/** The name of the file that the model was saved under; "" before that. */
const saved = signal("");

/** Hand the model over as a file. */
async function saveModel() {
  const made = await attempt(msg`Writing the file`, () => api.model(jobId.value));
  if (!made) return;
  keep(made);
  saved.value = made.name;
}

/** Hand the page over as a file. */
async function save() {
  const made = await attempt(msg`Writing the file`, () => api.exported(jobId.value, address()));
  if (made) keep(made);
}
