// The guided tour: a bar at the foot of the page, or, for a lecture, each stop's drawing alone as a slide.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { address, aFlag, linked, visit, wholeNumber } from "lab/link.js";
import { bring, useSlide } from "lab/tour/slide.js";
import { STOPS } from "lab/tour/stops.js";

/** The stop, from 1; 0: no tour. */
const stop = linked("tour", 0, wholeNumber(0, STOPS.length));

/** Whether the stops are shown as slides. */
const slides = linked("slides", false, aFlag);

/** What the reader chose for all rooms stays as it is on the way. */
const KEPT = ["words", "digits", "slides"];

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
  for (const key of ["tour", "slides"]) parts.delete(key);
  visit(parts.toString());
  /** @type {HTMLElement | null} */ (document.querySelector(`.${START}`))?.focus();
}

/** To slides and back, over the whole screen where the browser allows it. */
function turn() {
  slides.value = !slides.value;
  if (slides.value) document.documentElement.requestFullscreen?.().catch(() => undefined);
  else if (document.fullscreenElement) document.exitFullscreen();
}

const START = "tour-start";

/**
 * Who came by the keyboard goes on in the bar: its button may have been the way in, or gone with the stop before.
 * @param {HTMLElement | null} bar
 */
function keepFocus(bar) {
  const { activeElement: at } = document;
  if (at && at !== document.body && !at.classList.contains(START)) return;
  const buttons = [...(bar?.querySelectorAll("button") ?? [])];
  const onward = buttons.find((one) => one.classList.contains("main")) ?? buttons.at(-1);
  onward?.focus({ preventScroll: true });
}

/** The way in, for the head of the page. */
export function TourButton() {
  return html`<button class=${`plain ${START}`} type="button" onClick=${() => goTo(1)}>Take the tour</button>`;
}

export function Tour() {
  const number = stop.value;
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  const [trying, setTrying] = useState(false);
  useSlide(number > 0 && slides.value ? STOPS[number - 1].look : "", number, bar);
  useKeys(number > 0);
  useLayoutEffect(() => {
    if (number === 0) return;
    setTrying(false);
    keepFocus(bar.current);
    if (!slides.value) requestAnimationFrame(() => bring(STOPS[number - 1].look, bar.current));
  }, [number, slides.value]);
  if (number === 0) return null;
  const { title, says, tries } = STOPS[number - 1];
  return html`<aside class="tour" aria-label="The tour" ref=${bar}>
    <div role="status">
      <p class="tour-title"><small>${number} of ${STOPS.length}</small> <b>${title}</b></p>
      <p>${says}</p>
      <p class=${`tour-try ${trying ? "shown" : ""}`}><b>Try it:</b> ${tries}</p>
    </div>
    <div class="tour-buttons">
      <button class="plain" type="button" disabled=${number === 1}
        onClick=${() => goTo(number - 1)}>Previous stop</button>
      ${number < STOPS.length &&
      html`<button class="plain main" type="button" onClick=${() => goTo(number + 1)}>Next stop</button>`}
      <button class="plain tour-more" type="button" aria-expanded=${trying}
        onClick=${() => setTrying(!trying)}>Try it</button>
      <button class="plain tour-turn" type="button" title="F" onClick=${turn}>${slides.value ? msg`The page` : msg`Slides`}</button>
      <button class="plain" type="button"
        onClick=${() => goTo(0)}>${number < STOPS.length ? msg`Leave the tour` : msg`Stay here`}</button>
    </div>
  </aside>`;
}

/** F shows slides; there ← and → lead on, before the room's own arrow keys, and Escape leads back. @param {boolean} on */
function useKeys(on) {
  useEffect(() => {
    if (!on) return undefined;
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const act = actOf(event.key);
      const typed = /** @type {Element} */ (event.target).matches?.("input, textarea, select");
      if (!act || (typed && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    };
    addEventListener("keydown", pressed, true);
    return () => removeEventListener("keydown", pressed, true);
  }, [on]);
}

/** What a key does in the tour; undefined: nothing. @param {string} key */
function actOf(key) {
  if (key === "f" || key === "F") return turn;
  if (!slides.value) return undefined;
  if (key === "Escape") return turn;
  const [previous, next] = [Math.max(1, stop.value - 1), Math.min(STOPS.length, stop.value + 1)];
  if (key === "ArrowRight" || key === "PageDown") return () => goTo(next);
  return key === "ArrowLeft" || key === "PageUp" ? () => goTo(previous) : undefined;
}
