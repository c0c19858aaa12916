// What a learner hands in: the link of this page, or a file with it.

import { useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { keep } from "lab/page/keep.js";
import { LONGEST_NAME, write } from "lab/understanding/record.js";
import { countsOf } from "lab/understanding/results.js";
import { call, record, results } from "lab/understanding/state.js";

export function HandIn() {
  const [said, say] = useState("");
  const link = handInLink();
  const copy = () =>
    navigator.clipboard.writeText(link).then(
      () => say(msg`The link is copied.`),
      () => say(msg`The browser didn't allow that: copy it from the field.`),
    );
  return html`<section class="hand-in">
    <h2>Hand it in</h2>
    <p>The link holds the seed and every try. Whoever opens it sees this page: the questions are computed again from the
      seed, and the answers judged again.</p>
    <p><label>Your name <input type="text" maxlength=${LONGEST_NAME} autocomplete="name" value=${record.value.name}
      onInput=${(/** @type {any} */ event) => call(event.currentTarget.value)} /></label></p>
    <p><label>Your link <input type="text" class="hand-in-link" readonly value=${link}
      onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} /></label></p>
    <div class="check-next">
      <button type="button" class="plain main" onClick=${save}>Save a file</button>
      <button type="button" class="plain" onClick=${copy}>Copy the link</button>
      <span role="status">${said}</span>
    </div>
    <p class="quiet">What this can't prove: who sat here, or that nobody helped. It is no examination. A page without a
      server keeps no secret, so somebody determined can write a record by hand. Your answers go nowhere by themselves.</p>
  </section>`;
}

/** Where this page is, with the record alone: a key of a lab that runs here isn't part of it. */
function handInLink() {
  const place = location.protocol === "file:" || location.hostname === "127.0.0.1" ? "" : location.origin + location.pathname;
  return `${place}#room=understood&check=${encodeURIComponent(write(record.value))}`;
}

function save() {
  const { name, seed } = record.value;
  const { first, helped, of } = countsOf(results.value);
  const lines = [
    msg`clearlstm, check of understanding`, msg`name: ${name || msg`not given`}`, msg`seed: ${seed}`,
    msg`${of} ideas: ${first} at the first try, ${helped} after help`, "", handInLink(), "",
  ]; // prettier-ignore
  const file = `understood-${(name || String(seed)).replaceAll(/[^\p{L}\p{N}]+/gu, "-")}.txt`;
  keep({ name: file, blob: new Blob([lines.join("\n")], { type: "text/plain" }) });
}
