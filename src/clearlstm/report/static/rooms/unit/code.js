// The line of code that computed a number: the page's own source, asked of the function itself.

import { html } from "lab/language/html.js";
import { step as stepRounded } from "lab/lstm/rounded.js";
import { step } from "lab/lstm/unit.js";
import { hot } from "lab/rooms/unit/state.js";
import { styleOf } from "lab/rooms/unit/keys.js";

const NAMES = /(w\.[figo]\.[hxb]\b|(?<![.\w"])(?:z_[figo]|h_prev|c_prev|kept|written|tanh_c|[figochx])\b(?!"|:))/;

/** @param {boolean} rounded */
function sourceOf(rounded) {
  return (rounded ? stepRounded : step).toString().split("\n");
}

/**
 * The lines in which these constants get their values, or the whole function.
 * @param {{constants?: string[], rounded: boolean}} props
 */
export function Code({ constants, rounded }) {
  const source = sourceOf(rounded);
  /** @param {string} line */
  const wanted = (line) => !constants || constants.some((name) => line.includes(`const ${name} =`));
  const lines = source.filter(wanted);
  return html`<pre class="unit-code" tabindex="0" aria-label="The code that computes it"><code>${lines.map(
    (line, k) => html`${k > 0 && "\n"}${tokens(constants ? line.trim() : line)}`,
  )}</code></pre>`;
}

/** @param {string} line */
function tokens(line) {
  return line.split(NAMES).map((part, k) => (k % 2 ? html`<${Identifier} text=${part} />` : part));
}

/** @param {{text: string}} props */
function Identifier({ text }) {
  const key = text.startsWith("w.") ? text.slice(2).replace(".", "-") : text;
  return html`<span class=${`unit-token ${styleOf(key)} ${hot.value === key ? "hot" : ""}`} data-term=${key}
    onPointerEnter=${() => (hot.value = key)} onPointerLeave=${() => (hot.value = "")}>${text}</span>`;
}
