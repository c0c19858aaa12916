// Room 6, the net of letters: what its units follow while it reads, and how it writes. After Karpathy, Johnson & Li
// (2015), "Visualizing and understanding recurrent networks".

import { useEffect } from "preact/hooks";

import { fixed } from "lab/format.js";
import { html } from "lab/language/html.js";
import { msg } from "lab/language/texts.js";
import { AtLetter } from "lab/rooms/letters/at-letter.js";
import { Coloured, Curve } from "lab/rooms/letters/coloured.js";
import { fetchNet, net, run, trouble } from "lab/rooms/letters/state.js";
import { TextForm } from "lab/rooms/letters/text-form.js";
import { Units } from "lab/rooms/letters/units.js";
import { Write } from "lab/rooms/letters/write.js";
import { go } from "lab/rooms/yours/work.js";

export function LettersRoom() {
  useEffect(() => void fetchNet(), []);
  return html`<h1>A net that reads letters</h1>
    <p class="lead">It was shown plays of Shakespeare, letter by letter, and learnt one thing: to guess the next one.
      Nobody told it what a line is, or a name. Which of its memories keep track of them?</p>
    ${net.value ? html`<${Instrument} />` : html`<p role="status">${trouble.value || msg`Fetching the net …`}</p>`}
    <p><button type="button" class="plain" onClick=${() => go()}>Take something else</button></p>`;
}

function Instrument() {
  const read = run.value !== null;
  return html`<div class="letters-columns">
      <div class="letters-beside"><${TextForm} />${read && html`<${Coloured} />`}<${Write} /></div>
      <div>${read ? html`<${Units} /><${AtLetter} /><${Curve} />` : html`<p>Give it at least one letter.</p>`}</div>
    </div>
    <${About} />`;
}

/** How good it is, said beside what counting alone can do. */
function About() {
  if (!net.value) return null;
  const { plays, letters, bits } = net.value.measured;
  const { net: own, by_counts: counts } = bits.held_out;
  const best = counts.indexOf(Math.min(...counts));
  return html`<section aria-labelledby="letters-about-title">
    <h2 id="letters-about-title">How good is it?</h2>
    <p>On The Tempest, which it has not seen, it needs ${fixed(own, 2)} bits a letter. ${net.value.alphabet.length} equal
      chances need ${fixed(Math.log2(net.value.alphabet.length), 2)}; counting which letter follows which in its
      ${plays} plays (${fixed(letters / 1e6, 1)} million letters) needs ${fixed(counts[1], 2)} by the letter before,
      ${fixed(counts[2], 2)} by the two before, and at best ${fixed(counts[best], 2)}, by the ${best} before. It is
      small on purpose: one layer of ${net.value.head.W.length} units, each of which you can look into.</p>
    <p class="quiet">No unit counts quotation marks, Karpathy's best-known find: these plays have one in
      eight thousand letters. After A. Karpathy, J. Johnson and L. Fei-Fei, “Visualizing and understanding recurrent
      networks” (2015). What a unit follows is measured, not what it is for: many units share each job.</p>
  </section>`;
}
