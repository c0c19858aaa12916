// The net goes on where the text ends: letter by letter, each drawn from its chances.

import { useEffect, useState } from "preact/hooks";

import { fixed, percent } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { named } from "lab/rooms/letters/coloured.js";
import {
  draw, full, MOST, run, seed, temperature, unwrite, writeOne, written,
} from "lab/rooms/letters/state.js"; // prettier-ignore
import { Slider } from "lab/shell/slider.js";

const WAIT = 150; // milliseconds from letter to letter

export function Write() {
  const [running, setRunning] = useState(false);
  const can = run.value !== null && !full.value;
  useEffect(() => {
    if (!running) return undefined;
    const clock = setInterval(() => (full.value ? setRunning(false) : writeOne()), WAIT);
    return () => clearInterval(clock);
  }, [running]);
  const another = () => {
    unwrite();
    seed.value = (seed.value % 9999) + 1;
  };
  return html`<section aria-labelledby="letters-write-title">
    <h2 id="letters-write-title">Let it go on</h2>
    <p>After the last letter the net has a chance for each letter that may come. A random number between 0 and 1 picks
      one; it joins the text, the net reads it, and you see its gates at it.</p>
    <div class="training-buttons">
      <button type="button" class="plain main" disabled=${!can || running} onClick=${writeOne}>One letter</button>
      <button type="button" class="plain" disabled=${!can && !running}
        onClick=${() => setRunning(!running)}>${running ? msg`Pause` : msg`Run`}</button>
      <button type="button" class="plain" disabled=${written.value === 0 || running}
        onClick=${unwrite}>Take it back</button>
      <button type="button" class="plain" disabled=${running} onClick=${another}>Another seed</button>
      <span class="quiet">seed ${seed.value}</span>
    </div>
    <div class="sliders"><${Slider} name="temperature" label="Temperature" value=${temperature.value} min=${0.1}
      max=${2} step=${0.1} onMove=${(/** @type {number} */ value) => (temperature.value = value)} /></div>
    <p class="quiet">Below 1, likely letters become likelier; above, all become more equal.</p>
    <p role="status">${full.value ? msg`The text has ${MOST} letters, the most that it can have.` : told()}</p>
  </section>`;
}

/** How the last letter was drawn. */
function told() {
  if (!draw.value) return "";
  const { u, chance, letter } = draw.value;
  return msg`${written.value} written. The last draw, ${fixed(u, 3)}, fell on ${named(letter)}, which had
    ${percent(chance)} of it at this temperature.`;
}
