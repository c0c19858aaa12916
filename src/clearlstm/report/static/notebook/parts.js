// What a drawing in a notebook consists of, by what it shows; one part is seen at a time, so that a cell stays small.

import { useErrorBoundary } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { aText, linked } from "lab/link.js";
import { Answered } from "lab/notebook/answered.js";
import { Features } from "lab/page/audit/features.js";
import { Findings } from "lab/page/audit/findings.js";
import { Memory } from "lab/page/audit/memory.js";
import { Reach } from "lab/page/audit/reach.js";
import { Units } from "lab/page/audit/units.js";
import { Choice } from "lab/page/choice.js";
import { SeriesChoice } from "lab/page/choices.js";
import { Comparison } from "lab/page/comparison.js";
import { Equation } from "lab/page/equation.js";
import { Forecast } from "lab/page/forecast.js";
import { UnitMaps, UnitTable } from "lab/page/inside.js";
import { Ledger } from "lab/page/ledger.js";
import { UnitLines } from "lab/page/unit-lines.js";
import { Verdict, Why } from "lab/page/verdict.js";
import { Unit, useStageKeys } from "lab/rooms/unit.js";
import { Values } from "lab/rooms/unit/values.js";
import { Answer } from "lab/rooms/yours/answer.js";
import { Questions } from "lab/rooms/yours/questions.js";
import { UnitAtStep } from "lab/rooms/yours/unit-at-step.js";
import { Naming } from "lab/shell/naming.js";
import { layer, report, seriesIds, shownResult, trace } from "lab/state.js";

/** @typedef {{id: string, title: string, Shown: (props: {around: Element}) => unknown}} Part */

const chosen = linked("part", "", aText);

/** @param {{around: Element}} props */
export function Parts({ around }) {
  const [error] = useErrorBoundary();
  if (error) return html`<p role="alert">This can't be drawn: ${error instanceof Error ? error.message : String(error)}.</p>`;
  if (!shownResult.value) return null;
  const parts = partsOf(shownResult.value.kind);
  const open = parts.find(({ id }) => id === chosen.value) ?? parts[0];
  const { title, notes = [] } = shownResult.value;
  return html`${shownResult.value.kind !== "audit" && html`<p class="kicker">${title}</p>`}
    ${parts.length > 1 && html`<${Choice} name="part" label="Show" options=${parts.map(asOption)} chosen=${open.id}
      onChoose=${(/** @type {string} */ id) => (chosen.value = id)} />`}
    <div class="notebook-part" data-part=${open.id}><${open.Shown} around=${around} /></div>
    ${notes.map((/** @type {string} */ note) => html`<p class="note">${note}</p>`)}
    <div class="notebook-choices"><${Naming} /></div>`;
}

/** @param {Part} part */
const asOption = ({ id, title }) => ({ value: id, label: title });

/** @param {string} kind @returns {Part[]} */
function partsOf(kind) {
  if (kind === "unit") return UNIT;
  if (kind === "audit") return AUDIT;
  if (kind === "answer") return [{ id: "answer", title: "", Shown: Answered }];
  const inside = trace.value && layer.value ? INSIDE.filter(({ needs }) => needs()) : [];
  return kind === "forecast" ? [...FORECAST.filter(({ needs }) => needs()), ...inside] : inside;
}

/** What holds of every layer: that there are weights, that there are gates. */
const weights = () => Boolean(report.value.net);
const gates = () => Boolean(layer.value?.c);
const always = () => true;

/** @type {(Part & {needs: () => boolean})[]} */
const INSIDE = [
  { id: "maps", title: msg`all units`, needs: always, Shown: () => html`<${Which} /><${Shown} What=${UnitMaps} />` },
  { id: "answer", title: msg`answer`, needs: weights, Shown: () => html`<${Which} /><${Answer} />` },
  { id: "step", title: msg`one unit, one step`, needs: () => weights() && gates(), Shown: UnitAtStep },
  { id: "course", title: msg`one unit, all steps`, needs: always, Shown: Course },
  { id: "ledger", title: msg`who wrote it`, needs: gates, Shown: () => html`<${Shown} What=${Ledger} />` },
  { id: "questions", title: msg`ask Python`, needs: weights, Shown: Questions },
];

const Good = () => html`<${Verdict} /><${Why} />`;

/** @type {(Part & {needs: () => boolean})[]} */
const FORECAST = [
  { id: "forecast", title: msg`forecast`, needs: always, Shown: Forecast },
  { id: "verdict", title: msg`is it any good?`, needs: () => report.value.verdict.headline !== "", Shown: Good },
  { id: "comparison", title: msg`comparison`, needs: () => report.value.comparison !== null, Shown: Comparison },
];

/** @type {Part[]} */
const UNIT = [
  { id: "unit", title: msg`the unit`, Shown: Stage },
  { id: "values", title: msg`change anything`, Shown: Values },
];

/** @type {Part[]} */
const AUDIT = [
  { id: "findings", title: msg`what was found`, Shown: Findings },
  { id: "memory", title: msg`memory`, Shown: Memory },
  { id: "reach", title: msg`reach`, Shown: Reach },
  { id: "features", title: msg`inputs`, Shown: Features },
  { id: "units", title: msg`units`, Shown: Units },
];

/** @param {{around: Element}} props */
function Stage({ around }) {
  useStageKeys(around);
  return html`<${Unit} />`;
}

function Which() {
  return seriesIds.value.length > 1 ? html`<${SeriesChoice} section="inside" ids=${seriesIds.value} />` : null;
}

/** A part of room 6 on the layer that is shown. @param {{What: unknown}} props */
function Shown({ What }) {
  return html`<${What} trace=${trace.value} layer=${layer.value} />`;
}

function Course() {
  return html`<${Shown} What=${UnitLines} />${gates() && html`<${Equation} layer=${layer.value} />`}<${Shown}
    What=${UnitTable} />`;
}
