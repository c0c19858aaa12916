"""docs/inside: the script that fills in its outputs and draws its pictures, and what it has drawn."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure
from PIL import Image

from clearlstm import examples
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from scripts import inside_pages
from scripts.inside_pages import PAGES, PICTURE, PICTURES, renewed
from scripts.pictures import digest, draw, recorded

MARKS = [(page, name) for page in PAGES for name, _ in PICTURE.findall(page.read_text(encoding="utf-8"))]
OF_EXAMPLES = [page for page in PAGES if "cl.examples." in page.read_text(encoding="utf-8")]
LARGEST_BYTES = 60_000
LAST_BITS = 1e-9  # far more than machines differ by


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the pictures show that pages would draw, by the names of their files; none is written."""
    shown: dict[str, str] = {}
    monkeypatch.setattr(inside_pages, "draw", lambda figure, path: shown.update({path.name: digest(figure)}))
    return shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_and_its_pictures_are_what_its_examples_make(page: Path, drawn: dict[str, str]) -> None:
    text = page.read_text(encoding="utf-8")
    assert renewed(text, PICTURES) == text, f"{page.name} is behind: run `make docs`"
    assert drawn == {name: recorded(PICTURES / name) for name in drawn}, "a picture is behind: run `make docs`"


def nudged(load: Callable[[], LSTM | Network]) -> LSTM | Network:
    """A net whose weights are a little off."""
    model, rng = load(), np.random.default_rng(0)
    return model.set_parameters(
        {name: values * (1 + LAST_BITS * rng.normal(size=values.shape)) for name, values in model.parameters.items()}
    )


@pytest.mark.parametrize("page", OF_EXAMPLES, ids=lambda page: page.name)
def test_the_last_bits_of_a_net_show_nowhere(
    page: Path, drawn: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So pages and pictures are the same on every machine."""
    for name in ("electricity_net", "electricity_plain_net", "letters_net", "statquest_unit"):
        monkeypatch.setattr(examples, name, partial(nudged, getattr(examples, name)))
    text = page.read_text(encoding="utf-8")
    assert renewed(text, PICTURES) == text
    assert drawn == {name: recorded(PICTURES / name) for name in drawn}


def test_no_page_looks_into_a_net_that_it_trained() -> None:
    """It would show other numbers where training ends elsewhere."""
    for page in PAGES:
        assert "cl.train(" not in page.read_text(encoding="utf-8"), page.name


def test_a_changed_output_is_put_right_and_a_right_one_left() -> None:
    text = next(page for page in PAGES if page.name == "words.md").read_text(encoding="utf-8")
    assert renewed(text) == text
    for wrong in (
        text.replace("0.9694", "0.9695"),
        text.replace("- That took the cell state from 1.4806 to 2.4091.\n", ""),
    ):
        assert wrong != text
        assert renewed(wrong) == text


PAGE = """Words.

>>> for word in ("a", "", "b"):
...     print(word)
wrong
>>> x = 1
>>> x / 0
>>> x
2

More words.
"""
RIGHT = """Words.

>>> for word in ("a", "", "b"):
...     print(word)
a
<BLANKLINE>
b
>>> x = 1
>>> x / 0
Traceback (most recent call last):
    ...
ZeroDivisionError: division by zero
>>> x
1

More words.
"""
DRAWING = """
>>> from matplotlib.figure import Figure
>>> figure = Figure(figsize=(5, 2))

<!-- picture: small = figure -->

>>> figure = None
"""


def test_outputs_are_written_as_doctest_wants_them() -> None:
    assert renewed(PAGE) == RIGHT


def test_a_picture_is_drawn_where_its_mark_stands(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert renewed(DRAWING, tmp_path) == DRAWING
    with Image.open(tmp_path / "small.png") as picture:
        assert picture.size == (1000, 400)
    assert [path.name for path in tmp_path.iterdir()] == ["small.png"]


def figure(factor: float = 1.0, title: str = "a title", colour: str = "#0072B2", font: str = "DejaVu Sans") -> Figure:
    """A line and an area on a log axis, bars, and shades."""
    made = Figure(figsize=(5, 4))
    left, middle, right = made.subplots(1, 3)
    left.plot([1, 2, 3], np.array([1e-20, 1e-10 * factor, 1.0]), color=colour)
    left.fill_between([1, 2, 3], [1e-22, 1e-12, 1e-2], [1e-18, 1e-8, 1.0])
    left.set_yscale("log")
    left.set_title(title, loc="left", fontfamily=font)
    middle.bar([0, 1], [1.0, -factor])
    right.imshow(np.array([[0.0, 0.5], [0.7 * factor, 1.0]]))
    return made


def test_a_picture_is_written_only_if_it_shows_something_else(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    draw(figure(), path)
    assert recorded(path) == digest(figure())
    before = path.stat().st_mtime_ns
    for same in (figure(), figure(1 + 1e-9), figure(font="DejaVu Serif")):
        draw(same, path)
        assert path.stat().st_mtime_ns == before
    written = [path.read_bytes()]
    for other in (figure(1.3), figure(title="another title"), figure(colour="#D55E00")):
        draw(other, path)
        written.append(path.read_bytes())
    assert len(set(written)) == 4


def test_an_example_that_fails_does_not_pass_for_a_picture(tmp_path: Path) -> None:
    with pytest.raises(NameError):
        renewed(">>> 1\n1\n\n<!-- picture: none = figure -->\n", tmp_path)


@pytest.mark.parametrize(("page", "name"), MARKS, ids=[name for _, name in MARKS])
def test_each_picture_is_there_and_small_and_shown_under_its_mark(page: Path, name: str) -> None:
    assert (PICTURES / f"{name}.png").stat().st_size < LARGEST_BYTES
    text = page.read_text(encoding="utf-8")
    assert re.search(rf"<!-- picture: {name} = .+ -->\n!\[[^\]]{{20,}}\]\(\.\./pictures/inside/{name}\.png\)", text)


def test_no_picture_is_left_over() -> None:
    assert {path.stem for path in PICTURES.iterdir()} == {name for _, name in MARKS}
