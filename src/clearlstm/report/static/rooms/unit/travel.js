// A value on its way: a dot that runs along a wire once, forward or back, and is gone.

import { useLayoutEffect, useRef } from "preact/hooks";

import { html } from "lab/language/html.js";

const DURATION = 250; // milliseconds a wire

/** @typedef {{style: string, d: string}} Path  the class of its colour, and its way in the direction of events */

/**
 * Dots along paths, list after list. It runs when it is put into the page: its key says for what.
 * @param {{paths: Path[][], back?: boolean}} props  back: against the direction of events
 */
export function Travel({ paths, back = false }) {
  const group = useRef(/** @type {SVGGElement | null} */ (null));
  useLayoutEffect(() => {
    const dots = [...(group.current?.querySelectorAll("g") ?? [])];
    if (!dots.length || matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined;
    const start = performance.now();
    let frame = requestAnimationFrame(function next(time) {
      const running = dots.map((dot) => place(dot, (time - start) / DURATION - Number(dot.dataset.turn), back));
      if (running.some(Boolean)) frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return html`<g ref=${group} class="unit-travel" aria-hidden="true">
    ${paths.flatMap((together, turn) =>
      together.map(({ style, d }) => html`<g class=${style} data-turn=${turn}><path d=${d} /><circle r="7" /></g>`),
    )}
  </g>`;
}

/**
 * Put a dot where it is after a share of its way; it is seen only while it is on it. Says whether it still will be.
 * @param {SVGGElement} dot @param {number} share @param {boolean} back
 */
function place(dot, share, back) {
  const path = /** @type {SVGPathElement} */ (dot.firstElementChild);
  const circle = /** @type {SVGCircleElement} */ (dot.lastElementChild);
  const under = share >= 0 && share < 1;
  if (under) {
    const { x, y } = path.getPointAtLength((back ? 1 - share : share) * path.getTotalLength());
    circle.setAttribute("cx", String(x));
    circle.setAttribute("cy", String(y));
  }
  circle.classList.toggle("under-way", under);
  return share < 1;
}
