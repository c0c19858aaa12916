// Being built.

import { html } from "htm/preact";

export function CompaniesRoom() {
  return html`<h1>Two companies</h1>`;
}
