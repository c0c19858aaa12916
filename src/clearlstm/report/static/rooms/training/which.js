// When an LSTM, and when something else: what each has to learn and to keep, for a size that the reader chooses.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { linked, wholeNumber } from "lab/link.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

const units = linked("which-units", 32, wholeNumber(1, 512));
const days = linked("which-days", 50, wholeNumber(1, 5000));

/**
 * @typedef {object} Way
 * @property {string} id
 * @property {string} name
 * @property {(H: number) => number} learns  numbers, in a layer of width H that reads one of width H
 * @property {((H: number, T: number) => number) | null} keeps  numbers between two days; null: a season of them
 * @property {string} when
 */

/**
 * A Transformer's block is that of Vaswani and others (2017), its inner layer four times as wide, without biases. The
 * GRU has a second bias inside its bracket, as torch has it.
 * @type {Way[]}
 */
const WAYS = [
  { id: "naive", name: msg`the value of a season ago`, learns: () => 0, keeps: null,
    when: msg`First, always: on a short series with a clear season it is hard to beat, and everything has to.` },
  { id: "gru", name: "GRU", learns: (H) => 6 * H * H + 4 * H, keeps: (H) => H,
    when: msg`In place of an LSTM when it should be smaller. Which of the two is more exact, only a test tells.` },
  { id: "lstm", name: "LSTM", learns: (H) => 4 * (2 * H * H + H), keeps: (H) => 2 * H,
    when: msg`Many related series or a long one, data that come in day by day, a small memory.` },
  { id: "transformer", name: "Transformer", learns: (H) => 12 * H * H, keeps: (H, T) => 2 * T * H,
    when: msg`Very much data, and long texts or series of which any day may matter to any other.` },
]; // prettier-ignore

export function Which() {
  const [H, T] = [units.value, days.value];
  return html`<section id="which">
    <h2>When an LSTM, and when something else?</h2>
    <div class="sliders">
      <${Slider} name="width" label="Units" value=${H} min=${1} max=${512} step=${1}
        onMove=${(/** @type {number} */ value) => (units.value = Math.round(value))} />
      <${Slider} name="days to look back" label="Days to look back" value=${T} min=${1} max=${5000} step=${1}
        onMove=${(/** @type {number} */ value) => (days.value = Math.round(value))} />
    </div>
    <div class="scroll-x" tabindex="0" role="region" aria-label="Four ways compared"><table class="which">
      <thead><tr><th scope="col">a layer of it</th><th scope="col">numbers to learn</th>
        <th scope="col">numbers to keep from day to day</th><th scope="col" class="words">when</th></tr></thead>
      <tbody>${WAYS.map(({ id, name, learns, keeps, when }) => html`<tr><th scope="row">${name}</th>
        <td><${Num} name=${`learns-${id}`} value=${learns(H)} decimals=${0} /></td>
        <td>${keeps ? html`<${Num} name=${`keeps-${id}`} value=${keeps(H, T)} decimals=${0} />` : msg`one season`}</td>
        <td class="words">${when}</td></tr>`)}
      </tbody>
    </table></div>
  </section>`;
}
