// Python's answers to the questions about a net, drawn.

import { Bars } from "lab/charts/bars.js";
import { Lines } from "lab/charts/lines.js";
import { Plot } from "lab/charts/plot.js";
import { calendarTicks, date } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Num, shown } from "lab/shell/number.js";
import { layerIndex, place, stayAtStep, trace } from "lab/state.js";

/** @typedef {import("lab/data.js").Layer} Layer */

/** The paths of a change, by what is followed. @type {Record<string, {name: string, style: string}>} */
export const PATHS = {
  joint: { name: msg`h and c`, style: "baseline" },
  h: { name: msg`h alone`, style: "h" },
  c: { name: msg`c alone`, style: "c" },
  direct: { name: msg`forget gates`, style: "f" },
};

/** @param {{answer: import("lab/api.js").GradientFlow}} props */
export function GradientReach({ answer: { paths } }) {
  const { step } = place.value;
  const names = Object.keys(PATHS).filter((name) => name in paths);
  const curves = names.map((name) => ({ ...PATHS[name], values: paths[name].map((value) => value ?? Infinity) }));
  const text = `${date(trace.value?.ds[step])}: ${curves.map(({ name, values }) => `${name} ${shown(values[step], 4)}`).join(", ")}`;
  return html`<p class="readout-title">From ${date(trace.value?.ds[step])} to the last step</p>
    <p>${names.map((name, k) => html`${k > 0 && " · "}<span class=${PATHS[name].style}>${PATHS[name].name}</span>
      ${" "}<${Num} name=${`reach-${name}`} value=${curves[k].values[step]} decimals=${4} />`)}</p>
    <${Plot} label="How much of a small change arrives at the last step" text=${text}
      xs=${curves[0].values.map((_, t) => t + 1)} curves=${curves}
      at=${step} onMove=${stayAtStep} across="step of the window" log=${true} height=${260} />
    <p class="note">“forget gates” is the direct path through c alone, unit by unit: the whole may be larger or smaller
      than it.</p>`;
}

/**
 * @param {{answer: {half_life: number[][], reached: boolean[][], median: (number | null)[], typical: (number |
 *   null)[]}}} props
 */
export function Memory({ answer: { half_life, reached, median, typical } }) {
  const { step, unit } = place.value;
  const values = half_life.map((row) => row[unit]);
  const words = reached[step][unit] ? msg`${values[step]} steps` : msg`more than ${values[step]} steps`;
  return html`<p>Of what unit ${unit} writes, half is gone after a median of
      ${median[unit] === null ? msg`more steps than the window has` : html`<${Num} name="median"
        value=${median[unit]} decimals=${0} /> steps`}; at its mean rate of forgetting after
      <${Num} name="typical" value=${typical[unit] ?? Infinity} decimals=${1} />.</p>
    <p class="readout-title">${date(trace.value?.ds[step])}: <span data-key="half-life"
      data-value=${values[step]}>${words}</span></p>
    <${Bars} label=${msg`Half-lives of what unit ${unit} wrote`} text=${`${date(trace.value?.ds[step])}: ${words}`}
      values=${values} at=${step}
      onMove=${stayAtStep} ticks=${calendarTicks(trace.value?.ds ?? [])} />`;
}

/**
 * @param {{answer: {values: number[][], answer: number, baseline_answer: number, gap: number, sentence: string}}}
 *   props
 */
export function Attribution({ answer: { values, answer, baseline_answer, gap, sentence } }) {
  const { step } = place.value;
  const bySteps = values.map((row) => row.reduce((sum, value) => sum + value, 0));
  const names = trace.value?.inputs.map(({ name }) => name) ?? [];
  const byFeature = names.map((_, k) => values.reduce((sum, row) => sum + row[k], 0));
  const text = `${date(trace.value?.ds[step])}: ${shown(bySteps[step], 4)}`;
  return html`<p>The answer is <${Num} name="explained" value=${answer} decimals=${4} />, to the baseline it is
      <${Num} name="baseline-answer" value=${baseline_answer} decimals=${4} />. ${sentence}. What the bars miss:
      <${Num} name="gap" value=${gap} decimals=${6} />.</p>
    <p class="readout-title">${date(trace.value?.ds[step])}: <${Num} name="attribution" value=${bySteps[step]}
      decimals=${4} /></p>
    <${Bars} label="What each step accounts for" text=${text} values=${bySteps} at=${step} onMove=${stayAtStep}
      ticks=${calendarTicks(trace.value?.ds ?? [])} />
    <div class="scroll" tabindex="0" role="region" aria-label="By input"><table class="yours-facts"><thead><tr><th
      scope="col">input</th>
      <th scope="col">at this step</th><th scope="col">at all steps</th></tr></thead>
      <tbody>${names.map((name, k) => html`<tr><th scope="row">${name}</th>
        <td><${Num} name=${`attribution-${k}`} value=${values[step][k]} decimals=${4} /></td>
        <td><${Num} name=${`attributed-${k}`} value=${byFeature[k]}
          decimals=${4} /></td></tr>`)}</tbody></table></div>`;
}

