// One room alone, for a frame in somebody's own page: that is the page with ?embed behind its name.

import { html } from "lab/language/html.js";
import { address } from "lab/link.js";
import { darkAround } from "lab/state.js";

export const embedded = new URLSearchParams(location.search).has("embed");

/** The way from the frame to the whole page, as it stands now. */
export function WholeLab() {
  return html`<p class="embed-way"><a href=${`${location.pathname}#${address()}`} target="_blank"
    rel="noopener">Open this in the whole lab</a></p>`;
}

const SCHEMES = ["light", "dark"];

/** Be as light or dark as the page around says, in a message {clearlstm: "light"} or "dark"; it is asked for one. */
export function followAround() {
  addEventListener("message", ({ source, data }) => {
    const scheme = data?.clearlstm;
    if (source !== parent || !SCHEMES.includes(scheme)) return;
    document.documentElement.style.colorScheme = scheme;
    darkAround.value = scheme === "dark";
  });
  parent.postMessage({ clearlstm: "which scheme" }, "*");
}

/**
 * What puts a room into a page, in the state in which it is.
 * @param {string} page  where the lab's file is to be found @param {string} title  of the room
 */
export function snippet(page, title) {
  const state = new URLSearchParams(address());
  state.delete("tour");
  const source = `${page}?embed#${state}`.replaceAll("&", "&amp;");
  return `<iframe src="${source}" title="clearlstm: ${title}" width="100%" height="${HEIGHT}" loading="lazy"></iframe>`;
}

const HEIGHT = 720; // pixels; what is taller scrolls in its frame
