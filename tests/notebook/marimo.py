"""A marimo notebook served for one test, to be edited or as an app, and opened."""

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tests.notebook.serving import environment, free_port, served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Mode = Literal["edit", "run"]
TIMEOUT: Final = 60_000  # milliseconds
ALL_HAVE_RUN: Final = "all cells have run"


def source_of(cells: Sequence[str]) -> str:
    """A marimo file; a cell more at the end, which runs last, shows that all have run."""
    coded = [f"@app.cell\ndef _():\n{textwrap.indent(code, '    ')}\n" for code in (*cells, json.dumps(ALL_HAVE_RUN))]
    return "\n".join(["import marimo", "app = marimo.App()", "", *coded])


@contextmanager
def marimo_server(folder: Path, cells: Sequence[str], mode: Mode, *, dark: bool = False) -> Iterator[str]:
    """Serve the cells; yields the address. To be edited, too, they run at once."""
    theme = "dark" if dark else "light"
    settings = f'[tool.marimo.runtime]\nauto_instantiate = true\n[tool.marimo.display]\ntheme = "{theme}"\n'
    (folder / "pyproject.toml").write_text(settings, "utf-8")
    (folder / "book.py").write_text(source_of(cells), "utf-8")
    port = free_port()
    options = ["--headless", "--no-token", "--host=127.0.0.1", f"--port={port}", "book.py"]
    env = environment(folder, without="MARIMO", MARIMO_SKIP_UPDATE_CHECK="1")
    with served(
        [sys.executable, "-m", "marimo", "-y", mode, *options], port, health="/health", folder=folder, env=env
    ) as url:
        yield url


class OpenMarimo:
    """A marimo notebook in the browser; cells are counted from 0."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page = page
        page.set_default_timeout(TIMEOUT)
        self.complaints: list[str] = []
        self.foreign_requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url, url))
        page.goto(url)
        page.locator(".output-area").get_by_text(ALL_HAVE_RUN).wait_for()

    def _note(self, asked: str, url: str) -> None:
        if not asked.startswith((url, "data:", "blob:")):
            self.foreign_requests.append(asked)

    def cell(self, cell: int) -> "Locator":
        return self.page.locator(".marimo-cell").nth(cell)

    def output(self, cell: int) -> "Locator":
        """What a cell shows for its last expression."""
        return self.cell(cell).locator(".output-area")

    def run(self, cell: int) -> None:
        """Press a cell's button to run it again; only where the notebook is edited."""
        self.cell(cell).hover()
        self.cell(cell).get_by_test_id("run-button").first.click()
