// Room 3: one unit of an LSTM, drawn in the video's arrangement, with every number of a day on its wire.

import { useEffect } from "preact/hooks";

import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { address, visit } from "lab/link.js";
import { Keep } from "lab/rooms/keep.js";
import { Days } from "lab/rooms/unit/days.js";
import { termsOf, UnitDrawing } from "lab/rooms/unit/drawing.js";
import { beginFillIn, FillIn, hiddenNumbers } from "lab/rooms/unit/fill-in.js";
import { UnitFrame } from "lab/rooms/unit/frame.js";
import { ArithmeticView, openNumbers } from "lab/rooms/unit/arithmetic-view.js";
import { ManyUnits } from "lab/rooms/unit/many-units.js";
import { Parting } from "lab/rooms/unit/parting.js";
import { stageOf, STAGES } from "lab/rooms/unit/stages.js";
import { carry, change, day, goToDay, goToStage, hot, inputs, isGiven, move, question } from "lab/rooms/unit/state.js";
import { neighbour, now, opened, preset, stage, steps, weights } from "lab/rooms/unit/state.js";
import { Presets, Values } from "lab/rooms/unit/values.js";
import { percentage, written } from "lab/rooms/unit/write.js";
import { deeper } from "lab/shell/choices.js";
import { nameOf } from "lab/shell/names.js";
import { Term } from "lab/shell/term.js";

export function UnitRoom() {
  useStageKeys(window);
  return html`<${Opening} /><${Unit} above=${html`<${Presets} />`} /><${Values} /><${Parting} />
    ${deeper.value && html`<${ManyUnits} />`}
    <${Keep}>Keep a share of the ${nameOf("c")}, add a share of what is new, say a share of it: that is one day.<//>`;
}

/** The unit on one of its days, with what can be done with it. @param {{above?: unknown}} props */
export function Unit({ above }) {
  return html`<div class="unit-room">
      <div class="unit-stage">
        ${above}
        ${question.value === "" ? html`<${StageBar} />` : html`<${FillIn} />`}
        <${Picture} />
        <${OverTheDays} />
      </div>
      <${ArithmeticView} />
    </div>`;
}

/** The question that the lab opens with. */
function Opening() {
  const parts = new URLSearchParams(address());
  parts.set("room", "companies");
  /** @param {MouseEvent} event */
  const go = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    visit(parts.toString());
    scrollTo(0, 0);
  };
  return html`<div class="unit-opening"><h1>The unit</h1>
    <p class="lead">An LSTM reads one day after the other. Two memories carry what it noticed to the day on which that
      is needed. Company B was at 1 on day 1. Who remembers it on day 4?
      <a href=${`#${parts}`} onClick=${go}>See two companies through four days</a></p></div>`;
}

/** Back, next, and what is going on. */
function StageBar() {
  const { title, says } = stageOf(stage.value);
  const at = STAGES.findIndex(({ id }) => id === stage.value);
  return html`<section class="unit-bar" aria-label="Stages of the day">
    <div class="unit-steps">
      <button type="button" class="plain" disabled=${!neighbour(-1)} onClick=${() => move(-1)}>Back</button>
      <button type="button" class="plain main" disabled=${!neighbour(1)} onClick=${() => move(1)}>
        ${at === STAGES.length - 1 && neighbour(1) ? msg`Next day` : msg`Next`}</button>
      ${at > 0 && html`<button type="button" class="plain" onClick=${() => goToStage("all")}>All at once</button>`}
      <button type="button" class="plain" onClick=${beginFillIn}>Find the numbers yourself</button>
    </div>
    <p class="unit-says" role="status">
      <b>${at > 0 && html`<small>${at} of ${STAGES.length - 1}</small> `}${title}.</b>
      ${" "}${says(day.value === inputs.value.length - 1)}</p>
  </section>`;
}

function Picture() {
  const { lit, travel } = stageOf(stage.value);
  const guessing = hiddenNumbers.value.length > 0;
  return html`<${UnitFrame} lit=${lit} scene=${stage.value}>
    <${UnitDrawing} label=${msg`The unit on day ${day.value + 1} of ${inputs.value.length}, with its numbers`}
      step=${now.value} terms=${termsOf(weights.value, now.value)} lit=${lit} travel=${guessing ? [] : travel}
      scene=${`${stage.value} ${day.value}`} hidden=${hiddenNumbers.value} open=${openNumbers()} hot=${hot}
      day=${msg`day ${day.value + 1}`} text=${text} onOpen=${openNumber} isGiven=${isGivenNow} onEdit=${change} />
  <//>`;
}

/** @param {string} key @param {number} value */
const text = (key, value) => written(key, value, carry.value);

/** @param {string} key */
const openNumber = (key) => (opened.value = key);

/** @param {string} key */
const isGivenNow = (key) => isGiven(key, day.value);

/** The days in a row, and which example it is. */
function OverTheDays() {
  const count = inputs.value.length;
  const { f, c_prev } = now.value;
  return html`<div class="unit-over">
    <p class="quiet">${preset.value ? preset.value.label : msg`Your own days`}: day ${day.value + 1} of ${count}.
      ${preset.value?.id === "forgets" && hiddenNumbers.value.length === 0 && html`The forget gate lets
        <span class="num f" data-key="share-kept" data-value=${f}>${percentage(f)}</span> of
        ${written("c_prev", c_prev, false)} stay: nearly everything is forgotten.`}</p>
    ${count > 1 && html`<${Days} label="Day" steps=${steps.value} day=${day.value} onDay=${goToDay}
      hiddenFrom=${hiddenNumbers.value.length ? day.value : Infinity} text=${text} />
      <p class="unit-key quiet">The unit <${Term} word="unroll" text="unrolled" />, each day shrunk: the lines are
        <b class="c name">${nameOf("c")}</b> and <b class="h name">${nameOf("h")}</b>, the bars
        <b class="f name">f</b> <b class="i name">i</b> <b class="g name">g</b> <b class="o name">o</b>.
        Go to a day with a click or the arrow keys.</p>`}
  </div>`;
}

const OWN_KEYS = "input, select, textarea, [role=slider], [contenteditable]";
const OWN_SPACE = "button, a, summary, [role=button], [role=spinbutton]";

/**
 * Arrow keys and the space bar step through the day, except where they already mean something.
 * @param {Pick<Window | Element, "addEventListener" | "removeEventListener">} around  where they are listened to
 */
export function useStageKeys(around) {
  useEffect(() => {
    /** @param {Event} pressed */
    const press = (pressed) => {
      const event = /** @type {KeyboardEvent} */ (pressed);
      const [first] = event.composedPath();
      const on = first instanceof Element ? first : document.body;
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (question.value !== "" || on.closest(OWN_KEYS)) return;
      const forward = event.key === "ArrowRight" || (event.key === " " && !on.closest(OWN_SPACE));
      if (!forward && event.key !== "ArrowLeft") return;
      event.preventDefault();
      move(forward ? 1 : -1);
    };
    around.addEventListener("keydown", press);
    return () => around.removeEventListener("keydown", press);
  }, [around]);
}
