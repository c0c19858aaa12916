// The page at the end: what was understood, idea by idea, and a link or a file to hand in.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { visit } from "lab/link.js";
import { Details } from "lab/understanding/details.js";
import { HandIn } from "lab/understanding/hand-in.js";
import { CHECKED } from "lab/understanding/questions.js";
import { countsOf, isForged } from "lab/understanding/results.js";
import { beginAnew, record, results } from "lab/understanding/state.js";
import { titleOf } from "lab/understanding/titles.js";

/** @typedef {import("lab/understanding/results.js").RoomResults} RoomResults */

export function UnderstoodPage() {
  const { seed, name } = record.value;
  const { first, helped, of } = countsOf(results.value);
  return html`<h1>${name ? msg`What ${name} understood` : msg`What you understood`}</h1>
    ${isForged(record.value) && html`<p role="alert"><b>This isn't as a page wrote it</b>: it was changed afterwards, or
      damaged on its way. What follows is computed from what it says now.</p>`}
    <p class="lead">Of ${of} ideas, ${first} at the first try and ${helped} after help.
      <span class="quiet">${seed > 0 ? msg`Seed ${seed}: it decides about every number that was asked.` : msg`Nothing
        was asked so far.`}</span></p>
    ${CHECKED.map((room) => html`<${Room} room=${room} at=${results.value.find((one) => one.room === room)} />`)}
    ${seed > 0 && html`<${HandIn} /><section><h2>Once more</h2>
      <p>Each room asks again with other numbers; the last time counts. Or forget all answers:</p>
      <button type="button" class="plain" onClick=${beginAnew}>Begin anew</button></section>`}
    <p>For teachers: <a href="#room=hand-ins">read what was handed in</a>, <a href="#room=slides">print the tour</a>.</p>`;
}

/** @param {{room: import("lab/understanding/questions.js").Checked, at: RoomResults | undefined}} props */
function Room({ room, at }) {
  /** @param {MouseEvent} event */
  const enter = (event) => {
    event.preventDefault();
    visit(`room=${room}`);
    document.querySelector(".check")?.scrollIntoView();
  };
  return html`<section class="understood-room">
    <h2>${titleOf(room)} ${at && at.draw > 1 && html`<small class="quiet">asked ${at.draw} times</small>`}</h2>
    ${at ? html`<${Details} at=${at} solved=${false} />` : html`<p class="quiet">Not asked yet.</p>`}
    <p><a href=${`#room=${room}`} onClick=${enter}>${at ? msg`To the room` : msg`To the room and its questions`}</a></p>
  </section>`;
}
