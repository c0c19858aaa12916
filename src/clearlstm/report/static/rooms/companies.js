// Room 4: two companies that differ on day 1 alone, and what carries that to day 5.

import { html } from "lab/language/html.js";
import { Keep } from "lab/rooms/keep.js";
import { Days } from "lab/rooms/companies/days.js";
import { Forecast } from "lab/rooms/companies/forecast.js";
import { Guess } from "lab/rooms/companies/guess.js";
import { Own } from "lab/rooms/companies/own.js";
import { Ribbons } from "lab/rooms/companies/ribbons.js";
import { revealed } from "lab/rooms/companies/state.js";
import { WhatIf } from "lab/rooms/companies/what-if.js";
import { deeper } from "lab/shell/choices.js";

export function CompaniesRoom() {
  return html`<h1>Two companies, one unit</h1>
    <${Guess} />
    ${revealed.value && html`<${Days} /><${Ribbons} /><${WhatIf} /><${Own} />
      ${deeper.value && html`<${Forecast} />`}
      <${Keep}>Both memories carry day 1: one stores it, the other changes what later days write.<//>`}`;
}
