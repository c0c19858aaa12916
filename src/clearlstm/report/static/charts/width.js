// The width that a drawing really has, so that its text keeps its size on every screen.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { onPaperChange } from "lab/paper.js";

/**
 * A reference to put on an element, and its width in pixels, kept up to date.
 * @returns {{box: import("preact/hooks").Ref<HTMLElement | null>, width: number}}
 */
export function useWidth() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const leavePaper = onPaperChange(measure);
    return () => {
      observer.disconnect();
      leavePaper();
    };
  }, []);
  return { box, width };
}
