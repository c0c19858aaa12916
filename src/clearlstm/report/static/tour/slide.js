// What a stop speaks of, brought into view: above the tour's bar, or alone and as large as the window lets it be.

import { useLayoutEffect } from "preact/hooks";

const EDGE = 16; // pixels between it and what is around it
const HEADING = 140; // pixels above it that are left in view where there is room
const LARGEST = 2.5;

/** @param {string} selector @returns {HTMLElement | null} */
const partOf = (selector) => document.querySelector(`main :is(${selector})`);

/**
 * Scroll a part of the room to where the bar doesn't cover it.
 * @param {string} selector @param {HTMLElement | null} bar
 */
export function bring(selector, bar) {
  const part = partOf(selector);
  if (!part || !bar) return;
  const { top, height } = part.getBoundingClientRect();
  const spare = bar.getBoundingClientRect().top - height - EDGE;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scrollTo({ top: top + scrollY - Math.max(EDGE, Math.min(HEADING, spare)), behavior: still ? "instant" : "smooth" });
}

/**
 * Show nothing of the page but a part of the room and the bar; with "", all of it again.
 * @param {string} selector @param {number} number  of the stop: a new one has a new part
 * @param {{current: HTMLElement | null}} bar
 */
export function useSlide(selector, number, bar) {
  useLayoutEffect(() => {
    if (!selector) return undefined;
    const lab = document.getElementById("lab");
    /** @type {HTMLElement | null} */
    let part = null;
    const fit = () => {
      const wanted = partOf(selector);
      if (wanted !== part) part?.style.removeProperty("zoom");
      part = wanted;
      part?.setAttribute("data-slide", "");
      if (part && bar.current) enlarge(part, bar.current);
    };
    lab?.classList.add("slides");
    const frame = requestAnimationFrame(fit);
    addEventListener("resize", fit);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("resize", fit);
      lab?.classList.remove("slides");
      part?.removeAttribute("data-slide");
      part?.style.removeProperty("zoom");
    };
  }, [selector, number]);
}

/** Its own width is the style sheet's. @param {HTMLElement} part @param {HTMLElement} bar */
function enlarge(part, bar) {
  part.style.removeProperty("zoom");
  const { height, width } = part.getBoundingClientRect();
  const [high, wide] = [innerHeight - bar.getBoundingClientRect().height - 2 * EDGE, innerWidth - 2 * EDGE];
  part.style.setProperty("zoom", String(Math.min(high / height, wide / width, LARGEST)));
}
