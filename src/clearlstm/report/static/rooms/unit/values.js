// Every number that is given rather than computed, to be typed: the days, the memories at the start, twelve weights.

import { useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { GATES } from "lab/lstm/unit.js";
import { NumberField } from "lab/rooms/unit/field.js";
import { labelOf } from "lab/rooms/unit/keys.js";
import { change, changedWeights, choosePreset, goToDay, inputs, MOST_DAYS } from "lab/rooms/unit/state.js";
import { preset, PRESETS, resetWeights, startC, startH, startIsVideo, weights } from "lab/rooms/unit/state.js";
import { Name, nameOf } from "lab/shell/names.js";
import { Term } from "lab/shell/term.js";

export function Presets() {
  return html`<div class="unit-presets" role="group" aria-label="Examples">
    ${PRESETS.map(
      (one) => html`<button type="button" class="plain" aria-pressed=${preset.value === one}
        onClick=${() => choosePreset(one)}>${one.label}</button>`,
    )}
  </div>`;
}

export function Values() {
  return html`<section class="unit-values-of" aria-labelledby="unit-values-title">
    <h2 id="unit-values-title">Change anything</h2>
    <p>All that depends on a number follows at once. You can also drag the numbers in the drawing, or move them with
      ↑ and ↓.</p>
    <div class="pair">
      <div><${OwnDays} /><${Start} /></div>
      <div><${WeightTable} /></div>
    </div>
  </section>`;
}

/** A weight of its own for each gate and source. */
function WeightTable() {
  return html`<table class="unit-weights">
    <thead><tr><td></td><th scope="col"><${Term} word="weight" /> on the ${nameOf("h")}</th>
      <th scope="col">weight on the input</th><th scope="col"><${Term} word="bias" /></th></tr></thead>
    <tbody>${GATES.map(
      (gate) => html`<tr><th scope="row"><b class=${gate}>${gate}</b> <${Name} part=${gate} /></th>
        ${/** @type {const} */ (["h", "x", "b"]).map(
          (name) => html`<td><${NumberField} name=${`weight-${gate}-${name}`} label=${labelOf(`${gate}-${name}`)}
            value=${weights.value[gate][name]} style=${gate}
            onChange=${(/** @type {number} */ value) => change(`${gate}-${name}`, value)} /></td>`,
        )}</tr>`,
    )}</tbody>
  </table>
  <p><button type="button" class="plain" disabled=${!changedWeights.value} onClick=${resetWeights}>
    Reset to the ${startIsVideo() ? msg`video's` : msg`net's own`} weights</button></p>`;
}

function Start() {
  return html`<p class="unit-start">Before day 1, the${" "}
    <label><${Name} part="c" /> is <${NumberField} name="start-c" label=${msg`${nameOf("c")} before day 1`}
      value=${startC.value} style="c" onChange=${(/** @type {number} */ value) => (startC.value = value)} /></label>
    ${" "}<label>and the <${Name} part="h" /> is <${NumberField} name="start-h" label=${msg`${nameOf("h")} before day 1`}
      value=${startH.value} style="h" onChange=${(/** @type {number} */ value) => (startH.value = value)} />
    </label></p>`;
}

/** The input of as many days as one likes, in one line. */
function OwnDays() {
  const [typing, setTyping] = useState(/** @type {string | null} */ (null));
  const text = typing ?? inputs.value.join("  ");
  /** @param {Event & {currentTarget: HTMLInputElement}} event */
  const typed = ({ currentTarget: { value } }) => {
    setTyping(value);
    const days = readDays(value);
    if (typeof days !== "string") inputs.value = days;
  };
  const days = typing === null ? "" : readDays(typing);
  const complaint = typeof days === "string" ? days : "";
  return html`<p class="unit-own"><label>The input of each day
      <input type="text" class="unit-field wide" value=${text} inputmode="decimal" spellcheck=${false}
        aria-invalid=${complaint !== ""} onInput=${typed} onBlur=${() => setTyping(null)} /></label>
    <small class="quiet" role="status">${complaint || msg`${countOfDays()} As many as you like, with spaces between
      them.`}
    </small>
    <span class="unit-own-buttons">
      <button type="button" class="plain" disabled=${inputs.value.length >= MOST_DAYS} onClick=${() => {
        inputs.value = [...inputs.value, 0.5];
        goToDay(inputs.value.length - 1);
      }}>Add a day</button>
      <button type="button" class="plain" disabled=${inputs.value.length < 2}
        onClick=${() => (inputs.value = inputs.value.slice(0, -1))}>Take the last away</button></span></p>`;
}

function countOfDays() {
  return `${inputs.value.length} ${plural(inputs.value.length, "day|days")}.`;
}

/** The numbers in a text, or what is wrong with it. @param {string} text @returns {number[] | string} */
function readDays(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const wrong = parts.find((part) => !Number.isFinite(Number(part.replace("−", "-"))));
  if (wrong !== undefined) return msg`“${wrong}” isn't a number: write numbers such as 0.5, with spaces between them.`;
  if (!parts.length) return msg`At least one day is needed.`;
  if (parts.length > MOST_DAYS) return msg`${parts.length} days; at most ${MOST_DAYS} can be shown.`;
  return parts.map((part) => Number(part.replace("−", "-")));
}
