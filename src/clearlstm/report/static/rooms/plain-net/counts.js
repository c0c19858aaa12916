// How often each net learnt it, from twenty draws: one run is an anecdote.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { GAPS, UPDATES } from "lab/rooms/plain-net/race.js";
import { deeper } from "lab/shell/choices.js";

/** Of draws 1 to 20, how many tell A and B apart in the end, for each of GAPS, as scripts/count_races.py counts. */
export const LEARNT = {
  plain: [20, 20, 5, 0],
  orthogonal: [20, 20, 19, 12],
  open: [20, 20, 20, 19],
  half: [20, 20, 16, 0],
};
export const DRAWS = 20;

const ROWS = /** @type {const} */ ([
  { start: "plain", name: msg`plain`, deep: false },
  { start: "orthogonal", name: msg`plain, orthogonal start`, deep: true },
  { start: "open", name: "LSTM", deep: false },
  { start: "half", name: msg`LSTM, forget gates half open at the start`, deep: true },
]);

export function Counts() {
  const rows = ROWS.filter(({ deep }) => deeper.value || !deep);
  return html`<h3>How often it works out</h3>
    <p>One run is an anecdote. Of ${DRAWS} draws, so many had learnt it after ${UPDATES} updates; this was counted
      beforehand, with this code.</p>
    <div class="scroll-x"><table class="nets">
      <thead><tr><th scope="col">days between</th>${GAPS.map((gap) => html`<th scope="col">${gap}</th>`)}</tr></thead>
      <tbody>${rows.map(({ start, name }) => html`<tr><th scope="row">${name}</th>
        ${LEARNT[start].map((count) => html`<td>${count}</td>`)}</tr>`)}</tbody>
    </table></div>
    <p>The more days lie between, the less of day 1 reaches the plain net's answer, and the less it can learn from it.
      The LSTM starts with its forget gates open, and keeps day 1 on the road that no weight multiplies.</p>
    ${deeper.value &&
    html`<p>The start is half of it. An LSTM whose forget gates start half open loses day 1 as well. A plain net that
      starts orthogonal, so that it changes no length, holds on for longer. “LSTMs remember, plain nets don't” is
      a rule of thumb.</p>`}`;
}
