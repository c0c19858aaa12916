// Printing. Drawings are made to the width that there is, and paper has another: before a page is printed it takes the
// width of a sheet, and all that is drawn measures anew.

/** Follow the browser to paper and back. To be called before anything is drawn, so that the width is there by then. */
export function followPaper() {
  addEventListener("beforeprint", () => document.documentElement.classList.add("on-paper"));
  addEventListener("afterprint", () => document.documentElement.classList.remove("on-paper"));
}

/** @param {() => void} measure @returns {() => void} ends it */
export function onPaperChange(measure) {
  addEventListener("beforeprint", measure);
  addEventListener("afterprint", measure);
  return () => {
    removeEventListener("beforeprint", measure);
    removeEventListener("afterprint", measure);
  };
}
