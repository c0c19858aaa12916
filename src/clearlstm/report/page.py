"""One HTML file that works offline: page, libraries and data inside, and no request to anywhere.

The page is the readable source in ``static/``, and so is what stands in the file: each module as it is, in an element
of its own. They name each other by bare specifiers (``lab/format.js``), which ``boot/link.js`` maps to data: URLs when
the page opens. The content security policy allows the scripts and the style that are in the file, each by its hash, and
nothing else; the import map gives every module's hash, so a changed module doesn't run.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final
from urllib.parse import quote

from clearlstm.data.bundled import lesson_json
from clearlstm.insight.views import QUESTIONS
from clearlstm.report.language import ENGLISH, Language
from clearlstm.report.letters_data import letters_data
from clearlstm.report.packing import to_json

SIGNIFICANT_DIGITS: Final = 6
FIRST_STYLE: Final = "base.css"
TITLE: Final = "The LSTM that you can see through"
IN_IT: Final = "Its source stands in it: have your browser show it."
IN_IT_OR_IN_FILES: Final = (
    "Its source stands in it: have your browser show it, or read <a>the same page with each module in a file</a>."
)
IN_FILES: Final = "Its modules are the files of its source; <a>the same page as one file</a> opens sooner."
WAITS: Final = (
    "This page draws itself with JavaScript. If it stays at this line, open it in a current Chrome, Edge, Firefox or "
    "Safari."
)
LIBRARIES: Final = "Libraries in this page and their licences"
PAGE_TEXTS: Final = (TITLE, WAITS, IN_IT, IN_IT_OR_IN_FILES, IN_FILES, LIBRARIES)
"""What stands in the page's HTML itself, in the order in which it is met."""

BOOT: Final = 'import "lab/lab.js";'
"""What starts the page, once its modules are known."""

_PLAIN_IN_URL: Final = "!'()*"
"""What JavaScript's encodeURIComponent leaves as it is, besides letters, digits and _.-~"""
_ENDS_SCRIPT: Final = re.compile(r"<(?:/script|script|!--)", re.IGNORECASE)


@cache
def styles() -> str:
    """The style sheets, one after the other: the one that sets colours and text comes first."""
    sheets = [sheet for sheet in static("styles").iterdir() if sheet.name.endswith(".css")]
    sheets.sort(key=lambda sheet: (sheet.name != FIRST_STYLE, sheet.name))
    return "\n".join(sheet.read_text("utf-8") for sheet in sheets)


def lab_page(
    data: Mapping[str, Any] | None = None,
    *,
    title: str | None = None,
    headline: str | None = None,
    address: str = "",
    digits: int | None = None,
    language: Language = ENGLISH,
) -> str:
    """The lab as one file that works offline, live; with ``data``, a report, it opens in the last room.

    ``title`` is the lab's own by default; ``headline`` is what a reader without JavaScript sees, by default the title;
    ``address`` the state that the page opens at, as it stands behind the # of a link; ``digits`` how many significant
    ones numbers are rounded to, None for all. Raises InputError for data that JSON can't hold.
    """
    title = language.text(TITLE) if title is None else title
    policy = f"{own_policy()}; img-src data:; base-uri 'none'; form-action 'none'"
    return whole_page(
        meta_tags=f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="clearlstm-address" content="{html.escape(address)}">',
        title=title,
        headline=title if headline is None else headline,
        source=html.escape(language.text(IN_IT)),
        data="null" if data is None else json_in_html(data, digits),
        letters=_letters() if data is None else "",
        language=language,
    )


def whole_page(
    *,
    meta_tags: str,
    title: str,
    headline: str,
    source: str,
    data: str,
    letters: str = "",
    language: Language = ENGLISH,
) -> str:
    """The page with its style and all its modules inside. Title and headline are texts, the others HTML.

    ``letters`` is the element with the net of letters, of some hundred kilobytes. A page with a report does without,
    and one from a server asks for it when somebody opens it.
    """
    return fill(
        "lab.html",
        meta_tags=meta_tags,
        title=html.escape(title),
        style_tags=f"<style>{styles()}</style>",
        headline=html.escape(headline),
        source=source,
        data=data,
        letters=letters,
        module_tags=_module_tags(),
        boot=BOOT,
        **parts_in(language),
    )


