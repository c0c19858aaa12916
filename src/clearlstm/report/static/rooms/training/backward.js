// The way back, stepped through: each gradient with its arithmetic, from the last day to the first, and then the sums.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { pieces } from "lab/lesson.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { GATES } from "lab/lstm/unit.js";
import { Choice } from "lab/page/choice.js";
import { BackwardDrawing } from "lab/rooms/training/backward-drawing.js";
import { DAY, letter } from "lab/rooms/training/lines.js";
import { company, line, now, passes } from "lab/rooms/training/state.js";
import { Name } from "lab/shell/names.js";
import { Num, shown } from "lab/shell/number.js";

/** @typedef {ReturnType<typeof import("lab/lstm/adam.js").lossAndGradient>} Pass */

export function Backward() {
  const index = COMPANIES.findIndex(({ name }) => name === company.value);
  const [pass, { xs, target }] = [passes.value[index], COMPANIES[index]];
  const last = xs.length * DAY.length; // the sums come after all the lines
  const at = Math.min(line.value, last);
  const day = xs.length - 1 - Math.min(Math.floor(at / DAY.length), xs.length - 1);
  const reached = at === last ? DAY.length : at % DAY.length;
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by || event.defaultPrevented) return;
    event.preventDefault();
    line.value = Math.max(0, Math.min(last, at + by));
  };
  return html`<div class="training-back" onKeyDown=${press}>
    <div class="choices">
      <${Choice} name="training-company" label="Company"
        options=${COMPANIES.map(({ name }) => ({ value: name, label: name }))}
        chosen=${company.value} onChoose=${(/** @type {any} */ name) => (company.value = name)} />
      <div class="training-buttons">
        <button class="plain" type="button" disabled=${at === 0} onClick=${() => (line.value = at - 1)}>Back</button>
        <button class="plain main" type="button" disabled=${at === last}
          onClick=${() => (line.value = at + 1)}>Next</button>
        <button class="plain" type="button" onClick=${() => (line.value = last)}>All of it</button>
      </div>
    </div>
    <${Loss} pass=${pass} target=${target} />
    ${at < last
      ? html`<${Day} pass=${pass} day=${day} reached=${reached} isLast=${day === xs.length - 1} />`
      : html`<${Sums} pass=${pass} />`}
  </div>`;
}

/** @param {{pass: Pass, target: number}} props */
function Loss({ pass, target }) {
  return html`<p>∂h on the last day is 2 × (answer − wanted) = 2 × (<${Num} name="back-answer" value=${pass.answer}
    decimals=${4} /> −
    ${target}) = <b><${Num} name="back-dh" value=${2 * (pass.answer - target)}
    decimals=${4} /></b>. (∂h is short for: how much the loss would change if h did.)</p>`;
}

/** @param {{pass: Pass, day: number, reached: number, isLast: boolean}} props */
function Day({ pass, day, reached, isLast }) {
  const values = numbersOf(pass, day);
  return html`<h3>Day ${day + 1}</h3>
    <p class="quiet">${isLast
      ? msg`Nothing comes back from a later day: ∂c from there is 0.`
      : html`From day ${day + 2} came ∂h = <${Num} name=${`back-${day + 1}-dh`} value=${values.dh}
        decimals=${5} /> and ∂c =
          <${Num} name=${`back-${day + 1}-dc_later`} value=${values.dc_later} decimals=${5} />.`}</p>
    <ol class="training-lines" start=${reached + 1}>
      <${LineOfDay} one=${DAY[reached]} values=${values} day=${day} isNow /></ol>
    <${BackwardDrawing} pass=${pass} day=${day} reached=${reached} />
    ${reached > 0 && html`<p class="quiet">Before it:</p>`}
    <ol class="training-lines">${DAY.slice(0, reached).map(
      (one) => html`<${LineOfDay} one=${one} values=${values} day=${day} />`,
    )}</ol>`;
}

/**
 * A line with its names, with its numbers, and what comes out.
 * @param {{one: import("lab/rooms/training/lines.js").Line, values: Record<string, number>, day: number,
 *   isNow?: boolean}} props
 */
function LineOfDay({ one, values, day, isNow = false }) {
  return html`<li class=${isNow ? `now ${one.part}` : one.part} aria-current=${isNow ? "step" : null}>
    <span><b class=${`name ${one.part}`}>${letter(one.name)}</b> = ${pieces(one.formula).map(
      ({ text, name }) => html`${text}${name && letter(name)}`,
    )}</span>
    <span>= ${pieces(one.formula).map(({ text, name }) => html`${text}${name && signed(values[name])}`)}</span>
    <span>= <b><${Num} name=${`back-${day + 1}-${one.name}`} value=${values[one.name]} decimals=${5} /></b></span>
    ${isNow && html`<small>${one.says}</small>`}
  </li>`;
}

/** A negative number inside a formula stands in brackets. @param {number} value */
function signed(value) {
  const text = shown(value, 4);
  return value < 0 ? `(${text})` : text;
}

/**
 * Every number of a day, of its way back and the weights that the way back meets.
 * @param {Pass} pass @param {number} day @returns {Record<string, number>}
 */
function numbersOf(pass, day) {
  const { f, i, g, o } = now.value.weights;
  return { ...pass.steps[day], ...pass.back.steps[day], w_f: f.h, w_i: i.h, w_g: g.h, w_o: o.h };
}

/** What the days add up to for each weight. @param {{pass: Pass}} props */
function Sums({ pass }) {
  const days = pass.steps.map((_, day) => day);
  return html`<h3>The sums</h3>
    <p>The same weight served every day, so its gradient is the sum over the days: of ∂z × h before for the weight on
      the short-term memory, of ∂z × x for the one on the input, of ∂z for the bias.</p>
    <div class="scroll-x" tabindex="0" role="region" aria-label="The gradients of the twelve numbers"><table>
      <thead><tr><th scope="col"></th>${days.map((day) => html`<th scope="col">day ${day + 1}</th>`)}<th
        scope="col">sum</th></tr></thead>
      <tbody>${GATES.flatMap((gate) =>
        (/** @type {const} */ (["h", "x", "b"])).map((name) => {
          const parts = days.map((day) => pass.back.steps[day][`dz_${gate}`] * factor(pass, day, name));
          return html`<tr class=${gate}>
            <th scope="row"><${Name} part=${gate} />, ${name === "h" ? msg`on h` : name === "x" ? msg`on x` : msg`bias`}</th>
            ${parts.map((value, day) => html`<td><${Num} name=${`part-${gate}-${name}-${day + 1}`} value=${value}
              decimals=${5} /></td>`)}
            <td><b><${Num} name=${`sum-${gate}-${name}`} value=${pass.back.weights[gate][name]}
              decimals=${5} /></b></td>
          </tr>`;
        }),
      )}</tbody>
    </table></div>`;
}

/** @param {Pass} pass @param {number} day @param {"h" | "x" | "b"} name */
function factor(pass, day, name) {
  if (name === "b") return 1;
  return name === "h" ? pass.steps[day].h_prev : pass.steps[day].x;
}
