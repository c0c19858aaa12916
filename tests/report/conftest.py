"""Reports, and the browser to open them in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clearlstm.report.page_file import export_report
from tests.report.made_reports import Data, make_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def report() -> Data:
    return make_report()


@pytest.fixture
def build() -> Callable[..., Data]:
    return make_report


class Opened:
    """A report in a browser page, with whatever it complained of and whatever it asked the world for."""

    def __init__(self, page: "Page", path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("h1")

    @property
    def foreign_requests(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@pytest.fixture
def open_report(browser: "Browser", tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Export a report's data, open the file from disk, and at the end see that nothing went wrong in the page."""
    opened: list[Opened] = []

    def open_it(data: Data, *, width: int = 1280, height: int = 900, dark: bool = False, **context: Any) -> Opened:
        path = tmp_path / f"report{len(opened)}.html"
        export_report(data, path)
        context["color_scheme"] = "dark" if dark else "light"
        page = browser.new_page(viewport={"width": width, "height": height}, **context)
        opened.append(Opened(page, path))
        return opened[-1]

    yield open_it
    for one in opened:
        complaints, foreign = one.complaints, one.foreign_requests
        one.page.close()
        assert complaints == []
        assert foreign == []
