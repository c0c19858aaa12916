// The table behind a drawing: the same numbers, for those who read tables. Made when it is first opened.

import { useState } from "preact/hooks";

import { html } from "lab/language/html.js";

/**
 * @typedef {object} TableProps
 * @property {string} summary
 * @property {string} caption
 * @property {string[]} head
 * @property {() => (string | number | null)[][]} rows
 */

/** @param {TableProps} props */
export function DataTable({ summary, caption, head, rows }) {
  const [open, setOpen] = useState(false);
  return html`<details class="numbers" onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
    <summary>${summary}</summary>
    ${open && html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
      <table>
        <caption class="unseen">${caption}</caption>
        <thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${rows().map((row) => html`<${Row} cells=${row} />`)}</tbody>
      </table>
    </div>`}
  </details>`;
}

/** @param {{cells: (string | number | null)[]}} props */
function Row({ cells: [first, ...rest] }) {
  return html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`;
}
