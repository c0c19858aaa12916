// The single weight over all the days on a logarithmic axis, with 2 and 0.5 beside it.

import { Plot } from "lab/charts/plot.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { powers, growthAt, steps, weight } from "lab/rooms/plain-net/state.js";
import { Num, shown } from "lab/shell/number.js";

export function Growth() {
  const days = Array.from({ length: steps.value + 1 }, (_, k) => k);
  const at = Math.min(growthAt.value, steps.value);
  const yours = powers.value.map(Math.abs);
  const others = [2, 0.5].filter((other) => other !== Math.abs(weight.value));
  const curves = [
    { style: "h", name: shown(weight.value), values: yours },
    ...others.map((other) => ({ style: "baseline", name: String(other), values: days.map((k) => other ** k) })),
  ];
  return html`<section>
    <h2>The same, for every number of days</h2>
    <p>Each line on the left axis is ten, a hundred or many thousand times the one below. Powers are straight lines
      there: the weight decides only how steep.</p>
    <${Plot} log label="What arrives of 1, by days, on a logarithmic axis" xs=${days} curves=${curves} at=${at}
      text=${msg`after ${at} days, ${shown(yours[at])}`} across="days"
      onMove=${(/** @type {number} */ k) => (growthAt.value = k)} />
    <p>After ${at} ${plural(at, "day|days")}, <span class="name h">${fixed(weight.value, 2)}</span> makes
      <b><${Num} name="power-here" value=${powers.value[at]} decimals=${4} /></b> of 1${others.map(
        (other) => html`; ${other} makes <${Num} name=${`other-${other}`} value=${other ** at} decimals=${4} />`,
      )}.</p>
  </section>`;
}
