// What the unit answers, and how wrong that is, over the epochs.

import { computed } from "@preact/signals";

import { Plot } from "lab/charts/plot.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { KEPT } from "lab/rooms/training/course.js";
import { course, epoch, LAST, passes, playing } from "lab/rooms/training/state.js";
import { Num, shown } from "lab/shell/number.js";
import { Term } from "lab/shell/term.js";

const XS = Array.from({ length: LAST / KEPT + 1 }, (_, k) => k * KEPT);

/** The lines as far as training has got. */
const reached = computed(() => Math.floor(epoch.value / KEPT) * KEPT);
const answers = computed(() => course.value.answers(reached.value));
const losses = computed(() => answers.value[0].map((a, k) => a ** 2 + (answers.value[1][k] - 1) ** 2));

export function Answers() {
  const [a, b] = passes.value;
  const at = Math.floor(epoch.value / KEPT);
  const move = (/** @type {number} */ k) => {
    playing.value = false;
    epoch.value = XS[k];
  };
  const lines = [
    { style: "other-2", name: "A", values: padded(answers.value[0]) },
    { style: "h", name: "B", values: padded(answers.value[1]) },
  ];
  return html`<section>
    <p class="lead" aria-live="off">After <b><${Num} name="epochs" value=${epoch.value} decimals=${0} /></b> epochs it
      answers
      <b><${Num} name="answer-A" value=${a.answer} decimals=${4} /></b> for A, which should be 0, and
      <b><${Num} name="answer-B" value=${b.answer} decimals=${4} /></b> for B, which should be 1. The
      <${Term} word="loss" />, both misses squared, is <b><${Num} name="loss" value=${a.loss + b.loss}
      decimals=${4} /></b>.</p>
    <div class="pair">
      <figure><figcaption><b>The answers</b><small>0 and 1 are wanted</small></figcaption>
        <${Plot} label="Answers by epoch"
          text=${msg`after ${XS[at]} epochs, A ${shown(a.answer, 3)}, B ${shown(b.answer, 3)}`} xs=${XS}
          curves=${lines} at=${at} onMove=${move} across="epochs" domain=${[-0.2, 1.2]} height=${240} /></figure>
      <figure><figcaption><b>The loss</b><small>each line of the axis is a multiple of the one
        below</small></figcaption>
        <${Plot} log label="Loss by epoch, on a logarithmic axis"
          text=${msg`after ${XS[at]} epochs, ${shown(a.loss + b.loss, 4)}`} xs=${XS}
          curves=${[{ style: "c", name: "", values: padded(losses.value) }]} at=${at} onMove=${move}
          across="epochs" domain=${[1e-4, 2]}
          height=${240} /></figure>
    </div>
  </section>`;
}

/** What isn't reached yet is left out. @param {number[]} values */
function padded(values) {
  return [...values, ...Array(XS.length - values.length).fill(NaN)];
}
