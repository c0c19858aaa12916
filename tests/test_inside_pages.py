"""docs/inside: the script that fills in its outputs and draws its pictures, and what it has drawn.

That the outputs are what the examples print is held by tests/test_docs.py, which runs them all.
"""

import re
from pathlib import Path

import pytest

from scripts.inside_pages import PAGES, PICTURE, PICTURES, renewed

MARKS = [(page, name) for page in PAGES for name, _ in PICTURE.findall(page.read_text(encoding="utf-8"))]
LARGEST_BYTES = 60_000


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
    from PIL import Image  # which matplotlib brings

    assert renewed(DRAWING, tmp_path) == DRAWING
    with Image.open(tmp_path / "small.png") as picture:
        assert picture.size == (1000, 400)
    assert [path.name for path in tmp_path.iterdir()] == ["small.png"]


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
