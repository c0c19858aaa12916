"""The page as the server gives it out: whole, which is quickest, and with its modules and style as files of their own.

All files are known when the server starts. What is requested is looked up in that table and nowhere else.
"""

import html
import json
from dataclasses import dataclass
from typing import Final

from clearlstm.lab.access import policy
from clearlstm.report.language import ENGLISH, Language
from clearlstm.report.letters_data import letters_data
from clearlstm.report.packing import to_json
from clearlstm.report.page import (
    BOOT,
    IN_FILES,
    IN_IT_OR_IN_FILES,
    TITLE,
    fill,
    linked,
    modules,
    own_policy,
    parts_in,
    sha256,
    styles,
    whole_page,
)

PAGE: Final = "/"
MODULES: Final = "/modules"
STYLE: Final = "/static/lab.css"
LETTERS: Final = "/static/letters.json"
SERVED: Final = '<meta name="clearlstm-served" content="yes">'


@dataclass(frozen=True)
class File:
    """What a URL holds."""

    content: bytes
    media_type: str
    policy: str | None = None
    """The content security policy of a page; None: what has none of its own."""


def page_files(language: Language = ENGLISH) -> dict[str, File]:
    """The page in both forms, and the files that the second asks for, by their URLs."""
    urls = {name: _url(name) for name in modules()}
    files = {urls[name]: File(source.encode(), "text/javascript") for name, source in modules().items()}
    letters = File(to_json(letters_data()).encode(), "application/json")
    style = File(styles().encode(), "text/css")
    return files | {PAGE: _whole(language), MODULES: _in_files(urls, language), STYLE: style, LETTERS: letters}


def _whole(language: Language) -> File:
    page = whole_page(
        meta_tags=SERVED,
        title=language.text(TITLE),
        headline=language.text(TITLE),
        source=linked(language.text(IN_IT_OR_IN_FILES), MODULES),
        data="null",
        language=language,
    )
    return File(page.encode(), "text/html", policy(own_policy()))


def _in_files(urls: dict[str, str], language: Language) -> File:
    """The page whose modules are at ``urls``."""
    integrity = {urls[name]: sha256(source) for name, source in modules().items()}
    importmap = json.dumps({"imports": urls, "integrity": integrity}, separators=(",", ":"))
    page = fill(
        "lab.html",
        meta_tags=SERVED,
        title=html.escape(language.text(TITLE)),
        style_tags=f'<link rel="stylesheet" href="{STYLE}">',
        headline=html.escape(language.text(TITLE)),
        source=linked(language.text(IN_FILES), PAGE),
        data="null",
        letters="",
        module_tags=f'<script type="importmap">{importmap}</script>',
        boot=BOOT,
        **parts_in(language),
    )
    scripts = f"'{sha256(importmap)}' '{sha256(BOOT)}'"
    return File(
        page.encode(), "text/html", policy(f"default-src 'none'; script-src 'self' {scripts}; style-src 'self'")
    )


def _url(name: str) -> str:
    """Where a module is: ``lab/format.js`` at /static/lab/format.js, ``preact/hooks`` at /static/preact/hooks.js."""
    return f"/static/{name}" if name.endswith(".js") else f"/static/{name}.js"
