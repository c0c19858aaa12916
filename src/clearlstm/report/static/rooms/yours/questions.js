// What Python can say of the net that the page can't work out: how far a change reaches, what the answer rests on, what
// each unit does, whether the net is sound. Each with how to read it, and what it can't tell.

import { html } from "htm/preact";

import { api } from "lab/api.js";
import { linked, oneOf, wholeNumber } from "lab/link.js";
import { List } from "lab/page/choice.js";
import { Attribution, Audit, GradientReach, Memory, Otherwise, Units } from "lab/rooms/yours/answers.js";
import { ask, knownOf } from "lab/rooms/yours/asking.js";
import { jobId } from "lab/rooms/yours/work.js";
import { layer, place, trace } from "lab/state.js";

/** @typedef {import("lab/rooms/yours/asking.js").Asked} Asked */

/** Which of the net's answers is explained. */
const output = linked("yours-output", 0, wholeNumber(0, 99_999));

/** What a unit is made to do: nothing is heard of it, or a gate is held. */
const OTHERWISE = [
  { value: "silent", label: "silent: its h reads 0" },
  { value: "f1", label: "its forget gate held at 1: nothing fades" },
  { value: "f0", label: "its forget gate held at 0: nothing stays" },
  { value: "i0", label: "its input gate held at 0: nothing comes in" },
  { value: "o1", label: "its output gate held at 1: all is told" },
];
const done = linked("yours-otherwise", "silent", oneOf(OTHERWISE.map(({ value }) => value)));

/** @param {number} unit @returns {Asked} */
function otherwise(unit) {
  if (done.value === "silent") return { question: "what_if", zero: [unit] };
  const gate = /** @type {"f" | "i" | "o"} */ (done.value[0]);
  return { question: "what_if", hold: [{ gate, unit, value: Number(done.value[1]) }] };
}

function Otherwises() {
  return html`<${List} name="otherwise" label="Make it" options=${OTHERWISE} chosen=${done.value}
    onChoose=${(/** @type {string} */ value) => (done.value = value)} />`;
}

export function Questions() {
  if (!trace.value) return null;
  return html`<section class="yours-questions" id="questions" aria-labelledby="questions-title">
    <h2 id="questions-title">Ask Python about it</h2>
    ${api.available && jobId.value
      ? html`<p>Each of these runs the net many times. It takes some
        seconds.</p><div>${questions().map((one) => html`<${Question} key=${one.name} ...${one} />`)}</div>`
      : html`<p>How far a change reaches, what an answer rests on, what each unit does, and an audit: these are Python’s
        work. Open
          ${" "}the model or the data in the running lab (<code>clearlstm lab</code>) to ask.</p>`}
  </section>`;
}

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} title
 * @property {string} read  how to read it
 * @property {string} cannot  what it can't tell
 * @property {Asked} asked
 * @property {(props: {answer: any}) => unknown} Answer
 * @property {() => unknown} [Choice]  of what is asked about
 *
 * @returns {Entry[]}
 */
function questions() {
  const gated = Boolean(layer.value?.c);
  const { unit } = place.value;
  /** @type {(Entry | false)[]} */
  const all = [
    {
      name: "gradient", title: "How far back does a change reach?", asked: { question: "gradient_flow" },
      Answer: GradientReach,
      read:
        "Each line says how much of a small change of a memory after a step arrives at the last one: 1 is " +
        "all of it, each level ten times less.",
      cannot: "It is the largest possible effect of a small change in this window, not what any real change did.",
    },
    gated && {
      name: "memory", title: "How long does a unit hold?", asked: { question: "memory" }, Answer: Memory,
      read: "For each step, after how many steps half of what it wrote is gone.",
      cannot: "What is held may never be read, and h carries things on too: this isn’t what the net remembers.",
    },
    {
      name: "attribution", title: "What does the answer rest on?", asked: { question: "attribution", output: output.value },
      Answer: Attribution,
      Choice: Outputs,
      read:
        "Each bar says how much a step’s inputs moved the chosen answer away from that to a baseline. The " +
        "bars add up to that difference.",
      cannot:
        "It is a fact about the net, not about the world; inputs that move together share the credit as this " +
        "net happens to use them.",
    },
    gated && {
      name: "otherwise", title: `What if unit ${unit} did otherwise?`, asked: otherwise(unit),
      Answer: Otherwise, Choice: Otherwises,
      read: "The unit is made to do so at every step, and the net runs again.",
      cannot: "The net was never trained that way: a small effect may only mean that other units can stand in.",
    },
    {
      name: "units", title: "What does each unit do?", asked: { question: "units" }, Answer: Units,
      read:
        "Shares of steps at which gates stand open, how long the unit holds, and how far the answer moves " +
        "without it, as a share of its spread.",
      cannot: "Measured on the windows of this job; other data may need a unit that looks dead here.",
    },
    {
      name: "audit", title: "Is the net sound?", asked: { question: "audit" }, Answer: Audit,
      read: "Faults first, then what to keep in mind, then facts; each says what it rests on.",
      cannot:
        "It finds what it looks for. That no fault is found doesn’t make the forecasts good: the comparison " +
        "says that.",
    },
  ]; // prettier-ignore
  return all.filter((one) => one !== false);
}

/** Which answer is meant, where there are several. */
function Outputs() {
  const y = trace.value?.y ?? [];
  const count = Array.isArray(y[0]) ? y[0].length : y.length;
  if (count < 2) return null;
  const options = Array.from({ length: count }, (_, k) => ({ value: String(k), label: `answer ${k}` }));
  return html`<${List} name="output" label="Of" options=${options} chosen=${String(output.value)}
    onChoose=${(/** @type {string} */ k) => (output.value = Number(k))} />`;
}

/** @param {Entry} props */
function Question({ name, title, read, cannot, asked, Answer, Choice }) {
  const known = knownOf(asked);
  return html`<div class="yours-question" data-question=${name}>
    <h3>${title}</h3>
    <p>${read} <span class="quiet">What it can’t tell: ${cannot.charAt(0).toLowerCase() + cannot.slice(1)}</span></p>
    ${Choice && html`<${Choice} />`}
    ${known?.state !== "known" && html`<button type="button" class="plain" disabled=${known?.state === "asked"}
      aria-label=${`Ask: ${title}`}
      onClick=${() => ask(asked)}>${known?.state === "asked" ? "Python is at it …" : "Ask"}</button>`}
    <div aria-live="polite">
      ${known?.state === "failed" && html`<p class="yours-trouble">${known.error}</p>`}
      ${known?.state === "known" && html`<${Answer}
        answer=${known.answer} />${known.answer.notes.map((/** @type {string} */ note) => html`<p
        class="note">${note}</p>`)}`}
    </div>
  </div>`;
}
