// The check at the end of a room: three questions with numbers of one's own.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { address, visit } from "lab/link.js";
import { report } from "lab/state.js";
import { Asked } from "lab/understanding/asked.js";
import { isChecked } from "lab/understanding/questions.js";
import { ask, record, results } from "lab/understanding/state.js";

/** @typedef {import("lab/understanding/questions.js").Checked} Checked */

/** What stands at the end of a room, if it asks anything. A page with a report in it doesn't. @param {{room: string}} props */
export function Check({ room }) {
  if (!isChecked(room) || report.value.kind) return null;
  return html`<section class="check" aria-labelledby="check-title">
    <h2 id="check-title">Check what you understood</h2>
    ${record.value.rooms[room] ? html`<${Questions} room=${room} />` : html`<${Invitation} room=${room} />`}
  </section>`;
}

/** @param {{room: Checked}} props */
function Invitation({ room }) {
  return html`<p>Three questions on this room, with numbers drawn for you. Try as often as you like: a wrong answer is told
      what led to it.</p>
    <button type="button" class="plain main" onClick=${() => ask(room)}>Ask me</button>`;
}

/** @param {{room: Checked}} props */
function Questions({ room }) {
  const at = results.value.find((one) => one.room === room);
  if (!at) return null;
  const over = at.results.filter((one) => one.over).length;
  return html`<p class="quiet">Answer with two decimals; within 0.01 is right. A comma is a point, 83 % is 0.83.</p>
    <ol class="check-questions">
      ${at.results.map((result, place) => html`<li key=${`${record.value.seed} ${at.draw} ${place}`}><${Asked}
        room=${room} place=${place} result=${result} /></li>`)}
    </ol>
    <p role="status">${over === at.results.length && html`That was all: ${summary(at.results)}.`}</p>
    <div class="check-next">
      <button type="button" class="plain" onClick=${() => ask(room)}>Ask again with other numbers</button>
      <a href=${`#${understoodAddress()}`} onClick=${go}>What you understood so far</a>
    </div>`;
}

/** @param {import("lab/understanding/results.js").Result[]} results */
function summary(results) {
  const count = (/** @type {string} */ wanted) => results.filter(({ outcome }) => outcome === wanted).length;
  return msg`${count("first try")} at the first try, ${count("after help")} after help, ${count("not yet")} not yet`;
}

/** The link to the page that shows what was understood, with all else as it is. */
export function understoodAddress() {
  const parts = new URLSearchParams(address());
  parts.set("room", "understood");
  return parts.toString();
}

/** @param {MouseEvent} event */
export function go(event) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  visit(/** @type {HTMLAnchorElement} */ (event.currentTarget).hash.slice(1));
  scrollTo(0, 0);
}
