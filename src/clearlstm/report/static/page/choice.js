// One of several things to choose: a few as buttons, many as a list.

import { html } from "lab/language/html.js";

const MOST_BUTTONS = 12;

/**
 * @typedef {{value: string, label: string}} Option
 *
 * @typedef {object} ChoiceProps
 * @property {string} name  the group's own on the page
 * @property {string} label  what the reader sees
 * @property {Option[]} options
 * @property {string} chosen
 * @property {(value: string) => void} onChoose
 */

/** One of several; arrow keys move as in any group of radio buttons. @param {ChoiceProps} props */
export function Choice(props) {
  if (props.options.length < 2) return null;
  return props.options.length <= MOST_BUTTONS ? Buttons(props) : List(props);
}

/** @param {ChoiceProps} props */
function Buttons({ name, label: title, options, chosen, onChoose }) {
  return html`<fieldset class="choice">
    <legend>${title}</legend>
    ${options.map(
      ({ value, label }) => html`<label class=${value === chosen ? "chosen" : ""}>
        <input type="radio" name=${name} value=${value} checked=${value === chosen} onChange=${() => onChoose(value)} />
        ${label}
      </label>`,
    )}
  </fieldset>`;
}

/** @param {ChoiceProps} props */
export function List({ label: title, options, chosen, onChoose }) {
  return html`<label class="choice list">
    <span>${title}</span>
    <select onChange=${(/** @type {any} */ event) => onChoose(event.currentTarget.value)}>
      ${options.map(({ value, label }) => html`<option value=${value} selected=${value === chosen}>${label}</option>`)}
    </select>
  </label>`;
}
