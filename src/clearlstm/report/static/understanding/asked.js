// One question: what is given, a field or a choice for the answer, and what is said of each try.

import { useState } from "preact/hooks";

import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { sentence } from "lab/lesson.js";
import { address, visit } from "lab/link.js";
import { isChoice, judge, letterOf, SHOWN, solution, tryOf, written } from "lab/understanding/question.js";
import { answer, showAnswer } from "lab/understanding/state.js";

/**
 * @typedef {import("lab/understanding/question.js").Question} Question
 * @typedef {import("lab/understanding/question.js").Given} Given
 * @typedef {import("lab/understanding/results.js").Result} Result
 * @typedef {import("lab/understanding/questions.js").Checked} Checked
 */

/** @param {{room: Checked, place: number, result: Result}} props */
export function Asked({ room, place, result }) {
  const { question, over } = result;
  const name = `${room}-${place + 1}`;
  return html`<article class="check-question" data-idea=${question.idea} aria-labelledby=${`check-${name}`}>
    <p id=${`check-${name}`} class="check-text">${question.text}</p>
    <${Numbers} name=${name} given=${question.given} />
    ${!over && html`<${Answering} name=${name} room=${room} place=${place} question=${question} />`}
    <div role="status"><${Said} result=${result} /></div>
    ${(over || question.open) && html`<${InTheRoom} question=${question} over=${over} />`}
  </article>`;
}

/** The numbers to work with that don't stand in the text. @param {{name: string, given: Given[]}} props */
export function Numbers({ name, given }) {
  const listed = given.filter(({ label }) => label);
  return listed.length > 0 && html`<dl class="check-given">${listed.map(
    ({ name: number, label, value, decimals, part = "" }) => html`<div class=${part}>
      <dt>${label}</dt>
      <dd data-key=${`check-${name}-${number}`} data-value=${value}>${fixed(value, decimals ?? decimalsOf(value))}</dd>
    </div>`,
  )}</dl>`;
}

/** As many decimals as a number has that was drawn with few. @param {number} value */
const decimalsOf = (value) => (String(value).split(".")[1] ?? "").length;

/** @param {{name: string, room: Checked, place: number, question: Question}} props */
function Answering({ name, room, place, question }) {
  const [complaint, complain] = useState("");
  /** @param {Event & {currentTarget: HTMLFormElement}} event */
  const check = (event) => {
    event.preventDefault();
    const given = tryOf(question, String(new FormData(event.currentTarget).get("answer") ?? ""));
    complain(given === null ? unreadable(question) : "");
    if (given !== null) answer(room, place, given);
  };
  return html`<form class="check-answer" onSubmit=${check}>
    ${isChoice(question)
      ? html`<${Options} name=${name} question=${question} />`
      : html`<label>Your answer <input name="answer" type="text" inputmode="decimal" autocomplete="off" size="8"
          aria-describedby=${`check-${name}-complaint`} /></label>`}
    <button type="submit" class="plain main">Check</button>
    <button type="button" class="plain" onClick=${() => showAnswer(room, place)}>Show me</button>
    <p class="check-complaint" id=${`check-${name}-complaint`} role="status">${complaint}</p>
  </form>`;
}

/** @param {Question} question */
function unreadable(question) {
  return isChoice(question) ? msg`Choose one of them first.` : sentence("no_number").flat().join("");
}

/** @param {{name: string, question: import("lab/understanding/question.js").ChoiceQuestion}} props */
function Options({ name, question }) {
  return html`<fieldset class="check-options"><legend class="unseen">Your answer</legend>
    ${question.options.map(
      ({ text }, k) => html`<label><input type="radio" name="answer" value=${letterOf(k)}
        id=${`check-${name}-${letterOf(k)}`} /> ${text}</label>`,
    )}</fieldset>`;
}

/** What came of the last try, or how the answer comes about. @param {{result: Result}} props */
function Said({ result: { question, tries, outcome } }) {
  const last = tries[tries.length - 1];
  if (last === undefined) return null;
  if (last === SHOWN) return html`<p>It is <b>${solution(question)}</b>. ${question.why}. Other numbers are one click away, below.</p>`;
  const { right, says } = judge(question, last);
  if (!right) return html`<p class="check-miss"><span aria-hidden="true">✗</span> Not ${written(question, last)}. ${says}</p>`;
  return html`<p><span aria-hidden="true">✓</span> Right${outcome === "first try" && msg`, at the first try`}. ${question.why}.</p>`;
}

/** @param {{question: Question, over: boolean}} props */
function InTheRoom({ question, over }) {
  const set = () => {
    const parts = new URLSearchParams(address());
    for (const [key, value] of new URLSearchParams(question.at)) parts.set(key, value);
    visit(parts.toString());
    scrollTo(0, 0);
  };
  if (!question.at.includes("&")) return null;
  return html`<p><button type="button" class="plain" onClick=${set}>${over
    ? msg`See it in the room`
    : msg`Set the room to these days`}</button></p>`;
}
