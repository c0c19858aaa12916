"""docs/teaching.md: its numbers are the lesson's, and its links set the page as they say."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from clearlstm import examples
from clearlstm.cli.lesson.figures import take_step, walk

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEXT = (Path(__file__).parents[1] / "docs" / "teaching.md").read_text("utf-8")
LINKS = sorted(set(re.findall(r"#(room=[^`]+)", TEXT)))
VIDEO = examples.statquest_unit().weights(0)


def answer(day_1: float, *, keep_h: float = 1.0) -> float:
    h = c = 0.0
    for x in (day_1, 0.5, 0.25, 1.0):
        step = take_step(VIDEO, x=x, h_prev=keep_h * h, c_prev=c)
        h, c = step.h, step.c
    return h


def test_its_numbers_are_the_lessons() -> None:
    text = " ".join(TEXT.split())
    one, wiped = take_step(VIDEO, x=1, h_prev=1, c_prev=2), take_step(VIDEO, x=-10, h_prev=1, c_prev=2)
    a, b = (walk(VIDEO, [day_1, 0.5, 0.25, 1.0]) for day_1 in (0.0, 1.0))
    own = [days[0].written * days[1].f * days[2].f * days[3].f for days in (a, b)]
    assert f"1.1 makes {1.1**50:.2f} of it, and 0.9 makes {0.9**50:.4f}" in text
    assert (
        f"they have {one.f:.3f} of the old memory, a new long-term memory of {one.c:.2f}, and an answer of {one.h:.2f}"
        in text
    )
    assert f"Of 2 there is {wiped.c:.5f} left" in text
    assert f"the answers, {answer(0):.4f} and {answer(1):.4f}" in text
    assert f"of the {b[3].c - a[3].c:.3f} by which" in text
    assert f"only {own[1] - own[0]:.3f} stands in day 1's own layer" in text
    assert f"The answers are {answer(0, keep_h=0):.2f} and {answer(1, keep_h=0):.2f}" in text
    assert f"it answers {answer(0.5):.2f} as calmly" in text


def test_the_minutes_are_a_lesson() -> None:
    spans = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+)–(\d+) \|", TEXT, re.MULTILINE)]
    headed = [(int(a), int(b)) for a, b in re.findall(r"^### (\d+)–(\d+):", TEXT, re.MULTILINE)]
    assert spans == headed
    assert (spans[0][0], spans[-1][1]) == (0, 45)
    assert all(end == begin for (_, end), (begin, _) in pairwise(spans))


def test_its_links_set_the_page_as_they_say(open_lab: Callable[..., "Page"]) -> None:
    page = open_lab("room=curves")
    for link in LINKS:
        read = page.evaluate(
            """async link => {
              const {address, restore} = await import("lab/link.js");
              restore(link);
              return address();
            }""",
            link,
        )
        read = re.sub(r"check=\w+_(\d+)_(?=&|$)", r"check=\1", read)  # a check that isn't begun is its seed
        parts, kept = ({tuple(part.split("=")) for part in text.split("&")} for text in (link, read))
        starts = {("room", "unit"), ("plain-weight", "2"), ("plain-steps", "50"), ("curves-z", "1"), ("race-gap", "50")}
        assert parts - kept <= starts, (link, read)  # what is so at the start isn't written
        room = dict(parts)["room"]
        assert room == "unit" or ("room", room) in kept
        assert page.get_by_text("This can't be shown").count() == 0
