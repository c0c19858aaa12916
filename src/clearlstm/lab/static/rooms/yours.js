// Being built.

import { html } from "htm/preact";

export function YoursRoom() {
  return html`<h1>Your data, your model</h1>`;
}
