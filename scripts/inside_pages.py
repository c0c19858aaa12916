"""Bring docs/inside/*.md up to date: what their examples print and draw is made, not typed.

The pages' words and code are written by hand. This script runs each page's ``>>>`` examples from top to bottom and puts
what they print under them; ``tests/test_inside_pages.py`` runs them again and compares. A line

    <!-- picture: NAME = EXPRESSION -->

writes the figure that the expression gives, at that place of the page, to docs/pictures/inside/NAME.png; a picture
that shows what the file there shows is not written.
"""

import doctest
import io
import os
import re
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

from clearlstm.insight.plots import style
from scripts.pictures import draw

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs" / "inside").glob("*.md"))
PICTURES = ROOT / "docs" / "pictures" / "inside"
PICTURE = re.compile(r"<!-- picture: (\w[\w-]*) = (.+?) -->")
FONT: Final = "DejaVu Sans"  # it comes with matplotlib, so that pictures look the same wherever they are drawn


def renewed(page: str, pictures: Path | None = None) -> str:
    """The page with the outputs of its examples made anew; its pictures are written to the folder ``pictures``."""
    names: dict[str, Any] = {"__name__": "__main__"}
    parts = []
    for part in doctest.DocTestParser().parse(page):
        if isinstance(part, doctest.Example):
            parts.append(_source(part) + _printed(part.source, names))
        else:
            parts.append(part)
            if pictures is not None:
                for name, expression in PICTURE.findall(part):
                    draw(eval(expression, names), pictures / f"{name}.png")
    return "".join(parts)


def _source(example: doctest.Example) -> str:
    """The example as it stands in the page."""
    first, *more = example.source.splitlines()
    return "".join([f">>> {first}\n", *(f"... {line}".rstrip() + "\n" for line in more)])


def _printed(source: str, names: dict[str, Any]) -> str:
    """What an example prints, as doctest wants it."""
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            exec(compile(source, "<page>", "single"), names)
    except Exception as error:
        last = "".join(traceback.format_exception_only(error))
        return f"Traceback (most recent call last):\n    ...\n{last}"
    return re.sub(r"^$(?=\n)", "<BLANKLINE>", out.getvalue(), flags=re.MULTILINE)


if __name__ == "__main__":
    style.FAMILY[:] = [FONT]
    for page in PAGES:
        temporary = page.with_suffix(".tmp")
        temporary.write_text(renewed(page.read_text(encoding="utf-8"), PICTURES), encoding="utf-8", newline="\n")
        os.replace(temporary, page)
        print(f"written: {page.relative_to(ROOT)}")
