// Room 5: training the unit in the page, from the published start to the video's weights, and the way back.

import { html } from "lab/language/html.js";
import { sentence } from "lab/lesson.js";
import { Keep } from "lab/rooms/keep.js";
import { Answers } from "lab/rooms/training/answers.js";
import { Backward } from "lab/rooms/training/backward.js";
import { Controls } from "lab/rooms/training/controls.js";
import { SmallTasks } from "lab/rooms/training/small-tasks-view.js";
import { showBackward } from "lab/rooms/training/state.js";
import { Weights } from "lab/rooms/training/weights.js";
import { Which } from "lab/rooms/training/which.js";
import { deeper } from "lab/shell/choices.js";
import { Term } from "lab/shell/term.js";

export function TrainingRoom() {
  const open = showBackward.value || deeper.value;
  return html`<h1>Where the twelve numbers come from</h1>
    <p>Nobody chose the unit's weights: it learnt them. ${sentence("epoch", { epoch: html`<${Term} word="epoch" />` })}
      <${Term} word="backpropagation" text="Backpropagation" /> says for every number which way that is. It runs
      here, in your browser.</p>
    <${Controls} />
    <${Answers} />
    <${Weights} />
    <section id="way-back">
      <h2>The way back</h2>
      <p>How does a weight know which way to move? The <${Term} word="loss" /> walks back through the same wires, day by
        day, and every number on the way gets its
        <${Term} word="gradient" />.</p>
      ${open
        ? html`<${Backward} />`
        : html`<button class="plain" type="button" onClick=${() => (showBackward.value = true)}>Walk it, number by
          number</button>`}
    </section>
    <${SmallTasks} />
    <section>
      <h2>What this shows, and what it doesn't</h2>
      <p>${sentence("no_evidence")} There is nothing left to test the unit on. It shows how training works. For the
        rest, you need more data than parameters, and a part of it that training never sees.</p>
    </section>
    ${deeper.value && html`<${Which} />`}
    <${Keep}>The miss walks back through the wires, and every weight moves a little the way that makes it smaller.<//>`;
}
