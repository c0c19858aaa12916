"""The page's modules as a notebook gets them: the very ones that a report holds, packed once a process."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from clearlstm.report.page import modules, own_modules, static, styles

FIRST: Final = "lab/notebook/drawing.js"
LOADER: Final = "notebook/loader.js"

_IMPORTED: Final = re.compile(r'\b(?:from|import)\s*"([^"]+)"')
# d3's published files add themselves to what they take for the page's global object, or hand themselves to a
# loader that the page may have. In somebody else's page they get an object of their own.
_APART: Final = (
    "const define = undefined, exports = undefined, module = undefined, "
    'globalThis = (self[Symbol.for("clearlstm d3")] ??= {});\n'
)


@cache
def loader() -> str:
    """The module that a notebook loads for every drawing."""
    return static(LOADER).read_text("utf-8")


@cache
def packed_code() -> bytes:
    """JSON, gzipped: ``shared``, the modules without a state, ``own``, those that each drawing needs for itself."""
    of_notebooks = own_modules(static("notebook"))
    sources = modules() | {f"lab/notebook/{name}": file.read_text("utf-8") for name, file in of_notebooks}
    needed = {name: sources[name] for name in _reached(FIRST, sources)}
    shared = {name: _apart(name, source) for name, source in needed.items() if _is_shared(name)}
    own = {name: source for name, source in needed.items() if name not in shared}
    code = json.dumps({"shared": shared, "own": own, "styles": styles()}, separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(code.encode(), mtime=0)


@cache
def version() -> str:
    """Tells these modules from those of another clearlstm on the same page."""
    return hashlib.sha256(packed_code()).hexdigest()[:16]


def _reached(first: str, sources: Mapping[str, str]) -> list[str]:
    """Every module that the first one leads to."""
    known: dict[str, None] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in known:
            known[name] = None
            waiting += [other for other in _imported(sources[name]) if other in sources]
    return sorted(known)


def _imported(source: str) -> Iterable[str]:
    return _IMPORTED.findall(source)


def _is_shared(name: str) -> bool:
    return not name.startswith("lab/") or name == "lab/d3.js" or name.endswith(".json")


def _apart(name: str, source: str) -> str:
    return _APART + source if name.startswith("d3-") or name == "lab/d3.js" else source
