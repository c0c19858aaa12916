// The fill-in mode: the numbers ahead are hidden, and the reader supplies the next one.

import { batch, computed, signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { sentence } from "lab/lesson.js";
import { GATES } from "lab/lstm/unit.js";
import { COMPUTED, FUNCTIONS, gateOf, labelOf, productsOfGate } from "lab/rooms/unit/keys.js";
import { explain, fromRounded, isRight, readAnswer, slipsOf } from "lab/rooms/unit/slips.js";
import { stageOfNumber } from "lab/rooms/unit/stages.js";
import { goToStage, now, question, weights } from "lab/rooms/unit/state.js";
import { nameOf } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";

/** The numbers that are yet to be found. */
export const hiddenNumbers = computed(() => {
  if (!COMPUTED.includes(question.value)) return [];
  const ahead = COMPUTED.slice(COMPUTED.indexOf(question.value));
  return [...ahead, ...GATES.filter((gate) => ahead.includes(`z_${gate}`)).flatMap(productsOfGate)];
});

/** What was found at the first try, and out of how many. */
const score = signal({ right: 0, of: 0 });

/** Hide all and ask for the first number. */
export function beginFillIn() {
  score.value = { right: 0, of: 0 };
  ask(COMPUTED[0]);
}

export function endFillIn() {
  question.value = "";
}

/** @param {string | undefined} key */
function ask(key) {
  batch(() => {
    question.value = key ?? "done";
    goToStage(key ? stageOfNumber(key) : "h");
  });
}

/** @typedef {{key: string, value?: number, result: "right" | "shown" | "not yet", why: string}} Verdict */

export function FillIn() {
  const [last, setLast] = useState(/** @type {Verdict | null} */ (null));
  return html`<section class="unit-fill" aria-label="Find the numbers yourself">
    ${question.value === "done"
      ? html`<p>You found ${score.value.right} of ${score.value.of} at the first try.
          ${" "}<button type="button" class="plain" onClick=${beginFillIn}>Once more</button>
          ${" "}<button type="button" class="plain" onClick=${endFillIn}>Back to the drawing</button></p>`
      : html`<${Question} key=${question.value} name=${question.value} last=${last} onVerdict=${setLast} />`}
    <div role="status">${last && html`<${Outcome} ...${last} name=${last.key} />`}</div>
  </section>`;
}

/** @param {{name: string, last: Verdict | null, onVerdict: (verdict: Verdict) => void}} props */
function Question({ name, last, onVerdict }) {
  const missed = last?.key === name;
  /** @param {"right" | "shown"} result */
  const goOn = (result) => {
    count(missed, result === "right");
    onVerdict({ key: name, value: numberNow(name), result, why: "" });
    ask(COMPUTED[COMPUTED.indexOf(name) + 1]);
  };
  /** @param {Event & {currentTarget: HTMLFormElement}} event */
  const check = (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (event.currentTarget.elements.namedItem("answer"));
    const why = whatIsWrong(name, field.value);
    if (why === null) return goOn("right");
    const counts = readAnswer(field.value) !== null;
    if (counts) count(missed, false);
    onVerdict({ key: counts || missed ? name : "", result: "not yet", why });
  };
  return html`<form onSubmit=${check}>
    <label>${COMPUTED.indexOf(name) + 1} of ${COMPUTED.length}: what is ${questionOf(name)}?
      ${" "}<input name="answer" class="unit-field" inputmode="decimal" autocomplete="off" size="8"
        ref=${focusOnce} /></label>
    <button type="submit" class="plain main">Check</button>
    <button type="button" class="plain" onClick=${() => goOn("shown")}>Reveal</button>
    <button type="button" class="plain" onClick=${endFillIn}>Show all numbers</button>
  </form>`;
}

/** @param {HTMLInputElement | null} field */
function focusOnce(field) {
  field?.focus({ preventScroll: true });
}

/** Only the first try at a number counts. @param {boolean} again @param {boolean} right */
function count(again, right) {
  if (!again) score.value = { right: score.value.right + (right ? 1 : 0), of: score.value.of + 1 };
}

/** @param {string} key */
function numberNow(key) {
  return now.value[/** @type {keyof typeof now.value} */ (key)];
}

/** @param {string} key */
function questionOf(key) {
  const gate = gateOf(key);
  if (gate === key) return html`<b class=${`name ${gate}`}>${nameOf(gate)}</b>, the ${FUNCTIONS[gate]} of that sum`;
  if (gate) return html`the sum for <b class=${`name ${gate}`}>${nameOf(gate)}</b>`;
  const how = {
    kept: msg`f × c before`, written: "i × g", c: msg`what stays + what is added`, tanh_c: "tanh(c)", h: "o × tanh(c)",
  }[key]; // prettier-ignore
  return html`<b>${labelOf(key)}</b>, ${how}`;
}

/**
 * What to say of an answer that isn't right; null for one that is.
 * @param {string} key @param {string} text
 */
function whatIsWrong(key, text) {
  const answer = readAnswer(text);
  if (!answer) return sentence("no_number").flat().join("");
  const slips = slipsOf(key, weights.value, now.value);
  if (isRight(answer, numberNow(key), fromRounded(key, weights.value, now.value), slips)) return null;
  const why = explain(answer, slips)?.says ?? msg`Look at what meets at this number, and try again.`;
  return msg`Not ${text.trim()}. ${why}`;
}

/** @param {{name: string, value?: number, result: string, why: string}} props */
function Outcome({ name, value, result, why }) {
  if (value === undefined) return html`<p class="unit-miss"><span aria-hidden="true">✗</span> ${why}</p>`;
  return html`<p>${result === "right" ? msg`✓ Right: ` : ""}${labelOf(name)} is
    <${Num} name=${`found-${name}`} value=${value} decimals=${6} />.</p>`;
}
