// What a notebook loads for every drawing. The page's own modules come from Python, packed, once for all drawings; each
// drawing gets instances of them of its own, so that each has a state of its own, and hands them on when it is gone.
// Nothing is fetched from elsewhere, and no text is run but as a module.

/**
 * @typedef {object} Model  as anywidget gives it
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, listener: (...args: any[]) => void) => void} on
 * @property {(event: string, listener: (...args: any[]) => void) => void} off
 * @property {(content: unknown) => void} send
 *
 * @typedef {typeof import("lab/notebook/drawing.js")} Drawing
 *
 * @typedef {object} Code  what Python packs
 * @property {Record<string, string>} shared  modules without a state, by what others import them as
 * @property {Record<string, string>} own  those that each drawing has to itself
 * @property {string} styles
 *
 * @typedef {object} Entry
 * @property {DataView} [packed]  the modules as a drawing has brought them
 * @property {Promise<Library>} [library]
 * @property {boolean} asked  whether it waits for Python's answer
 * @property {boolean} ready
 */

const WAIT = 60; // milliseconds between two changes that are told to Python
const PATIENCE = 15_000; // and until another drawing asks for the modules again

/** Of each version, the modules on this page. @type {Map<string, Entry>} */
const entries = (/** @type {any} */ (globalThis)[Symbol.for("clearlstm")] ??= new Map());

export default { render };

/** @param {{model: Model, el: HTMLElement}} view @returns {Promise<() => void>} */
async function render({ model, el }) {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const place = document.createElement("div");
  place.className = "in-notebook";
  root.append(place);
  el.append(host);
  keepKeys(host);
  entryOf(model);
  let gone = false;
  /** @type {() => void} */
  let close = () => {};
  const opened = seen(host).then(async () => {
    const library = await libraryOf(model);
    const drawing = await library.drawing();
    if (gone) return library.takeBack(drawing);
    root.adoptedStyleSheets = [library.sheet];
    const leave = [follow(model, drawing, place), keepShade(host, drawing.shade), hidePicture(model.get("_key"))];
    close = () => {
      leave.forEach((one) => one());
      library.takeBack(drawing);
    };
  });
  opened.catch((reason) => {
    place.append(`It can't be shown live here: ${reason instanceof Error ? reason.message : String(reason)}`);
  });
  return () => {
    gone = true;
    close();
    host.remove();
  };
}

/**
 * Of many drawings in a notebook, those that nobody has come to cost nothing.
 * @param {Element} host @returns {Promise<void>}
 */
function seen(host) {
  return new Promise((resolve) => {
    /** @param {IntersectionObserverEntry[]} entries */
    const look = (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      resolve();
    };
    const near = { rootMargin: "100%", scrollMargin: "100%" }; // a screen away, also in a notebook that scrolls by itself
    const observer = new IntersectionObserver(look, near);
    observer.observe(host);
  });
}

/**
 * Draw, and keep the drawing and Python's numbers together. @param {Model} model @param {Drawing} drawing
 * @param {Element} place @returns {() => void} to take the drawing away
 */
function follow(model, drawing, place) {
  /** What the reader has chosen and Python hasn't been told yet. @type {string | undefined} */
  let untold;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;
  const address = () => untold ?? model.get("address");
  const tell = () => {
    model.set("address", untold);
    model.save_changes();
    untold = later = undefined;
  };
  const contents = () => ({ data: model.get("_data"), address: address() });
  const end = drawing.open(place, contents(), {
    ask: (question) => call(model, { what: "question", question }).then(({ answer }) => answer),
    onAddress: (text) => {
      if (text === address()) return;
      untold = text;
      later ??= setTimeout(tell, WAIT);
    },
  });
  const onData = () => drawing.show(contents());
  // A notebook hands what Python was told back: that mustn't undo what the reader has chosen since.
  const onAddress = () => drawing.choose(address());
  model.on("change:_data", onData);
  model.on("change:address", onAddress);
  return () => {
    model.off("change:_data", onData);
    model.off("change:address", onAddress);
    clearTimeout(later);
    if (untold !== undefined) tell();
    end();
  };
}

let calls = 0;

/** Ask Python, and wait for its answer. @param {Model} model @param {Record<string, unknown>} what @returns {Promise<any>} */
function call(model, what) {
  const id = `${Date.now()} ${Math.random()} ${calls++}`;
  return new Promise((resolve, reject) => {
    /** @param {any} message @param {DataView[]} buffers */
    const listen = (message, buffers) => {
      if (message?.id !== id) return;
      model.off("msg:custom", listen);
      if (message.error) reject(new Error(message.error));
      else resolve({ ...message, buffers });
    };
    model.on("msg:custom", listen);
    model.send({ ...what, id });
  });
}

/** What this page has of a drawing's version, with what the drawing brings. @param {Model} model */
function entryOf(model) {
  const [version, code] = [model.get("_version"), model.get("_code")];
  const entry = entries.get(version) ?? { asked: false, ready: false };
  entries.set(version, entry);
  if (code?.byteLength) entry.packed ??= code;
  return entry;
}

