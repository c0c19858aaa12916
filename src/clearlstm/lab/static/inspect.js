// The page of an audit: what was found, and the numbers that it rests on.

import { html, render } from "htm/preact";

import { Features } from "lab/page/audit/features.js";
import { Findings } from "lab/page/audit/findings.js";
import { Memory } from "lab/page/audit/memory.js";
import { Reach } from "lab/page/audit/reach.js";
import { Units } from "lab/page/audit/units.js";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(html`<${Findings} /><${Memory} /><${Reach} /><${Features} /><${Units} />`, page);
}
