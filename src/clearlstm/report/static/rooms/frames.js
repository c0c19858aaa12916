// Work that goes on while the page stays live: a little in every frame, as long as it is wanted and the room is open.

import { useEffect } from "preact/hooks";

/** Milliseconds of a frame that work may take; the rest is the page's. */
const SHARE = 10;

/**
 * @param {import("@preact/signals").Signal<boolean>} running @param {(seconds: number) => void} turn  once a frame,
 *   with the time since the one before
 */
export function useFrames(running, turn) {
  useEffect(() => {
    if (!running.value) return undefined;
    let before = performance.now();
    const next = (/** @type {number} */ time) => {
      turn((time - before) / 1000);
      before = time;
      if (running.value) frame = requestAnimationFrame(next);
    };
    let frame = requestAnimationFrame(next);
    return () => cancelAnimationFrame(frame);
  }, [running.value]);
  useEffect(() => () => void (running.value = false), []);
}

/**
 * Do something again and again for the share of one frame, as long as it says that there is more.
 * @param {() => boolean} step
 */
export function forOneFrame(step) {
  const end = performance.now() + SHARE;
  while (step() && performance.now() < end);
}
