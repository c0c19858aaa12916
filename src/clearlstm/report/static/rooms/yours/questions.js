// What Python can say of the net that the page can't work out: its views, each with how to read it, and what it can't
// tell. What they are, lab/views.js says; here stands what is asked and what draws the answer.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { linked, oneOf, wholeNumber } from "lab/link.js";
import { List } from "lab/page/choice.js";
import { answerName } from "lab/rooms/yours/answer-names.js";
import { Attribution, Audit, GradientReach, Memory, Otherwise, Units } from "lab/rooms/yours/answers.js";
import { ask, knownOf, python } from "lab/rooms/yours/asking.js";
import { layer, place, trace } from "lab/state.js";
import { views } from "lab/views.js";

/** @typedef {import("lab/rooms/yours/asking.js").Request} Request */

/** Which of the net's answers is explained. */
const output = linked("yours-output", 0, wholeNumber(0, 99_999));

/** What a unit is made to do: nothing is heard of it, or a gate is held. */
const OTHERWISE = [
  { value: "silent", label: msg`silent: its h reads 0` },
  { value: "f1", label: msg`its forget gate held at 1: nothing fades` },
  { value: "f0", label: msg`its forget gate held at 0: nothing stays` },
  { value: "i0", label: msg`its input gate held at 0: nothing comes in` },
  { value: "o1", label: msg`its output gate held at 1: all is told` },
];
const done = linked("yours-otherwise", "silent", oneOf(OTHERWISE.map(({ value }) => value)));

/** @param {number} unit @returns {Omit<Request, "question">} */
function otherwise(unit) {
  if (done.value === "silent") return { zero: [unit] };
  const gate = /** @type {"f" | "i" | "o"} */ (done.value[0]);
  return { hold: [{ gate, unit, value: Number(done.value[1]) }] };
}

function Otherwises() {
  return html`<${List} name="otherwise" label="Make it" options=${OTHERWISE} chosen=${done.value}
    onChoose=${(/** @type {string} */ value) => (done.value = value)} />`;
}

export function Questions() {
  if (!trace.value) return null;
  return html`<section class="yours-questions" id="questions" aria-labelledby="questions-title">
    <h2 id="questions-title">Ask Python about it</h2>
    ${python.value
      ? html`<p>Each of these runs the net many times. It takes some
        seconds.</p><div>${questions().map((name) => html`<${Question} key=${name} name=${name} />`)}</div>`
      : html`<p>How far a change reaches, what an answer rests on, what each unit does, and an audit: these are Python's
        work. Open the model or the data in the running lab
          (<code>clearlstm lab</code>) to ask.</p>`}
  </section>`;
}

/**
 * @typedef {object} Entry
 * @property {(props: {answer: any}) => unknown} Answer  what draws it
 * @property {() => Omit<Request, "question">} [chosen]  what is asked about
 * @property {() => unknown} [Choice]  of that
 * @property {boolean} [gated]  asked of layers with gates only
 */

/** @type {Record<string, Entry>} What draws a view, by its name. */
export const DRAWN = {
  gradient_flow: { Answer: GradientReach },
  memory: { Answer: Memory },
  attribution: { Answer: Attribution, Choice: Outputs, chosen: () => ({ output: output.value }) },
  what_if: { Answer: Otherwise, Choice: Otherwises, chosen: () => otherwise(place.value.unit), gated: true },
  units: { Answer: Units },
  audit: { Answer: Audit },
};

/** The names of the views that can be asked for, in Python's order. */
function questions() {
  const gated = Boolean(layer.value?.c);
  return Object.keys(views).filter(
    (name) => name in DRAWN && (gated || !(views[name].needs_memory || DRAWN[name].gated)),
  );
}

/** Which answer is meant, where there are several. */
function Outputs() {
  const y = trace.value?.y ?? [];
  const count = Array.isArray(y[0]) ? y[0].length : y.length;
  if (count < 2) return null;
  const options = Array.from({ length: count }, (_, k) => ({ value: String(k), label: answerName(k) }));
  return html`<${List} name="output" label="Of" options=${options} chosen=${String(output.value)}
    onChoose=${(/** @type {string} */ k) => (output.value = Number(k))} />`;
}

/** @param {{name: string}} props */
function Question({ name }) {
  const { Answer, Choice, chosen } = DRAWN[name];
  const { read, cannot } = views[name];
  const title = name === "what_if" ? views[name].title.replace("a unit", msg`unit ${place.value.unit}`) : views[name].title;
  const request = { question: name, ...chosen?.() };
  const known = knownOf(request);
  return html`<div class="yours-question" data-question=${name}>
    <h3>${title}</h3>
    <p>${read} <span class="quiet">What it can't tell: ${cannot.charAt(0).toLowerCase() + cannot.slice(1)}</span></p>
    ${Choice && html`<${Choice} />`}
    ${known?.state !== "known" && html`<button type="button" class="plain" disabled=${known?.state === "running"}
      aria-label=${msg`Ask: ${title}`}
      onClick=${() => ask(request)}>${known?.state === "running" ? msg`Python is at it …` : msg`Ask`}</button>`}
    <div aria-live="polite">
      ${known?.state === "failed" && html`<p class="yours-trouble">${known.error}</p>`}
      ${known?.state === "known" && html`<${Answer}
        answer=${known.answer} />${known.answer.notes.map((/** @type {string} */ note) => html`<p
        class="note">${note}</p>`)}`}
    </div>
  </div>`;
}
