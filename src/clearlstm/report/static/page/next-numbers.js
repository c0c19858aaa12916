// The next numbers of a series, in the order of time: what is forecast, between which ends, and what is advised instead.

import { date } from "lab/dates.js";
import { decimalsFor, fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { plural } from "lab/language/texts.js";

/** Steps that are listed; the table under the drawing has all. */
const MOST = 12;

/** @param {{series: import("lab/data.js").Series}} props */
export function NextNumbers({ series }) {
  const { ds, median, intervals, advised } = series.forecast;
  const decimals = decimalsFor(series.y);
  const narrowest = intervals.toSorted((a, b) => a.level - b.level)[0];
  const unit = series.unit ? `, ${series.unit}` : "";
  return html`<section class="next" aria-labelledby="next-title">
    <h2 id="next-title">The next ${ds.length === 1 ? "" : `${ds.length} `}${plural(ds.length, "step|steps")}${unit}</h2>
    <div class="scroll-x" tabindex="0" role="region" aria-label="The next numbers"><table>
      <caption class="unseen">${series.id}: the next numbers</caption>
      <thead><tr><td></td>
        ${advised && html`<th scope="col"><strong>${advised.name}</strong>, advised</th>`}
        <th scope="col">${series.model}</th>
        ${narrowest && html`<th scope="col">${narrowest.level} % interval</th>`}</tr></thead>
      <tbody>${ds.slice(0, MOST).map((day, k) => html`<tr>
        <th scope="row">${date(day)}</th>
        ${advised && html`<td><strong>${fixed(advised.median[k], decimals)}</strong></td>`}
        <td data-key=${`next-${k}`} data-value=${median[k] ?? ""}>${fixed(median[k], decimals)}</td>
        ${narrowest && html`<td class="quiet">${fixed(narrowest.lo[k], decimals)} to ${fixed(narrowest.hi[k], decimals)}</td>`}
      </tr>`)}</tbody>
    </table></div>
    ${ds.length > MOST && html`<p class="note">${ds.length - MOST} more in “The numbers as a table”.</p>`}
  </section>`;
}
