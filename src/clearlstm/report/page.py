"""One HTML file that works offline: page, libraries and data inside, and no request to anywhere.

The page is the readable source in ``static/``. Its modules name each other by bare specifiers (``lab/format.js``),
which an import map turns into data: URLs. The content security policy allows the scripts and the style that are in the
file, each by its hash, and nothing else; the import map gives every module's hash, so a changed module doesn't run.
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
from clearlstm.report.packing import to_json

SIGNIFICANT_DIGITS: Final = 6
FIRST_STYLE: Final = "base.css"

# What a data: URL may hold as it is. The rest is escaped, so that neither HTML nor JSON sees anything special in it.
_PLAIN_IN_URL: Final = "!$()*+,-./:;=?@[]_{|}~"


@cache
def styles() -> str:
    """The style sheets, one after the other: the one that sets colours and text comes first."""
    sheets = [sheet for sheet in static("styles").iterdir() if sheet.name.endswith(".css")]
    sheets.sort(key=lambda sheet: (sheet.name != FIRST_STYLE, sheet.name))
    return "\n".join(sheet.read_text("utf-8") for sheet in sheets)


def lab_page(
    data: Mapping[str, Any] | None = None,
    *,
    title: str = "The LSTM that you can see through",
    headline: str | None = None,
    address: str = "",
    digits: int | None = None,
) -> str:
    """The lab as one file that works offline, live; with ``data``, a report, it opens in the last room.

    ``headline`` is what a reader without JavaScript sees, by default the title; ``address`` the state that the page
    opens at, as it stands behind the # of a link; ``digits`` how many significant ones numbers are rounded to, None for
    all. Raises InputError for data that JSON can't hold.
    """
    style, boot = styles(), 'import "lab/lab.js";'
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, boot)}">'
    return fill(
        "lab.html",
        meta_tags=f'{policy}\n<meta name="clearlstm-address" content="{html.escape(address)}">',
        title=html.escape(title),
        style_tags=f"<style>{style}</style>",
        headline=html.escape(title if headline is None else headline),
        licences=html.escape(licences()),
        data="null" if data is None else json_in_html(data, digits),
        importmap=_import_map(),
        boot=boot,
    )


def views() -> str:
    """What the page says of the views that Python has: titles, how to read them, what they can't tell."""
    parts = ("title", "read", "cannot", "needs_memory")
    return to_json({name: {part: getattr(view, part) for part in parts} for name, view in QUESTIONS.items()})


def fill(template: str, **parts: str) -> str:
    """The file ``template`` of static/ with every ``{{name}}`` replaced, in one pass: what is put in isn't searched."""
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], static(template).read_text("utf-8"))


def _policy(style: str, boot: str) -> str:
    """Nothing from anywhere; scripts and the style by their hashes."""
    scripts = " ".join(f"'{sha256(source)}'" for source in (_import_map(), boot, *modules().values()))
    return f"default-src 'none'; script-src {scripts}; style-src '{sha256(style)}'; base-uri 'none'; form-action 'none'"


def json_in_html(data: Mapping[str, Any], digits: int | None) -> str:
    """JSON that can stand inside a script element: no ``</script``, no ``<!--``, whatever the texts in it are."""
    text = to_json(data, digits)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


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
    """The modules in ``folder`` by their paths in it, but for those that only notebooks need."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name not in ("vendor", "notebook"):
            yield from ((f"{entry.name}/{name}", one) for name, one in own_modules(entry))
        elif entry.name.endswith(".js"):
            yield entry.name, entry


@cache
def _import_map() -> str:
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
