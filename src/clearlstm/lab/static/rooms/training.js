// Being built.

import { html } from "htm/preact";

export function TrainingRoom() {
  return html`<h1>Training</h1>`;
}
