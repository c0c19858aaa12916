"""A report as one HTML file that works offline: page, libraries and data inside, and no request to anywhere.

The page is the readable source in ``static/``. Its modules name each other by bare specifiers (``lab/format.js``),
which an import map turns into data: URLs. The content security policy allows the scripts and the style that are in the
file, each by its hash, and nothing else; the import map gives every module's hash, so a changed module doesn't run.
"""

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from clearlstm.errors import InputError
from clearlstm.network.files import atomic_write

VERSION = 1
NEEDED = ("title", "made", "clearlstm", "verdict", "series")
SIGNIFICANT_DIGITS = 6
MARK = b'<meta name="generator" content="clearlstm">'
HEAD_BYTES = 64 * 1024
BOOT = 'import "lab/main.js";'

# What a data: URL may hold as it is. The rest is escaped, so that neither HTML nor JSON sees anything special in it.
_PLAIN_IN_URL = "!$()*+,-./:;=?@[]_{|}~"


def export_report(data: Mapping[str, Any], path: str | Path) -> None:
    """Write the report in ``data`` to ``path``, as one HTML file.

    Numbers are rounded to six significant digits; a number that isn't finite becomes a gap. The file appears whole or
    not at all: if anything fails, an existing one stays as it was.

    Raises:
        InputError: ``data`` is not a report of version 1 or holds something JSON can't; or ``path`` can't be written.
    """
    _check(data)
    page = _page(data)
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(page, "utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"the report can't be written to {path}: {reason}; choose another place") from error


def is_report(path: str | Path) -> bool:
    """Whether ``path`` is a report that this program wrote, and may be replaced by a newer one."""
    with open(path, "rb") as file:
        return MARK in file.read(HEAD_BYTES)


def _check(data: Mapping[str, Any]) -> None:
    if data.get("version") != VERSION:
        raise InputError(
            f"the report's data has version {data.get('version')!r}; this program writes version {VERSION}"
        )
    missing = [key for key in NEEDED if key not in data]
    if missing:
        raise InputError(f"the report's data lacks {', '.join(missing)}; it needs {', '.join(NEEDED)}")


def _page(data: Mapping[str, Any]) -> str:
    """The template with everything in its place."""
    style = _static("theme.css").read_text("utf-8")
    parts = {
        "policy": _policy(style),
        "title": html.escape(str(data["title"])),
        "headline": html.escape(str(data["verdict"]["headline"])),
        "style": style,
        "licences": html.escape(_licences()),
        "data": _json_in_html(data),
        "importmap": _import_map(),
        "boot": BOOT,
    }
    # In one pass: what is put in is not searched for further places.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _static("report.html").read_text("utf-8"))


def _policy(style: str) -> str:
    """Nothing from anywhere; scripts and the style by their hashes."""
    scripts = " ".join(f"'{_hash(source)}'" for source in (_import_map(), BOOT, *_modules().values()))
    return f"default-src 'none'; script-src {scripts}; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"


def _json_in_html(data: Mapping[str, Any]) -> str:
    """JSON that can stand inside a script element: no ``</script``, no ``<!--``, whatever the texts in it are."""
    text = json.dumps(_rounded(data, "data"), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # A text from elsewhere may hold half a surrogate pair, which no file can.
    return text.encode("utf-8", "replace").decode("utf-8")


def _rounded(value: Any, where: str) -> Any:
    """``value`` with every float at six significant digits; ``where`` names the place in a message."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, (np.ndarray, np.integer, np.bool_)):
        return _rounded(value.tolist(), where)
    if isinstance(value, Mapping):
        return {str(key): _rounded(one, f"{where}[{key!r}]") for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_rounded(one, f"{where}[{index}]") for index, one in enumerate(value)]
    raise InputError(f"{where} is a {type(value).__name__}; numbers, texts, lists and dicts can be written")


@cache
def _modules() -> dict[str, str]:
    """Every module of the page: what others import it as, and its source."""
    vendored = json.loads(_static("vendor/vendor.json").read_text("utf-8"))["libraries"]
    modules = {
        file["specifier"]: _static(f"vendor/{file['path']}").read_text("utf-8")
        for library in vendored
        for file in library["files"]
    }
    own = {f"lab/{name}": file.read_text("utf-8") for name, file in _own_modules(_static(""))}
    return modules | own


def _own_modules(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "vendor":
            yield from _own_modules(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".js"):
            yield prefix + entry.name, entry


@cache
def _import_map() -> str:
    urls = {name: f"data:text/javascript,{quote(source, _PLAIN_IN_URL)}" for name, source in _modules().items()}
    integrity = {urls[name]: _hash(source) for name, source in _modules().items()}
    return json.dumps({"imports": urls, "integrity": integrity}, separators=(",", ":"))


def _licences() -> str:
    """The libraries' own notices, which their licences ask to be passed on with them."""
    libraries = json.loads(_static("vendor/vendor.json").read_text("utf-8"))["libraries"]
    texts = {library["name"]: _static(f"vendor/{library['licence_path']}").read_text("utf-8") for library in libraries}
    return "\n\n".join(
        f"{library['name']} {library['version']} ({library['licence']})\n\n{texts[library['name']].strip()}"
        for library in libraries
    )


def _static(name: str) -> Traversable:
    return files("clearlstm.lab").joinpath("static", *name.split("/"))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
