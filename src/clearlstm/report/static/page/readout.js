// The numbers of the chosen row or cell, each beside the colour of what it belongs to. It is the legend as well.

import { html } from "lab/language/html.js";

/**
 * @typedef {object} Item
 * @property {string} key  names the number for whoever reads the page by program
 * @property {string} style  a class in styles/
 * @property {"line" | "area"} [mark]
 * @property {unknown} name  a text, or a node
 * @property {string} [also]  a second name, smaller
 * @property {string} value
 * @property {number | null} [raw]  the number as it stands in the data
 */

/**
 * The same in one sentence, to be read out.
 * @param {string} title @param {Item[]} items
 */
export function spoken(title, items) {
  return `${title}: ${items.map(({ name, value }) => `${name} ${value}`).join(", ")}`;
}

/** @param {{title: string, items: Item[], children?: unknown}} props */
export function Readout({ title, items, children }) {
  return html`<div class="readout">
    <p class="readout-title">${title}</p>
    ${children}
    <dl>${items.map((item) => html`<${Entry} ...${item} name=${item.name} dataKey=${item.key} />`)}</dl>
  </div>`;
}

/** @param {Item & {dataKey: string}} props */
function Entry({ dataKey, style, mark = "line", name, also, value, raw }) {
  return html`<div class=${`entry ${style} ${mark === "area" ? "range" : ""}`}>
    <dt><span class=${`swatch ${mark}`} />${name}${also && html`<small>${also}</small>`}</dt>
    <dd data-key=${dataKey} data-value=${raw ?? ""}>${value}</dd>
  </div>`;
}
