// An area over a drawing along which a reader moves from row to row: with the pointer, or with the arrow keys.

import { html } from "lab/language/html.js";

const PAGE = 10;

/**
 * Where a key leads to from `at`, or null for any other key.
 * @param {string} key @param {number} at @param {number} count
 */
export function keyTarget(key, at, count) {
  /** @type {Record<string, number>} */
  const targets = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowDown: at - 1,
    ArrowUp: at + 1,
    PageDown: at - PAGE,
    PageUp: at + PAGE,
    Home: 0,
    End: count - 1,
  };
  return key in targets ? Math.min(Math.max(targets[key], 0), count - 1) : null;
}

/**
 * A slider without a thumb. `indexAt` says which row stands at a distance from the left edge; `text` is read out.
 * @param {{
 *   label: string, text: string, at: number, count: number, children?: unknown,
 *   indexAt: (x: number) => number, onMove: (index: number) => void,
 * }} props
 */
export function Scrubber({ label, text, at, count, indexAt, onMove, children }) {
  /** @param {PointerEvent & {currentTarget: Element}} event */
  const point = (event) => {
    const index = Math.round(indexAt(event.clientX - event.currentTarget.getBoundingClientRect().left));
    onMove(Math.min(Math.max(index, 0), count - 1));
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const target = keyTarget(event.key, at, count);
    if (target === null) return;
    event.preventDefault();
    onMove(target);
  };
  return html`<div class="scrubber" role="slider" tabindex="0" aria-label=${label} aria-valuetext=${text}
    aria-valuemin="0" aria-valuemax=${count - 1} aria-valuenow=${at}
    onPointerMove=${point} onPointerDown=${point} onKeyDown=${press}>${children}</div>`;
}
