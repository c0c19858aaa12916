"""A widget that counts clicks, in JupyterLab and marimo: whatever the harness offers, tried on it."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.notebook.jupyter import OpenNotebook
from tests.notebook.marimo import Mode, OpenMarimo

if TYPE_CHECKING:
    from playwright.sync_api import Locator

COUNTER = '''import anywidget
import traitlets

class Counter(anywidget.AnyWidget):
    clicks = traitlets.Int(0).tag(sync=True)
    _esm = """export default { render({ model, el }) {
      const button = document.createElement("button");
      const show = () => { button.textContent = `clicked ${model.get("clicks")}`; };
      button.onclick = () => { model.set("clicks", model.get("clicks") + 1); model.save_changes(); };
      model.on("change:clicks", show);
      show();
      el.replaceChildren(button);
    } };"""
'''
CELLS = [COUNTER, "counter = Counter()\ncounter", "print('last')"]


@pytest.fixture
def notebook(open_notebook: Callable[..., OpenNotebook]) -> OpenNotebook:
    opened = open_notebook(CELLS)
    opened.run_all()
    return opened


def button(output: "Locator", clicks: int) -> "Locator":
    return output.get_by_role("button", name=f"clicked {clicks}", exact=True)


def test_a_widget_is_shown_clicked_read_and_changed(notebook: OpenNotebook) -> None:
    button(notebook.output(1), 0).click()
    button(notebook.output(1), 1).click()
    button(notebook.output(1), 2).wait_for()
    assert notebook.ask("counter.clicks") == "2"
    assert notebook.ask("counter.clicks = 40") == ""
    button(notebook.output(1), 40).click()
    button(notebook.output(1), 41).wait_for()
    assert notebook.output(2).inner_text().strip() == "last"
    assert notebook.complaints == []


def test_a_cell_with_other_code_runs_again_in_the_python_of_the_tests(notebook: OpenNotebook) -> None:
    assert notebook.ask("import sys; print(sys.executable)") == sys.executable
    notebook.replace(1, "counter = Counter(clicks=7)\ncounter")
    notebook.run(1)
    button(notebook.output(1), 7).wait_for()
    added = notebook.add("counter")
    button(notebook.output(added), 7).click()
    button(notebook.output(1), 8).wait_for()
    with pytest.raises(AssertionError, match="ZeroDivisionError: division by zero"):
        notebook.ask("1 / 0")


def test_a_new_kernel_knows_nothing_until_the_cells_run_again(notebook: OpenNotebook) -> None:
    notebook.restart_kernel()
    assert notebook.ask("'counter' in globals()") == "False"
    notebook.run_all()
    button(notebook.output(1), 0).click()
    button(notebook.output(1), 1).wait_for()
    assert notebook.ask("counter.clicks") == "1"


def test_a_notebook_is_saved_and_reopened_with_its_kernel(notebook: OpenNotebook) -> None:
    button(notebook.output(1), 0).click()
    saved = notebook.save()
    assert "application/vnd.jupyter.widget-view+json" in saved["cells"][1]["outputs"][0]["data"]
    notebook.reopen()
    button(notebook.output(1), 1).wait_for()
    assert notebook.ask("counter.clicks") == "1"


@pytest.mark.parametrize(("trusted", "shown"), [(True, "Loading widget..."), (False, "<__main__.Counter object")])
def test_a_notebook_is_saved_and_reopened_without_kernel(notebook: OpenNotebook, trusted: bool, shown: str) -> None:
    notebook.reopen_without_kernel(trusted=trusted)
    notebook.output(1).get_by_text(shown).wait_for()
    assert notebook.output(2).inner_text().strip() == "last"
    assert button(notebook.output(1), 0).count() == 0


def test_the_theme_is_dark_where_asked(open_notebook: Callable[..., OpenNotebook]) -> None:
    scheme = "getComputedStyle(document.body).colorScheme"
    notebook = open_notebook(["1"], dark=True)
    assert notebook.page.evaluate(scheme) == "dark"
    notebook.set_theme(dark=False)
    assert notebook.page.evaluate(scheme) == "light"


MARIMO_CELLS = [
    "import marimo as mo",
    COUNTER,
    "counter = mo.ui.anywidget(Counter())\ncounter",
    "mo.md(f'Python has {counter.clicks}')",
    "mo.ui.button(label='more', on_click=lambda _: setattr(counter, 'clicks', 40))",
]


@pytest.mark.parametrize("mode", ["edit", "run"])
def test_marimo_shows_a_widget_and_reads_it(open_marimo: Callable[..., OpenMarimo], mode: Mode) -> None:
    book = open_marimo(MARIMO_CELLS, mode)
    button(book.output(2), 0).click()
    button(book.output(2), 1).wait_for()
    book.output(3).get_by_text("Python has 1").wait_for()
    book.output(4).get_by_role("button", name="more").click()
    button(book.output(2), 40).wait_for()
    assert book.complaints == []


def test_a_cell_of_marimo_runs_again(open_marimo: Callable[..., OpenMarimo]) -> None:
    book = open_marimo(MARIMO_CELLS, "edit", dark=True)
    button(book.output(2), 0).click()
    button(book.output(2), 1).wait_for()
    book.run(2)
    button(book.output(2), 0).wait_for()
    assert book.page.evaluate("document.body.dataset.theme") == "dark"
    assert book.complaints == []
