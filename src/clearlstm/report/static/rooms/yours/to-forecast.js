// From the net's answers to a forecast in the series' own unit, for one step, with this net's numbers.

import { signal } from "@preact/signals";

import { date } from "lab/dates.js";
import { decimalsFor, fixed, percent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { List } from "lab/page/choice.js";
import { quantileName } from "lab/rooms/yours/answer-names.js";
import { Num } from "lab/shell/number.js";
import { altered, answersOf, chosenSeries, report, trace } from "lab/state.js";

/** @typedef {import("lab/data.js").Told} Told */

const chosen = signal(0);

export function ToForecast() {
  const told = trace.value?.forecast;
  if (!told) return null;
  const k = Math.min(chosen.value, told.ds.length - 1);
  const options = told.ds.map((day, step) => ({ value: String(step), label: date(day) }));
  return html`<section aria-labelledby="to-forecast-title" class="yours-to-forecast">
    <h3 id="to-forecast-title">How they become a forecast</h3>
    <p>The net answers with ${told.quantiles.length} numbers for each of ${told.ds.length} steps. They say how far off the
      base, the mean of simple forecasts that it starts from, will be.</p>
    <${List} name="told-step" label="Follow those for" options=${options} chosen=${String(k)}
      onChoose=${(/** @type {string} */ step) => (chosen.value = Number(step))} />
    <${Steps} told=${told} k=${k} />
  </section>`;
}

/** What becomes of the answers for step `k`. @param {Told} told @param {number} k */
export function followed(told, k) {
  const Q = told.quantiles.length;
  const now = altered.value && told.nets === 1 ? answersOf(altered.value).slice(k * Q, (k + 1) * Q) : told.scaled[k];
  const scaled = now.toSorted((a, b) => a - b);
  const median = scaled[(Q - 1) / 2];
  const change = median * told.earned[k] * told.size[k];
  const sum = told.log ? told.base[k] * Math.exp(change) : told.base[k] + change;
  return { scaled, median, change, value: told.nonnegative ? Math.max(sum, 0) : sum };
}

/** @param {{told: Told, k: number}} props */
function Steps({ told, k }) {
  const { scaled, median, change, value } = followed(told, k);
  const series = report.value.series.find(({ id }) => id === chosenSeries.value);
  const decimals = decimalsFor(series?.y ?? told.base);
  const unit = series?.unit ? ` ${series.unit}` : "";
  const pairs = told.quantiles.slice(0, (told.quantiles.length - 1) / 2).map((level, lo) => ({
    level: percent(1 - 2 * level, 0), lo: told.values[k][lo], hi: told.values[k][told.quantiles.length - 1 - lo],
  })); // prettier-ignore
  return html`<ol>
    <li>${told.nets > 1 ? msg`The mean of its ${told.nets} nets' answers` : msg`Its answers`}, in rising
      order: ${scaled.map((one, q) => html`${q > 0 && " · "}${quantileName(told.quantiles[q])}
      ${" "}<${Num} name=${`scaled-${q}`} value=${one} decimals=${4} />`)}.</li>
    <li>Of the median the net has earned ${percent(told.earned[k], 0)} on later rows:
      <${Num} name="told-median" value=${median} decimals=${4} /> × ${fixed(told.earned[k], 2)} =
      <${Num} name="told-earned" value=${median * told.earned[k]} decimals=${4} />.
      ${told.earned[k] === 0 && msg`Nothing of it counts: the forecast is the base.`}</li>
    <li>Back to size: × <${Num} name="told-size" value=${told.size[k]} decimals=${4} />, how far the base is usually
      off, ${k + 1} ${plural(k + 1, "step|steps")} ahead${told.log ? msg`, in logarithms` : unit} =
      <${Num} name="told-change" value=${change} decimals=${5} />.</li>
    <li>Put on the base: ${fixed(told.base[k], decimals)} ${told.log ? html`× e<sup>${fixed(change, 5)}</sup>` : `+ ${fixed(change, decimals)}`} =
      <strong data-key="told-value" data-value=${value}>${fixed(value, decimals)}${unit}</strong>, the LSTM's
      forecast${series && series.model !== "LSTM" && msg`; ${series.model}, above, is its mean with other models`}.</li>
    <li>The other answers become the ends of intervals in the same way, then moved by how far they missed before:
      ${pairs.map(({ level, lo, hi }) => msg`${level} from ${fixed(lo, decimals)} to ${fixed(hi, decimals)}`).join(", ")}.</li>
  </ol>`;
}
