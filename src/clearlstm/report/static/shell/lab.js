// The lab's frame: where one is, where one can go, and how things are called and rounded.

import { useErrorBoundary, useLayoutEffect, useRef } from "preact/hooks";

import { html } from "lab/language/html.js";
import { address, visit } from "lab/link.js";
import { ROOMS } from "lab/rooms/rooms.js";
import { deeper, room } from "lab/shell/choices.js";
import { embedded, WholeLab } from "lab/shell/embed.js";
import { Naming } from "lab/shell/naming.js";
import { Share } from "lab/shell/share.js";
import { shownResult } from "lab/state.js";
import { Tour, TourButton } from "lab/tour/tour.js";
import { Check } from "lab/understanding/check.js";
import { PAGES } from "lab/understanding/pages.js";

export function Lab() {
  const open = [...ROOMS, ...PAGES].find(({ id }) => id === room.value) ?? ROOMS[0];
  const main = html`<main id="page" tabindex="-1"><${Guarded} key=${open.id} id=${open.id} Room=${open.Room} /></main>`;
  return embedded ? html`${main}<${WholeLab} />` : html`<${Head} open=${open} />${main}<${Tour} />`;
}

/** A room, or why it can't be shown: a report from elsewhere may hold anything. @param {{id: string, Room: () => unknown}} props */
function Guarded({ id, Room }) {
  const [error, again] = useErrorBoundary();
  if (!error) return html`<${Room} /><${Check} room=${id} />`;
  const afresh = () => {
    shownResult.value = null;
    visit(`room=${room.value}`);
    again();
  };
  return html`<h1>This can't be shown</h1>
    <p role="alert">What is in the report or in the link doesn't fit together: it was changed, or it is damaged
      (${error instanceof Error ? error.message : String(error)}).</p>
    <p><button type="button" class="plain main" onClick=${afresh}>Start this room afresh</button></p>`;
}

const [understood] = PAGES;

/** @param {{open: import("lab/rooms/rooms.js").RoomEntry}} props */
function Head({ open }) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const nav = list.current;
    const chosen = nav?.querySelector("[aria-current]");
    if (nav && chosen) nav.scrollLeft += chosen.getBoundingClientRect().left - nav.getBoundingClientRect().left - 40;
  }, [open.id]);
  return html`<header class="lab-head">
    <a class="lab-name" href="#">clearlstm <small>the LSTM that you can see through</small></a>
    <div class="lab-ways"><${TourButton} /><${Share} title=${open.title} /></div>
    <div class="lab-choices">
      <${Naming} />
      <label class="deeper"><input type="checkbox" checked=${deeper.value}
        onChange=${(/** @type {any} */ event) => (deeper.value = event.currentTarget.checked)} /> Go deeper</label>
    </div>
    <nav aria-label="Rooms" ref=${list}><ol>
      ${ROOMS.map(
        ({ id, title }, k) => html`<li><a href=${`#${roomAddress(id)}`} aria-current=${id === open.id ? "page" : null}
          onClick=${(/** @type {MouseEvent} */ event) => enter(event, id)}><small>${k + 1}</small> ${title}</a></li>`,
      )}
      <li><a href=${`#${roomAddress(understood.id)}`} aria-current=${understood.id === open.id ? "page" : null}
        onClick=${(/** @type {MouseEvent} */ event) => enter(event, understood.id)}>${understood.title}</a></li>
    </ol></nav>
  </header>`;
}

/** The link to a room, with all else as it is. @param {string} id */
function roomAddress(id) {
  const parts = new URLSearchParams(address());
  parts.set("room", id);
  return parts.toString();
}

/** @param {MouseEvent} event @param {string} id */
function enter(event, id) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  visit(roomAddress(id));
  scrollTo(0, 0);
}
