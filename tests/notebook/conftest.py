"""Notebooks opened as their readers open them: in JupyterLab and in marimo."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.notebook.jupyter import OpenNotebook, Server, jupyter_server
from tests.notebook.marimo import Mode, OpenMarimo, marimo_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def skip_without(*libraries: str) -> None:
    """As pytest.importorskip does, but only their servers import them: for JupyterLab it takes two seconds."""
    for library in libraries:
        if find_spec(library) is None:
            pytest.skip(f"could not import {library!r}: No module named {library!r}")


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    skip_without("jupyterlab", "anywidget")
    with jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="session")
def loaded() -> list[OpenNotebook]:
    """Pages that hold JupyterLab with nothing open: it takes seconds to load, so tests hand them on."""
    return []


@pytest.fixture
def open_notebook(
    browser: "Browser", jupyter: Server, loaded: list[OpenNotebook]
) -> Iterator[Callable[..., OpenNotebook]]:
    """Open cells in JupyterLab; at the end, the kernels are ended, and the pages asked nobody else for anything.

    What is said of the page, as `reduced_motion="reduce"`, makes it one of its own, which no other test gets.
    """
    opened: list[OpenNotebook] = []
    with ExitStack() as at_end:

        def open_it(cells: list[str], *, dark: bool = False, width: int = 1280, **context: Any) -> OpenNotebook:
            shared = loaded and not context
            notebook = loaded.pop() if shared else OpenNotebook(browser.new_page(**context), jupyter)
            at_end.callback(hand_on, notebook, None if context else loaded)
            notebook.page.set_viewport_size({"width": width, "height": 900})
            opened.append(notebook)
            notebook.open(cells, dark=dark)
            return notebook

        yield open_it
    assert [one.foreign_requests for one in opened] == [[] for _ in opened]


def hand_on(notebook: OpenNotebook, loaded: list[OpenNotebook] | None) -> None:
    """Close the notebook and keep its page for the next test, unless it was this one's own, or isn't as it was."""
    clean = notebook.close()
    if loaded is None or not clean:
        notebook.page.context.close()
    else:
        loaded.append(notebook)


@pytest.fixture
def open_marimo(browser: "Browser", tmp_path: Path) -> Iterator[Callable[..., OpenMarimo]]:
    """Serve cells with marimo and open them; at the end, the server is ended, and the page asked nobody else."""
    skip_without("marimo", "anywidget")
    opened: list[OpenMarimo] = []
    with ExitStack() as at_end:

        def open_it(cells: list[str], mode: Mode = "run", *, dark: bool = False, width: int = 1280) -> OpenMarimo:
            folder = tmp_path / f"marimo{len(opened)}"
            folder.mkdir()
            url = at_end.enter_context(marimo_server(folder, cells, mode, dark=dark))
            page = browser.new_page(viewport={"width": width, "height": 900})
            at_end.callback(page.context.close)
            opened.append(OpenMarimo(page, url))
            return opened[-1]

        yield open_it
    assert [one.foreign_requests for one in opened] == [[] for _ in opened]
