// The page. Its sections follow a reader's questions: is it good, what does it say, compared with what, and why.

import { html, render } from "htm/preact";

import { Comparison } from "lab/page/comparison.js";
import { Forecast } from "lab/page/forecast.js";
import { Inside } from "lab/page/inside.js";
import { Verdict } from "lab/page/verdict.js";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(html`<${Verdict} /><${Forecast} /><${Comparison} /><${Inside} />`, page);
}
