// Room 5: training the unit in the page, from the published start to the video's weights, and the way back.

import { html } from "htm/preact";

import { Answers } from "lab/rooms/training/answers.js";
import { Backward } from "lab/rooms/training/backward.js";
import { Controls } from "lab/rooms/training/controls.js";
import { showBackward } from "lab/rooms/training/state.js";
import { Weights } from "lab/rooms/training/weights.js";
import { deeper } from "lab/shell/choices.js";
import { Term } from "lab/shell/term.js";

export function TrainingRoom() {
  const open = showBackward.value || deeper.value;
  return html`<h1>Where the twelve numbers come from</h1>
    <p>Nobody chose the unit's weights. They were found: after each answer, <${Term} word="backpropagation" /> says for
      every
      ${" "}weight which way it should move, and each moves a little. One <${Term} word="epoch" /> is one such update
      for A and one
      ${" "}for B. It runs here, in your browser.</p>
    <${Controls} />
    <${Answers} />
    <${Weights} />
    <section>
      <h2>The way back</h2>
      <p>How does a weight know which way to move? The <${Term} word="loss" /> walks back through the same wires, day by
        day, and
        ${" "}every number on the way gets its <${Term} word="gradient" />.</p>
      ${open
        ? html`<${Backward} />`
        : html`<button class="plain" type="button" onClick=${() => (showBackward.value = true)}>Walk it, number by
          number</button>`}
    </section>
    <section>
      <h2>What this shows, and what it doesn't</h2>
      <p>Twelve parameters were fitted to two rows. That the two answers come out right is no evidence that the unit
        knows anything
        ${" "}about companies: there is nothing left to test it on. It shows how training works. For the rest, you need
        more data than
        ${" "}parameters, and a part of it that training never sees.</p>
    </section>`;
}
