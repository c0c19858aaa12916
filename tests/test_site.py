"""The site: it builds without a warning, has every public name, and asks nobody for anything."""

import gzip
import importlib
import inspect
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("nbconvert")

import clearlstm
from scripts.site.pages import ROOT, clear, plan

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOOLS: Final = Path(sys.prefix) / "site-tools"
FIRST_PAGE_BYTES: Final = 500_000
MAIN_PAGES: Final = (
    "index.html",
    "docs/lesson.html",
    "docs/derivation.html",
    "docs/benchmarks.html",
    "reference/clearlstm.LSTM.html",
    "benchmarks/RESULTS.html",
    "examples/2_two_companies.html",
    "source/src/clearlstm/cell/lstm.py.html",
)


def environment() -> dict[str, str]:
    """Where Sphinx is found: beside all other libraries, or in the folder that `make site` fills."""
    if find_spec("sphinx"):
        return dict(os.environ)
    if not TOOLS.is_dir():
        pytest.skip("No module named 'sphinx' here: make site installs it, in a folder of its own")
    paths = [str(TOOLS), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for library in ("torch", "matplotlib", "anywidget"):  # whose parts of the package have pages
        pytest.importorskip(library)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "scripts.site", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def documented(site: Path) -> set[str]:
    """The names in Sphinx's list of what has a place on the site."""
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    return {line.split()[0] for line in zlib.decompress(packed).decode("utf-8").splitlines()}


def test_a_folder_is_cleared_of_an_earlier_site_and_of_nothing_else(tmp_path: Path) -> None:
    site, other = tmp_path / "build" / "site", tmp_path / "other"
    clear(site)
    (site / "gone.html").touch()
    clear(site)
    assert not (site / "gone.html").exists()
    other.mkdir()
    (other / "thesis.tex").touch()
    with pytest.raises(SystemExit, match="name a new folder"):
        clear(other)
    assert (other / "thesis.tex").exists()


@pytest.mark.slow
def test_every_public_name_has_its_place(site: Path) -> None:
    modules = ("clearlstm", "clearlstm.torch", "clearlstm.insight.plots")
    listed = {f"{module}.{name}" for module in modules for name in importlib.import_module(module).__all__}
    holders = {f"clearlstm.{name}" for name in clearlstm.__all__ if isinstance(getattr(clearlstm, name), ModuleType)}
    assert holders >= {"clearlstm.errors", "clearlstm.examples", "clearlstm.losses"}
    wanted = listed - holders | {name for holder in holders for name in held_by(holder)}
    assert {"clearlstm.LSTM", "clearlstm.errors.InputError", "clearlstm.torch.swap_lstms"} < wanted
    assert wanted - documented(site) == {"clearlstm.__version__"}
    assert {"clearlstm.LSTM.trace", "clearlstm.network.lstm.LSTMLayerTrace.f"} < documented(site)


def held_by(path: str) -> Iterator[str]:
    """The functions and classes that are written in a public module."""
    module = getattr(clearlstm, path.removeprefix("clearlstm."))
    for name, member in inspect.getmembers(
        module, lambda member: inspect.isclass(member) or inspect.isfunction(member)
    ):
        if member.__module__ == module.__name__ and not name.startswith("_"):
            yield f"{path}.{name}"


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") not in ("index", "search", "next", "prev"):
            self.loads.append(values.get("href", ""))
        if tag in ("script", "img", "iframe", "source", "video") and "src" in values:
            self.loads.append(values["src"])


@cache
def page(path: Path) -> Page:
    return Page(path)


def broken(path: Path) -> Iterator[str]:
    """The links of a page that lead nowhere, and what it loads that isn't there."""
    for link in [*page(path).links, *page(path).loads]:
        parts = urlsplit(link)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if parts.scheme in ("http", "https", "mailto", "data"):
            continue
        found = target.is_file() and (not parts.fragment or target.suffix != ".html" or there(target, parts.fragment))
        if not found:
            yield f"{path.name}: {link}"


def there(target: Path, fragment: str) -> bool:
    return target.name == "lab.html" or unquote(fragment) in page(target).places


@pytest.mark.slow
def test_every_link_leads_somewhere(site: Path) -> None:
    pages = [path for path in site.rglob("*.html") if "_static" not in path.parts]  # the theme keeps a template there
    assert len(pages) > 200
    assert [line for path in pages for line in broken(path)] == []


@pytest.mark.slow
def test_nothing_comes_from_elsewhere(site: Path) -> None:
    loads = [address for path in site.rglob("*.html") for address in page(path).loads]
    styles = [text for path in site.rglob("*.css") for text in [path.read_text(encoding="utf-8")]]
    imports = [address for text in styles for address in re.findall(r"(?:url\(|@import\s*)[\"']?([^\"')]+)", text)]
    assert len(loads) > 1000
    assert len(imports) > 5
    assert [address for address in loads + imports if re.match(r"(https?:)?//", address)] == []


@pytest.mark.slow
def test_the_first_page_is_light_and_asks_nobody(site: Path, browser: "Browser") -> None:
    asked: list[str] = []
    view = browser.new_page()
    view.on("request", lambda request: asked.append(request.url))
    view.goto((site / "index.html").as_uri(), wait_until="networkidle")
    view.close()
    assert all(url.startswith(("file:", "data:")) for url in asked)
    files = {Path(unquote(urlsplit(url).path)) for url in asked if url.startswith("file:")}
    assert len(files) > 5
    sent = {file.name: len(gzip.compress(file.read_bytes())) for file in files}  # as every host sends them
    assert sum(sent.values()) < FIRST_PAGE_BYTES, sent


@pytest.mark.slow
def test_the_search_works_without_a_server(site: Path, browser: "Browser") -> None:
    view = browser.new_page()
    view.goto((site / "search.html").as_uri() + "?q=ledger")
    link = view.locator("ul.search a", has_text="The ledger: who wrote this memory").first
    link.click()
    view.wait_for_url("**/docs/inside/ledger.html*")
    view.close()


@pytest.mark.slow
def test_the_lessons_drawings_are_live_and_follow_the_sites_switch(site: Path, browser: "Browser") -> None:
    from playwright.sync_api import expect

    view = browser.new_page()
    view.goto((site / "docs" / "lesson.html").as_uri())
    frames = view.locator("iframe.lab")
    titles = []
    for k in range(frames.count()):
        frames.nth(k).scroll_into_view_if_needed()
        titles.append(frames.nth(k).content_frame.locator("h1").text_content())
    assert titles == [
        "Two curves decide everything",
        "The unit",
        "Two companies, one unit",
        "Where the twelve numbers come from",
    ]
    room = frames.nth(0).content_frame.locator("body")
    for theme, colour in (("dark", "rgb(18, 23, 29)"), ("light", "rgb(255, 255, 255)")):
        view.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        expect(room).to_have_css("background-color", colour)
    view.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(site: Path, browser: "Browser", scheme: Literal["light", "dark"]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    view = browser.new_page(color_scheme=scheme)
    serious = []
    for name in MAIN_PAGES:
        view.goto((site / name).as_uri())
        violations = axe.run(view).response["violations"]
        serious += [
            (name, v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")
        ]
    view.close()
    assert serious == []


def test_the_plan_has_every_page() -> None:
    planned = {str(page) for part in plan() for page in part.pages}
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("examples/*.*")]
    names = {path.relative_to(ROOT).as_posix() for path in pages}
    elsewhere = {"README.md", "docs/README.md", "benchmarks/shortfalls.md"}  # the last is a part of RESULTS.md
    assert names - planned == elsewhere
