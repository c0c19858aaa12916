"""The lesson from its first page to its last, and the same pages for a person's own numbers."""

from typing import Final

from rich.text import Text

from clearlstm.cli.lesson import series, unit
from clearlstm.cli.lesson.figures import GIVEN, HALF, Lesson, Own, curves
from clearlstm.cli.lesson.series import Way
from clearlstm.cli.paging import Page, page, row, says
from clearlstm.insight.words import filled, sentence

ON_THE_FIRST_PAGE: Final = 4

TRY_NEXT: Final = (
    ("demo --full", "every stage of every day"),
    ("demo --exact", "unrounded, and why the roundings differ"),
    ("demo --quiz", "your turn: work out the next number"),
    ("demo --train", "watch how these weights were learnt"),
    ("demo --values 0.5,0.5,0.25,1", "your own series through this unit"),
    ("demo --json", "every number of these pages, in full"),
    ("gradients", "why a plain net forgets so soon"),
    ("forecast", "real prices, and an honest comparison"),
)


def pages(lesson: Lesson, way: Way) -> tuple[Page, ...]:
    """The worked example."""
    return (
        unit.names(),
        unit.curves(lesson.curves),
        unit.twelve(lesson.weights, "the video's"),
        *unit.single_step(lesson, exact=way.exact),
        unit.forgets(lesson, exact=way.exact),
        *series.companies(lesson, way),
        series.both_memories(lesson, way),
        series.remembers(lesson, way),
        *_question_pages(lesson),
        what_next(),
    )


def own_pages(own: Own, way: Way, whose: str) -> tuple[Page, ...]:
    """A person's own numbers, in the same pages."""
    own_series = [
        page
        for name, numbers in own.series.items()
        for page in series.own_series(
            "Your series" if name == "yours" else f"Company {name}", own.weights, numbers, way
        )
    ]
    return (unit.names(), unit.curves(curves()), unit.twelve(own.weights, whose), *own_series, what_next())


def answered_questions(lesson: Lesson) -> list[tuple[str, str]]:
    """What people ask, answered with the numbers; code stands in backquotes."""
    a = lesson.companies["A"]
    parts = {
        "wanted": f"{a.wanted:g}",
        "a": f"{a.answer:.4f}",
        "trained": f"{lesson.answers_of_the_trained_weights['A']:.4f}",
        "epochs": GIVEN["epochs"],
        "no_evidence": sentence("no_evidence"),
        "half": sentence("half", half=f"{HALF:g}", answer=f"{a.answer_with_day_1_at_a_half:.2f}"),
    }
    return [(filled(question, **parts), filled(answer, **parts)) for question, answer in GIVEN["questions"]]


def _question_pages(lesson: Lesson) -> tuple[Page, Page]:
    answered = answered_questions(lesson)
    sheets = answered[:ON_THE_FIRST_PAGE], answered[ON_THE_FIRST_PAGE:]
    first, more = (
        [line for question, answer in sheet for line in (Text(question, "bold"), *says(answer.replace("`", "")))]
        for sheet in sheets
    )
    return page("Questions that come up", *first), page("More questions", *more)


def what_next() -> Page:
    """Where to go from here."""
    lines = [row(f"  {f'clearlstm {command}':<39}{gives}") for command, gives in TRY_NEXT]
    return page("What to try next", *lines)
