// The LSTM beside its baselines, on the same days: by step, by interval, and what was said of each day.

import { useState } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { scaleLinear } from "lab/d3.js";
import { date, rowTicks } from "lab/dates.js";
import { decimalsFor, fixed, percent, pValue, signedPercent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg, plural } from "lab/language/texts.js";
import { Backtest } from "lab/page/backtest.js";
import { DataTable } from "lab/page/data-table.js";
import { BASELINE, isDrawn, modelStyle } from "lab/page/models.js";
import { Readout, spoken } from "lab/page/readout.js";
import { inShort } from "lab/page/skill.js";
import { report } from "lab/state.js";
import { chance } from "lab/words.js";

/** @typedef {import("lab/data.js").Comparison} Compared */

export function Comparison() {
  const { comparison } = report.value;
  return html`<section id="comparison" aria-labelledby="comparison-title">
    <h2 id="comparison-title">How it did on days that it had not seen</h2>
    ${comparison
      ? html`<${Found} comparison=${comparison} />`
      : html`<p>This run made no comparison with the baselines: nothing here says how good the forecast is.</p>`}
  </section>`;
}

/** @param {{comparison: Compared}} props */
function Found({ comparison }) {
  const { n_origins, first_cutoff, last_cutoff, horizon, step_size } = comparison;
  return html`<div>
    <p>Every model forecast the same ${horizon} steps from each of ${n_origins} origins between ${date(first_cutoff)}
      and ${date(last_cutoff)}, ${step_size} ${plural(step_size, "step|steps")} apart, each time from what was
      known by then.</p>
    <div class="pair">
      <${SkillByHorizon} comparison=${comparison} />
      ${comparison.coverage.length > 0 && html`<${Coverage} comparison=${comparison} />`}
    </div>
    ${comparison.series.length > 0 && html`<${Backtest} comparison=${comparison} />`}
  </div>`;
}

/** Every model's errors, and the LSTM against each. @param {{comparison: Compared}} props */
export function ModelTable({ comparison: { models } }) {
  const decimals = decimalsFor(models.map((model) => model.mae && Number(model.mae.toPrecision(4))));
  return html`<table class="models">
    <caption class="unseen">Errors of every model over all origins and horizons</caption>
    <thead><tr>
      <th scope="col">model</th>
      <th scope="col">MAE</th>
      <th scope="col">MASE</th>
      <th scope="col"><span class="wide">the LSTM's </span>skill<span class="wide"> against it</span></th>
      <th scope="col">the LSTM</th>
    </tr></thead>
    <tbody>${models.map((model) => html`<${ModelRow} model=${model} decimals=${decimals} />`)}</tbody>
  </table>
  <p class="note">MAE is the mean absolute error, in the data's own unit. MASE divides it by the mean change over
    a season (a step, where there is none) before the first origin. The LSTM's skill against a model is the share
    of that model's scaled error that the LSTM saves: above 0 the LSTM is better, below 0 it is worse.</p>`;
}

/** @param {{model: import("lab/data.js").Model, decimals: number}} props */
function ModelRow({ model, decimals }) {
  const { name, mae, mase, skill, p_value, verdict } = model;
  const test = p_value === null ? "" : `${chance(p_value)}, ${pValue(p_value)}`;
  return html`<tr data-model=${name}>
    <th scope="row">${isDrawn(name) && html`<span class=${`swatch line ${modelStyle(name)}`} />`}${name}</th>
    <td data-key="mae" data-value=${mae}>${fixed(mae, decimals)}</td>
    <td data-key="mase" data-value=${mase}>${fixed(mase, 3)}</td>
    <td data-key="skill" data-value=${skill ?? ""}>${signedPercent(skill)}</td>
    <td class="words" data-key="p_value" data-value=${p_value ?? ""}>
      ${verdict && inShort(model)} <span class="quiet">${test}</span>
    </td>
  </tr>`;
}

/**
 * Skill of each model at each horizon, from its MASE and the baseline's.
 * @param {Compared} comparison
 */
