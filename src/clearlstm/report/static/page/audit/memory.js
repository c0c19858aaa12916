// How long each unit holds what is written into it, against the window that the model is given.

import { computed } from "@preact/signals";
import { useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { rowTicks } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { audit, log, logDomain, logTicks, power, short } from "lab/page/audit/data.js";
import { Choice } from "lab/page/choice.js";
import { Readout, spoken } from "lab/page/readout.js";

/** @typedef {import("lab/page/audit/data.js").Unit} Unit */

/** The layers whose units have a long-term memory. */
const layers = computed(() => [...new Set(audit.value.units.filter(({ held }) => held !== undefined).map(({ layer }) => layer))]);

/** What a unit that outlasts every sequence is drawn at: further than the sequences can show. */
const ENDLESS = 10;

export function Memory() {
  const [layer, setLayer] = useState(layers.value[0] ?? "");
  if (layers.value.length === 0) return null;
  const options = layers.value.map((name) => ({ value: name, label: name }));
  return html`<section id="memory" aria-labelledby="memory-title">
    <h2 id="memory-title">How long does it hold what is written?</h2>
    <p>Steps until half of what a unit writes into its long-term memory is gone, the median over writes, from the
      shortest to the longest. It is how long the cell holds, not what the net remembers: a held value may never be
      read, and the short-term memory carries things on too.</p>
    <${Choice} name="memory-layer" label="Layer" options=${options} chosen=${layer} onChoose=${setLayer} />
    <${Held} key=${layer} units=${audit.value.units.filter((unit) => unit.layer === layer)} />
  </section>`;
}

/** @param {{units: Unit[]}} props */
function Held({ units }) {
  const { window } = audit.value.samples;
  const sorted = [...units].sort((one, other) => length(one) - length(other));
  const [at, setAt] = useState(sorted.length - 1);
  const unit = sorted[at];
  const title = msg`Unit ${unit.unit}`;
  const held = typeof unit.held === "number" ? msg`${short(unit.held)} steps` : msg`longer than the sequences`;
  const items = [
    { key: "held", style: "f", name: msg`half is held for`, value: held, raw: unit.held },
    { key: "window", style: "baseline", name: msg`the window`, value: msg`${window} steps`, raw: window },
  ];
  const lines = [
    { style: "f", values: sorted.map((one) => log(Math.max(length(one), 0.5))) },
    { style: "baseline", values: sorted.map(() => log(window)) },
  ];
  const domain = logDomain(lines.flatMap(({ values }) => values));
  const names = sorted.map((one) => String(one.unit));
  return html`<${Readout} title=${title} items=${items} />
    <${Lines} label="Memory lengths by unit, on a log axis" text=${spoken(title, items)} lines=${lines} at=${at}
      onMove=${setAt} height=${240} domain=${domain} format=${power} levelsOf=${logTicks} dots=${sorted.length <= 128}
      ticks=${(/** @type {number} */ wanted) => rowTicks(names, Math.max(2 * wanted, 4))} />
    <p class="note">Across: units by number. Those that outlast the sequences are drawn at ${ENDLESS} windows.</p>`;
}

/** @param {Unit} unit */
function length({ held }) {
  return held ?? ENDLESS * audit.value.samples.window;
}
