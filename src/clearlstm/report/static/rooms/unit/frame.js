// The frame around the drawing of the unit. On a narrow screen a part of it is seen: what is being discussed comes into
// view.

import { useLayoutEffect, useRef } from "preact/hooks";

import { html } from "lab/language/html.js";
import { middleOf, STAGE } from "lab/rooms/unit/layout.js";

/** @param {{lit: string[], scene: string, children: unknown}} props  scene: a new one brings what is lit into view */
export function UnitFrame({ lit, scene, children }) {
  const frame = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const box = frame.current;
    if (!box) return;
    const middle = (middleOf(lit) / STAGE.width) * box.scrollWidth;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollTo({ left: middle - box.clientWidth / 2, behavior: still ? "instant" : "smooth" });
  }, [scene]);
  return html`<p class="unit-sideways quiet">The drawing is wider than this: slide it sideways.</p>
    <div class="unit-frame" ref=${frame}>${children}</div>`;
}
