// How far back a gradient reaches, and how far back the answers really look.

import { useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { rowTicks } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { audit, GONE, log, logDomain, logTicks, power, short } from "lab/page/audit/data.js";
import { Choice } from "lab/page/choice.js";
import { DataTable } from "lab/page/data-table.js";
import { Readout, spoken } from "lab/page/readout.js";

/** @typedef {{key: string, style: string, name: string, values: (number | null)[]}} Course */

/** Nothing is drawn lower than 1e−12: what arrives is then as good as nothing. */
const LOWEST = -12;

export function Reach() {
  const [layer, setLayer] = useState("0");
  if (audit.value.layers.length === 0) return null;
  const options = audit.value.layers.map(({ name }, k) => ({ value: String(k), label: name }));
  return html`<section id="reach" aria-labelledby="reach-title">
    <h2 id="reach-title">How far back does it reach?</h2>
    <p>Of a small change of a layer's state, how much arrives so many steps later: the largest factor, the median over
      ${audit.value.samples.gradient} sequences. Below 1/1000 the gradient has vanished, above 1000 it has exploded.</p>
    <${Choice} name="reach-layer" label="Layer" options=${options} chosen=${layer} onChoose=${setLayer} />
    <${Gradient} key=${layer} layer=${audit.value.layers[Number(layer)]} />
    ${audit.value.look_back && html`<${LookBack} lookBack=${audit.value.look_back} />`}
  </section>`;
}

/** @param {{layer: import("lab/page/audit/data.js").AuditLayer}} props */
function Gradient({ layer: { lags, arrives, direct } }) {
  const courses = [{ key: "arrives", style: "h", name: msg`arrives`, values: arrives }];
  if (direct) courses.push({ key: "direct", style: "f", name: msg`by the forget gates alone`, values: direct });
  return html`<${OnLog} title="Gradient reach" steps=${lags} courses=${courses} />`;
}

/** @param {{lookBack: NonNullable<import("lab/page/audit/data.js").Audit["look_back"]>}} props */
function LookBack({ lookBack: { steps, effect } }) {
  const courses = [{ key: "older", style: "forecast", name: msg`of the answers' spread hangs on older steps`, values: effect }];
  return html`<section aria-labelledby="look-title">
    <h3 id="look-title">How far back do the answers look?</h3>
    <p>All but the last so many steps are taken from another sequence. This asks the answers themselves, so it also sees
      what a saturated unit keeps while no gradient reaches it.</p>
    <${OnLog} title="Look back" steps=${steps} courses=${courses} />
  </section>`;
}

/** @param {{title: string, steps: number[], courses: Course[]}} props */
function OnLog({ title, steps, courses }) {
  const [at, setAt] = useState(steps.length - 1);
  const back = msg`${steps[at]} ${plural(steps[at], "step|steps")} back`;
  const items = courses.map(({ key, style, name, values }) => ({
    key, style, name, value: number(values[at]), raw: values[at],
  }));
  const limit = { style: "baseline", values: steps.map(() => log(GONE)) };
  const lines = [...courses.map(({ style, values }) => ({ style, values: values.map(shown) })), limit];
  const domain = logDomain([0, ...lines.flatMap(({ values }) => values)]);
  const names = steps.map(String);
  return html`<${Readout} title=${back} items=${items} />
    <${Lines} label=${msg`${title}, on a log axis`} text=${spoken(back, items)} lines=${lines} at=${at} onMove=${setAt}
      height=${260} domain=${domain} format=${power} levelsOf=${logTicks} dots=${steps.length <= 40}
      ticks=${(/** @type {number} */ wanted) => rowTicks(names, Math.max(2 * wanted, 4))} />
    <${DataTable} summary="The numbers as a table" caption=${msg`${title}, in numbers`}
      head=${[msg`steps back`, ...courses.map(({ name }) => name)]}
      rows=${() => steps.map((step, k) => [step, ...courses.map(({ values }) => number(values[k]))])} />`;
}

/** The logarithm, cut off where it says no more than "nothing". @param {number | null} value */
function shown(value) {
  const exponent = log(value);
  return value === 0 ? LOWEST : exponent === null ? null : Math.max(exponent, LOWEST);
}

/** @param {number | null} value */
function number(value) {
  return value === null ? "–" : short(value);
}
