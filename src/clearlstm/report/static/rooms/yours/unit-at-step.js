// From the maps to one unit on one day: room 3's drawing with the real numbers, and the arithmetic of any of them.

import { signal } from "@preact/signals";

import { date } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { linked, oneOf } from "lab/link.js";
import { UnitDrawing } from "lab/rooms/unit/drawing.js";
import { gateOf, labelOf, NUMBERS, styleOf } from "lab/rooms/unit/keys.js";
import { written } from "lab/rooms/unit/write.js";
import { cell, drawnTerms, gates, many } from "lab/rooms/yours/cell.js";
import { Terms } from "lab/rooms/yours/terms.js";
import { WhatIf } from "lab/rooms/yours/what-if.js";
import { Num } from "lab/shell/number.js";
import { altered, cannotRun, place, report, trace } from "lab/state.js";

/** The number whose arithmetic is shown. */
const opened = linked("yours-number", "z_f", oneOf(NUMBERS));

/** The number that is pointed at. */
const hot = signal("");

export function UnitAtStep() {
  const { step, unit } = place.value;
  if (!gates.value) return null;
  const day = date(trace.value?.ds[step]);
  return html`<section aria-labelledby="cell-title">
    <h3 id="cell-title">Unit ${unit} at this step: ${day}</h3>
    <p>${altered.value ? msg`These numbers are computed in the page, with your changes.` : recorded()} Click any of them
      for its arithmetic.</p>
    <${Drawing} label=${msg`Unit ${unit} at ${day}, with its numbers`} />
    ${cannotRun.value ? html`<p class="note">${cannotRun.value}</p>` : html`<div
      class="yours-arithmetic"><${Opened} /><${WhatIf} /></div>`}
  </section>`;
}

/** Where the numbers come from. */
function recorded() {
  const single = report.value.net?.dtype === "float32";
  return msg`Gates and memories are as Python recorded them${single ? msg`, in float32` : ""}. The sums are made in
    the page,
    from the recorded inputs and memories and the net's own weights.`;
}

/** @param {{label: string}} props */
function Drawing({ label }) {
  if (!cell.value) return null;
  return html`<div class="unit-frame" tabindex="0" role="region" aria-label="The drawing">
    <${UnitDrawing} label=${label} step=${cell.value} terms=${drawnTerms.value} many=${many.value}
      open=${[opened.value]} hot=${hot}
      text=${(/** @type {string} */ key, /** @type {number} */ value) => written(key, value, false)}
      onOpen=${(/** @type {string} */ key) => (opened.value = key)} /></div>`;
}

/** The arithmetic of the number that was asked for. */
function Opened() {
  const key = opened.value;
  const gate = gateOf(key) ?? (key === "x" || key === "h_prev" ? "f" : undefined);
  return html`<div class="yours-opened">${gate ? html`<${Terms} gate=${gate} />` : html`<${Line}
    name=${key} />`}</div>`;
}

/** How the numbers beyond the sums are made. @type {Record<string, string[]>} */
const LINES = {
  c_prev: ["c_prev"],
  kept: ["f", "×", "c_prev", "=", "kept"],
  written: ["i", "×", "g", "=", "written"],
  c: ["kept", "+", "written", "=", "c"],
  tanh_c: ["tanh", "c", "=", "tanh_c"],
  h: ["o", "×", "tanh_c", "=", "h"],
};

/** @param {{name: string}} props */
function Line({ name }) {
  const numbers = /** @type {Record<string, number>} */ (/** @type {unknown} */ (cell.value));
  return html`<h4 class=${`name ${styleOf(name)}`}>${labelOf(name)}</h4>
    <p class="yours-line">${LINES[name].map((part) =>
      part in numbers ? html`<${Num} name=${`line-${part}`} value=${numbers[part]} style=${styleOf(part)}
        decimals=${4} />` : ` ${part} `,
    )}</p>
    <p class="quiet">${LINES[name].filter((part) => part in numbers).map((part) => labelOf(part)).join(" · ")}</p>`;
}
