// Exact numbers beside those of the video, which rounds at every stage and carries the rounded number on; and where
// the two part.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { sentence } from "lab/lesson.js";
import { DECIMALS, whatRoundingAdds } from "lab/lstm/rounded.js";
import { COMPUTED, labelOf, styleOf } from "lab/rooms/unit/keys.js";
import { carry, day, exactSteps, roundedSteps } from "lab/rooms/unit/state.js";
import { hiddenNumbers } from "lab/rooms/unit/fill-in.js";
import { written } from "lab/rooms/unit/write.js";
import { nameOf } from "lab/shell/names.js";
import { Num } from "lab/shell/number.js";

/** @typedef {keyof typeof DECIMALS} Stage */

export function Parting() {
  return html`<section class="unit-parting" aria-labelledby="unit-parting-title">
    <h2 id="unit-parting-title">Exact, and as the video rounds</h2>
    <p>${sentence("rounding")} This page goes on with the exact number and rounds for the eye only. So the two can differ
      in the last digit, and that is no mistake.</p>
    <p><label class="unit-switch"><input type="checkbox" checked=${carry.value}
      onChange=${(/** @type {any} */ event) => (carry.value = event.currentTarget.checked)} />
      Carry the rounded numbers on, as the video does</label></p>
    ${hiddenNumbers.value.length === 0 && html`<${WhereTheyPart} />`}
  </section>`;
}

function WhereTheyPart() {
  const [exact, rounded] = [exactSteps.value[day.value], roundedSteps.value[day.value]];
  const roundings = whatRoundingAdds(exact, rounded);
  const most = Object.keys(roundings).reduce((a, b) =>
    Math.abs(roundings[b].adds) > Math.abs(roundings[a].adds) ? b : a,
  );
  return html`<p>On day ${day.value + 1} the new ${nameOf("c")} is
      <${Num} name="exact-c" value=${exact.c} style="c" decimals=${6} /> exactly, and
      <${Shown} name="video-c" stage="c" value=${rounded.c} /> as the video rounds.
      ${roundings[most].adds !== 0 && html`<${Largest} name=${most} ...${roundings[most]} />`}</p>
    <details><summary>Stage by stage</summary><div class="scroll"><table>
      <thead><tr><th scope="col">stage</th><th scope="col">exact</th><th scope="col">as the video rounds</th>
        <th scope="col">its rounding adds to c</th></tr></thead>
      <tbody>${COMPUTED.map((key) => Row(/** @type {Stage} */ (key), exact, rounded, roundings[key]?.adds))}</tbody>
    </table></div></details>`;
}

/**
 * The rounding that moves the memory most.
 * @param {{name: string, before: number, after: number, adds: number}} props
 */
function Largest({ name, before, after, adds }) {
  return html`The rounding that counts most is that of <b>${labelOf(name)}</b>:
    <${Num} name="parting-before" value=${before} style=${styleOf(name)} decimals=${6} /> becomes
    <${Shown} name="parting-after" stage=${name} value=${after} />, and that
    ${adds > 0 ? msg`adds` : msg`takes away`}
    <${Num} name="parting-adds" value=${Math.abs(adds)} decimals=${4} />.`;
}

/**
 * @param {Stage} key @param {import("lab/lstm/unit.js").Step} exact @param {import("lab/lstm/unit.js").Step} rounded
 * @param {number | undefined} adds
 */
function Row(key, exact, rounded, adds) {
  return html`<tr><th scope="row" class=${styleOf(key)}>${labelOf(key)}</th>
    <td><${Num} name=${`exact-${key}-row`} value=${exact[key]} decimals=${6} /></td>
    <td><${Shown} name=${`video-${key}-row`} stage=${key} value=${rounded[key]} /></td>
    <td>${adds !== undefined && html`<${Num} name=${`adds-${key}`} value=${adds} decimals=${4} />`}</td></tr>`;
}

/** A number with the video's decimals. @param {{name: string, stage: string, value: number}} props */
function Shown({ name, stage, value }) {
  const style = `num ${styleOf(stage)}`;
  return html`<span class=${style} data-key=${name} data-value=${value}>${written(stage, value, true)}</span>`;
}
