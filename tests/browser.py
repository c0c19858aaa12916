"""Chromium, and the lab's page opened in it: fixtures for all tests; whatever uses them gets the mark ``browser``."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("CLEARLSTM_CHROMIUM") or shutil.which("chromium")
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(tryfirst=True)  # before -m chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium, or set CLEARLSTM_CHROMIUM to the path of one")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from clearlstm.report.page import lab_page

    path = tmp_path_factory.mktemp("lab") / "lab.html"
    path.write_text(lab_page(), "utf-8")
    return path


@pytest.fixture
def open_lab(browser: "Browser", lab_file: Path) -> Iterator[Callable[..., "Page"]]:
    """Open the lab at an address; at the end, see that the page complained of nothing and asked nobody for anything."""
    complaints: list[str] = []
    pages: list[Page] = []

    def open_it(address: str, *, file: Path = lab_file, width: int = 1280, height: int = 900, **context: Any) -> "Page":
        page = browser.new_page(viewport={"width": width, "height": height}, **context)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        page.goto(f"{file.as_uri()}#{address}")
        page.wait_for_selector("h1")
        pages.append(page)
        return page

    yield open_it
    for page in pages:
        page.context.close()
    assert complaints == []