def parts_in(language: Language) -> dict[str, str]:
    """The parts of ``lab.html`` that are the same in all its forms, but for the language."""
    texts = json_in_html({"language": language.tag, "texts": dict(language.texts)}, None)
    return {
        "icon": f"data:image/svg+xml,{quote(static('icon.svg').read_text('utf-8').strip())}",
        "language": html.escape(language.tag),
        "waits": html.escape(language.text(WAITS)),
        "libraries": html.escape(language.text(LIBRARIES)),
        "licences": html.escape(licences()),
        "texts": "" if language == ENGLISH else f'<script type="application/json" id="language-texts">{texts}</script>',
    }


def linked(text: str, url: str) -> str:
    """A text as HTML, in which ``<a>`` leads to ``url``."""
    return html.escape(text).replace("&lt;a&gt;", f'<a href="{url}">', 1).replace("&lt;/a&gt;", "</a>", 1)


def own_policy() -> str:
    """What :func:`whole_page` needs to be allowed: nothing from anywhere, its scripts and style by their hashes."""
    scripts = " ".join(f"'{sha256(source)}'" for source in (_link(), _import_map(), BOOT, *modules().values()))
    return f"default-src 'none'; script-src {scripts}; style-src '{sha256(styles())}'"


def views() -> str:
    """What the page says of the views that Python has: titles, how to read them, what they can't tell."""
    parts = ("title", "read", "cannot", "needs_memory")
    return to_json({name: {part: getattr(view, part) for part in parts} for name, view in QUESTIONS.items()})


def fill(template: str, **parts: str) -> str:
    """The file ``template`` of static/ with every ``{{name}}`` replaced, in one pass: what is put in isn't searched."""
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], static(template).read_text("utf-8"))


def json_in_html(data: Mapping[str, Any], digits: int | None) -> str:
    """JSON that can stand inside a script element: no ``</script``, no ``<!--``, whatever the texts in it are."""
    text = to_json(data, digits)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def _letters() -> str:
    return f'<script type="application/json" id="letters-net">{json_in_html(letters_data(), None)}</script>'


@cache
def modules() -> dict[str, str]:
    """Every module of the page: what others import it as, and its source."""
    vendored = json.loads(static("vendor/vendor.json").read_text("utf-8"))["libraries"]
    modules = {
        file["specifier"]: static(f"vendor/{file['path']}").read_text("utf-8")
        for library in vendored
        for file in library["files"]
    }
    own = {f"lab/{name}": file.read_text("utf-8") for name, file in own_modules(static(""))}
    data = {"lab/lesson.json": lesson_json(), "lab/views.json": views()}
    return modules | own | {name: f"export default {values};" for name, values in data.items()}


def own_modules(folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    """The modules in ``folder`` by their paths in it, without those for notebooks and what runs before them all."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name not in ("vendor", "notebook", "boot"):
            yield from ((f"{entry.name}/{name}", one) for name, one in own_modules(entry))
        elif entry.name.endswith(".js"):
            yield entry.name, entry


@cache
def _module_tags() -> str:
    """Every module as it is, in an element that isn't run, and what links them."""
    tags = [
        f'<script type="text/plain" data-module="{name}" data-hash="{sha256(source)}">{_in_script(source)}</script>'
        for name, source in modules().items()
    ]
    return "\n".join([*tags, f"<script>{_link()}</script>"])


def _in_script(source: str) -> str:
    """A source that can stand inside a script element; nothing in one can be escaped."""
    if end := _ENDS_SCRIPT.search(source):
        raise AssertionError(f"a module holds {end[0]!r}, which no script in a page can: write it in two pieces")
    return source


@cache
def _link() -> str:
    return static("boot/link.js").read_text("utf-8")


@cache
def _import_map() -> str:
    """What the page makes of its modules, to the letter: the policy allows it by its hash."""
    urls = {name: f"data:text/javascript,{quote(source, _PLAIN_IN_URL)}" for name, source in modules().items()}
    integrity = {urls[name]: sha256(source) for name, source in modules().items()}
    return json.dumps({"imports": urls, "integrity": integrity}, separators=(",", ":"))


def licences() -> str:
    """The libraries' own notices, which their licences ask to be passed on with them."""
    libraries = json.loads(static("vendor/vendor.json").read_text("utf-8"))["libraries"]
    texts = {library["name"]: static(f"vendor/{library['licence_path']}").read_text("utf-8") for library in libraries}
    return "\n\n".join(
        f"{library['name']} {library['version']} ({library['licence']})\n\n{texts[library['name']].strip()}"
        for library in libraries
    )


def static(name: str) -> Traversable:
    """A file or folder of the page's source."""
    return files("clearlstm.report").joinpath("static", *name.split("/"))


def sha256(text: str) -> str:
    """The hash of a source as a content security policy writes it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
