// The text, each letter in the colour of what one unit remembers after it; and the same as a line.

import { useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { Lines } from "lab/charts/lines.js";
import { keyTarget } from "lab/charts/scrubber.js";
import { ramp, table } from "lab/colours.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Choice } from "lab/page/choice.js";
import { at, hovered, letters, part, stayAt, unit, values, written } from "lab/rooms/letters/state.js";
import { nameOf } from "lab/shell/names.js";
import { dark } from "lab/state.js";
import { PARTS } from "lab/words.js";

const MARGIN = 8;

/** A letter as it can be named. @param {string} letter */
export function named(letter) {
  if (letter === "\n") return msg`line end`;
  return letter === " " ? msg`space` : `“${letter}”`;
}

export function Coloured() {
  const options = PARTS.filter(({ part: one }) => one === "c" || one === "h").map((one) => ({
    value: one.part, label: `${one.part}, ${nameOf(one.part)}`,
  })); // prettier-ignore
  return html`<section aria-labelledby="letters-read-title">
    <h2 id="letters-read-title">What unit ${unit.value} remembers after each letter</h2>
    <${Choice} name="letters-part" label="Coloured by" options=${options} chosen=${part.value}
      onChoose=${(/** @type {"c" | "h"} */ chosen) => (part.value = chosen)} />
    <${Text} />
    <${Scale} />
    <p>${spoken()}</p>
  </section>`;
}

/** The number at the letter that is looked at, in words. */
function spoken() {
  return msg`Letter ${at.value + 1} of ${letters.value.length}, ${named(letters.value[at.value])}:
    ${part.value} of unit ${unit.value} is ${fixed(values.value[at.value], 3)}.`;
}

/** The end of the scale: what is squashed has one, c that of its largest. */
const end = () => (part.value === "h" ? 1 : Math.max(1, ...values.value.map(Math.abs)));

function Text() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const first = letters.value.length - written.value;
  const drawn = useMemo(
    () => [...letters.value].map((letter, t) => html`<${Letter} letter=${letter} t=${t} own=${t >= first}
      colours=${coloursOf(values.value[t] / end(), dark.value)} />`),
    [letters.value, values.value, dark.value, first],
  ); // prettier-ignore
  useLayoutEffect(() => {
    const chosen = box.current?.querySelector(`[data-at="${at.value}"]`);
    chosen?.classList.add("chosen");
    if (hovered.value < 0) bringIntoView(box.current, chosen);
    return () => chosen?.classList.remove("chosen");
  }, [at.value, drawn]);
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const target = keyTarget(event.key, at.value, letters.value.length);
    if (target === null) return;
    event.preventDefault();
    stayAt(target);
  };
  return html`<div class="letters-text" ref=${box} role="slider" tabindex="0" aria-label="The text, letter by letter"
    aria-valuemin="1" aria-valuemax=${letters.value.length} aria-valuenow=${at.value + 1} aria-valuetext=${spoken()}
    onKeyDown=${press} onPointerLeave=${() => (hovered.value = -1)}
    onPointerMove=${(/** @type {PointerEvent} */ event) => (hovered.value = letterUnder(event))}
    onClick=${(/** @type {PointerEvent} */ event) => letterUnder(event) >= 0 && stayAt(letterUnder(event))}>${drawn}</div>`;
}

/** Scroll the text, and nothing around it, to a letter. @param {HTMLElement | null} box @param {Element | null | undefined} letter */
function bringIntoView(box, letter) {
  if (!box || !letter) return;
  const [outer, inner] = [box.getBoundingClientRect(), letter.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + MARGIN;
  if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + MARGIN;
}

/** @param {PointerEvent} event @returns {number} the place of the letter under the pointer; −1: none is there */
function letterUnder({ target }) {
  const letter = target instanceof Element ? target.closest("[data-at]") : null;
  return Number(letter?.getAttribute("data-at") ?? -1);
}

/** @param {{letter: string, t: number, own: boolean, colours: string}} props  own: the net wrote it */
function Letter({ letter, t, own, colours }) {
  return html`<span class=${own ? "letter own" : "letter"} data-at=${t} style=${colours}>${
    letter === "\n" ? "⏎" : letter
  }</span>${letter === "\n" && html`<br />`}`;
}

/** Paper and ink of a letter. @param {number} share  −1 … 1 @param {boolean} onDark */
function coloursOf(share, onDark) {
  const k = 3 * Math.round((share + 1) * 127.5);
  const rgb = [...table(ramp("c", onDark)).slice(k, k + 3)];
  return `background:rgb(${rgb.join(" ")});color:${luminance(rgb) > 0.18 ? "#000" : "#fff"}`;
}

/** Of a colour in sRGB, as WCAG has it. @param {number[]} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** What the colours mean. */
function Scale() {
  const shares = [-1, -0.5, 0, 0.5, 1];
  return html`<p class="letters-scale quiet">${shares.map(
    (share) => html`<span class="letter" style=${coloursOf(share, dark.value)}>${fixed(share * end(), 1)}</span>`,
  )} ${part.value} after the letter${written.value > 0 && msg`; underlined: written by the net`}</p>`;
}

/** The same as a line. */
export function Curve() {
  const lines = [{ style: part.value, values: values.value }];
  const title = msg`${part.value} of unit ${unit.value}, letter by letter`;
  return html`<section aria-labelledby="letters-curve-title">
    <h2 id="letters-curve-title">${title}</h2>
    <${Lines} label=${title} text=${spoken()} lines=${lines}
      height=${170} at=${at.value} onMove=${stayAt} ticks=${lineEnds} />
  </section>`;
}

/** The first word of each line, where it begins. @param {number} wanted */
function lineEnds(wanted) {
  const begins = [...letters.value.matchAll(/^\S+/gm)];
  const every = Math.max(1, Math.ceil(begins.length / Math.max(wanted, 1)));
  return begins
    .filter((_, k) => k % every === 0)
    .map(({ 0: word, index }) => ({ index, label: word.slice(0, 10), context: "" }));
}