/** @param {{answer: import("lab/api.js").WhatIf}} props */
export function Otherwise({ answer: { words, before, after, y_before, y_after } }) {
  const { step, unit } = place.value;
  const [own, now] = [before, after].map((layers) => layers[layerIndex.value].c.map((row) => row[unit]));
  const [was, is] = [y_before, y_after].map((y) => (Array.isArray(y[0]) ? /** @type {number[][]} */ (y)[step] : /** @type {number[]} */ (y)));
  const text = msg`${date(trace.value?.ds[step])}: before ${shown(own[step], 4)}, after ${shown(now[step], 4)}`;
  return html`<p>${words}</p>
    <div class="scroll-x" tabindex="0" role="region"
      aria-label="Answers before and after"><table><thead><tr><td></td>${was.map((_, k) => html`<th
      scope="col">${k}</th>`)}</tr></thead>
      <tbody><tr><th scope="row">before</th>${was.map((value, k) => html`<td><${Num} name=${`was-${k}`} value=${value}
        decimals=${4} /></td>`)}</tr>
      <tr><th scope="row">after</th>${is.map((value, k) => html`<td><${Num} name=${`after-${k}`} value=${value}
        decimals=${4} /></td>`)}</tr></tbody></table></div>
    <p class="readout-title">c of unit ${unit}: as it was, and (dashed) after</p>
    <${Lines} label=${msg`Long-term memory of unit ${unit} before and after`} text=${text} height=${180} at=${step}
      onMove=${stayAtStep}
      lines=${[{ style: "c", values: own }, { style: "baseline", values: now }]}
        ticks=${calendarTicks(trace.value?.ds ?? [])} />`;
}

/** Facts of a unit that are told, and how. @type {[string, string, number][]} */
const FACTS = [
  ["f_high", msg`f above 0.9`, 2],
  ["i_high", msg`i above 0.9`, 2],
  ["o_high", msg`o above 0.9`, 2],
  ["typical", msg`half-life, steps`, 1],
  ["ablation", msg`answer moves by`, 3],
];
const HABITS = { dead: msg`dead`, counter: msg`counts`, latch: msg`latches`, leaky: msg`leaks steadily` };

/** @param {{answer: {sentence: string, units: Record<string, any[]>}}} props */
export function Units({ answer: { sentence, units } }) {
  const several = new Set(units.layer).size * new Set(units.net).size * new Set(units.direction).size > 1;
  /** @param {number} row */
  const habits = (row) => Object.entries(HABITS).flatMap(([name, words]) => (units[name][row] ? [words] : []));
  return html`<p>${sentence}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Facts about every unit"><table class="yours-facts">
      <thead><tr><th scope="col">unit</th>${FACTS.map(([, words]) => html`<th scope="col">${words}</th>`)}<th
        scope="col">habits</th></tr></thead>
      <tbody>${units.unit.map((unit, row) => html`<tr>
        <th
          scope="row">${several && msg`net ${units.net[row]}, layer ${units.layer[row]}, ${units.direction[row]}: `}${unit}</th>
        ${FACTS.map(([name, , decimals]) => html`<td>${units[name][row] === null ? "–" : html`<${Num}
          name=${`${name}-${row}`} value=${units[name][row]} decimals=${decimals} />`}</td>`)}
        <td>${habits(row).join(", ")}</td></tr>`)}</tbody></table></div>`;
}

/**
 * @param {{answer: {audit: {headline: string, findings: {severity: string, sentence: string, advice: string}[]}}}}
 *   props
 */
export function Audit({ answer: { audit } }) {
  return html`<p class="readout-title">${audit.headline}</p>
    <ul class="yours-findings">${audit.findings.map(
      ({ severity, sentence, advice }) => html`<li
        class=${severity}><strong>${severity}</strong> ${sentence} ${advice && html`<span
        class="quiet">${advice}</span>`}</li>`,
    )}</ul>`;
}
