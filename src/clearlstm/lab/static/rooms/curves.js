// Being built.

import { html } from "htm/preact";

export function CurvesRoom() {
  return html`<h1>Two curves</h1>`;
}
