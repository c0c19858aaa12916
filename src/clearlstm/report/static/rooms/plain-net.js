// Room 1: why a plain recurrent net forgets or explodes, and what an LSTM changes about that.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { sentence } from "lab/lesson.js";
import { Keep } from "lab/rooms/keep.js";
import { FeedbackLoop } from "lab/rooms/plain-net/loop.js";
import { Growth } from "lab/rooms/plain-net/growth.js";
import { DirectPath } from "lab/rooms/plain-net/direct-path.js";
import { NetsSideBySide } from "lab/rooms/plain-net/nets.js";
import { Race } from "lab/rooms/plain-net/race-view.js";
import { steps } from "lab/rooms/plain-net/state.js";
import { deeper } from "lab/shell/choices.js";
import { Term } from "lab/shell/term.js";

export function PlainNetRoom() {
  return html`<h1>Why a plain net can't remember day 1</h1>
    <p>${sentence("loop", {
      weight: html`<${Term} word="weight" />`,
      Unroll: html`<${Term} word="unroll" text="Unroll" />`,
      steps: steps.value,
      w: msg`it`,
      gradient: html`<${Term} word="gradient" />`,
    })}</p>
    <${FeedbackLoop} />
    <${Growth} />
    <${DirectPath} />
    <${Race} />
    ${deeper.value && html`<${NetsSideBySide} />`}
    <${Keep}>Over many days a plain net loses day 1, or blows it up. An LSTM keeps it behind a gate.<//>`;
}
