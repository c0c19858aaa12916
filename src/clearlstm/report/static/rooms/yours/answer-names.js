// What the numbers that a net answers with are: of a forecaster, quantiles of each step that it forecasts.

import { date } from "lab/dates.js";
import { percent } from "lab/format.js";
import { msg } from "lab/language/texts.js";
import { trace } from "lab/state.js";

/** A quantile in words: "median", "2.5 %". @param {number} level */
export function quantileName(level) {
  return level === 0.5 ? msg`median` : percent(level, Number.isInteger(Math.round(1e9 * level) / 1e7) ? 0 : 1);
}

/** What answer number `k` is, for a sentence or a list. @param {number} k */
export function answerName(k) {
  const told = trace.value?.forecast;
  if (!told) return msg`answer ${k}`;
  const Q = told.quantiles.length;
  const level = told.quantiles[k % Q];
  return msg`${level === 0.5 ? msg`the median` : msg`the ${quantileName(level)} quantile`} for
    ${date(told.ds[Math.floor(k / Q)])}`;
}
