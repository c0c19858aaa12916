// The series of a table before anything is trained on them: look first.

import { useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { calendarTicks, date } from "lab/dates.js";
import { decimalsFor, fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Choice } from "lab/page/choice.js";

/** @param {{table: import("lab/api.js").Table}} props */
export function SeriesChart({ table: { chart, series, unit } }) {
  const [id, setId] = useState("");
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  if (chart.length === 0) return null;
  const shown = chart.find((one) => one.id === id) ?? chart[0];
  const row = Math.min(at ?? shown.ds.length - 1, shown.ds.length - 1);
  const text = `${date(shown.ds[row])}: ${fixed(shown.y[row], decimalsFor(shown.y))}${unit ? ` ${unit}` : ""}`;
  const left = (series ?? 0) - chart.length;
  return html`<section aria-labelledby="series-title">
    <h2 id="series-title">What is to be forecast</h2>
    <${Choice} name="series-known" label="Series" options=${chart.map((one) => ({ value: one.id, label: one.id }))}
      chosen=${shown.id} onChoose=${setId} />
    <p class="readout-title">${text}</p>
    <${Lines} label=${msg`${shown.id}: the last ${shown.ds.length} rows`} text=${text} lines=${[{ style: "x", values: shown.y }]}
      at=${row} onMove=${setAt} height=${240} ticks=${calendarTicks(shown.ds)} />
    ${left > 0 && html`<p class="note">${left} more series are not drawn here.</p>`}
  </section>`;
}
