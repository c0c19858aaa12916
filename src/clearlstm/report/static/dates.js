// Dates as text, and the ticks of an axis on which every row has the same room: prices have no weekends.

import { bisectLeft, scaleUtc } from "lab/d3.js";
import { LANGUAGE } from "lab/language/texts.js";

/**
 * @typedef {{index: number, label: string, context: string}} Tick  context is the second line: the year, or the day
 */

const DAY = 24 * 60 * 60 * 1000;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?/;
/** What ends the text of an hour that the clocks show twice, in autumn: its offset from UTC. */
const OFFSET = / [+-]\d\d:\d\d$/;

/**
 * The wall-clock time of an ISO text, as milliseconds; NaN if it is not one. No time zone is ever applied.
 * @param {string} text
 */
export function stamp(text) {
  const parts = ISO.exec(text);
  if (!parts) return NaN;
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** @type {WeakMap<string[], number[]>} The drawings ask for the same dates at every move of the pointer. */
const STAMPS = new WeakMap();

/** @param {string[]} dates */
function stamps(dates) {
  const times = STAMPS.get(dates) ?? dates.map(stamp);
  STAMPS.set(dates, times);
  return times;
}

const LOCALE = LANGUAGE === "en" ? "en-GB" : LANGUAGE;

/** @type {Map<string, Intl.DateTimeFormat>} */
const FORMATS = new Map();

/**
 * @param {number} time
 * @param {Intl.DateTimeFormatOptions} parts
 */
function written(time, parts) {
  const key = JSON.stringify(parts);
  const format = FORMATS.get(key) ?? new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", hourCycle: "h23", ...parts });
  FORMATS.set(key, format);
  return format.format(time).replace("Sept", "Sep");
}

/** @type {Intl.DateTimeFormatOptions} */
const CLOCK = { hour: "2-digit", minute: "2-digit" };

/**
 * A date in full, as exact as it is: "Thu 28 Mar 2013", with the clock time where there is one.
 * @param {string | undefined} text
 */
export function date(text) {
  const time = stamp(text ?? "");
  if (Number.isNaN(time)) return text ?? "";
  const day = written(time, { weekday: "short", day: "numeric", month: "short", year: "numeric" }).replace(",", "");
  const shown = time % DAY === 0 ? day : `${day}, ${written(time, CLOCK)}`;
  return shown + (OFFSET.exec(text ?? "")?.[0] ?? "");
}

/**
 * Whether the dates are days of which none is a Saturday or a Sunday.
 * @param {string[]} dates
 */
export function areWeekdays(dates) {
  return dates.every((text) => {
    const time = stamp(text);
    return time % DAY === 0 && ![0, 6].includes(new Date(time).getUTCDay());
  });
}

/**
 * For an axis of these dates: a function from about how many ticks are wanted to the ticks.
 * @param {string[]} dates
 * @returns {(wanted: number) => Tick[]}
 */
export function calendarTicks(dates) {
  return (wanted) => ticksAt(dates, Math.max(wanted, 1));
}

/**
 * Ticks at round calendar dates, each at the first row on or after its date.
 * @param {string[]} dates @param {number} count
 */
function ticksAt(dates, count) {
  const times = stamps(dates);
  if (times.some(Number.isNaN) || times.length < 2) return rowTicks(dates, count);
  const marks = scaleUtc().domain([times[0], times[times.length - 1]]).ticks(count).map(Number);
  const step = marks.length > 1 ? marks[1] - marks[0] : DAY;
  const rows = [...new Set(marks.map((mark) => bisectLeft(times, mark)))].filter((row) => row < times.length);
  let before = "";
  return rows.map((index) => {
    const { label, context } = tickText(times[index], step);
    const shown = context === before ? "" : context;
    before = context;
    return { index, label, context: shown };
  });
}

/**
 * @param {number} time
 * @param {number} step  milliseconds from one tick to the next
 */
function tickText(time, step) {
  const year = written(time, { year: "numeric" });
  if (step > 300 * DAY) return { label: year, context: "" };
  if (step > 26 * DAY) return { label: written(time, { month: "short" }), context: year };
  const day = written(time, { day: "numeric", month: "short" });
  return step >= DAY ? { label: day, context: year } : { label: written(time, CLOCK), context: day };
}

/**
 * Evenly spread ticks for rows that carry no dates.
 * @param {string[]} names
 * @param {number} wanted
 * @returns {Tick[]}
 */
export function rowTicks(names, wanted) {
  const step = Math.max(1, Math.ceil(names.length / wanted));
  return names.flatMap((label, index) => (index % step === 0 ? [{ index, label, context: "" }] : []));
}
