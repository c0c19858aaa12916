// The LSTM beside each of its rivals: by how much its errors are smaller, and how sure that is.

import { scaleLinear } from "lab/d3.js";
import { signedPercent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { report } from "lab/state.js";

/** @typedef {import("lab/data.js").Model} Model */

/** A skill below this is drawn at the edge: the LSTM's errors are twice as large, or more. */
const LOWEST = -1;

export function Skill() {
  const rivals = report.value.comparison?.models.filter(({ verdict }) => verdict !== null) ?? [];
  if (rivals.length === 0) return null;
  const hardestFirst = rivals.toSorted((a, b) => (a.skill ?? -Infinity) - (b.skill ?? -Infinity));
  const x = scale(rivals);
  return html`<section class="skill" aria-labelledby="skills-title">
    <h2 id="skills-title">The LSTM against each</h2>
    <ul>
      <li aria-hidden="true"><span /><svg width="100%" height="16"><text class="tick" x=${place(x(0))} y="11"
        text-anchor="middle">0</text></svg><span /><span /></li>
      ${hardestFirst.map((model) => html`<${Rival} model=${model} x=${x} />`)}
    </ul>
    <p class="note">Right of the line the LSTM's errors are smaller, left of it larger. ${meaning(rivals)}</p>
  </section>`;
}

/** @param {Model[]} rivals @returns {string} */
function meaning(rivals) {
  if (rivals.some(({ interval }) => interval)) return msg`A bar is the 95 % interval; a full dot is hardly chance.`;
  return msg`No bars: ${report.value.comparison?.n_origins} origins are too few to say how sure that is.`;
}

/** @param {{model: Model, x: LinearScale}} props */
function Rival({ model, x }) {
  const { name, skill, interval } = model;
  const [low, high] = (interval ?? []).map((end) => place(x(inside(end, x))));
  const sure = model.verdict === "beats" || model.verdict === "loses to";
  return html`<li data-rival=${name}>
    <span>${name}</span>
    <svg width="100%" height="16" aria-hidden="true">
      <line class="rule zero" x1=${place(x(0))} x2=${place(x(0))} y1="-4" y2="20" />
      ${interval && html`<line class="skill-interval" x1=${low} x2=${high} y1="8" y2="8" />`}
      ${skill !== null && html`<circle class=${`skill-dot ${sure ? "sure" : ""}`} cx=${place(x(inside(skill, x)))} cy="8" r="4.5" />`}
    </svg>
    <span data-key=${`skill-against-${name}`} data-value=${skill ?? ""}>${signedPercent(skill)}</span>
    <small class="quiet"><span class="unseen">${interval && msg`95 % interval ${signedPercent(interval[0])}
      to ${signedPercent(interval[1])}, `}</span>${inShort(model)}</small>
  </li>`;
}

/**
 * What the LSTM does beside a model, in two or three words; older reports have none.
 * @param {Model} model
 */
export function inShort({ short, verdict }) {
  return short ?? (verdict ? `${verdict} it` : "");
}

/** Wide enough for all skills and their intervals. @param {Model[]} rivals */
function scale(rivals) {
  const ends = rivals.flatMap(({ skill, interval }) => [skill, ...(interval ?? [])]).filter((end) => end !== null);
  return scaleLinear().domain([Math.max(LOWEST, Math.min(-0.02, ...ends)), Math.max(0.02, ...ends)]).nice(4).range([3, 97]); // prettier-ignore
}

/** @param {number} skill @param {LinearScale} x */
function inside(skill, x) {
  const [low, high] = x.domain();
  return Math.min(high, Math.max(low, skill));
}

/** @param {number} share  of the width, in percent */
const place = (share) => `${share}%`;
