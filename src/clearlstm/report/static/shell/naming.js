// The reader's choice of how things are called, and with how many digits.

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Choice } from "lab/page/choice.js";
import { digits, words } from "lab/shell/choices.js";

export function Naming() {
  return html`<${Choice} name="words" label="Names" options=${WORDS} chosen=${words.value}
      onChoose=${(/** @type {"video" | "field"} */ value) => (words.value = value)} />
    <${Choice} name="digits" label="Numbers" options=${DIGITS} chosen=${digits.value}
      onChoose=${(/** @type {"rounded" | "exact"} */ value) => (digits.value = value)} />`;
}

const WORDS = [
  { value: "video", label: msg`the video's` },
  { value: "field", label: msg`the field's` },
];
const DIGITS = [
  { value: "rounded", label: msg`rounded` },
  { value: "exact", label: msg`exact` },
];
