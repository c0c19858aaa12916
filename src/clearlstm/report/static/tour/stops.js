// The guided tour: each stop is a link, so it sets the page's exact state; then one idea, and one thing to try.

import { fixed, percent } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { LESSON } from "lab/lesson.js";
import { COMPANIES } from "lab/lstm/adam.js";
import { EMPTY, run, sigmoid, step, VIDEO } from "lab/lstm/unit.js";
import { learnAll } from "lab/rooms/plain-net/race-state.js";
import { DAY } from "lab/rooms/training/lines.js";
import { BATCH } from "lab/rooms/training/small-tasks.js";

/**
 * @typedef {object} Stop
 * @property {string} at  the state of the page, as it stands in a link
 * @property {string} look  the part of the room that it speaks of: in view beside the tour's bar, alone on a slide
 * @property {string} title
 * @property {string} says
 * @property {string} tries  a move for the reader, before going on
 * @property {string} [paper]  what else is set on paper, where nobody can make a move
 * @property {() => Promise<void>} [made]  and what is to be done there
 */

const { before, single_step } = LESSON;
const ONE_STEP = `room=unit&unit-x=${single_step}&unit-h=${before.h}&unit-c=${before.c}`;
const { f, c_prev } = step(VIDEO, single_step, before);
const [h, x, b] = [VIDEO.f.h, VIDEO.f.x, VIDEO.f.b].map((value) => fixed(value, 2));

/** What the unit says of each company with the short-term memory emptied before every day. */
const CUT = COMPANIES.map(({ xs }) => fixed(run(VIDEO, xs, EMPTY, ({ c }) => ({ h: 0, c }))[xs.length - 1].h, 2));

/** @type {Stop[]} */
export const STOPS = [
  {
    at: "room=plain-net&plain-weight=2&plain-steps=50", look: "section", title: msg`One loop, fifty days`,
    says:
      msg`A plain recurrent net multiplies by the same weight every day. At 2, a 1 becomes a number of sixteen digits.`,
    tries: msg`Move the weight down to 1 and watch how narrow the place is where the number neither grows nor fades.`,
  },
  {
    at: "room=plain-net&plain-weight=0.5&plain-steps=50", look: "section", title: msg`Or nothing is left`,
    says: msg`At 0.5, day 1 is gone long before day 50. What is gone can't be learnt from.`,
    tries: msg`Shorten the days to 5. Over a short time, a plain net does remember.`,
  },
  {
    at: "room=plain-net&plain-bias=3", look: "#direct-path", title: msg`A gate instead of a weight`,
    says:
      msg`The LSTM's long-term memory meets a percentage, set anew each day. Near 1, it fades slowly, and it can't
        explode on that road.`,
    tries:
      msg`Pull the bias to −2: the gate shuts to ${percent(sigmoid(-2), 0)}, and that road forgets as fast as a plain
        net whose weight is ${fixed(sigmoid(-2), 2)}.`,
  },
  {
    at: "room=plain-net&race-gap=50", look: "#race .pair", title: msg`See it happen`,
    says:
      msg`Two nets of one size learn what a company was at on day 1, fifty days later. What reaches the plain net of
        day 1 is too little to learn from.`,
    tries: msg`Let them learn. Then shorten the fifty days to three, and let them learn again.`,
    paper: "race-draw=3", made: learnAll,
  },
  {
    at: "room=curves&curves-z=1", look: ".pair", title: msg`A sum becomes a percentage`,
    says: msg`Every gate adds up three things and bends the sum with the sigmoid, so that it lies between 0 and 1.`,
    tries: msg`Drag along either curve. Where is it steepest?`,
  },
  {
    at: "room=curves&curves-z=6", look: ".pair", title: msg`Where it is flat`,
    says: msg`Far out, the sum can change and the gate hardly notices. A gate like that holds its decision.`,
    tries: msg`Read the slope at 6, then at 0. One is a hundred times the other.`,
  },
  {
    at: ONE_STEP, look: ".unit-frame", title: msg`The whole unit`,
    says:
      msg`Two memories come in at the left and leave at the right. In between, three gates and one candidate. Every
        number is on its wire.`,
    tries: msg`Click any number: its arithmetic opens beside the drawing.`,
  },
  {
    at: `${ONE_STEP}&unit-stage=z_f`, look: ".unit-frame", title: msg`First: what to forget`,
    says: msg`The short-term memory times ${h}, the input times ${x}, and ${b} on top. That is the forget gate's sum.`,
    tries: msg`Set the input to −10. What happens to the gate?`,
  },
  {
    at: `${ONE_STEP}&unit-stage=kept`, look: ".unit-frame", title: msg`What stays`,
    says: msg`The gate says ${percent(f)}. So of the ${c_prev} in long-term memory, nearly all stays. No weight has
      touched it.`,
    tries: msg`Change the starting long-term memory and see that the percentage stays as it is.`,
  },
  {
    at: `${ONE_STEP}&unit-stage=written`, look: ".unit-frame", title: msg`What is added`,
    says: `${LESSON.sentences.candidate}.`,
    tries: msg`Step on with the arrow keys until the new long-term memory is there.`,
  },
  {
    at: `${ONE_STEP}&unit-stage=h`, look: ".unit-frame", title: msg`What is said`,
    says: msg`${LESSON.sentences.said}. That is the short-term memory, and today's answer.`,
    tries: msg`Find the numbers yourself: the button hides them, and you fill them in.`,
  },
  {
    at: "room=companies", look: "section", title: msg`Two companies`,
    says: msg`Now two stories that differ on day 1 alone. The same unit, the same weights, four days.`,
    tries: msg`Guess first. Then look.`,
  },
  {
    at: "room=companies&companies-revealed=1", look: "#ribbons .pair", title: msg`Who wrote the memory`,
    says:
      msg`The ribbon splits the long-term memory by the day that wrote it. Day 1 is the blue layer, and it isn't the
        largest.`,
    tries: msg`Light up another day. Each layer thins as later days keep only a percentage of it.`,
  },
  {
    at: "room=companies&companies-revealed=1&companies-cut-h=1", look: "#what-if",
    title: msg`Both memories carry day 1`,
    says:
      msg`With the short-term memory emptied every day the two answers come close, ${CUT.join(msg` and `)}. So it carried
        a large part of day 1.`,
    tries: msg`Empty the long-term memory instead, then both.`,
  },
  {
    at: "room=training", look: "section:has(.pair)", title: msg`Where the weights come from`,
    says: msg`At the start the unit says nearly the same to both. Each epoch moves all twelve numbers a little.`,
    tries: msg`Press Play, and wait for the two answers to part.`,
  },
  {
    at: "room=training&training-back=1", look: ".training-back .unit-frame", title: msg`The way back`,
    says:
      msg`How does a weight know where to go? Before any training B should be 1 and isn't: that miss walks back
        through the same wires, from right to left.`,
    tries: msg`Press Next and follow it. On its way to day 3, which line is crossed without any weight?`,
    paper: `training-line=${DAY.length - 1}`,
  },
  {
    at: "room=training&task=parity", look: "#small-tasks figure", title: msg`Your own small net`,
    says: msg`A few units learn a task in your browser, and are tested on sequences that they never saw.`,
    tries:
      msg`Let it learn "odd or even". Then let it learn from the same ${BATCH} again and again, and compare the two
        losses.`,
  },
  {
    at: "room=yours", look: ".yours-drop, section", title: msg`Now with your own data`,
    says: msg`The same instrument opens real nets: tens of units, real days, and a baseline beside every forecast.`,
    tries: msg`Take the bundled prices, or drop a table of your own.`,
  },
]; // prettier-ignore
