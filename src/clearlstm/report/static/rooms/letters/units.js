// The units, sorted by how well they follow something that can be named.

import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { allTranslated, msg } from "lab/language/texts.js";
import { List } from "lab/page/choice.js";
import { correlation, FEATURES } from "lab/rooms/letters/features.js";
import {
  chooseFeature, chooseUnit, featureName, following, letters, part, run, sorted, unit,
} from "lab/rooms/letters/state.js"; // prettier-ignore
import { deeper } from "lab/shell/choices.js";

const SHOWN = 8;

export function Units() {
  const names = Object.keys(following.value);
  const options = names.map((name, k) => ({ value: String(k), label: allTranslated(name) }));
  return html`<section aria-labelledby="letters-units-title">
    <h2 id="letters-units-title">Which units follow what?</h2>
    <${List} name="letters-feature" label="Sorted by how well they follow" options=${options}
      chosen=${String(names.indexOf(featureName.value))}
      onChoose=${(/** @type {string} */ chosen) => chooseFeature(Number(chosen))} />
    <p>1: ${part.value} rises and falls with it, −1: against it, 0: neither. Measured on the whole of The Tempest;
      beside it on your text, where chance has more say the shorter it is.</p>
    <${Table} />
    <${AnyUnit} />
  </section>`;
}

function Table() {
  const feature = FEATURES[featureName.value](letters.value);
  const rows = deeper.value ? sorted.value : sorted.value.slice(0, SHOWN);
  const caption = msg`How well units follow: ${allTranslated(featureName.value)}`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}><table class="letters-units">
    <caption class="unseen">${caption}</caption>
    <thead><tr><th scope="col">unit</th><th scope="col">in The Tempest</th><th scope="col">in your text</th></tr></thead>
    <tbody>${rows.map((one) => html`<${Row} ...${one} feature=${feature} />`)}</tbody>
  </table></div>`;
}

/** @param {{unit: number, r: number, feature: number[]}} props */
function Row({ unit: shown, r, feature }) {
  const here = correlation(run.value?.[part.value].map((row) => row[shown]) ?? [], feature);
  return html`<tr>
    <th scope="row"><button type="button" class="plain" aria-pressed=${shown === unit.value ? "true" : "false"}
      onClick=${() => chooseUnit(shown)}>unit ${shown}</button></th>
    <td data-key=${`following-${shown}`} data-value=${r}>${fixed(r, 2)}</td>
    <td data-key=${`here-${shown}`} data-value=${here}>${fixed(here, 2)}</td>
  </tr>`;
}

function AnyUnit() {
  const last = sorted.value.length - 1;
  /** @param {{currentTarget: HTMLInputElement}} event */
  const take = ({ currentTarget: field }) => {
    if (field.value !== "" && field.checkValidity()) chooseUnit(Number(field.value));
  };
  return html`<p><label>Or any unit, 0 to ${last}: <input type="number" min="0" max=${last} step="1"
    value=${unit.value} onChange=${take} /></label></p>`;
}
