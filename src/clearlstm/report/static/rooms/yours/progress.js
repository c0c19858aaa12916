// A job under way: what it does, how far it is, its losses as a curve, and a way to stop it.

import { api } from "lab/api.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { Told } from "lab/rooms/yours/files.js";
import { Learners, Losses } from "lab/rooms/yours/learning.js";
import { again, attempt, busy, go, job, jobId, trouble } from "lab/rooms/yours/work.js";
import { Num } from "lab/shell/number.js";
import { Term } from "lab/shell/term.js";

/** @typedef {import("lab/api.js").Job} Job */

export function Progress() {
  const now = job.value;
  return html`<h1>${headline(now)}</h1>
    ${now ? html`<${Course} job=${now} />` : !trouble.value && html`<p>Asking the lab …</p>`}
    <${Told} />
    <div class="yours-buttons">
      ${now && (now.state === "queued" || now.state === "running") && html`<button type="button" class="plain"
        disabled=${busy.value !== ""}
        onClick=${() => attempt("Stopping", () => api.stop(jobId.value))}>Stop</button>`}
      ${now?.can_go_on && html`<button type="button" class="plain main"
        onClick=${() => again(now.id)}>Go on from the checkpoint</button>`}
      ${now && (now.state === "stopped" || now.state === "failed") && !now.can_go_on && html`<button type="button"
        class="plain"
        onClick=${() => again(now.id)}>Start again</button>`}
      ${(!now || (now.state !== "queued" && now.state !== "running")) && html`<button type="button" class="plain"
        onClick=${() => go({ job: "" })}>Change what is asked</button>
        <button type="button" class="plain" onClick=${() => go()}>Take something else</button>`}
    </div>`;
}

const TITLES = {
  queued: msg`Waiting for its turn`, running: msg`At work`, done: msg`Done`, failed: msg`That didn't work`, stopped: msg`Stopped`,
}; // prettier-ignore

/** @param {Job | null} now */
function headline(now) {
  if (!now) return msg`Your data, your model`;
  return TITLES[now.state];
}

/** @param {{job: Job}} props */
function Course({ job: { state, phase, ahead, progress, warnings, error } }) {
  const open = state === "running" || state === "queued";
  return html`<section aria-label="Course">
    <p class="lead" role="status">${state === "queued" && ahead > 0
      ? msg`${ahead} ${plural(ahead, "job runs|jobs run")} before it.`
      : open && `${phase}.`}</p>
    ${error && html`<p class=${state === "failed" ? "yours-trouble" : ""} role="alert">${error}</p>`}
    ${progress && html`<${Training} progress=${progress} running=${state === "running"} />`}
    ${warnings.length > 0 && html`<ul class="yours-notes">${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}
    ${open && html`<p class="quiet">It goes on while this page is open, in another room of the lab too.
      The link above finds it again.</p>`}
  </section>`;
}

/** @param {{progress: import("lab/api.js").Progress, running: boolean}} props */
function Training({ progress: p, running }) {
  return html`<p>Training <${Count} name="fit" value=${p.fit} /> of <${Count} name="of-fits" value=${p.of_fits} />:
      update <${Count} name="step" value=${p.step} /> of at most <${Count} name="max-steps"
        value=${p.max_steps} />,
      <${Term} word="loss" /> ${p.loss === null ? "–" : html`<${Num} name="loss" value=${p.loss}
        decimals=${4} />`}${running &&
      p.seconds_left !== null && html`, ${left(p.seconds_left)}`}.</p>
    <progress class="yours-progress" max=${p.max_steps} value=${p.step} aria-label="Updates so far" />
    ${p.curve.length > 1 && html`<${Losses} curve=${p.curve} /><${Learners} curve=${p.curve} of=${p.max_steps} />`}`;
}

/** A whole number, however many digits it has. @param {{name: string, value: number}} props */
function Count({ name, value }) {
  return html`<span class="num" data-key=${name} data-value=${value}>${fixed(value, 0)}</span>`;
}

/** @param {number} seconds */
function left(seconds) {
  const words = seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  return html`at most <span data-key="seconds-left" data-value=${seconds}>${words}</span> left for this one`;
}
