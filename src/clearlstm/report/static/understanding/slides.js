// The tour on paper: a page a stop, with the drawing that the stop speaks of as it stands at these numbers.

import { render } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { address, restore } from "lab/link.js";
import { ROOMS } from "lab/rooms/rooms.js";
import { room } from "lab/shell/choices.js";
import { STOPS } from "lab/tour/stops.js";

/** @typedef {import("lab/tour/stops.js").Stop} Stop */

const HERE = "slides";

export function SlidesPage() {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  const [copies, show] = useState(/** @type {Element[]} */ ([]));
  useEffect(() => void (stage.current && drawAll(stage.current).then(show)), []);
  const ready = copies.length > 0;
  return html`<h1>The tour on paper</h1>
    <p class="slides-way">A page a stop, across, in black and white if you like. The drawings are those of the rooms, at the numbers of the
      tour. <button type="button" class="plain main" disabled=${!ready} onClick=${() => print()}>Print</button>
      ${" "}<span role="status">${ready ? msg`${copies.length} pages.` : msg`Drawing…`}</span></p>
    ${copies.map((copy, k) => html`<${Slide} stop=${STOPS[k]} number=${k + 1} copy=${copy} />`)}
    <div class="slide-stage" ref=${stage} aria-hidden="true" inert></div>`;
}

/** @param {{stop: Stop, number: number, copy: Element}} props */
function Slide({ stop: { title, says, tries }, number, copy }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => place.current?.replaceChildren(copy), [copy]);
  return html`<section class="slide" aria-label=${msg`Stop ${number}`}>
    <h2><small class="quiet">${number} of ${STOPS.length}</small> ${title}</h2>
    <p class="lead">${says}</p>
    <div class="slide-drawing" ref=${place} role="img" aria-label=${msg`The drawing of the stop “${title}”`}></div>
    <p class="slide-try"><b>Try it:</b> ${tries}</p>
  </section>`;
}

/**
 * A copy of what each stop looks at. The rooms have one state, so they are drawn out of sight, one after the other; then
 * all is as it was.
 * @param {HTMLElement} stage
 */
async function drawAll(stage) {
  const before = address();
  const copies = [];
  for (const stop of STOPS) {
    const at = new URLSearchParams(stop.at);
    const entry = ROOMS.find(({ id }) => id === at.get("room"));
    for (const [key, value] of new URLSearchParams(stop.paper ?? "")) at.set(key, value);
    at.set("room", HERE);
    restore(withChoices(at, before));
    render(entry ? html`<${entry.Room} />` : null, stage);
    await settled();
    if (stop.made) await stop.made().then(settled);
    if (room.value !== HERE) return []; // the reader went elsewhere
    copies.push(copyOf(stop.look, stage));
    render(null, stage);
  }
  restore(before);
  return copies;
}

/** With the reader's own names and digits. @param {URLSearchParams} at @param {string} before */
function withChoices(at, before) {
  const now = new URLSearchParams(before);
  for (const key of ["words", "digits"]) if (now.has(key)) at.set(key, now.get(key) ?? "");
  return at.toString();
}

/** Drawings measure their place, and draw after that. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

/** What a stop looks at; of a whole room, the first part with a drawing. @param {string} look @param {HTMLElement} stage */
function drawingOf(look, stage) {
  if (look !== "h1") return fitting(stage.querySelector(look));
  const parts = [...stage.children].filter(({ tagName }) => tagName !== "H1");
  const drawn = parts.find((part) => part.querySelector("svg")) ?? parts.find(({ tagName }) => tagName === "SECTION");
  return drawn?.querySelector(".unit-stage") ?? drawn;
}

const TALLEST = 520; // pixels that a page leaves for a drawing, below its title and sentence

/** A part of the room; of one far too tall for a page, its first pair of drawings. @param {Element | null} part */
function fitting(part) {
  const tooTall = (part?.getBoundingClientRect().height ?? 0) > 1.75 * TALLEST;
  return (tooTall && part?.querySelector(".pair:has(svg)")) || part;
}

/** @param {string} look @param {HTMLElement} stage */
function copyOf(look, stage) {
  const found = drawingOf(look, stage) ?? stage;
  const copy = /** @type {HTMLElement} */ (found.cloneNode(true));
  const fields = found.querySelectorAll("input");
  copy.querySelectorAll("input").forEach((field, k) => field.setAttribute("value", fields[k].value));
  for (const named of copy.querySelectorAll("[id]:not(marker)")) named.removeAttribute("id");
  const { width, height } = found.getBoundingClientRect();
  copy.style.width = `${width}px`; // or what is as wide as its place would grow by what zoom takes away
  copy.style.zoom = String(Math.min(1, TALLEST / height));
  copy.inert = true;
  return copy;
}
