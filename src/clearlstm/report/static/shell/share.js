// How to show others what one sees: by a link, a file, or a frame in a page of one's own.

import { useRef, useState } from "preact/hooks";

import { api } from "lab/api.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { address } from "lab/link.js";
import { keep } from "lab/page/keep.js";
import { snippet } from "lab/shell/embed.js";

/** @param {{title: string}} props  of the room that is open */
export function Share({ title }) {
  const [open, setOpen] = useState(false);
  const toggled = (/** @type {ToggleEvent} */ event) => setOpen(event.newState === "open");
  return html`<button class="plain" type="button" popovertarget="share">Share</button>
    <section id="share" class="share" popover="auto" aria-label="Share" onToggle=${toggled}>
      ${open && (api.available ? html`<${AsFile} />` : html`<${AsLink} />`)}
      ${open && html`<p>From there, this puts the room as you see it into a page of yours:</p>
        <${Text} label="For a page of yours" text=${snippet(place(), title)} />`}
    </section>`;
}

/** The running lab: nobody else can open its address. */
function AsFile() {
  const [trouble, setTrouble] = useState("");
  const save = () => api.exported(null, address()).then(keep, (reason) => setTrouble(reason.message));
  return html`<h2>Share what you see</h2>
    <p>The lab runs on this computer, and its link opens nowhere else. Save it as one file, which opens where you are now:
      send that, or put it on any web space. It holds rooms 1 to 5 and the tour, and needs no server.</p>
    <p><button class="plain main" type="button" onClick=${save}>Save the lab as a file</button></p>
    <div role="alert">${trouble && html`<p>${trouble}</p>`}</div>`;
}

/** A page without a server: its link can be sent where it lies on the web, and the file itself where it doesn't. */
function AsLink() {
  const hosted = location.protocol !== "file:";
  return html`<h2>Share what you see</h2>
    <p>${hosted
        ? msg`This link opens what you see now, for everybody who can reach this page:`
        : msg`This page is a file: send it, or put it on any web space. Behind its name stands what you see now:`}</p>
    <${Text} label="Link" text=${`${place()}#${address()}`} />`;
}

/** Where the lab's file is to be found: on the web by its address, on a disk by its name. */
function place() {
  if (api.available) return "clearlstm.html";
  return location.protocol === "file:" ? (location.pathname.split("/").at(-1) ?? "") : location.origin + location.pathname;
}

/** A text to take along. @param {{label: string, text: string}} props */
function Text({ label, text }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [said, say] = useState("");
  const copy = () => {
    field.current?.select();
    copied(text).then(say);
  };
  return html`<label class="share-text">${label}
      <textarea readonly rows="3" ref=${field} value=${text} onInput=${() => say("")}></textarea></label>
    <p><button class="plain" type="button" onClick=${copy}>Copy</button> <span role="status">${said}</span></p>`;
}

/** Where the browser doesn't let a page copy, the text is marked for the reader to do it. @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return msg`Copied.`;
  } catch {
    return msg`Marked: copy it with your keyboard.`;
  }
}
