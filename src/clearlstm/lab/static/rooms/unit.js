// Being built.

import { html } from "htm/preact";

export function UnitRoom() {
  return html`<h1>The unit</h1>`;
}
