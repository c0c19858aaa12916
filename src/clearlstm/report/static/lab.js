// The lab. Its state is read from the link before anything is drawn.

import { html, render } from "htm/preact";

import { followLink } from "lab/link.js";
import { Lab } from "lab/shell/lab.js";

const place = document.getElementById("lab");
if (place) {
  followLink();
  place.replaceChildren();
  render(html`<${Lab} />`, place);
}
