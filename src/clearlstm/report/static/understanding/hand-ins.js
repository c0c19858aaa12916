// For teachers: what learners handed in, each computed again from its seed.

import { signal } from "@preact/signals";

import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { Details } from "lab/understanding/details.js";
import { CHECKED, EACH } from "lab/understanding/questions.js";
import { read, write } from "lab/understanding/record.js";
import { countsOf, isForged, resultsOf } from "lab/understanding/results.js";
import { titleOf } from "lab/understanding/titles.js";

/**
 * @typedef {import("lab/understanding/record.js").CheckRecord} CheckRecord
 * @typedef {import("lab/understanding/results.js").RoomResults} RoomResults
 */

/** The texts that were given, whole. */
const texts = signal(/** @type {string[]} */ ([]));

/** Every record in a text: of links, files, mails. @param {string} text @returns {CheckRecord[]} */
export function recordsIn(text) {
  return [...text.matchAll(/[#&?]check=([^&\s"<>]+)/g)].flatMap(([, written]) => {
    const record = read(decoded(written));
    return record ? [record] : [];
  });
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export function HandInsPage() {
  const records = texts.value.flatMap(recordsIn);
  const empty = texts.value.filter((text) => recordsIn(text).length === 0).length;
  return html`<h1>What was handed in</h1>
    <p>Paste links, one after the other, or open files. Every question is computed again here from the seed of its learner,
      and every answer judged again. Nothing leaves this page.</p>
    <div class="hand-ins-in">
      <label>Links <textarea rows="3" cols="60" onChange=${pasted}></textarea></label>
      <label>Files <input type="file" multiple accept=".txt" onChange=${opened} /></label>
    </div>
    <p role="status">${records.length > 0 && msg`${records.length} handed in.`}${empty > 0 &&
      msg` ${empty} ${plural(empty, "text holds|texts hold")} nothing that was handed in: a link or a file of
        “What you understood” is wanted, whole.`}</p>
    ${records.length > 0 && html`<${Table} records=${records} />
      ${records.map((record, k) => html`<${Learner} record=${record} number=${k + 1} />`)}
      <p><button type="button" class="plain" onClick=${() => (texts.value = [])}>Clear</button></p>`}
    <section><h2>What this can tell you</h2>
      <p>That the answers are right for the questions of that seed, and what each try was. It can't tell who gave them, or
        how much help there was. A record that was changed after the page wrote it is marked; somebody determined can
        write one from the beginning, since a page without a server keeps no secret. Use it to see what to talk about
        next, not to grade.</p>
      <p>With a link such as <code>#room=plain-net&check=4711</code> a whole class gets the questions of one seed.</p>
    </section>`;
}

/** @param {{currentTarget: HTMLTextAreaElement}} event */
function pasted({ currentTarget: field }) {
  if (field.value.trim()) texts.value = [...texts.value, field.value];
  field.value = "";
}

const LARGEST_FILE = 1_000_000; // bytes: a class of hundreds

/** @param {{currentTarget: HTMLInputElement}} event */
async function opened({ currentTarget: field }) {
  const files = [...(field.files ?? [])];
  field.value = "";
  const read = await Promise.all(files.map((file) => (file.size <= LARGEST_FILE ? file.text() : "")));
  texts.value = [...texts.value, ...read];
}

/** @param {{records: CheckRecord[]}} props */
function Table({ records }) {
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label="All learners"><table class="hand-ins">
    <caption>Ideas that were understood, of ${EACH} a room; in brackets those at the first try</caption>
    <thead><tr><th scope="col">learner</th><th scope="col">seed</th>
      ${CHECKED.map((room) => html`<th scope="col">${titleOf(room)}</th>`)}<th scope="col">all</th></tr></thead>
    <tbody>${records.map((record, k) => html`<${Row} record=${record} number=${k + 1} />`)}</tbody>
  </table></div>`;
}

/** @param {{record: CheckRecord, number: number}} props */
function Row({ record, number }) {
  const rooms = resultsOf(record);
  return html`<tr>
    <th scope="row"><a href=${`#learner-${number}`} onClick=${(/** @type {Event} */ event) => jump(event, number)}>${
      record.name || msg`no name, ${number}`}</a>${isForged(record) && html` <b>changed</b>`}</th>
    <td>${record.seed}</td>
    ${CHECKED.map((room) => html`<td>${score(rooms.filter((one) => one.room === room))}</td>`)}
    <td>${score(rooms)}</td>
  </tr>`;
}

/** Within the page, and not by the link: that is the state of the lab. @param {Event} event @param {number} number */
function jump(event, number) {
  event.preventDefault();
  const place = document.getElementById(`learner-${number}`);
  place?.scrollIntoView();
  place?.focus({ preventScroll: true });
}

/** @param {RoomResults[]} rooms */
function score(rooms) {
  if (rooms.length === 0) return "–";
  const { first, helped } = countsOf(rooms);
  return `${first + helped} (${first})`;
}

/** @param {{record: CheckRecord, number: number}} props */
function Learner({ record, number }) {
  return html`<section id=${`learner-${number}`} tabindex="-1">
    <h2>${record.name || msg`No name, ${number}`} <small class="quiet">seed ${record.seed}</small></h2>
    ${isForged(record) && html`<p><b>This isn't as a page wrote it</b>: it was changed afterwards, or damaged on its way.</p>`}
    ${resultsOf(record).map((at) => html`<h3>${titleOf(at.room)}${at.draw > 1 && msg` (asked ${at.draw} times)`}</h3>
      <${Details} at=${at} solved />`)}
    <p><a href=${`#room=understood&check=${encodeURIComponent(write(record))}`}>As the learner saw it</a></p>
  </section>`;
}
