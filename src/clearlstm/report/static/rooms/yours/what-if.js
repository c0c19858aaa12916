// What if: move an input, a weight or a bias of the real net, and all that depends on it follows in the page.

import { computed } from "@preact/signals";

import { date } from "lab/dates.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { aText, linked } from "lab/link.js";
import { nameOf } from "lab/shell/names.js";
import { answerName } from "lab/rooms/yours/answer-names.js";
import { Num } from "lab/shell/number.js";
import { Slider } from "lab/shell/slider.js";
import { GATES } from "lab/lstm/unit.js";
import { altered, answersOf, change, changes, inputs, layer, layerIndex, net, place, report } from "lab/state.js";
import { trace, unchanged } from "lab/state.js";
import { nothing, valueAt } from "lab/what-if.js";

const wanted = linked("yours-held", "", aText);

/** The number in the hand: its key, what it was, and what it is now; null if there is none. */
const inHand = computed(() => {
  const [before, x] = [report.value.net, trace.value?.x];
  if (!before || !x || !net.value || !inputs.value) return null;
  if (wanted.value.startsWith("G.") && wanted.value in changes.value)
    return { key: wanted.value, was: NaN, is: changes.value[wanted.value] };
  const was = valueAt(before, x, wanted.value);
  return was === undefined ? null : { key: wanted.value, was, is: Number(valueAt(net.value, inputs.value, wanted.value)) };
});

/** Take a number into the hand. @param {string} key */
export function hold(key) {
  wanted.value = key;
}

/** What a key stands for, in words. @param {string} key */
export function described(key) {
  const [kind, ...where] = key.split(".");
  const name = (/** @type {number} */ n) => trace.value?.inputs[n]?.name ?? msg`input ${n}`;
  if (kind === "x") return msg`${name(Number(where[1]))} at ${date(trace.value?.ds[Number(where[0])])}`;
  const [k, gate, from, unit] = where;
  const own = report.value.net?.layers[Number(k)];
  const several = (report.value.net?.layers.length ?? 0) > 1 ? `, ${own?.name}` : "";
  const to = msg`the ${nameOf(/** @type {"f"} */ (gate))} of unit ${unit}${several}`;
  if (kind === "b") return msg`bias of ${to}`;
  if (kind === "G") return `${to}, held`;
  const source = kind === "U" ? msg`h of unit ${from}` : own?.depth === 0 ? name(Number(from)) : msg`number ${from} from below`;
  return msg`weight on ${source} in ${to}`;
}

export function WhatIf() {
  const made = Object.keys(changes.value);
  return html`<section class="yours-what-if" aria-labelledby="what-if-title">
    <h4 id="what-if-title">What if?</h4>
    ${inHand.value
      ? html`<${Hand} ...${inHand.value} dataKey=${inHand.value.key} />`
      : html`<p>Click an input or a weight in the list of terms. Then move it: maps, lines, ledger and answer
        follow.</p>`}
    <${Holds} />
    ${made.length > 0 && html`<ul class="yours-changes">${made.map((key) => html`<${Change} dataKey=${key} />`)}</ul>
      <${MovedMost} />
      <p><button type="button" class="plain"
        onClick=${() => (changes.value = nothing)}>Take all changes back</button></p>`}
    <p class="quiet">All answers are above. A net was trained as a whole: one number moved by hand shows what it does,
      not what a better net would be.</p>
  </section>`;
}

/** A gate can be held, too: it then stands still at every step, whatever comes in. */
function Holds() {
  const { step, unit } = place.value;
  return html`<p class="yours-holds">Hold a gate of unit ${unit}: ${GATES.map((gate) => {
    const key = `G.${layerIndex.value}.${gate}.0.${unit}`;
    const isHeld = key in changes.value;
    const toggle = () => {
      hold(key);
      change(key, isHeld ? undefined : round(layer.value?.[gate][step][unit] ?? 0));
    };
    return html`<button type="button" class=${`plain ${gate}`} aria-pressed=${isHeld} data-hold=${key}
      aria-label=${msg`Hold the ${nameOf(gate)}`} onClick=${toggle}>${gate}</button> `;
  })}</p>`;
}

/** @param {{dataKey: string, was: number, is: number}} props */
function Hand({ dataKey: key, was, is }) {
  const { min, max } = reach(key, was);
  return html`<${Slider} name="change" label=${described(key)} value=${is} min=${min} max=${max}
    step=${(max - min) / 400}
    onMove=${(/** @type {number} */ value) => change(key, value === was ? undefined : value)} />`;
}

/** The answer that the changes move most. */
function MovedMost() {
  const [before, now] = [answersOf(unchanged.value), answersOf(altered.value)];
  if (now.length === 0) return null;
  const moves = now.map((value, k) => Math.abs(value - before[k]));
  const k = moves.indexOf(Math.max(...moves));
  return html`<p>Of all, ${answerName(k)} moves most: <${Num} name="most-before" value=${before[k]} decimals=${4} /> →
    <${Num} name="most-now" value=${now[k]} decimals=${4} />.</p>`;
}

/**
 * How far a number can be moved: an input as far as it ever went and half as much beyond, a weight to twice its size.
 * @param {string} key @param {number} was
 */
function reach(key, was) {
  const [kind, , feature] = key.split(".");
  if (kind === "G") return { min: feature === "g" ? -1 : 0, max: 1 };
  const size = Math.max(2 * Math.abs(was), 2);
  const seen = kind === "x" ? (trace.value?.x ?? []).map((row) => row[Number(feature)]) : [-size, size];
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const margin = kind === "x" ? 0.5 * (high - low) || 1 : 0;
  return { min: round(low - margin), max: round(high + margin) };
}

/** @param {number} value */
const round = (value) => Number(value.toPrecision(3));

/** @param {{dataKey: string}} props */
function Change({ dataKey: key }) {
  const [before, x] = [report.value.net, trace.value?.x];
  const was = before && x && valueAt(before, x, key);
  const isHold = key.startsWith("G.");
  if (typeof was !== "number" && !isHold) return null;
  return html`<li>${described(key)}${isHold ? msg` at ` : html`: <${Num} name=${`was-${key}`} value=${was}
    decimals=${3} /> → `}<${Num} name=${`is-${key}`} value=${changes.value[key]} decimals=${3} />
    ${" "}<span class="yours-nowrap"><button type="button" class="yours-link" aria-label=${msg`Move ${described(key)}`}
      onClick=${() => hold(key)}>move</button>,
    ${" "}<button type="button" class="yours-link" aria-label=${msg`Take back ${described(key)}`}
      onClick=${() => change(key)}>take back</button></span></li>`;
}
