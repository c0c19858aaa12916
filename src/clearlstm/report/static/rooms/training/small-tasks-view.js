// Small tasks to play with: a few LSTM units learn one in the page, and are tested on sequences that they never saw.

import { Plot } from "lab/charts/plot.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { ASKED_EVERY } from "lab/lstm/learning.js";
import { Choice } from "lab/page/choice.js";
import { useFrames } from "lab/rooms/frames.js";
import { BATCH, DAYS, MOST_UNITS, TASKS, TESTED, UPDATES } from "lab/rooms/training/small-tasks.js";
import { course, days, draw, learn, learning, same } from "lab/rooms/training/small-tasks-state.js";
import { readAt, sequences, task, taskId, units, updates } from "lab/rooms/training/small-tasks-state.js";
import { deeper } from "lab/shell/choices.js";
import { Num, shown } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

const XS = Array.from({ length: UPDATES / ASKED_EVERY + 1 }, (_, k) => k * ASKED_EVERY);
const SOURCES = [
  { value: "new", label: msg`new ones each time` },
  { value: "same", label: msg`the same ${BATCH} again and again` },
];
const EXAMPLES = 3;

export function SmallTasks() {
  return html`<section id="small-tasks">
    <h2>Small tasks to play with</h2>
    <p>Give a net of a few LSTM units something to learn, and see how many units it takes, how long, and whether it has
      understood or only learnt by heart.</p>
    <${Controls} />
    <p class="quiet">${task.value.says} It learns from sequences of 1 to ${days.value} days, ${BATCH} at a time, and is
      tested on ${TESTED} others of ${days.value} days.</p>
    <${Result} />
    <${Losses} />
    <${Examples} />
    ${deeper.value && html`<${HowMany} />`}
  </section>`;
}

function Controls() {
  useFrames(learning, learn);
  const begin = updates.value === 0 ? msg`Let it learn` : msg`Go on`;
  return html`<div>
    <div class="choices">
      <${Choice} name="task" label="Task" options=${TASKS.map(({ id, name }) => ({ value: id, label: name }))}
        chosen=${taskId.value} onChoose=${(/** @type {string} */ id) => choose(() => (taskId.value = id))} />
      <${Choice} name="task-days" label="Days" options=${DAYS.map(String).map((value) => ({ value, label: value }))}
        chosen=${days.value} onChoose=${(/** @type {string} */ count) => choose(() => (days.value = count))} />
      <${Choice} name="task-same" label="It learns from" options=${SOURCES} chosen=${same.value ? "same" : "new"}
        onChoose=${(/** @type {string} */ source) => choose(() => (same.value = source === "same"))} />
    </div>
    <div class="sliders"><${Slider} name="task units" label="Units" value=${units.value} min=${1} max=${MOST_UNITS}
      step=${1} onMove=${(/** @type {number} */ count) => choose(() => (units.value = Math.round(count)))} /></div>
    <div class="training-buttons">
      <button class="plain main" type="button" disabled=${updates.value >= UPDATES}
        onClick=${() => (learning.value = !learning.value)}>${learning.value ? msg`Stop learning` : begin}</button>
      <button class="plain" type="button"
        onClick=${() => choose(() => (draw.value = (draw.value % 9999) + 1))}>From other weights</button>
      <span class="quiet">draw ${draw.value}; the link keeps it</span>
    </div>
  </div>`;
}

/** @param {() => void} change */
function choose(change) {
  learning.value = false;
  change();
}

function Result() {
  const { results, losses } = course.value;
  const { right, loss } = results[results.length - 1];
  const own = losses[losses.length - 1];
  const byHeart = updates.value >= UPDATES && own < loss / 10 && loss > 0.01;
  return html`<p class="lead" aria-live="off">After
      <b><${Num} name="task-updates" value=${updates.value} decimals=${0} /></b> updates it gets
      <b><${Num} name="task-right" value=${right} decimals=${0} /></b> of ${TESTED} right that it never saw.</p>
    ${byHeart &&
    html`<p role="status"><b>It has learnt by heart.</b> On its own sequences its loss is
      <${Num} name="task-own" value=${own} />, on others <${Num} name="task-loss" value=${loss} />. That is
      overfitting: you see it only on what training never sees. More data helps more than fewer epochs.</p>`}`;
}

function Losses() {
  const { losses, results } = course.value;
  const last = updates.value / ASKED_EVERY;
  const at = Math.min(readAt.value ?? last, last);
  const curves = [
    { style: "baseline", name: msg`its own`, values: padded(losses) },
    { style: "f", name: msg`others`, values: padded(results.map(({ loss }) => loss)) },
  ];
  const values = curves.flatMap((curve) => curve.values).filter(Number.isFinite);
  return html`<figure><figcaption><b>The loss</b><small>on the sequences that it learns from, and on others; each line
    of the axis is a multiple of the one below</small></figcaption>
    <${Plot} log label="Loss of the small net by updates, on a logarithmic axis" xs=${XS} curves=${curves} at=${at}
      text=${msg`after ${XS[at]} updates, ${shown(results[at].loss, 4)} on others`} across="updates"
      domain=${[Math.min(1e-3, ...values), Math.max(2, ...values)]} height=${220}
      onMove=${(/** @type {number} */ k) => (readAt.value = k)} /></figure>`;
}

/** Some of the sequences that it is tested on, with what is wanted and what it says. */
function Examples() {
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label="Some of the tests"><table>
    <thead><tr><th scope="col">what it reads</th><th scope="col">wanted</th><th scope="col">it says</th></tr></thead>
    <tbody>${sequences.value.slice(0, EXAMPLES).map(
      ({ xs, target }, k) => html`<tr><td>${xs.map((x) => fixed(x, Number.isInteger(x) ? 0 : 1)).join("  ")}</td>
        <td><${Num} name=${`task-wanted-${k + 1}`} value=${target} /></td>
        <td><b><${Num} name=${`task-says-${k + 1}`} value=${course.value.answers[k]} /></b></td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** What these nets say of units, windows and epochs. */
function HowMany() {
  const { results } = course.value;
  const best = results.reduce((least, { loss }, k) => (loss < results[least].loss ? k : least), 0);
  const numbers = 4 * (units.value * units.value + 2 * units.value) + units.value + 1;
  return html`<h3>How many units, what window, how many epochs?</h3>
    <ul class="remarks">
      <li><b>Units:</b> as few as do it. With ${units.value} there are <${Num} name="task-numbers" value=${numbers}
        decimals=${0} /> numbers to learn; ${BATCH} sequences that never change are too few to pin them down.</li>
      <li><b>Window:</b> as long as the longest way back that matters. Day 1 of ${days.value} counts here, so the net
        has to read all ${days.value}.</li>
      <li><b>Epochs:</b> until the loss on others stops falling. So far it was least after
        <${Num} name="task-best" value=${XS[best]} decimals=${0} /> updates, at
        <${Num} name="task-least" value=${results[best].loss} decimals=${4} />.</li>
    </ul>`;
}

/** What isn't reached yet is left out. @param {number[]} values */
function padded(values) {
  return [...values, ...Array(XS.length - values.length).fill(NaN)];
}
