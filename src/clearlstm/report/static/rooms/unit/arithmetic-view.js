// The arithmetic of the numbers that are open: values, equation, sentence and line of code, linked by their terms.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { arithmeticOf } from "lab/rooms/unit/arithmetic.js";
import { Code } from "lab/rooms/unit/code.js";
import { NumberField } from "lab/rooms/unit/field.js";
import { hiddenNumbers } from "lab/rooms/unit/fill-in.js";
import { gateOf, labelOf, styleOf } from "lab/rooms/unit/keys.js";
import { stageOf } from "lab/rooms/unit/stages.js";
import { carry, change, day, givenValue, goToStage, hot, isGiven, now } from "lab/rooms/unit/state.js";
import { opened, stage, weights } from "lab/rooms/unit/state.js";
import { written } from "lab/rooms/unit/write.js";

/** @typedef {import("lab/rooms/unit/arithmetic.js").Token} Token */

/** The numbers whose arithmetic is shown. */
export function openNumbers() {
  return opened.value ? [opened.value] : stageOf(stage.value).numbers;
}

export function ArithmeticView() {
  const elsewhere = opened.value !== "" && !stageOf(stage.value).numbers.includes(opened.value);
  return html`<section class="unit-arithmetic-view" aria-label="The arithmetic">
    ${openNumbers().map((key) => html`<${Entry} key=${key} name=${key} />`)}
    ${elsewhere && html`<p><button type="button" class="plain" onClick=${() => (opened.value = "")}>
      Back to the stage</button></p>`}
    <details><summary>The whole step in code</summary><${Code} rounded=${carry.value} /></details>
  </section>`;
}

/** @param {{name: string}} props */
function Entry({ name }) {
  const arithmetic = arithmeticOf(name, now.value);
  return html`<section class="unit-arithmetic" data-of=${name}>
    <h2 class=${`name ${styleOf(name)}`}>${labelOf(name)}</h2>
    ${isGiven(name, day.value) && html`<${Given} name=${name} />`}
    ${!arithmetic && !isGiven(name, day.value) && html`<${FromYesterday} name=${name} />`}
    ${arithmetic && html`<p class="unit-values">${tokensOf(arithmetic.values, "values", true)}</p>
      <math display="block">${arithmetic.symbols.map(mathOf)}</math>
      <p>${hiddenNumbers.value.includes(name) ? msg`Yours to find.` : tokensOf(arithmetic.sentence, "sentence", false)}</p>
      <${Code} constants=${arithmetic.code} rounded=${carry.value} />`}
  </section>`;
}

/** A number that the reader can type. @param {{name: string}} props */
function Given({ name }) {
  return html`<p><${NumberField} key=${`${name} ${day.value}`} name=${`typed-${name}`} label=${labelOf(name)}
    value=${givenValue(name)} style=${styleOf(name)} onChange=${(/** @type {number} */ value) => change(name, value)} />
    <small class="quiet">${gateOf(name) ? msg`The same on every day.` : msg`Given, not computed.`} Type, or drag it in the
    drawing; ↑ and ↓ move it by 0.01.</small></p>`;
}

/** A memory that the day before left. @param {{name: string}} props */
function FromYesterday({ name }) {
  const id = name === "h_prev" ? "h" : "c";
  return html`<p>It is what day ${day.value} left: <${Value} name=${name} part="carried" />.
    ${" "}<button type="button" class="plain" onClick=${() => goToStage(id, day.value - 1)}>See how</button></p>`;
}

/**
 * Tokens in a line. Where operators stand between numbers, a negative number gets its brackets.
 * @param {Token[]} tokens @param {string} part  of the view, to tell the same number in two lines apart
 * @param {boolean} operators
 */
function tokensOf(tokens, part, operators) {
  return tokens.map((token, k) => {
    if (typeof token === "string") return operators ? operator(token) : token;
    const after = tokens[k - 1];
    const brackets = operators && (after === "×" || after === "+");
    const plus = operators && token.plus;
    return html`<${Value} name=${token.key} part=${part} place=${k} plus=${plus} brackets=${brackets} />`;
  });
}

/** @param {string} sign */
function operator(sign) {
  if (sign === "(" || sign === ")") return sign;
  return sign === "tanh" || sign === "sigmoid" ? html`<i>${sign}</i>` : ` ${sign} `;
}

/** The number of a key, at this day. @param {string} key @returns {number} */
function valueOf(key) {
  const [gate, from, isProduct] = key.split("-");
  if (!from) return now.value[/** @type {keyof typeof now.value} */ (key)];
  const weight = weights.value[/** @type {"f"} */ (gate)][/** @type {"h"} */ (from)];
  return isProduct ? weight * (from === "h" ? now.value.h_prev : now.value.x) : weight;
}

/**
 * A number that lights up wherever it stands.
 * @param {{name: string, part: string, place?: number, plus?: boolean, brackets?: boolean}} props
 */
function Value({ name, part, place = 0, plus, brackets }) {
  const value = valueOf(name);
  const unknown = hiddenNumbers.value.includes(name);
  const text = unknown ? "?" : written(name, value, carry.value);
  const negative = text.startsWith("−");
  const inBrackets = brackets && negative;
  const before = plus ? (negative ? " − " : " + ") : inBrackets ? "(" : "";
  return html`${before}<span class=${`unit-token num ${styleOf(name)} ${hot.value === name ? "hot" : ""}`} tabindex="0"
    data-term=${name} data-key=${`${part}-${place}-${name}`} data-value=${unknown ? undefined : value}
    onPointerEnter=${() => (hot.value = name)} onPointerLeave=${() => (hot.value = "")}
    onFocus=${() => (hot.value = name)}
    onBlur=${() => (hot.value = "")}>${plus && negative ? text.slice(1) : text}</span>${inBrackets && ")"}`;
}

/** @param {Token} token */
function mathOf(token) {
  if (typeof token === "string") {
    if (/[a-z]/.test(token)) return html`<mi>${token}</mi>`;
    return html`<mo stretchy="false">${token === "×" ? "·" : token}</mo>`;
  }
  return html`${token.plus && html`<mo>+</mo>`}<${Symbol} name=${token.key} />`;
}

/** @param {{name: string}} props */
function Symbol({ name }) {
  const [letter, index] = symbolOf(name);
  return html`<mrow class=${`unit-token ${styleOf(name)} ${hot.value === name ? "hot" : ""}`} data-term=${name}
    onPointerEnter=${() => (hot.value = name)} onPointerLeave=${() => (hot.value = "")}>
    ${index ? html`<msub><mi>${letter}</mi><mtext>${index}</mtext></msub>` : html`<mi>${letter}</mi>`}</mrow>`;
}

/** The letter of a number in equations, and its index. @param {string} key */
function symbolOf(key) {
  const [gate, from] = key.split("-");
  if (from) return from === "b" ? ["b", gate] : ["w", gate + from];
  return key.endsWith("_prev") ? [key[0], msg`before`] : key.split("_");
}
