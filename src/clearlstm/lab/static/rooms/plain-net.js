// Being built.

import { html } from "htm/preact";

export function PlainNetRoom() {
  return html`<h1>Why not a plain net</h1>`;
}
