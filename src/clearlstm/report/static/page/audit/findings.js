// First of all: what was found, worst first, each with its evidence and what to try. Then what was looked at.

import { date } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { audit, short } from "lab/page/audit/data.js";

/** @typedef {import("lab/page/audit/data.js").Finding} Finding */

export function Findings() {
  const shown = audit.value.findings.filter(({ severity }) => severity !== "fact");
  return html`<header id="findings">
    <p class="kicker">${audit.value.title}</p>
    <h1>${counts(shown)}${caution()}</h1>
    <div class="summary">${audit.value.summary.map((sentence) => html`<p>${sentence}</p>`)}</div>
    ${audit.value.missing.length > 0 && html`<p class="note">Stopped early; not looked at: ${audit.value.missing.join(", ")}.</p>`}
    <ol class="findings">${shown.map((finding) => html`<${Found} ...${finding} />`)}</ol>
    <${LookedAt} />
  </header>`;
}

/** @param {Finding[]} shown */
function counts(shown) {
  const faults = shown.filter(({ severity }) => severity === "fault").length;
  const notices = shown.length - faults;
  const more = notices ? msg`${notices} ${plural(notices, "thing|things")} to know` : "";
  if (faults === 0) return more ? msg`No fault found; ${more}` : msg`No fault found`;
  const some = `${faults} ${plural(faults, "fault|faults")}`;
  return more ? msg`${some}, and ${more}` : some;
}

/** What stands beside it where so few sequences were given that they can't show much. */
function caution() {
  const few = audit.value.findings.find(({ name }) => name === "few_sequences");
  return few ? `. ${few.sentence}` : "";
}

/** @param {Finding} props */
function Found({ name, severity, sentence, advice, evidence }) {
  return html`<li class=${severity} data-name=${name}>
    <p><strong>${severity}</strong> ${sentence}</p>
    ${advice && html`<p class="note">What to try: ${advice}</p>`}
    <details class="numbers"><summary>Evidence</summary>
      <dl class="evidence">
        ${Object.entries(evidence).map(([key, value]) => html`<dt>${key.replaceAll("_", " ")}</dt><dd>${valueText(value)}</dd>`)}
      </dl>
    </details>
  </li>`;
}

/** @param {unknown} value @returns {string} */
function valueText(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return short(value);
  return Array.isArray(value) ? value.map(valueText).join(", ") : String(value);
}

function LookedAt() {
  const { sizes, samples } = audit.value;
  const facts = audit.value.findings.filter(({ name }) => ["sizes", "look_back", "skill"].includes(name));
  const cut = samples.cut ? msg`, cut to fit ${samples.seconds} seconds` : "";
  const looked = msg`${samples.answers} sequences for the answers, ${samples.exchanged} with parts taken from others,
    ${samples.units} for memory, ${samples.gradient} for the gradient, of ${samples.given}; drawn with seed
    ${samples.seed}${cut}`;
  const rows = [
    [msg`model`, `${audit.value.model}, ${audit.value.made_by}: ${sizes.description}`],
    [msg`looked at`, looked],
    [msg`made`, msg`${date(audit.value.made)}, clearlstm ${audit.value.clearlstm}`],
  ];
  return html`<section class="run" aria-labelledby="run-title">
    <h2 id="run-title">What was looked at</h2>
    ${[...facts.map(({ sentence }) => sentence), ...audit.value.notes].map((sentence) => html`<p>${sentence}</p>`)}
    <dl>${rows.map(([name, value]) => html`<div class="wide"><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </section>`;
}
