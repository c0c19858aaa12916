// The tour's bar at the foot of the page.

import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import { address, linked, visit, wholeNumber } from "lab/link.js";
import { STOPS } from "lab/tour/stops.js";

/** The stop, from 1; 0: no tour. */
const stop = linked("tour", 0, wholeNumber(0, STOPS.length));

/** What the reader chose for all rooms stays as it is on the way. */
const KEPT = ["words", "digits"];

/** The address of a stop. @param {number} number  from 1 */
export function stopAddress(number) {
  const parts = new URLSearchParams(STOPS[number - 1].at);
  const now = new URLSearchParams(address());
  for (const key of KEPT) if (now.has(key)) parts.set(key, now.get(key) ?? "");
  parts.set("tour", String(number));
  return parts.toString();
}

/** @param {number} number  from 1; 0 leaves the tour where the reader is */
function goTo(number) {
  if (number > 0) return visit(stopAddress(number));
  const parts = new URLSearchParams(address());
  parts.delete("tour");
  visit(parts.toString());
  /** @type {HTMLElement | null} */ (document.querySelector(`.${START}`))?.focus();
}

const START = "tour-start";

/**
 * Who came by the keyboard goes on in the bar: its button may have been the way in, or gone with the stop before.
 * @param {HTMLElement | null} bar
 */
function keepFocus(bar) {
  const { activeElement: at } = document;
  if (at && at !== document.body && !at.classList.contains(START)) return;
  const [previous, next] = bar?.querySelectorAll("button") ?? [];
  (next ?? previous)?.focus({ preventScroll: true });
}

/** The way in, for the head of the page. */
export function TourButton() {
  return html`<button class=${`plain ${START}`} type="button" onClick=${() => goTo(1)}>Take the tour</button>`;
}

export function Tour() {
  const number = stop.value;
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    if (number === 0) return;
    keepFocus(bar.current);
    requestAnimationFrame(() => bring(STOPS[number - 1].look));
  }, [number]);
  if (number === 0) return null;
  const { title, says, tries } = STOPS[number - 1];
  return html`<aside class="tour" aria-label="The tour" ref=${bar}>
    <div role="status">
      <p class="tour-title"><small>${number} of ${STOPS.length}</small> <b>${title}</b></p>
      <p>${says}</p>
      <p class="tour-try"><b>Try it:</b> ${tries}</p>
    </div>
    <div class="tour-buttons">
      <button class="plain" type="button" disabled=${number === 1}
        onClick=${() => goTo(number - 1)}>Previous stop</button>
      ${number < STOPS.length &&
      html`<button class="plain main" type="button" onClick=${() => goTo(number + 1)}>Next stop</button>`}
      <button class="plain" type="button"
        onClick=${() => goTo(0)}>${number < STOPS.length ? "Leave the tour" : "Stay here"}</button>
    </div>
  </aside>`;
}

/** Bring what a stop speaks of to the top of the window. @param {string} selector */
function bring(selector) {
  const place = document.querySelector(`main ${selector}`);
  if (!place) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const top = place.getBoundingClientRect().top + scrollY - 16;
  scrollTo({ top, behavior: still ? "instant" : "smooth" });
}
