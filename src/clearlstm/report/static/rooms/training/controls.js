// Play, pause, a step, the speed, and a slider over the epochs.

import { useRef } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { Choice } from "lab/page/choice.js";
import { useFrames } from "lab/rooms/frames.js";
import { epoch, LAST, playing, seed, speed, start } from "lab/rooms/training/state.js";
import { Slider } from "lab/shell/slider.js";

const SPEEDS = [
  { value: "1", label: msg`1 epoch a second` },
  { value: "10", label: "10" },
  { value: "100", label: "100" },
  { value: "1000", label: "1000" },
];
const STARTS = [
  { value: "published", label: msg`the published one` },
  { value: "random", label: msg`a random one` },
];

export function Controls() {
  usePlaying();
  return html`<section class="training-controls" aria-label="Training">
    <div class="training-buttons">
      <button class="plain main" type="button" disabled=${epoch.value >= LAST && !playing.value}
        onClick=${() => (playing.value = !playing.value)}>${playing.value ? msg`Pause` : msg`Play`}</button>
      <button class="plain" type="button" disabled=${epoch.value >= LAST}
        onClick=${() => goTo(epoch.value + 1)}>One epoch</button>
      <button class="plain" type="button" onClick=${() => goTo(LAST)}>To the end</button>
      <button class="plain" type="button" onClick=${() => goTo(0)}>Back to the start</button>
      <${Choice} name="training-speed" label="Speed" options=${SPEEDS} chosen=${speed.value}
        onChoose=${(/** @type {any} */ value) => (speed.value = value)} />
    </div>
    <div class="sliders"><${Slider} name="epoch" label="Epochs so far" value=${epoch.value} min=${0} max=${LAST}
      step=${1}
      onMove=${(/** @type {number} */ value) => goTo(Math.round(value))} /></div>
    <div class="choices">
      <${Choice} name="training-start" label="Start" options=${STARTS} chosen=${start.value}
        onChoose=${(/** @type {any} */ value) => begin(value)} />
      ${start.value === "random" &&
      html`<button class="plain" type="button"
        onClick=${() => begin("random", (seed.value % 9999) + 1)}>Draw another</button>
        <span class="quiet">draw ${seed.value}</span>`}
    </div>
  </section>`;
}

/** @param {number} wanted */
function goTo(wanted) {
  playing.value = false;
  epoch.value = Math.min(wanted, LAST);
}

/** @param {"published" | "random"} kind @param {number} [draw] */
function begin(kind, draw = seed.value) {
  goTo(0);
  start.value = kind;
  seed.value = draw;
}

/** Let the epochs run as fast as was chosen, as long as the room is open. */
function usePlaying() {
  const owed = useRef(0);
  useFrames(playing, (seconds) => {
    owed.current += seconds * Number(speed.value);
    const whole = Math.max(0, Math.min(Math.floor(owed.current), LAST - epoch.value));
    owed.current -= Math.floor(owed.current);
    if (whole > 0) epoch.value += whole;
    if (epoch.value >= LAST) playing.value = false;
  });
}
