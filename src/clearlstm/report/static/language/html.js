// htm's templates in the page's language: what stands between two blocks, with the tags and values in it, is one text.

import { html as inEnglish } from "htm/preact";

import { MARKS, templateOf, translated } from "lab/language/texts.js";

/**
 * What a template says, in the page's language. A line that is broken within a text counts as a space.
 * @param {TemplateStringsArray} strings @param {unknown[]} values
 */
export function html(strings, ...values) {
  const { strings: texts, order } = templateOf(strings, translatedMarkup);
  return inEnglish(/** @type {any} */ (texts), ...order.map((k) => values[k]));
}

const TAG = /(<[^>]*>)/;

/** A tag that may stand within a sentence: a component without content, or one of HTML that runs with the text. */
const INLINE = "<[\uE000-\uF8FF][^>]*/>|</?(?:a|b|i|em|strong|small|span|code|sup|sub|tspan|br)\\b[^>]*>";
const INLINE_TAG = new RegExp(`^(?:${INLINE})$`);
const INLINE_OR_VALUE = new RegExp(`(${INLINE}|[\uE000-\uF8FF])`);

/** Attributes and properties that are read by people. */
const SAID = /(\s(?:aria-label|label|title|placeholder|summary|caption|across|text)=")([^"]*)(?=")/g;

/** @param {string} markup */
function translatedMarkup(markup) {
  const runs = [""]; // text, and in turn with it the tags between blocks
  for (const part of markup.split(TAG)) {
    if (!TAG.test(part) || INLINE_TAG.test(part)) runs[runs.length - 1] += part;
    else runs.push(part, "");
  }
  const texts = runs.map((run, k) => (k % 2 === 0 ? translated(run, INLINE_OR_VALUE) : run));
  return texts.map((text) => text.split(TAG).map((part, k) => (k % 2 === 0 ? part : attributesIn(part))).join("")).join("");
}

/** A tag whose attributes are translated. @param {string} tag */
function attributesIn(tag) {
  return tag.replace(SAID, (_, before, text) => before + translated(text, MARKS).replaceAll('"', "”"));
}
