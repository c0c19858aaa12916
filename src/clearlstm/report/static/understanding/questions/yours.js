// What room 6 asks: how many examples a series holds, what becomes of the net's correction, whether it was worth it.

import { fixed } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { asPercent, firstClear } from "lab/understanding/question.js";

/**
 * @typedef {import("lab/understanding/draw.js").Draw} Draw
 * @typedef {import("lab/understanding/question.js").Question} Question
 */

/** @type {((draw: Draw) => Question)[]} */
export const QUESTIONS = [windows, correction, skill];

/** @param {Draw} draw */
function windows(draw) {
  return firstClear(() => {
    const [window, h] = [draw.oneOf([6, 12, 24, 36]), draw.whole(2, 12)];
    const rows = window + h + draw.whole(10, 160);
    return {
      idea: msg`A series holds fewer examples than rows`,
      text: msg`A series has ${rows} rows without a gap. The net reads a window of ${window} and forecasts the ${h}
        rows after it. In how many places does the series hold both?`,
      given: [
        { name: "rows", label: "", value: rows }, { name: "window", label: "", value: window },
        { name: "h", label: "", value: h },
      ],
      answer: rows - window - h + 1,
      slips: [
        { value: rows - window - h, says: msg`One is missing: the very first place counts, too.` },
        { value: rows - window + 1, says: msg`The rows ahead have to be there as well, or there is nothing to learn
          from.` },
        { value: rows - h + 1, says: msg`The window has to be there as well.` },
        { value: Math.floor(rows / (window + h)), says: msg`Places may overlap: each begins one row after the other.` },
        { value: rows, says: msg`Near the end, the rows ahead are missing, so not every row begins a place.` },
      ],
      hint: msg`The first place takes the rows 1 to ${window + h}, the second 2 to ${window + h + 1}. Which is the
        last?`,
      why: `${rows} − ${window} − ${h} + 1 = ${rows - window - h + 1}`,
      at: "room=yours",
    };
  }); // prettier-ignore
}

/** @param {Draw} draw */
function correction(draw) {
  return firstClear(() => {
    const base = draw.whole(80, 600);
    const [share, change] = [draw.decimal(0.2, 0.9, 1), draw.decimal(-25, 25, 1)];
    return {
      idea: msg`A forecast: a simple one, and as much correction as was earned`,
      text: msg`The simple forecast for tomorrow is ${base} dollars. The net would move it by ${fixed(change, 1)}, and
        on later days its moves have earned a share of ${fixed(share, 1)}. What is forecast?`,
      given: [
        { name: "base", label: "", value: base },
        { name: "change", label: "", value: change, decimals: 1 },
        { name: "share", label: "", value: share, decimals: 1 },
      ],
      answer: base + share * change,
      slips: [
        { value: base + change, says: msg`That takes the whole correction. Only the share that it has earned counts.` },
        { value: share * change, says: msg`That is the correction. It is added to the simple forecast.` },
        { value: base - share * change, says: msg`The correction is added with its sign.` },
        { value: share * (base + change), says: msg`The share is of the correction alone; the simple forecast stays
          whole.` },
        { value: base, says: msg`That is the simple forecast. The net has earned a part of its correction.` },
        { value: base + (1 - share) * change, says: msg`That is the share that wasn't earned.` },
      ],
      hint: msg`The simple forecast, plus the earned share of the correction.`,
      why: `${base} + ${fixed(share, 1)} × ${change < 0 ? `(${fixed(change, 1)})` : fixed(change, 1)} = ${fixed(base + share * change, 2)}`,
      at: "room=yours",
    };
  }); // prettier-ignore
}

/** @param {Draw} draw */
function skill(draw) {
  return firstClear(() => {
    const [net, baseline] = [draw.decimal(1, 6, 1), draw.decimal(1, 6, 1)];
    return {
      idea: msg`A net is worth what it is better than a baseline`,
      text: msg`Over the days that neither has seen, the net is off by ${fixed(net, 1)} dollars on average, and
        yesterday's price repeated by ${fixed(baseline, 1)}. What is the net's skill, the share by which its errors
        are smaller?`,
      given: [
        { name: "net", label: "", value: net, decimals: 1 },
        { name: "baseline", label: "", value: baseline, decimals: 1 },
      ],
      answer: 1 - net / baseline,
      slips: [
        { value: net / baseline, says: msg`That is the share of error that is left. Asked is by how much it is
          smaller.` },
        { value: 1 - baseline / net, says: msg`The baseline is what is compared with: divide by its error.` },
        { value: baseline - net, says: msg`That is the difference in dollars. Divide it by the baseline's error.` },
        asPercent(1 - net / baseline),
        { value: baseline / net, says: msg`That divides by the net's error. Divide by the baseline's, and take that
          from 1.` },
        { value: net / baseline - 1, says: msg`The sign is the wrong way round: smaller errors are skill above 0.` },
      ],
      hint: msg`1 − the net's error ÷ the baseline's. Below 0 the net is worse than repeating yesterday.`,
      why: `1 − ${fixed(net, 1)} ÷ ${fixed(baseline, 1)} = ${fixed(1 - net / baseline, 3)}`,
      at: "room=yours",
    };
  }); // prettier-ignore
}
