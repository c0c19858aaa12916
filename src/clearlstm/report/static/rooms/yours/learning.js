// How a net learnt: its losses as curves, what they mean, and what learners ask about them.

import { useState } from "preact/hooks";

import { Plot } from "lab/charts/plot.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { shown } from "lab/shell/number.js";
import { report } from "lab/state.js";

/** @typedef {import("lab/data.js").Point} Point */

/** Validations from which the course can be told. */
const ENOUGH = 3;
/** A share of the loss by which it has to rise before that is said. */
const RISE = 0.002;

/** The training of the net that is shown. */
export function Learnt() {
  const { training } = report.value;
  if (!training || training.curve.length < 2) return null;
  return html`<section aria-labelledby="learnt-title">
    <h2 id="learnt-title">How it learnt</h2>
    <${Losses} curve=${training.curve} />
    <${Learners} curve=${training.curve} of=${null} />
  </section>`;
}

/** @param {{curve: Point[]}} props */
export function Losses({ curve }) {
  const [chosen, setChosen] = useState(/** @type {number | null} */ (null));
  const at = Math.min(chosen ?? curve.length - 1, curve.length - 1);
  const { step, loss, validation } = curve[at];
  const validations = curve.map((one) => one.validation ?? NaN);
  const curves = [{ style: "forecast", name: msg`training`, values: curve.map((one) => one.loss) }];
  if (validations.some(Number.isFinite)) curves.push({ style: "baseline", name: msg`validation`, values: validations });
  const checked = validation === null ? "" : msg`, validation ${shown(validation, 4)}`;
  const text = msg`update ${step}: training ${shown(loss, 4)}${checked}`;
  return html`<p class="readout-title">${text}</p>
    <${Plot} label="Loss over the updates" text=${text} xs=${curve.map((one) => one.step)} curves=${curves} at=${at}
      onMove=${setChosen} across="updates" height=${220} domain=${domainOf(curves)} />`;
}

/** @param {{values: number[]}[]} curves @returns {[number, number]} */
function domainOf(curves) {
  const values = curves.flatMap((curve) => curve.values).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.05 * (high - low) || 1;
  return [low - margin, high + margin];
}

/**
 * What the two curves say together; "" as long as they say nothing.
 * @param {Point[]} curve
 */
export function remark(curve) {
  const known = curve.flatMap(({ step, loss, validation }) => (validation === null ? [] : [{ step, loss, validation }]));
  const different = known.filter((one, k) => k === 0 || one.validation !== known[k - 1].validation);
  if (different.length < ENOUGH) return "";
  const best = different.reduce((a, b) => (b.validation < a.validation ? b : a));
  const last = known[known.length - 1];
  if (last.validation <= best.validation * (1 + RISE)) return msg`Validation falls, or stays where it was lowest: what
    the net learns holds on later rows too.`;
  if (best === different[0]) {
    return msg`Validation has risen from its first point on: what the net learns of the earlier rows doesn't hold on
      later ones. The net of update ${best.step}, the first that was looked at, is kept.`;
  }
  const falls = last.loss < best.loss ? msg`, while training went on falling: that is overfitting` : "";
  return msg`Validation was lowest at update ${best.step} and has risen since${falls}. The net of update ${best.step}
    is kept.`;
}

/** What learners ask, answered with this net's numbers. @param {{curve: Point[], of: number | null}} props */
export function Learners({ curve, of }) {
  const said = remark(curve);
  const last = curve[curve.length - 1].step;
  return html`<div class="yours-learners">
    ${said && html`<p data-remark>${said}</p>`}
    <details><summary>How do I see overfitting?</summary>
      <p>“Training” is the loss on the rows that it learns from, “validation” that on later rows, which it doesn't learn from.
        If the first falls and the second rises, it learns by heart what doesn't come again. ${said && msg`Here:
          ${said}`}</p></details>
    <details><summary>How many updates, or epochs?</summary>
      <p>Until validation has stopped falling; that ends the training by itself, here
        ${of === null ? msg`after ${fixed(last, 0)} updates` : msg`after ${fixed(of, 0)} updates at the latest`}. ${epochs(last)}More “updates at most” cost time alone.</p></details>
    ${of === null && html`<${Sizes} />`}
  </div>`;
}

/** A setting of the report, by its name. @param {string} name */
const setting = (name) => report.value.settings.find(([one]) => one === name)?.[1];

/** @param {number} updates */
function epochs(updates) {
  const [windows, batch] = [Number(setting("training windows")), Number(setting("windows an update"))];
  if (!windows || !batch) return "";
  return msg`Each reads ${batch} of the ${fixed(windows, 0)} training windows, so that is
    ${fixed((updates * batch) / windows, 1)} epochs. `;
}

function Sizes() {
  const [units, window, windows] = ["hidden units", "window", "training windows"].map(setting);
  const parameters = report.value.net?.parameters;
  if (!units || !parameters) return null;
  return html`<details><summary>How many units?</summary>
      <p>Here ${String(units)}, which makes ${fixed(parameters, 0)} weights and biases for ${fixed(Number(windows), 0)} training
        windows. More can learn more, and overfit sooner. Try half and twice as many under “Go deeper”: keep the smaller
        one unless the skill says otherwise.</p></details>
    <details><summary>What window?</summary>
      <p>It reads ${String(window)} before each forecast; a season here is ${String(setting("season"))}. Two seasons or two horizons,
        whichever is more, show what repeats. What lies further back reaches it through the base alone.</p></details>`;
}
