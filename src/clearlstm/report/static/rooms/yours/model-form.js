// A saved model: what to feed it, and which part of it to take.

import { useEffect, useState } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { aText, linked, oneOf } from "lab/link.js";
import { Choice, List } from "lab/page/choice.js";
import { DropPlace, FileButton, TABLES } from "lab/rooms/yours/files.js";
import { examples, go, modelId, modelName, start, table, tableId } from "lab/rooms/yours/work.js";
import { deeper } from "lab/shell/choices.js";

const features = linked("yours-features", "", aText);
const layerName = linked("yours-layer-name", "", aText);
const head = linked("yours-head", "", aText);
const pool = linked("yours-pool", "", oneOf(/** @type {const} */ (["", "last", "mean"])));
const POOLS = [
  { value: "", label: msg`as the file says` },
  { value: "last", label: msg`the last step` },
  { value: "mean", label: msg`the mean of all` },
];

export function ModelForm() {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    start(task());
  };
  return html`<p class="kicker"><button type="button" class="yours-link"
    onClick=${() => go()}>All that can be taken</button></p>
    <h1>${modelName.value || msg`A model`}</h1>
    <${DropPlace}>
      <form onSubmit=${submit} class="yours-form">
        <section aria-labelledby="feed-title"><h2 id="feed-title">What to feed it</h2><${Feed} /></section>
        ${deeper.value && html`<${Parts} />`}
        <p><button type="submit" class="plain main">Open the model</button></p>
      </form>
    <//>`;
}

function Feed() {
  const [bundled, setBundled] = useState(/** @type {import("lab/api.js").Table[]} */ ([]));
  useEffect(() => void examples().then(setBundled, () => {}), []);
  const own = table.value && !bundled.some(({ id }) => id === table.value?.id) ? [table.value] : [];
  const options = [{ value: "", label: msg`nothing: its own windows, or random numbers` }].concat(
    [...bundled, ...own].map(({ id, name }) => ({ value: id, label: name })),
  );
  return html`<${List} name="feed" label="Data" options=${options} chosen=${tableId.value}
      onChoose=${(/** @type {string} */ id) => (tableId.value = id)} />
    <${FileButton} label="Bring a table" accept=${TABLES} />
    ${tableId.value && html`<div class="yours-fields"><label
      class="wide"><span>Columns to feed, in the model's order</span>
        <input type="text" name="features" value=${features.value} placeholder="by the model's input names"
          onInput=${(/** @type {any} */ event) => (features.value = event.currentTarget.value)} /></label></div>
      <p class="quiet">${table.value && msg`Columns: ${table.value.columns.map(({ name }) => name).join(", ")}. `}They are
        fed as they stand: scale them first if the net was trained on scaled
        numbers.</p>`}`;
}

/** Where a file holds several layers. */
function Parts() {
  return html`<section aria-labelledby="parts-title"><h2 id="parts-title">Which part of it</h2>
    <p class="quiet">For models of other makers that hold several layers. What is left empty is found in the file.</p>
    <div class="yours-fields">
      <label><span>Recurrent layer</span><input type="text" name="layer" value=${layerName.value}
        onInput=${(/** @type {any} */ event) => (layerName.value = event.currentTarget.value)} /></label>
      <label><span>Linear layer behind it</span><input type="text" name="head" value=${head.value}
        onInput=${(/** @type {any} */ event) => (head.value = event.currentTarget.value)} /></label>
    </div>
    <${Choice} name="pool" label="It reads" options=${POOLS} chosen=${pool.value}
      onChoose=${(/** @type {"" | "last" | "mean"} */ value) => (pool.value = value)} /></section>`;
}

/** @returns {import("lab/api.js").OpenTask} */
function task() {
  const columns = features.value.split(",").map((name) => name.trim()).filter(Boolean);
  return {
    kind: "open",
    model: modelId.value,
    ...(tableId.value && { table: tableId.value }),
    ...(tableId.value && columns.length > 0 && { features: columns }),
    ...(layerName.value && { name: layerName.value }),
    ...(head.value && { head: head.value }),
    ...(pool.value && { pool: pool.value }),
  };
}
