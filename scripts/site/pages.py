"""Put together what Sphinx reads: the project's Markdown pages as they are, in their folders, and a few made ones.

docs/README.md is the plan: its headings are the parts of the site, the links below them their pages, in that order.
"""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path, PurePosixPath
from typing import Final

from scripts.site import notebooks

ROOT: Final = Path(__file__).resolve().parents[2]
PLAN: Final = PurePosixPath("docs/README.md")
HOME: Final = PurePosixPath("README.md")
"""Its place on the site has a page of the site's own."""
SOURCE: Final = "source"
"""The scheme of links to files that have no page, and the folder of the pages that show them."""
STANDS_FOR: Final = {
    "README.md": "index.md",
    "src/clearlstm/__init__.py": "reference/index.rst",
    "src/clearlstm/errors.py": "reference/exceptions.rst",
}
"""What the site has in the place of a file that pages link to."""
MARK: Final = ".clearlstm-site"
"""A file by which a folder is known to hold a site from here, so that it may be cleared for the next."""
LAB: Final = PurePosixPath("lab.html")
PICTURES: Final = (".png", ".svg", ".gif")

PART: Final = re.compile(r"^## (.+)\n+", re.MULTILINE)
TITLED_LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)\s#]+)\)")
LINK: Final = re.compile(r"(?<=\]\()(?![a-z]+:)([^)\s#]+)(#[^)\s]*)?(?=\))")
CODE: Final = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
SECTION: Final = re.compile(r"^<!-- README: (.+) -->$", re.MULTILINE)
DRAWING: Final = re.compile(r"^<!-- lab (\S+): (.+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A part of the site: its title, what the plan says below it, and its pages with their short titles."""

    title: str
    text: str
    pages: dict[PurePosixPath, str]

    @property
    def page(self) -> PurePosixPath:
        """The part's own page, beside the plan, so that the plan's links hold there."""
        return PLAN.with_name(f"{self.title.lower().replace(' ', '-')}.md")


def plan() -> list[Part]:
    """The parts, as docs/README.md has them."""
    _, *pieces = PART.split((ROOT / PLAN).read_text(encoding="utf-8"))
    return [
        Part(title, text, {place(PLAN, target): short for short, target in TITLED_LINK.findall(text)})
        for title, text in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def clear(target: Path) -> None:
    """Leave nothing of an earlier site, whose pages may be gone by now; refuses a folder that holds anything else."""
    if target.is_dir() and any(target.iterdir()) and not (target / MARK).exists():
        raise SystemExit(f"{target} holds files that are no site made from here: name a new folder, or empty this one")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / MARK).touch()


def put_together(folder: Path) -> None:
    """Write the plan's pages into ``folder``, where they lie in the project, a page for each part, and the first."""
    parts = plan()
    pages = {page for part in parts for page in part.pages if page.suffix in (".md", ".ipynb")}
    put = partial(_put, folder, pages | {part.page for part in parts})
    for page in pages:
        if page.suffix == ".ipynb":
            notebooks.convert(ROOT / page, folder / page, put=partial(put, page))
        else:
            put(page, (ROOT / page).read_text(encoding="utf-8"))
    for part in parts:
        put(part.page, f"# {part.title}\n\n{part.text}\n{contents(part.page, part.pages)}")
    put(PurePosixPath("index.md"), f"{home()}\n{contents(HOME, {part.page: part.title for part in parts})}")


def home() -> str:
    """The first page: what the site has in its place, with sections of the README where it names them."""
    _, *pieces = PART.split((ROOT / HOME).read_text(encoding="utf-8"))
    sections = {title: f"## {title}\n\n{text}" for title, text in zip(pieces[::2], pieces[1::2], strict=True)}
    text = (Path(__file__).parent / "home.md").read_text(encoding="utf-8")
    return SECTION.sub(lambda comment: sections[comment[1]], text)


def contents(page: PurePosixPath, pages: dict[PurePosixPath, str]) -> str:
    """What tells Sphinx the pages below a page."""
    entries = [
        f"{title} <{relative(page, site_place(target).with_suffix(''))}>"
        for target, title in pages.items()
        if site_place(target).suffix in (".md", ".rst")
    ]
    return "\n".join(["```{toctree}", ":hidden:", "", *entries, "```", ""])


def _put(folder: Path, pages: set[PurePosixPath], page: PurePosixPath, text: str) -> None:
    """Write one page, its links led to where things are on the site, and the pictures that it shows."""
    here = folder / site_place(page)
    here.parent.mkdir(parents=True, exist_ok=True)
    lead = partial(led, page, pages, partial(_take_picture, folder))
    pieces = CODE.split(text)
    pieces[::2] = [LINK.sub(lead, DRAWING.sub(partial(drawing, page), piece)) for piece in pieces[::2]]
    here.write_text("".join(pieces), encoding="utf-8", newline="\n")


def led(
    page: PurePosixPath, pages: set[PurePosixPath], take: Callable[[PurePosixPath], None], link: re.Match[str]
) -> str:
    """Where a link of a page leads to on the site: to a page, to a picture, or to the source of anything else."""
    target, line = place(page, link[1]), link[2] or ""
    if (target / "README.md") in pages:
        target /= "README.md"
    if str(target) in STANDS_FOR or target in pages:
        return relative(page, site_place(target)) + line
    if target.suffix in PICTURES:
        take(target)
        return relative(page, target)
    return f"{SOURCE}:{target}{line}" if (ROOT / target).exists() else link[0]


def _take_picture(folder: Path, picture: PurePosixPath) -> None:
    if (ROOT / picture).exists():  # a missing one Sphinx reports
        (folder / picture).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / picture, folder / picture)


def drawing(page: PurePosixPath, comment: re.Match[str]) -> str:
    """The lab's drawing in the place of a comment that names it: ``<!-- lab ADDRESS: what it shows -->``."""
    source = f"{relative(page, LAB)}?embed#{comment[1]}"
    return f'<iframe class="lab" src="{escape(source)}" title="{escape(comment[2])}" loading="lazy"></iframe>'


def place(page: PurePosixPath, target: str) -> PurePosixPath:
    """The file that a relative link of a page names, from the project's root."""
    return PurePosixPath(os.path.normpath(page.parent / target).replace(os.sep, "/"))


def site_place(path: PurePosixPath) -> PurePosixPath:
    """The file that has its content among the site's sources."""
    if str(path) in STANDS_FOR:
        return PurePosixPath(STANDS_FOR[str(path)])
    return path.with_suffix(".md") if path.suffix == ".ipynb" else path


def relative(page: PurePosixPath, target: PurePosixPath) -> str:
    """The way from a page to a file."""
    return os.path.relpath(target, site_place(page).parent).replace(os.sep, "/")
