// One unit over the whole window: what came in, its two memories, its gates.

import { useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { calendarTicks, date } from "lab/dates.js";
import { decimalsFor, fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { List } from "lab/page/choice.js";
import { column } from "lab/page/units.js";
import { namedInputs, place, stayAtStep } from "lab/state.js";

/**
 * @typedef {import("lab/words.js").Part} Part
 * @typedef {import("lab/page/inside.js").Props} Props
 * @typedef {import("lab/charts/lines.js").Line} Line
 * @typedef {{dates: string[], title: string, lines: Line[], text: string, domain?: [number, number]}} PanelProps
 */

/** @param {Props} props */
export function UnitLines({ trace, layer }) {
  const { step, unit } = place.value;
  /** @param {Part[]} parts */
  const lines = (parts) => parts.map((part) => ({ style: part, values: column(layer[part], unit) }));
  /** @param {Part[]} parts */
  const text = (parts) => parts.map((part) => `${part} ${fixed(layer[part][step][unit], 4)}`).join(", ");
  return html`<section aria-labelledby="unit-title">
    <h3 id="unit-title">Unit ${unit}, step by step</h3>
    <${Inputs} ds=${trace.ds} />
    ${layer.c
      ? html`<div class="pair">
          <${Panel} dates=${trace.ds} title="Long-term memory c, short-term memory h"
            lines=${lines(["c", "h"])} text=${text(["c", "h"])} />
          <${Panel} dates=${trace.ds} title="Gates f, i, o and candidate g"
            lines=${lines(["f", "i", "g", "o"])} text=${text(["f", "i", "g", "o"])} domain=${[-1, 1]} />
        </div>`
      : html`<${Panel} dates=${trace.ds} title="Short-term memory h" lines=${lines(["h"])} text=${text(["h"])} />`}
  </section>`;
}

/** @param {{ds: string[]}} props */
function Inputs({ ds }) {
  const [chosen, choose] = useState("0");
  const inputs = namedInputs.value;
  const input = inputs[Number(chosen)] ?? inputs[0];
  if (!input) return null;
  const text = `${input.name} ${fixed(input.values[place.value.step], decimalsFor(input.values))}`;
  const options = inputs.map(({ name }, k) => ({ value: String(k), label: name }));
  return html`<div>
    ${inputs.length > 1 &&
    html`<${List} name="input" label="Input shown" options=${options} chosen=${chosen} onChoose=${choose} />`}
    <${Panel} dates=${ds} title=${msg`What came in: ${input.name}`} text=${text}
      lines=${[{ style: "x", values: input.values }]} />
  </div>`;
}

/** @param {PanelProps} props */
function Panel({ dates, title, lines, text, domain }) {
  const { step } = place.value;
  return html`<figure>
    <figcaption>${title}<${Legend} lines=${lines} /></figcaption>
    <${Lines} label=${title} text=${`${date(dates[step])}: ${text}`} lines=${lines} domain=${domain} height=${190}
      at=${step} onMove=${stayAtStep} ticks=${calendarTicks(dates)} />
  </figure>`;
}

/** @param {{lines: Line[]}} props */
function Legend({ lines }) {
  if (lines.length < 2) return null;
  return html`<span class="legend">
    ${lines.map(({ style }) => html`<span class=${style}><span class="swatch line" />${style}</span>`)}
  </span>`;
}
