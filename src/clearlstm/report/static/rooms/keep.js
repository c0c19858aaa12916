// The one sentence to keep of a room.

import { html } from "lab/language/html.js";

/** @param {{children: unknown}} props */
export function Keep({ children }) {
  return html`<p class="keep lead"><small class="quiet">To keep</small> ${children}</p>`;
}
