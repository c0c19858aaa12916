// The width that a drawing really has, so that its text keeps its size on every screen.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

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
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width };
}
