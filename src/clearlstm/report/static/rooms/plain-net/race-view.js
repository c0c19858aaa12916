// Two nets learn beside each other: what each answers for A and B, update by update, and how wrong it is.

import { Plot } from "lab/charts/plot.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { ASKED_EVERY } from "lab/lstm/learning.js";
import { Choice } from "lab/page/choice.js";
import { useFrames } from "lab/rooms/frames.js";
import { Counts } from "lab/rooms/plain-net/counts.js";
import { GAPS, NEAR, UNITS, UPDATES } from "lab/rooms/plain-net/race.js";
import { again, courses, draw, gap, learn, lstmStart, plainStart } from "lab/rooms/plain-net/race-state.js";
import { readAt, running, updates, XS } from "lab/rooms/plain-net/race-state.js";
import { deeper } from "lab/shell/choices.js";
import { Num, shown } from "lab/shell/number.js";
import { Term } from "lab/shell/term.js";

/** @typedef {"plain" | "lstm"} Which */

const NETS = /** @type {const} */ ([
  { which: "plain", name: msg`${UNITS.plain} plain units`, style: "h" },
  { which: "lstm", name: msg`${UNITS.lstm} LSTM units`, style: "f" },
]);
const GAP_OPTIONS = GAPS.map((days) => {
  return { value: String(days), label: days === 3 ? msg`3, as in the video` : String(days) };
});
const PLAIN_OPTIONS = [
  { value: "plain", label: msg`between ±1/√H` },
  { value: "orthogonal", label: msg`orthogonal` },
];
const LSTM_OPTIONS = [
  { value: "open", label: msg`open (bias 4)` },
  { value: "half", label: msg`half open (bias 1)` },
];

export function Race() {
  return html`<section id="race">
    <h2>See it happen</h2>
    <p>Two companies differ on day 1 alone. Some days later comes the question: what was it on day 1? Two nets of
      about the same size, one of plain and one of LSTM <${Term} word="hidden unit" text="units" />, learn that
      here, in your browser, from the same made-up companies. A and B are never among them.</p>
    <${Controls} />
    <${Reading} />
    <div class="pair">${NETS.map((net) => html`<${Answers} ...${net} />`)}</div>
    <${Losses} />
    <${Outcome} />
    <${Counts} />
  </section>`;
}

function Controls() {
  useFrames(running, learn);
  const done = updates.value >= UPDATES;
  const begin = updates.value === 0 ? msg`Let them learn` : msg`Go on`;
  return html`<div>
    <${Choice} name="race-gap" label="Days between day 1 and the question" options=${GAP_OPTIONS} chosen=${gap.value}
      onChoose=${(/** @type {any} */ days) => choose(() => (gap.value = days))} />
    ${deeper.value &&
    html`<${Choice} name="race-plain" label="The plain net's weights start" options=${PLAIN_OPTIONS}
        chosen=${plainStart.value} onChoose=${(/** @type {any} */ start) => choose(() => (plainStart.value = start))} />
      <${Choice} name="race-lstm" label="The LSTM's forget gates start" options=${LSTM_OPTIONS}
        chosen=${lstmStart.value} onChoose=${(/** @type {any} */ start) => choose(() => (lstmStart.value = start))} />`}
    <div class="race-buttons">
      <button class="plain main" type="button" disabled=${done}
        onClick=${() => (running.value = !running.value)}>${running.value ? msg`Stop` : begin}</button>
      <button class="plain" type="button"
        onClick=${() => again((draw.value % 9999) + 1)}>Again, from other weights</button>
      <span class="quiet">draw ${draw.value}; the link keeps it</span>
    </div>
  </div>`;
}

/** @param {() => void} change */
function choose(change) {
  running.value = false;
  change();
}

/** The place in the lines that is read. */
function place() {
  const last = updates.value / ASKED_EVERY;
  return Math.min(readAt.value ?? last, last);
}

function Reading() {
  const at = place();
  return html`<p class="lead" aria-live="off">After <b><${Num} name="race-updates" value=${XS[at]} decimals=${0} /></b>
    updates ${NETS.map(({ which, style }, k) => {
      const [a, b] = courses.value[which].answers.map((course) => course[at]);
      return html`${k === 1 && ", "}the ${which === "lstm" ? "LSTM" : msg`plain net`} answers
        <b class=${`name ${style}`}><${Num} name=${`race-${which}-A`} value=${a} /></b> for A and
        <b class=${`name ${style}`}><${Num} name=${`race-${which}-B`} value=${b} /></b> for B`;
    })}. Wanted are 0 and 1.</p>`;
}

/** @param {{which: Which, name: string, style: string}} props */
function Answers({ which, name, style }) {
  const [a, b] = courses.value[which].answers;
  const at = place();
  const curves = [
    { style: "other-2", name: "A", values: padded(a) },
    { style, name: "B", values: padded(b) },
  ];
  return html`<figure><figcaption><b>${name}</b><small>what they answer for A and B</small></figcaption>
    <${Plot} label=${msg`Answers of the net of ${name}, by updates`} xs=${XS} curves=${curves} at=${at} height=${220}
      text=${msg`after ${XS[at]} updates, A ${shown(a[at])}, B ${shown(b[at])}`} across="updates" domain=${[-0.5, 1.5]}
      onMove=${move} /></figure>`;
}

function Losses() {
  const at = place();
  const curves = NETS.map(({ which, style, name }) => ({ style, name, values: padded(courses.value[which].losses) }));
  const least = Math.min(...curves.flatMap(({ values }) => values.filter(Number.isFinite)));
  return html`<figure><figcaption><b>The loss of both</b><small>on the companies that they learn from; each line of the
    axis is a multiple of the one below</small></figcaption>
    <${Plot} log label="The loss of both nets by updates, on a logarithmic axis" xs=${XS} curves=${curves} at=${at}
      text=${NETS.map(({ which, name }) => `${name}: ${shown(courses.value[which].losses[at], 4)}`).join(", ")}
      across="updates" domain=${[Math.min(least, 1e-2), 1]} height=${200} onMove=${move} /></figure>`;
}

/** @param {number} index */
function move(index) {
  readAt.value = index;
}

/** What isn't reached yet is left out. @param {number[]} values */
function padded(values) {
  return [...values, ...Array(XS.length - values.length).fill(NaN)];
}

/** What came of it, in words: also when it didn't work out. */
function Outcome() {
  if (updates.value < UPDATES) return null;
  return html`<div role="status">${NETS.map(({ which }) => {
    const [a, b] = courses.value[which].answers.map((course) => course[course.length - 1]);
    const name = which === "lstm" ? msg`The LSTM` : msg`The plain net`;
    return html`<p><b>${name} ${verdict(a, b)}</b> Day 1 changes its answer by
      <${Num} name=${`race-${which}-apart`} value=${b - a} />; 1 is wanted.</p>`;
  })}</div>`;
}

/** @param {number} a @param {number} b  the answers, of which 0 and 1 are wanted */
function verdict(a, b) {
  if (Math.abs(a) < NEAR && Math.abs(b - 1) < NEAR) return msg`has learnt it.`;
  return Math.abs(b - a) < NEAR
    ? msg`hasn't learnt it: to both it says nearly the same.`
    : msg`isn't there yet: it tells them apart, but one of the answers is off.`;
}