function skillLines({ by_horizon }) {
  const baseline = by_horizon[BASELINE];
  if (!baseline) return [];
  const names = Object.keys(by_horizon).filter((name) => name !== BASELINE && isDrawn(name));
  return names.map((name) => ({
    name,
    style: modelStyle(name),
    values: by_horizon[name].map((mase, k) => skill(mase, baseline[k])),
  }));
}

/** @param {number | null} mase @param {number | null} baseline */
function skill(mase, baseline) {
  return mase === null || !baseline ? null : 1 - mase / baseline;
}

/** @param {{comparison: Compared}} props */
function SkillByHorizon({ comparison }) {
  const [at, setAt] = useState(0);
  const lines = skillLines(comparison);
  if (lines.length === 0) return null;
  const horizons = lines[0].values.map((_, k) => String(k + 1));
  const title = msg`${horizons[at]} ${plural(at + 1, "step|steps")} ahead`;
  const items = lines.map(({ name, style, values }) => ({
    key: `skill-${name}`, style, name, value: signedPercent(values[at]), raw: values[at],
  }));
  /** @param {number} wanted */
  const ticks = (wanted) => rowTicks(horizons, Math.max(2 * wanted, 5));
  const known = lines.flatMap((line) => line.values).filter((value) => value !== null);
  return html`<section aria-labelledby="skill-title">
    <h3 id="skill-title">Skill by horizon</h3>
    <p class="note">0 % is the last value repeated. Above it a model is better. Drawn are the LSTM and the nearest of
      the others.</p>
    <${Readout} title=${title} items=${items} />
    <${Lines} label="Skill by horizon" text=${spoken(title, items)} lines=${lines} dots=${horizons.length < 20}
      domain=${[Math.min(-0.02, ...known), Math.max(0.02, ...known)]} format=${wholePercent}
      at=${at} onMove=${setAt} height=${200} ticks=${ticks} />
    <${DataTable} summary="The numbers as a table" caption="Skill by horizon, in numbers"
      head=${[msg`steps ahead`, ...lines.map(({ name }) => name)]}
      rows=${() => horizons.map((horizon, k) => [horizon, ...lines.map(({ values }) => signedPercent(values[k]))])} />
  </section>`;
}

/** @param {number} share */
function wholePercent(share) {
  return percent(share, 0);
}

/** @param {{comparison: Compared}} props */
function Coverage({ comparison: { coverage } }) {
  const lowest = Math.min(...coverage.map(({ level, actual }) => Math.min(level / 100, actual)));
  const x = scaleLinear().domain([Math.max(0, Math.floor(lowest * 10 - 1) / 10), 1]).range([0, 100]);
  const decimals = decimalsFor(coverage.map(({ mean_width }) => Number(mean_width.toPrecision(4))));
  return html`<section aria-labelledby="coverage-title">
    <h3 id="coverage-title">Do the intervals hold what they promise?</h3>
    <p class="note">The tick is the promise, the dot is what was kept in the backtest. Widths are scaled like MASE.</p>
    <ul class="coverage">${coverage.map((one) => html`<${CoverageRow} ...${one} x=${x} decimals=${decimals} />`)}</ul>
  </section>`;
}

/** @param {{level: number, actual: number, mean_width: number, x: LinearScale, decimals: number}} props */
function CoverageRow({ level, actual, mean_width, x, decimals }) {
  return html`<li>
    <p><strong>${level} % intervals</strong> held
      <span data-key=${`coverage-${level}`} data-value=${actual}>${percent(actual)}</span> of what came.
      <span class="quiet">Mean width ${fixed(mean_width, decimals)}</span></p>
    <svg width="100%" height="22" aria-hidden="true">
      <line class="rule" x1="0" x2="100%" y1="11" y2="11" />
      <line class="promise" x1=${`${x(level / 100)}%`} x2=${`${x(level / 100)}%`} y1="2" y2="20" />
      <line class="miss" x1=${`${x(level / 100)}%`} x2=${`${x(actual)}%`} y1="11" y2="11" />
      <circle class="dot forecast" cx=${`${x(actual)}%`} cy="11" r="5" />
    </svg>
  </li>`;
}
