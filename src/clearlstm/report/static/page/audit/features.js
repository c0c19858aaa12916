// What the answers hang on, feature by feature.

import { useState } from "preact/hooks";

import { percent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { audit } from "lab/page/audit/data.js";

const FIRST = 20;

export function Features() {
  const [all, setAll] = useState(false);
  const { features } = audit.value;
  if (features.length === 0) return null;
  const shown = all ? features : features.slice(0, FIRST);
  return html`<section id="features" aria-labelledby="features-title">
    <h2 id="features-title">Which features do the answers hang on?</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Features"><table class="features">
      <thead><tr><th scope="col">feature</th><th scope="col">effect</th><th scope="col"></th>
        <th scope="col">95 % interval</th><th scope="col">share of slopes</th></tr></thead>
      <tbody>${shown.map((one) => html`<${Row} ...${one} />`)}</tbody>
    </table></div>
    ${shown.length < features.length &&
    html`<button type="button" onClick=${() => setAll(true)}>Show the other ${features.length - shown.length}, weaker ones</button>`}
    <p class="note">Effect: the share of the answers' spread that goes when the feature alone is taken from other
      sequences; “–” where all sequences have the same values, so that it can't be told. Share of slopes: of
      |slope × (input − mean)|, summed over all steps. Features that move together share the credit as this model
      happens to use them.</p>
  </section>`;
}

/** @param {import("lab/page/audit/data.js").Feature} props */
function Row({ name, effect, effect_low, effect_high, slope_share }) {
  const width = `${100 * Math.min(effect ?? 0, 1)}%`;
  return html`<tr data-feature=${name}>
    <th scope="row">${name}</th>
    <td data-key="effect" data-value=${effect ?? ""}>${percent(effect)}</td>
    <td><svg class="effect" width="100%" height="10" aria-hidden="true"><rect class="bar" width=${width} height="10" /></svg></td>
    <td>${effect_low === null ? "" : msg`${percent(effect_low)} to ${percent(effect_high)}`}</td>
    <td>${percent(slope_share)}</td>
  </tr>`;
}
