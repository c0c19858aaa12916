// From the unit's number to a forecast for five days: scaled back to prices, and fed back as the next day's input.

import { html } from "lab/language/html.js";
import { aNumber, linked } from "lab/link.js";
import { run, VIDEO } from "lab/lstm/unit.js";
import { answer, inputs } from "lab/rooms/companies/state.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";

const STEPS = 5;
const HIGHEST = 200;
const SIDES = /** @type {const} */ (["A", "B"]);

const low = linked("forecast-low", 40, aNumber);
const high = linked("forecast-high", 60, aNumber);

/** What the unit says for the days after the last one, each answer read as the next day. @param {number[]} xs */
export function fedBack(xs) {
  const days = [...xs];
  for (let k = 0; k < STEPS; k++) days.push(answer(run(VIDEO, days)));
  return days.slice(xs.length);
}

export function Forecast() {
  return html`<section id="forecast">
    <h2>From its number to five days</h2>
    <p>The unit reads 0 for the lowest price and 1 for the highest, and its answer is on the same scale. So a forecast
      is lowest + answer × (highest − lowest). For more days, the answer can be read as if it were the next day.</p>
    <div class="sliders">
      <${Slider} name="lowest price" label="Lowest price" value=${low.value} min=${0} max=${HIGHEST} step=${1}
        onMove=${(/** @type {number} */ value) => (low.value = value)} />
      <${Slider} name="highest price" label="Highest price" value=${high.value} min=${0} max=${HIGHEST} step=${1}
        onMove=${(/** @type {number} */ value) => (high.value = value)} />
    </div>
    <div class="scroll-x" tabindex="0" role="region" aria-label="Five days ahead"><table>
      <thead><tr><th scope="col">days ahead</th>${Array.from({ length: STEPS }, (_, k) => html`<th
        scope="col">${k + 1}</th>`)}</tr></thead>
      <tbody>${SIDES.map((side) => html`<${Rows} side=${side} />`)}</tbody>
    </table></div>
    <p>The unit has learnt nothing about the days after the first, and each error is read as truth by the next day. Nets
      for forecasting, as in room 6, answer all days at once instead: a sum of all their units' h's for each day
      ahead, with weights of its own.</p>
  </section>`;
}

/** @param {{side: "A" | "B"}} props */
function Rows({ side }) {
  const answers = fedBack(inputs[side].value);
  return html`<tr><th scope="row">${side} says</th>${answers.map(
      (value, k) => html`<td><${Num} name=${`ahead-${side}-${k + 1}`} value=${value} /></td>`,
    )}</tr>
    <tr><th scope="row">${side} in dollars</th>${answers.map(
      (value, k) => html`<td><b><${Num} name=${`dollars-${side}-${k + 1}`}
        value=${low.value + value * (high.value - low.value)} /></b></td>`,
    )}</tr>`;
}
