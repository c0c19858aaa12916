"""What show() gives, in real notebooks: shown, changed by hand, read and set in Python, saved and reopened."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.notebook.jupyter import OpenNotebook
from tests.notebook.marimo import Mode, OpenMarimo

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytest.importorskip("anywidget")
pytest.importorskip("matplotlib")

START = """import numpy as np
import traitlets
import clearlstm as cl

days = np.array([0, 0.5, 0.25, 1]).reshape(1, 4, 1)
x = np.cumsum(np.random.default_rng(0).normal(size=(1, 30, 2)), axis=1)
net = cl.LSTM(2, 5, dtype="float64", seed=0)"""
UNIT = "w = cl.examples.statquest_unit().show(days)\nw"
CELLS = [START, UNIT, "v = net.trace(x).show()\nv"]
SECONDS: float = 60
NO_KERNEL = ("Loading widget", "Error displaying widget")


@pytest.fixture
def notebook(open_notebook: Callable[..., OpenNotebook]) -> OpenNotebook:
    opened = open_notebook(CELLS)
    opened.run_all()
    return opened


def drag(page: "Page", number: "Locator", by: int) -> None:
    """Take a number in the drawing of the unit, and move it."""
    number.scroll_into_view_if_needed()
    box = number.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


# Come to one that isn't drawn yet; whether there is one.
COME = """(empty) => {
  const one = empty.find((place) => place.getClientRects().length > 0);
  one?.scrollIntoView({ block: "center" });
  return one !== undefined;
}"""


def come_to(place: "Locator") -> "Locator":
    """A drawing is drawn when somebody comes to it; while a cell runs again it may be replaced meanwhile.

    The others are drawn first: one that appears later pushes it away, between mouse down and mouse up if need be.
    """
    deadline = time.monotonic() + SECONDS
    others = place.page.locator(".in-notebook:empty")
    while others.evaluate_all(COME) or not place.locator(".in-notebook > *").first.is_visible():
        assert time.monotonic() < deadline, "nothing was drawn"
        place.page.wait_for_timeout(50)
    place.locator(".in-notebook").first.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    return place


def number(place: "Locator", key: str) -> "Locator":
    """A number of a drawing."""
    come_to(place)
    return place.locator(f"[data-key='{key}']").first


def value(place: "Locator", key: str, wanted: str) -> None:
    """Wait until the number is there as Python writes it."""
    come_to(place).locator(f"[data-key='{key}'][data-value='{wanted}']").first.wait_for()


def asked(notebook: OpenNotebook, code: str, wanted: str) -> None:
    """Python has it, as soon as the last of what the page has said has come."""
    deadline = time.monotonic() + SECONDS
    while (answer := notebook.ask(code)) != wanted:
        assert time.monotonic() < deadline, answer


def test_a_number_is_dragged_read_back_and_set(notebook: OpenNotebook) -> None:
    unit = notebook.output(1)
    drag(notebook.page, number(unit, "f-x"), 50)
    value(unit, "f-x", "2.13")
    asked(notebook, "w.weights['layer0.forward.W'][0, 0]", "np.float64(2.13)")
    notebook.ask("w.weights = {'layer0.forward.W': np.array([[1.5, 1.65, 0.94, -0.19]])}")
    value(unit, "f-x", "1.5")
    notebook.ask("w.x = np.ones((1, 6, 1)); w.place = (5, 0)")
    value(unit, "x", "1")
    unit.get_by_text("day 6 of 6").wait_for()
    assert unit.locator(".clearlstm-still").is_hidden()
    assert notebook.complaints == []


def test_two_drawings_are_linked(notebook: OpenNotebook) -> None:
    notebook.ask("u = cl.examples.statquest_unit().show(days); traitlets.dlink((w, 'weights'), (u, 'weights'))")
    second = notebook.output(notebook.add("u"))
    number(second, "f-x").wait_for()
    drag(notebook.page, number(notebook.output(1), "f-x"), -30)
    value(second, "f-x", "1.33")


def test_two_drawings_share_a_row(notebook: OpenNotebook) -> None:
    notebook.ask("from ipywidgets import HBox; pair = HBox([w, v])")
    row = notebook.output(notebook.add("pair"))
    places = row.locator(".in-notebook")
    places.nth(1).wait_for(state="attached")
    widths = [box["width"] for k in range(2) if (box := places.nth(k).bounding_box())]
    assert min(widths) > 350
    assert max(widths) - min(widths) < 2


def test_the_kernel_answers_what_the_drawing_asks(notebook: OpenNotebook) -> None:
    net = notebook.output(2)
    come_to(net)
    net.get_by_text("ask Python").click()
    net.get_by_role("button", name="Ask: How long does a unit hold?").click()
    number(net, "half-life").wait_for()
    asked(notebook, "int(v.trace().layer(0).f.shape[1])", "30")


def test_keys_move_in_the_drawing_and_not_in_the_notebook(notebook: OpenNotebook) -> None:
    come_to(notebook.output(2))
    maps = notebook.output(2).locator(".heatmap").first
    maps.click()
    for key in ("Home", "ArrowRight", "ArrowDown", "d", "d"):
        notebook.page.keyboard.press(key)
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 3
    notebook.output(2).locator(".readout-title").get_by_text("· 1").wait_for()
    asked(notebook, "v.place[0]", "1")


def test_a_page_that_is_loaded_again_has_its_drawings_again(notebook: OpenNotebook) -> None:
    drag(notebook.page, number(notebook.output(1), "f-x"), 50)
    value(notebook.output(1), "f-x", "2.13")
    notebook.reopen()
    value(notebook.output(1), "f-x", "2.13")
    drag(notebook.page, number(notebook.output(1), "i-x"), 20)
    value(notebook.output(1), "i-x", "1.85")
    asked(notebook, "w.weights['layer0.forward.W'][0, 1]", "np.float64(1.85)")


def test_after_a_restart_the_drawing_stays_and_the_cells_run_again(notebook: OpenNotebook) -> None:
    number(notebook.output(1), "f-x").wait_for()
    notebook.restart_kernel()
    drag(notebook.page, number(notebook.output(1), "f-x"), 50)
    value(notebook.output(1), "f-x", "2.13")  # the page computes it by itself
    notebook.run_all()
    value(notebook.output(1), "f-x", "1.63")
    drag(notebook.page, number(notebook.output(1), "f-x"), 10)
    value(notebook.output(1), "f-x", "1.73")
    asked(notebook, "w.weights['layer0.forward.W'][0, 0]", "np.float64(1.73)")


@pytest.mark.parametrize("trusted", [True, False])
def test_a_picture_remains_where_there_is_no_kernel(notebook: OpenNotebook, trusted: bool) -> None:
    number(notebook.output(1), "f-x").wait_for()
    notebook.reopen_without_kernel(trusted=trusted)
    for cell in (1, 2):
        output = notebook.output(cell)
        picture = output.locator("img")
        picture.wait_for()
        assert picture.evaluate("(one) => one.complete && one.naturalWidth > 400")
        for words in NO_KERNEL:
            assert not output.get_by_text(words).is_visible()


def test_a_picture_is_in_what_nbconvert_writes(notebook: OpenNotebook) -> None:
    notebook.save()
    html = notebook.path.with_suffix(".html")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(notebook.path)]
    subprocess.run(command, check=True, capture_output=True, cwd=notebook.path.parent)
    text = Path(html).read_text("utf-8")
    assert text.count('<img alt="LSTM(') + text.count('alt="LSTM(') >= 2


def test_the_drawing_is_as_dark_as_the_notebook(open_notebook: Callable[..., OpenNotebook]) -> None:
    notebook = open_notebook(CELLS[:2], dark=True)
    notebook.run_all()
    number(notebook.output(1), "f-x").wait_for()
    title = notebook.output(1).locator(".kicker")
    colour = "(one) => getComputedStyle(one).color"
    assert title.evaluate(colour) == "rgb(157, 171, 184)"
    notebook.set_theme(dark=False)
    notebook.page.locator(".in-notebook").evaluate("() => new Promise(requestAnimationFrame)")
    assert title.evaluate(colour) == "rgb(82, 96, 109)"


MARIMO_CELLS = [
    "import marimo as mo",
    START,
    "w = mo.ui.anywidget(cl.examples.statquest_unit().show(days))\nw",
    "mo.md(f\"Python has {w.weights['layer0.forward.W'][0, 0]:.4f}\")",
    "v = mo.ui.anywidget(net.show(x))\nv",
    "mo.md(f'held: {sorted(v.held)}')",
    "mo.ui.button(label='set', on_click=lambda _: setattr(w.widget, 'x', np.ones((1, 6, 1))))",
]


@pytest.mark.parametrize("mode", ["edit", "run"])
def test_in_marimo_cells_follow_the_drawing(open_marimo: Callable[..., OpenMarimo], mode: Mode) -> None:
    book = open_marimo(MARIMO_CELLS, mode)
    unit = book.output(2)
    drag(book.page, number(unit, "f-x"), 50)
    book.output(3).get_by_text("Python has 2.1300").wait_for()
    net = book.output(4)
    come_to(net)
    net.get_by_text("one unit, one step").click()
    net.get_by_role("button", name="Hold the forget gate").click()
    book.output(5).get_by_text("held: [(0, 'f',").wait_for()
    book.output(6).get_by_role("button", name="set").click()
    unit.get_by_text("of 6").first.wait_for()
    value(unit, "f-x", "2.13")
    if mode == "edit":  # marimo puts the new drawing where the old one was
        book.run(2)
        value(unit, "f-x", "1.63")
    assert book.complaints == []
