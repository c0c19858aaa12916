"""The lesson from its first page to its last, and the same pages for a person's own numbers."""

from typing import Final

from rich.text import Text

from clearlstm.cli.lesson import series, unit
from clearlstm.cli.lesson.figures import HALF, Lesson, Own, curve
from clearlstm.cli.lesson.pages import Page, page, row, says
from clearlstm.cli.lesson.series import Way

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
        *questions(lesson),
        what_next(),
    )


def own_pages(own: Own, way: Way, whose: str) -> tuple[Page, ...]:
    """A person's own numbers, in the same pages."""
    curves = {name: curve(name) for name in ("sigmoid", "tanh")}
    told = [unit.names(), unit.curves(curves), unit.twelve(own.weights, whose)]
    for name, found in own.series.items():
        told += series.own_series(_title(name), own.weights, found, way)
    return (*told, what_next())


def _title(name: str) -> str:
    return "Your series" if name == "yours" else f"Company {name}"


def questions(lesson: Lesson) -> tuple[Page, ...]:
    """What people ask, answered with the numbers."""
    a = lesson.companies["A"]
    trained = lesson.answers_of_the_trained_weights["A"]
    return (
        page(
            "Questions that come up",
            *_asked("Do the weights change from day to day?"),
            *says("No. The same twelve numbers serve every day, however many days there are. Only x, c and h change."),
            *_asked("What do the memories start from?"),
            *says("Both from 0: before day 1 nothing has happened that could be remembered."),
            *_asked("Which weight belongs to the long-term memory?"),
            *says("None. c meets a percentage and a sum, and only by way of h do weights reach it."),
            *_asked("Are the inputs prices in dollars?"),
            *says(
                "They are scaled: 0 for the lowest, 1 for the highest. Around those sizes the curves are steep, and",
                "the gates can tell inputs apart. Far out, at 135 dollars say, every gate would be shut or wide open.",
            ),
        ),
        page(
            "More questions",
            *_asked(f"Day 5 was {a.wanted:g} for A. Why does the unit say {a.answer:.4f}?"),
            *says(
                "For two reasons. The video shows its weights rounded to two decimals; kept to four they answer",
                f"{trained:.4f}. And training stopped after 5000 rounds, when the error was small and not yet 0.",
            ),
            *_asked("So can it predict share prices?"),
            *says(
                "No. Twelve parameters that fit two rows are a lesson, not evidence. Start a company at"
                f" {HALF:g}, a value the unit was never shown, and it answers {a.answer_with_day_1_at_a_half:.2f} as"
                " calmly as it answered the others. With real prices, ask whether it beats yesterday's price repeated:",
                "clearlstm forecast does.",
            ),
            *_asked("Does an LSTM's gradient never vanish?"),
            *says(
                "It can vanish, and it can explode. Its long-term path is kinder than a plain net's, no more:",
                "clearlstm gradients measures it.",
            ),
        ),
    )


def _asked(question: str) -> list[Text]:
    return [Text(question, style="bold")]


def what_next() -> Page:
    """Where to go from here."""
    lines = [row(f"  {f'clearlstm {command}':<39}{told}") for command, told in TRY_NEXT]
    return page("What to try next", *lines)
