"""The page as the server gives it out: its modules and style sheet as files of their own.

All files are known when the server starts. What is requested is looked up in that table and nowhere else.
"""

import html
import json
from dataclasses import dataclass
from typing import Final

from clearlstm.lab.access import policy
from clearlstm.report.page import fill, licences, modules, sha256, styles

TITLE: Final = "The LSTM that you can see through"
BOOT: Final = 'import "lab/lab.js";'
STYLE: Final = "/static/lab.css"


@dataclass(frozen=True)
class File:
    """What a URL holds."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class PageFiles:
    """The page, its policy, and the files that it asks for by URL."""

    page: str
    policy: str
    files: dict[str, File]


def page_files() -> PageFiles:
    """The page and its files."""
    urls = {name: _url(name) for name in modules()}
    files = {urls[name]: File(source.encode(), "text/javascript") for name, source in modules().items()}
    files[STYLE] = File(styles().encode(), "text/css")
    integrity = {urls[name]: sha256(source) for name, source in modules().items()}
    importmap = json.dumps({"imports": urls, "integrity": integrity}, separators=(",", ":"))
    page = fill(
        "lab.html",
        meta_tags='<meta name="clearlstm-served" content="yes">',
        title=TITLE,
        style_tags=f'<link rel="stylesheet" href="{STYLE}">',
        headline=TITLE,
        licences=html.escape(licences()),
        data="null",
        importmap=importmap,
        boot=BOOT,
    )
    return PageFiles(page, policy([sha256(importmap), sha256(BOOT)]), files)


def _url(name: str) -> str:
    """Where a module is: ``lab/format.js`` at /static/lab/format.js, ``preact/hooks`` at /static/preact/hooks.js."""
    return f"/static/{name}" if name.endswith(".js") else f"/static/{name}.js"
