// Own days: typed, added, taken away, or pasted.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { inputs, MOST_DAYS } from "lab/rooms/companies/state.js";
import { signal } from "@preact/signals";

const SIDES = /** @type {const} */ (["A", "B"]);

/** What was wrong with the last text, by company. */
const complaints = { A: signal(""), B: signal("") };

export function Own() {
  return html`<section>
    <h2>Your own days</h2>
    <p>Up to ${MOST_DAYS} numbers for each company, with spaces, commas or lines between them: type them, or paste a
      column from a table. The unit was trained on values between 0 and 1.</p>
    <div class="pair">${SIDES.map((side) => html`<${Side} side=${side} />`)}</div>
    <button class="plain" type="button" onClick=${reset}>Back to the video's days</button>
  </section>`;
}

function reset() {
  SIDES.forEach((side, k) => {
    inputs[side].value = COMPANIES[k].xs;
    complaints[side].value = "";
  });
}

/** @param {{side: "A" | "B"}} props */
function Side({ side }) {
  const chosen = inputs[side];
  const complaint = complaints[side].value;
  return html`<div>
    <label for=${`days-${side}`}>Days of company ${side}</label>
    <textarea id=${`days-${side}`} rows="2" aria-invalid=${complaint ? "true" : "false"}
      aria-describedby=${`days-${side}-note`}
      onChange=${(/** @type {any} */ event) => take(side, event.currentTarget.value)} value=${chosen.value.join("  ")}></textarea>
    <p class="quiet" id=${`days-${side}-note`} role="status">${complaint || msg`${chosen.value.length} days`}</p>
    <button class="plain" type="button" disabled=${chosen.value.length >= MOST_DAYS}
      onClick=${() => (chosen.value = [...chosen.value, chosen.value[chosen.value.length - 1]])}>Add a day</button>
    ${" "}<button class="plain" type="button" disabled=${chosen.value.length < 2}
      onClick=${() => (chosen.value = chosen.value.slice(0, -1))}>Take the last away</button>
  </div>`;
}

/** Take over what was typed, or say what is wrong with it. @param {"A" | "B"} side @param {string} text */
function take(side, text) {
  const parts = text.replaceAll("−", "-").split(/[\s,;]+/).filter(Boolean); // prettier-ignore
  const wrong = parts.find((part) => !Number.isFinite(Number(part)));
  if (wrong !== undefined) complaints[side].value = msg`“${wrong}” is not a number: write 0.5, not 0,5 or 50 %.`;
  else if (parts.length === 0) complaints[side].value = msg`There is no number: give at least one day.`;
  else if (parts.length > MOST_DAYS) complaints[side].value = msg`${parts.length} days: at most ${MOST_DAYS} can be
    shown.`;
  else {
    complaints[side].value = "";
    inputs[side].value = parts.map(Number);
  }
}
