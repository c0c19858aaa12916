// The page's texts in the reader's language. The source is English, and an English text is the key to its translation:
// what stands in its place is in the file of a language, which Python puts into the page (docs/translating.md).

/** @type {{language: string, texts: Record<string, string>}} */
const given = JSON.parse(document.getElementById("language-texts")?.textContent || '{"language": "en", "texts": {}}');

/** The page's language, as browsers know it: "en", "de", "pt-BR". */
export const LANGUAGE = given.language;

const TEXTS = new Map(Object.entries(given.texts));

/** What stands for a text: itself, if nobody has translated it. @param {string} text */
const inLanguage = (text) => TEXTS.get(text) ?? text;

/**
 * A text with values in it: msg`Seed ${seed}: it decides about every number.` In its key the values are {0}, {1} and so
 * on, and a translation may put them in another order. A line that is broken in the source counts as a space.
 * @param {TemplateStringsArray} strings @param {unknown[]} values
 */
export function msg(strings, ...values) {
  return msgParts(strings, ...values).join("");
}

/**
 * The same in its parts, where a value isn't a text: texts and values in turn.
 * @template T @param {TemplateStringsArray} strings @param {T[]} values @returns {(string | T)[]}
 */
export function msgParts(strings, ...values) {
  const { strings: texts, order } = templateOf(strings, (text) => translated(text, MARKS));
  return texts.flatMap((text, k) => (k === 0 ? [text] : [values[order[k - 1]], text]));
}

/** The marks of values, kept when a text is split by them. */
export const MARKS = /([\uE000-\uF8FF])/;

/**
 * The word for so many. Its key holds both English forms, "unit|units", and its translation as many as the language
 * has, in the order of Unicode's plural rules: zero, one, two, few, many, other.
 * @param {number} count @param {`${string}|${string}`} forms
 */
export function plural(count, forms) {
  const words = inLanguage(forms).split("|");
  const language = TEXTS.has(forms) ? LANGUAGE : "en";
  const rules = (PLURALS[language] ??= new Intl.PluralRules(language));
  const categories = ORDER.filter((one) => rules.resolvedOptions().pluralCategories.includes(one));
  return words[categories.indexOf(rules.select(count))] ?? words[words.length - 1];
}

const ORDER = /** @type {const} */ (["zero", "one", "two", "few", "many", "other"]);

/** @type {Record<string, Intl.PluralRules>} */
const PLURALS = {};

/** What Python hands over, with every text in it that has a translation. @template T @param {T} value @returns {T} */
export function allTranslated(value) {
  if (typeof value === "string") return /** @type {any} */ (inLanguage(value));
  if (Array.isArray(value)) return /** @type {any} */ (value.map(allTranslated));
  if (typeof value !== "object" || value === null) return value;
  return /** @type {any} */ (Object.fromEntries(Object.entries(value).map(([name, one]) => [name, allTranslated(one)])));
}

/**
 * A template whose texts are translated: its strings, and which of the values stands behind each.
 * @typedef {{strings: string[], order: number[]}} Template
 */

/** @type {WeakMap<TemplateStringsArray, Template>} Every template is translated once. */
const TEMPLATES = new WeakMap();

const FIRST = 0xe000; // Unicode's first character for private use, which no text holds: the mark of a template's value 0
const MARK = /[\uE000-\uF8FF]/;

/**
 * @param {TemplateStringsArray} strings
 * @param {(text: string) => string} translate  its text, with a mark for every value
 */
export function templateOf(strings, translate) {
  const known = TEMPLATES.get(strings);
  if (known) return known;
  const text = translate(strings.reduce((whole, next, k) => whole + String.fromCharCode(FIRST + k - 1) + next));
  const order = [...text].filter((sign) => MARK.test(sign)).map((sign) => sign.charCodeAt(0) - FIRST);
  const template = { strings: text.split(MARK), order };
  TEMPLATES.set(strings, template);
  return template;
}

/**
 * A run of text with the values and the tags in it, translated as one, so that a sentence is never torn apart.
 * @param {string} run
 * @param {RegExp} part  what isn't text in it, in brackets, so that splitting by it keeps it
 */
export function translated(run, part) {
  const [, before, core, after] = /** @type {RegExpExecArray} */ (/^([ \n]*)([^]*?)([ \n]*)$/.exec(run));
  const pieces = core.split(part);
  if (!pieces.some((piece, k) => k % 2 === 0 && /\p{L}{2}/u.test(piece))) return run;
  const { key, places } = keyOf(pieces);
  return before + inLanguage(key).replace(PLACE, (place) => places.get(place) ?? place) + after;
}

const PLACE = /\{\d+\}|<\/?[a-z]+\d*\/?>/g;

/**
 * The key of a text: its words, {0} for the first value or component, <b> … </b> for a tag without its attributes, <b2>
 * for the second of its name; and what each of them stands for.
 * @param {string[]} pieces  text and what isn't, in turn
 */
function keyOf(pieces) {
  /** @type {Map<string, string>} */
  const places = new Map();
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {string[]} */
  const open = [];
  const nextOf = (/** @type {string} */ name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count;
  };
  const placeOf = (/** @type {string} */ piece) => {
    const name = /^<([a-z]+)/.exec(piece)?.[1];
    if (piece.startsWith("</")) return `</${open.pop()}>`;
    if (!name) return `{${nextOf("") - 1}}`;
    const count = nextOf(name);
    const tag = count > 1 ? `${name}${count}` : name;
    if (piece.endsWith("/>")) return `<${tag}/>`;
    open.push(tag);
    return `<${tag}>`;
  };
  const key = pieces.map((piece, k) => {
    if (k % 2 === 0) return piece.replace(/ *\n[ \n]*/g, " ");
    const place = placeOf(piece);
    places.set(place, piece);
    return place;
  });
  return { key: key.join(""), places };
}
