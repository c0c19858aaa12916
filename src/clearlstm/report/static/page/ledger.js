// Today's long-term memory, split into what each step wrote and how much of that later forget gates kept.

import { useState } from "preact/hooks";

import { Bars } from "lab/charts/bars.js";
import { calendarTicks, date } from "lab/dates.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { Choice } from "lab/page/choice.js";
import { column, lastStep, stepsOfHalf } from "lab/page/units.js";
import { place, stayAtStep } from "lab/state.js";

/** @param {import("lab/page/inside.js").Props} props */
export function Ledger({ trace: { ds }, layer }) {
  const [whose, setWhose] = useState("unit");
  const { step, unit } = place.value;
  const entries = whose === "unit" ? column(layer.ledger, unit) : layer.ledger.map(sumOfSizes);
  const text = `${date(ds[step])}: ${fixed(entries[step], 4)}`;
  const options = [
    { value: "unit", label: msg`unit ${unit}` },
    { value: "all", label: msg`all units together` },
  ];
  return html`<section aria-labelledby="ledger-title">
    <h3 id="ledger-title">Which step wrote what is still in memory</h3>
    <p>${whose === "unit" ? unitSentence(layer, unit) : allSentence(layer)} ${halfSentence(entries, layer.reverse)}</p>
    <${Choice} name="ledger" label="Memory of" options=${options} chosen=${whose} onChoose=${setWhose} />
    <p class="readout-title">${date(ds[step])}:${" "}
      <span data-key="ledger" data-value=${entries[step]}>${fixed(entries[step], 4)}</span></p>
    <${Bars} label="What each step wrote that is still in memory" text=${text} values=${entries} at=${step}
      onMove=${stayAtStep} ticks=${calendarTicks(ds)} />
    <p class="note">This is bookkeeping, not cause. It is exact: a step's entry is i · g of that step times every
      forget gate after it. But i, g and f follow from the short-term memory, hence from all earlier steps too: an
      early step can matter through what later steps write.</p>
  </section>`;
}

/** @param {number[]} ofStep */
function sumOfSizes(ofStep) {
  return ofStep.reduce((sum, entry) => sum + Math.abs(entry), 0);
}

/** @param {import("lab/data.js").Layer} layer @param {number} unit */
function unitSentence(layer, unit) {
  const c = layer.c[lastStep(layer)][unit];
  const written = column(layer.ledger, unit).reduce((sum, entry) => sum + entry, 0);
  const start = c - written;
  const matters = Math.abs(start) > 1e-3 * Math.max(1, Math.abs(c));
  const beside = matters ? msg` together with ${fixed(start, 4)} from before the window` : "";
  return msg`The bars add up${beside} to ${fixed(c, 4)}, the long-term memory of unit ${unit} after the last step.`;
}

/** @param {import("lab/data.js").Layer} layer */
function allSentence(layer) {
  return msg`Each bar is what a step wrote in all ${layer.c[0].length} units that is still there, counted by its size.`;
}

/** @param {number[]} entries @param {boolean} reverse */
function halfSentence(entries, reverse) {
  const steps = stepsOfHalf(entries, reverse);
  if (steps === 0) return "";
  const which = reverse ? msg`first` : msg`last`;
  return msg`The ${which} ${steps === 1 ? "" : `${steps} `}${plural(steps, "step|steps")} of the window wrote half of it.`;
}
