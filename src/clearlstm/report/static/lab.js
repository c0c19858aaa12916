// The lab. Its state is read from the link before anything is drawn.

import { render } from "htm/preact";

import { html } from "lab/language/html.js";
import { followLink, startAt } from "lab/link.js";
import { embedded, followAround } from "lab/shell/embed.js";
import { followPaper } from "lab/paper.js";
import { Lab } from "lab/shell/lab.js";

const place = document.getElementById("lab");
if (place) {
  startAt("unit-day=3"); // room 3 opens on a day on which there is something to remember
  followLink();
  followPaper();
  if (embedded) followAround();
  place.classList.toggle("embedded", embedded);
  place.replaceChildren();
  render(html`<${Lab} />`, place);
}