/** @param {Model} model @returns {Promise<Library>} */
function libraryOf(model) {
  const entry = entryOf(model);
  /** @param {Promise<DataView>} packed @param {boolean} asked */
  const keep = (packed, asked) => {
    const library = packed.then(opened);
    Object.assign(entry, { library, asked });
    library.then(() => (entry.ready = true), () => (entry.library = undefined));
    return library;
  };
  const ask = () => keep(call(model, { what: "code" }).then(({ buffers }) => buffers[0]), true);
  const { library, packed } = entry;
  if (library && (entry.ready || !entry.asked)) return library;
  if (packed) return keep(Promise.resolve(packed), false);
  return library ? Promise.race([library, orAsk(library, ask)]) : ask();
}

/**
 * The one who asked may be gone with its kernel: after a while another asks.
 * @param {Promise<Library>} known @param {() => Promise<Library>} ask @returns {Promise<Library>}
 */
function orAsk(known, ask) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => ask().then(resolve, reject), PATIENCE);
    known.then(() => clearTimeout(timer), () => {});
  });
}

/** @param {DataView} packed @returns {Promise<Library>} */
async function opened(packed) {
  const stream = new Blob([/** @type {any} */ (packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Library(JSON.parse(await new Response(stream).text()));
}

/** The page's modules, ready for as many drawings as there are at a time. */
class Library {
  /** @param {Code} code */
  constructor({ shared, own, styles }) {
    this.own = own;
    this.urls = addresses(shared, {});
    this.sheet = new CSSStyleSheet();
    this.sheet.replaceSync(styles);
    /** @type {Drawing[]} */
    this.idle = [];
  }

  /** Instances of the modules that no other drawing uses. @returns {Promise<Drawing>} */
  async drawing() {
    const idle = this.idle.pop();
    if (idle) return idle;
    const urls = addresses(this.own, this.urls);
    const drawing = await import(urls["lab/notebook/drawing.js"]);
    for (const name of Object.keys(this.own)) URL.revokeObjectURL(urls[name]);
    return drawing;
  }

  /** @param {Drawing} drawing  of a drawing that is gone */
  takeBack(drawing) {
    this.idle.push(drawing);
  }
}

const IMPORT = /\b(from|import)\s*"([^"]+)"/g;

/**
 * A URL for each module, in whose source the modules that it imports are named by theirs.
 * @param {Record<string, string>} sources  no module leads back to itself @param {Record<string, string>} known
 */
function addresses(sources, known) {
  const urls = { ...known };
  /** @param {string} name @returns {string} */
  const url = (name) => {
    urls[name] ??= URL.createObjectURL(new Blob([sources[name].replace(IMPORT, named)], { type: "text/javascript" }));
    return urls[name];
  };
  /** @param {string} all @param {string} word @param {string} other */
  const named = (all, word, other) => (other in sources || other in urls ? `${word} "${url(other)}"` : all);
  Object.keys(sources).forEach(url);
  return urls;
}

/**
 * Beside a drawing stands a picture for those who have no Python; while the drawing is alive it isn't needed.
 * @param {string} key  class of the picture
 */
function hidePicture(key) {
  const sheet = new CSSStyleSheet(); // which no page's policy forbids
  sheet.replaceSync(`.${CSS.escape(key)} { display: none !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
  };
}

/** Keys that are pressed in the drawing are for the drawing, not for the notebook around it. @param {HTMLElement} host */
function keepKeys(host) {
  host.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
}

/**
 * Be as dark as what is around, on its paper.
 * @param {HTMLElement} host @param {(dark: boolean) => void} shade @returns {() => void}
 */
function keepShade(host, shade) {
  const look = () => {
    const paper = paperOf(host);
    const dark = isDark(host, paper);
    host.style.colorScheme = dark ? "dark" : "light";
    if (paper) host.style.setProperty("--paper", paper);
    shade(dark);
  };
  const observer = new MutationObserver(look);
  for (const root of [document.documentElement, document.body]) observer.observe(root, { attributes: true });
  look();
  return () => observer.disconnect();
}

/** The colour that is seen behind an element; "" where there is none. @param {Element} element */
function paperOf(element) {
  for (let one = parentOf(element); one; one = parentOf(one)) {
    const colour = getComputedStyle(one).backgroundColor;
    if (pixelOf(colour)[3] > 127) return colour;
  }
  return "";
}

/** What the notebook says of its scheme, else its paper, else the system. @param {Element} host @param {string} paper */
function isDark(host, paper) {
  const around = parentOf(host);
  const scheme = around ? getComputedStyle(around).colorScheme : "";
  if (scheme === "light" || scheme === "dark") return scheme === "dark";
  if (!paper) return matchMedia("(prefers-color-scheme: dark)").matches;
  const [red, green, blue] = pixelOf(paper);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A colour of any form as red, green, blue and opacity, 0 … 255. @param {string} colour */
function pixelOf(colour) {
  if (!canvas) return [255, 255, 255, 0];
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data;
}

/** @param {Element} element @returns {Element | null} also out of a shadow root */
function parentOf(element) {
  const root = element.getRootNode();
  return element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}
