// The way back as lines of arithmetic. A formula names numbers of the step and of its way back in braces; the same text
// is shown with the names and with the numbers put in.

import { msg } from "lab/language/texts.js";

/**
 * @typedef {object} Line
 * @property {string} name  of the number that the line computes, as lstm/unit.js calls it
 * @property {import("lab/words.js").Part | ""} part  whose colour it has
 * @property {string} formula
 * @property {string} says
 */

/** One day, in the order in which it is computed. @type {Line[]} */
export const DAY = [
  { name: "do_", part: "o", formula: "{dh} × {tanh_c}",
    says: msg`The output gate let tanh(c) through, so that is how strongly it counts.` },
  { name: "dtanh_c", part: "c", formula: "{dh} × {o}",
    says: msg`Back through the gate: what of the pull reaches the squashed memory.` },
  {
    name: "dc",
    part: "c",
    formula: "{dc_later} + {dtanh_c} × (1 − {tanh_c}²)",
    says: msg`The long-term memory is pulled twice: from the day after, and through tanh from today's answer.`,
  },
  { name: "df", part: "f", formula: "{dc} × {c_prev}", says: msg`The forget gate multiplies the memory of yesterday.` },
  { name: "di", part: "i", formula: "{dc} × {g}", says: msg`The input gate multiplies the candidate.` },
  { name: "dg", part: "g", formula: "{dc} × {i}", says: msg`And the candidate is multiplied by the input gate.` },
  { name: "dz_f", part: "f", formula: "{df} × {f} × (1 − {f})", says: msg`Through sigmoid: times its slope.` },
  { name: "dz_i", part: "i", formula: "{di} × {i} × (1 − {i})", says: msg`Through sigmoid: times its slope.` },
  { name: "dz_g", part: "g", formula: "{dg} × (1 − {g}²)", says: msg`Through tanh: times its slope.` },
  { name: "dz_o", part: "o", formula: "{do_} × {o} × (1 − {o})", says: msg`Through sigmoid: times its slope.` },
  { name: "dc_prev", part: "c", formula: "{dc} × {f}",
    says: msg`To yesterday's long-term memory: no weight, only the forget gate.` },
  {
    name: "dh_prev",
    part: "h",
    formula: "{dz_f} × {w_f} + {dz_i} × {w_i} + {dz_g} × {w_g} + {dz_o} × {w_o}",
    says: msg`To yesterday's short-term memory: through all four sums, each times its weight.`,
  },
];

/** How a number is written in a formula: ∂ for the derivative of the loss by it. @type {Record<string, string>} */
const LETTERS = {
  do_: "∂o", dtanh_c: "∂tanh(c)", dc_later: msg`∂c from the next day`, dc_prev: msg`∂c before`,
  dh_prev: msg`∂h before`, c_prev: msg`c before`,
  tanh_c: "tanh(c)", w_f: msg`the weight of f on h`, w_i: msg`that of i`, w_g: msg`that of g`, w_o: msg`that of o`,
}; // prettier-ignore

/** @param {string} name */
export function letter(name) {
  return LETTERS[name] ?? name.replace(/^d/, "∂").replace("z_", msg`z of `);
}
