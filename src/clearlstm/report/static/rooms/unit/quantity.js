// A number in the drawing: a button that opens its arithmetic and, where it is given rather than computed, a spin
// button that is dragged or moved with the arrow keys.

import { useRef } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";

/**
 * @typedef {object} QuantityProps
 * @property {string} name  its key
 * @property {number | undefined} value
 * @property {string} text  as it is shown
 * @property {string} label  what it is, to be read out
 * @property {string} style  class of its colour
 * @property {number} x @property {number} y
 * @property {"start" | "end"} [anchor]
 * @property {boolean} [big]
 * @property {boolean} faded
 * @property {boolean} hidden  the reader is to supply it
 * @property {boolean} open
 * @property {import("@preact/signals").Signal<string>} hot
 * @property {(key: string) => void} onOpen
 * @property {((key: string, value: number) => void) | undefined} onEdit
 */

/** Of a number: the size of its letters, and how wide one of them is. */
const SIZES = { big: [20, 12.6], small: [17, 9.8] };

/** What an arrow key adds. @type {Record<string, number>} */
const STEPS = { ArrowUp: 0.01, ArrowDown: -0.01, PageUp: 0.1, PageDown: -0.1 };

/** @param {number} value  without the dust of adding hundredths */
export function clean(value) {
  return Number(value.toFixed(6));
}

/** @param {QuantityProps} props */
export function Quantity(props) {
  const { name, value, text, label, style, x, y, anchor, big, faded, hidden, open, hot, onEdit } = props;
  const [size, letter] = SIZES[big ? "big" : "small"];
  const width = text.length * letter + 8;
  const left = anchor === "start" ? -4 : anchor === "end" ? 4 - width : -width / 2;
  const editable = onEdit !== undefined && !hidden;
  const classes = ["unit-number", style, faded && "faded", open && "open", editable && "given", hidden && "asked",
    hot.value === name && "hot"]; // prettier-ignore
  return html`<g class=${classes.filter(Boolean).join(" ")} transform=${`translate(${x} ${y})`} tabindex="0"
    data-key=${name} data-value=${hidden ? undefined : value} ...${roleOf(props, editable)}
    ...${useHands(props, editable)}
    onPointerEnter=${() => (hot.value = name)} onPointerLeave=${() => (hot.value = "")}
    onFocus=${() => (hot.value = name)} onBlur=${() => (hot.value = "")}>
    <title>${label}: ${hidden ? msg`yours to find` : text}${editable && msg`. Drag it, or click it to type.`}</title>
    <rect x=${left} y=${-0.72 * size} width=${width} height=${1.44 * size} rx="4" />
    <text font-size=${size} dy="0.36em" text-anchor=${anchor ?? "middle"}>${text}</text>
    ${editable && html`<line x1=${left + 5} x2=${left + width - 5} y1=${0.62 * size} y2=${0.62 * size} />`}
  </g>`;
}

/** @param {QuantityProps} props @param {boolean} editable */
function roleOf({ label, text, value, hidden }, editable) {
  if (!editable) return { role: "button", "aria-label": hidden ? msg`${label}: yours to find` : `${label}: ${text}` };
  return { role: "spinbutton", "aria-label": label, "aria-valuenow": value, "aria-valuetext": text };
}

/**
 * What the pointer and the keys do: a click opens, a drag or an arrow key changes.
 * @param {QuantityProps} props @param {boolean} editable
 */
function useHands({ name, value = 0, hidden, onOpen, onEdit }, editable) {
  const grip = useRef(/** @type {{from: number, value: number, moved: boolean} | null} */ (null));
  const edit = (/** @type {number} */ wanted) => onEdit?.(name, clean(wanted));
  return {
    onPointerDown: (/** @type {PointerEvent & {currentTarget: Element}} */ event) => {
      if (!editable) return;
      grip.current = { from: event.clientX, value, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (/** @type {PointerEvent} */ event) => {
      const held = grip.current;
      if (!held || event.buttons === 0) return;
      held.moved ||= Math.abs(event.clientX - held.from) > 3;
      if (held.moved) edit(held.value + 0.01 * Math.round(event.clientX - held.from));
    },
    onPointerCancel: () => (grip.current = null),
    onClick: () => {
      const dragged = grip.current?.moved;
      grip.current = null;
      if (!dragged && !hidden) onOpen(name);
    },
    onKeyDown: (/** @type {KeyboardEvent} */ event) => {
      const change = editable && STEPS[event.key];
      if (change) edit(value + change);
      else if ((event.key === "Enter" || event.key === " ") && !hidden) onOpen(name);
      else return;
      event.preventDefault();
    },
  };
}
