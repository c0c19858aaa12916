// The ideas of a room with what came of them, and every try behind each.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Numbers } from "lab/understanding/asked.js";
import { judge, SHOWN, solution, written } from "lab/understanding/question.js";

/**
 * @typedef {import("lab/understanding/results.js").Result} Result
 * @typedef {import("lab/understanding/results.js").RoomResults} RoomResults
 */

const OUTCOMES = {
  "first try": msg`first try`, "after help": msg`after help`, "not yet": msg`not yet`, "not asked": msg`not asked`,
}; // prettier-ignore
const SIGNS = { "first try": "✓", "after help": "✓", "not yet": "–", "not asked": "" };

/** @param {{at: RoomResults, solved: boolean}} props  solved: whether the right answers are told in any case */
export function Details({ at: { room, results }, solved }) {
  return html`<ul class="understood-ideas">${results.map(
    (result, place) => html`<li data-outcome=${result.outcome}>
      <details><summary><span class="understood-sign" aria-hidden="true">${SIGNS[result.outcome]}</span>
        ${result.question.idea}: <b>${OUTCOMES[result.outcome]}</b>${result.tries.length > 1 && msg`, ${result.tries.length} tries`}</summary>
        <p>${result.question.text}</p>
        <${Numbers} name=${`${room}-${place + 1}`} given=${result.question.given} />
        <${Tries} result=${result} />
        ${(solved || result.over) && html`<p>The answer: <b>${solution(result.question)}</b>. ${result.question.why}.</p>`}
      </details></li>`,
  )}</ul>`;
}

/** @param {{result: Result}} props */
function Tries({ result: { question, tries } }) {
  return html`<ol>${tries.map((given) => {
    if (given === SHOWN) return html`<li>had it shown</li>`;
    const { right, says } = judge(question, given);
    return html`<li>${written(question, given)}: ${right ? msg`right` : html`<b>wrong</b>. ${says}`}</li>`;
  })}</ol>`;
}
