// Frames of the lab are as light or dark as the site, whose switch they can't see.

const frames = () => [...document.querySelectorAll("iframe.lab")];

function tell(frame) {
  const scheme = document.documentElement.dataset.theme === "dark" ? "dark" : "light";
  frame.contentWindow?.postMessage({ clearlstm: scheme }, "*");
}

// A frame that has opened asks.
addEventListener("message", ({ source }) => frames().filter(({ contentWindow }) => contentWindow === source).forEach(tell));
new MutationObserver(() => frames().forEach(tell)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
