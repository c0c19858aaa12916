// Whole nets of 32 units, untrained, side by side: how much of a small change at each day arrives at the last one.

import { computed } from "@preact/signals";

import { Plot } from "lab/charts/plot.js";
import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { fate, FATES } from "lab/lesson.js";
import { lstmFlow, plainFlow, probe } from "lab/lstm/flow.js";
import { orthogonalPlain, uniformLSTM, uniformPlain } from "lab/lstm/starts.js";
import { draw, forgetBias, readAt, steps } from "lab/rooms/plain-net/state.js";
import { Num, shown } from "lab/shell/number.js";
import { Term } from "lab/shell/term.js";

const H = 32;

const inputs = computed(() => probe(steps.value, draw.value));
const uniform = computed(() => plainFlow(uniformPlain(H, draw.value), inputs.value));
const orthogonal = computed(() => plainFlow(orthogonalPlain(H, draw.value), inputs.value));
const closed = computed(() => lstmFlow(uniformLSTM(H, draw.value, {}), inputs.value));
const yours = computed(() => lstmFlow(uniformLSTM(H, draw.value, { f: forgetBias.value }), inputs.value));

/** The nets, each with how it starts. */
const nets = computed(() => [
  { id: "uniform", style: "h", name: msg`plain, uniform ±1/√H`, norms: uniform.value },
  { id: "orthogonal", style: "other-2", name: msg`plain, orthogonal`, norms: orthogonal.value },
  { id: "lstm-0", style: "baseline", name: msg`LSTM, forget bias ${0}`, norms: closed.value.norms },
  { id: "lstm", style: "f", name: msg`LSTM, forget bias ${shown(forgetBias.value)}`, norms: yours.value.norms },
]);

export function NetsSideBySide() {
  const days = Array.from({ length: steps.value }, (_, k) => k + 1);
  const at = Math.min(readAt.value, steps.value) - 1;
  const named = innerWidth > 700;
  const curves = nets.value.map(({ style, name, norms }) => ({ style, name: named ? name : "", values: norms }));
  return html`<section>
    <h2>Real nets, before any training</h2>
    <p>One weight is a caricature. Here are nets of ${H} <${Term} word="hidden unit" text="hidden units" />, fresh from
      the draw,
      over ${steps.value} days. Each line says how much of a small change of the short-term memory on a day
      arrives on the last one, at most: the spectral norm of that
      <${Term} word="gradient" />. Everything is computed here, now.</p>
    <${Plot} log label="How much of a change on each day arrives on the last day, on a logarithmic axis" xs=${days}
      curves=${curves}
      at=${at} text=${nets.value.map(({ name, norms }) => `${name}: ${shown(norms[at])}`).join(", ")}
      across="day of the change"
      onMove=${(/** @type {number} */ k) => (readAt.value = k + 1)} height=${340} />
    <${Reading} at=${at} />
    <p><button class="plain" type="button" onClick=${() => (draw.value = (draw.value % 9999) + 1)}>Draw the weights
      anew</button>
      ${" "}<span class="quiet">draw ${draw.value}; the link keeps it</span></p>
    <p>So the start matters as much as the kind of net: say which one you use. An LSTM whose forget gate starts half
      shut forgets as fast as a plain net, and one that starts wide open can let a change grow. None of these nets has
      learnt anything yet; training moves all the lines.
      <code>clearlstm gradients --train</code> measures them
      afterwards, too.</p>
  </section>`;
}

/** The lines in numbers, at the day that was chosen. @param {{at: number}} props */
function Reading({ at }) {
  return html`<div class="scroll-x"><table class="nets">
    <caption>Of a change on day ${at + 1}, there arrives on day ${steps.value}:</caption>
    <tbody>${nets.value.map(
      ({ id, style, name, norms }) => html`<tr>
        <th scope="row"><span class=${`swatch ${style}`} />${name}</th>
        <td><${Num} name=${`norm-${id}`} value=${norms[at]} decimals=${4} /></td>
        <td class="words">${FATES[fate(norms[at])]}${fate(norms[at]) === "arrives" && `: ${percent(norms[at])} %`}</td>
      </tr>`,
    )}
    <tr><th scope="row"><span class="swatch x" />its forget gates alone, the unit that keeps most</th>
      <td><${Num} name="direct" value=${yours.value.direct[at]} decimals=${4} /></td><td class="words">one road
        only</td></tr>
    </tbody>
  </table></div>`;
}

/** @param {number} norm */
const percent = (norm) => fixed(100 * norm, norm < 0.1 ? 1 : 0);
