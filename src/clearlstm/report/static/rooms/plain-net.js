// Room 1: why a plain recurrent net forgets or explodes, and what an LSTM changes about that.

import { html } from "htm/preact";

import { FeedbackLoop } from "lab/rooms/plain-net/loop.js";
import { Growth } from "lab/rooms/plain-net/growth.js";
import { DirectPath } from "lab/rooms/plain-net/direct-path.js";
import { NetsSideBySide } from "lab/rooms/plain-net/nets.js";
import { Term } from "lab/shell/term.js";

export function PlainNetRoom() {
  return html`<h1>Why a plain net can't remember day 1</h1>
    <p>A plain recurrent net has one loop: what it says today comes back tomorrow, times a <${Term} word="weight" />.
      ${" "}<${Term} word="unroll" text="Unrolled" /> over the days, that one weight acts again and again.</p>
    <${FeedbackLoop} />
    <${Growth} />
    <${DirectPath} />
    <${NetsSideBySide} />`;
}
