"""The pages about series: each step through the unit, what is in the memories, and what carried it there."""

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from clearlstm.cell.layout import GATES
from clearlstm.cli.lesson.figures import HALF, GateWeights, Lesson, SeriesNumbers, StepNumbers
from clearlstm.cli.lesson.worked import Worked
from clearlstm.cli.look import bar, swatch, width
from clearlstm.cli.paging import Page, page, row, says
from clearlstm.insight.words import fixed, sentence, short

ROWS_A_PAGE: Final = 15
LARGEST_ENTRIES: Final = 8
BOOK_WIDTH: Final = 43
LARGE_INPUT: Final = 10
LEDGER: Final = " The ledger: who wrote c?"
WHAT_IF: Final = " What if? Run it again:"


@dataclass(frozen=True)
class Way:
    """How the lesson is told: every stage of every day or not, unrounded or not, and what a step is called."""

    full: bool = False
    exact: bool = False
    step: str = "day"

    @property
    def decimals(self) -> int:
        """How many decimals a number has at most."""
        return 6 if self.exact else 4


def in_full(name: str, t: int, weights: dict[str, GateWeights], step: StepNumbers, way: Way, *sentences: str) -> Page:
    """Every stage of one step, t counted from 0."""
    worked = Worked(weights, step, way.decimals)
    c, h, x = map(worked.text, ("c_prev", "h_prev", "x"))
    title = f"{name}, {way.step} {t + 1}: c = {c}, h = {h}, input x = {x}"
    return page(title, *worked.all_stages(), Text(), *says(*sentences))


def rows(title: str, days: tuple[StepNumbers, ...], way: Way, *ending: Text) -> list[Page]:
    """A row for each step, on as many pages as it takes."""
    cells, d = (10, 6) if way.exact else (9, 4)
    heads = (Text.assemble(" " * (cells - 3), swatch(key), f" {key}") for key in (*GATES, "c", "h"))
    head = row(f"{way.step:>5}{'x':>10}", *heads)
    lines = []
    for t, day in enumerate(days):
        numbers = "".join(f"{fixed(getattr(day, key), d):>{cells}}" for key in (*GATES, "c", "h"))
        lines.append(row(f"{t + 1:>5}{short(day.x, 4):>10}{numbers}"))
    parts = [lines[k : k + ROWS_A_PAGE] for k in range(0, len(lines), ROWS_A_PAGE)]
    titles = [title, *(f"{title}, continued" for _ in parts[1:])]
    pages = [page(name, head.copy(), *part) for name, part in zip(titles, parts, strict=True)]
    return [*pages[:-1], page(pages[-1].title, *pages[-1].lines, Text(), *ending)]


def companies(lesson: Lesson, way: Way) -> list[Page]:
    """A's day 1 in full and its other days a row each; then B; or every stage of every day of both."""
    pages = [_what_they_are(lesson)]
    for name, company in lesson.companies.items():
        if way.full:
            pages += [in_full(f"Company {name}", t, lesson.weights, day, way) for t, day in enumerate(company.days)]
        elif name == "A":
            pages.append(in_full("Company A", 0, lesson.weights, company.days[0], way, *_first_day(company.days[0])))
        answers = f"Day 5 was {company.wanted:g}; the unit answers {company.answer:.{way.decimals}f}."
        pages += rows(f"Company {name}", company.days, way, *says(answers, _closing(name, lesson)))
    return pages


def _what_they_are(lesson: Lesson) -> Page:
    lines = [row(f"{'':<12}", *(f"{f'day {t}':>8}" for t in range(1, 5)), f"{'day 5':>12}")]
    for name, company in lesson.companies.items():
        days = "".join(f"{day.x:>8g}" for day in company.days)
        lines.append(row(f"  company {name} ", days, f"{company.wanted:>12g}"))
    return page(
        "Two companies",
        *lines,
        Text(),
        *says(
            "Two companies' share prices, scaled: 0 is the lowest, 1 the highest. Days 1 to 4 go in, one a step, and",
            "the short-term memory after day 4 is the unit's answer for day 5. Both memories start at 0.",
        ),
        *says(f"The inputs differ on day {_differing(lesson)} alone. Who remembers it on day 4?"),
    )


def _differing(lesson: Lesson) -> str:
    days = zip(*(company.days for company in lesson.companies.values()), strict=True)
    return ", ".join(str(t) for t, pair in enumerate(days, 1) if len({day.x for day in pair}) > 1)


def _first_day(day: StepNumbers) -> tuple[str, ...]:
    return (
        f"Both memories were 0, so only x and the biases spoke. Now c is {day.c:.4f} and h {day.h:.4f}; day 2 starts",
        "from them, with the same weights. (Shown to a few decimals, carried on with all of them.)",
    )


def _closing(name: str, lesson: Lesson) -> str:
    if name == "A":
        trained = lesson.answers_of_the_trained_weights["A"]
        return (
            f"Why not 0? The weights are rounded to two decimals; kept to four they answer {trained:.4f}. And their "
            "training stopped a little short of 0."
        )
    return "One input differed, three days ago."


def both_memories(lesson: Lesson, way: Way) -> Page:
    """c and h of both companies, day by day."""
    lines = _memories(("c", "h"), lesson, way)
    if lines[0].cell_len > width():
        lines = [*_memories(("c",), lesson, way), Text(), *_memories(("h",), lesson, way)]
    return page(
        "One input apart, four days on",
        *lines,
        Text(),
        *says(
            "Day 1 left a mark in both memories. From day 2 on the inputs are the same, and still the two grow apart:",
            "c stores what was written, and h, which opens the gates, changes what is written next.",
        ),
    )


def _memories(keys: tuple[str, ...], lesson: Lesson, way: Way) -> list[Text]:
    """A row a day: each memory of A and B, and what parts them."""
    a, b = (lesson.companies[name].days for name in "AB")
    cells, d = (12, 6) if way.exact else (11, 4)
    names = {"c": "long-term memory c", "h": "short-term memory h"}
    titles = (part for key in keys for part in (swatch(key), f" {names[key]:<{3 * cells}}"))
    lines = [
        row("      ", *titles),
        row(f"{way.step:>5}", *(f"{key:>{cells}}" for key in ("A", "B", "B - A") * len(keys))),
    ]
    for t, (one, two) in enumerate(zip(a, b, strict=True), 1):
        pairs = ((getattr(one, key), getattr(two, key)) for key in keys)
        numbers = (number for mine, theirs in pairs for number in (mine, theirs, theirs - mine))
        lines.append(row(f"{t:>5}", *(f"{fixed(number, d):>{cells}}" for number in numbers)))
    return lines


def remembers(lesson: Lesson, way: Way) -> Page:
    """The ledger beside the what-ifs."""
    a, b = lesson.companies["A"], lesson.companies["B"]
    difference = [eb - ea for ea, eb in zip(a.ledger, b.ledger, strict=True)]
    head = row(f" {'answers':<15}{'A':>10}{'B':>10}")
    return page(
        "Who remembers day 1?",
        *beside(_ledger(a, b, difference, way), [row(WHAT_IF), head, *_what_ifs(way, a, b)]),
        Text(),
        *says(
            "The ledger: each day writes i × g into c, and the forget gates of the later days keep a part of it. What",
            "is left on day 4, day by day, adds up to c.",
            f"B's c exceeds A's by {sum(difference):.3f}. Only {difference[0]:.3f} of that stands in day 1's own",
            f"entry; {sum(difference[1:]):.3f} was written on days 2 to 4, from equal inputs, since h differed by",
            "then. So both memories carry day 1.",
        ),
        *says(
            f"{sentence('bookkeeping')}: with h held at 0 the answers are",
            f"{a.answer_with_h_held_at_0:.2f} and {b.answer_with_h_held_at_0:.2f}, so c",
            f"alone keeps A and B apart, but far less. With day 1 at {HALF:g} nothing differs any more: both answer",
            f"{a.answer_with_day_1_at_a_half:.2f}.",
        ),
    )


def beside(left: list[Text], right: list[Text]) -> list[Text]:
    """Two blocks of lines next to each other, the shorter one filled up; one below the other where they don't fit."""
    if BOOK_WIDTH + max(line.cell_len for line in right) > width():
        return [*left, Text(), *right]
    height = max(len(left), len(right))
    lines = []
    for k in range(height):
        line = left[k].copy() if k < len(left) else Text()
        line.append(" " * (BOOK_WIDTH - line.cell_len))
        lines.append(line.append_text(right[k]) if k < len(right) else line)
    return lines


def _ledger(a: SeriesNumbers, b: SeriesNumbers, difference: list[float], way: Way) -> list[Text]:
    d = way.decimals
    lines = [row(LEDGER), row(f" {'written on':<10}{'A':>10}{'B':>10}{'B - A':>10}")]
    for t, entries in enumerate(zip(a.ledger, b.ledger, difference, strict=True), 1):
        lines.append(row(f" {f'day {t}':<10}", *(f"{fixed(entry, d):>10}" for entry in entries)))
    totals = (sum(a.ledger), sum(b.ledger), sum(difference))
    return [*lines, row(f" {'c on day 4':<10}", *(f"{fixed(total, d):>10}" for total in totals))]


def _what_ifs(way: Way, *series: SeriesNumbers) -> list[Text]:
    """The answers of each series, as it is and with something changed."""
    answers = {
        "as it is": [one.answer for one in series],
        "h held at 0": [one.answer_with_h_held_at_0 for one in series],
        f"{way.step} 1 at {HALF:g}": [one.answer_with_day_1_at_a_half for one in series],
    }
    return [
        row(f" {label:<15}", *(f"{fixed(value, way.decimals):>10}" for value in values))
        for label, values in answers.items()
    ]


def own_series(name: str, weights: dict[str, GateWeights], series: SeriesNumbers, way: Way) -> list[Page]:
    """A person's own series: a step in full (or all), a row each, then the ledger beside the what-ifs."""
    shown = series.days if way.full else series.days[:1]
    pages = [in_full(name, t, weights, day, way) for t, day in enumerate(shown)]
    wanted = "" if series.wanted is None else f" The value that came next was {series.wanted:g}."
    answer = f"h after the last {way.step} is the answer: {fixed(series.answer, way.decimals)}.{wanted}"
    return [*pages, *rows(name, series.days, way, *says(answer, _size(series))), _own_ledger(name, series, way)]


def _size(series: SeriesNumbers) -> str:
    """A warning where the inputs are so large that gates can only be shut or wide open."""
    largest = max((day.x for day in series.days), key=abs)
    if abs(largest) <= LARGE_INPUT:
        return ""
    return f"An input of {largest:g} pushes gates wide open or shut: scale your series to lie between 0 and 1."


def _own_ledger(name: str, series: SeriesNumbers, way: Way) -> Page:
    """Which steps wrote c, the largest entries first named, beside the what-ifs."""
    d, entries, total = way.decimals, series.ledger, sum(series.ledger)
    largest = sorted(sorted(range(len(entries)), key=lambda t: -abs(entries[t]))[:LARGEST_ENTRIES])
    top = max(map(abs, entries)) or 1.0
    lines = [row(LEDGER)]
    for t in largest:
        entry = entries[t]
        lines.append(row(f" {f'{way.step} {t + 1}':<10}{fixed(entry, d):>10}  ", bar(abs(entry) / top, 16, "i")))
    if rest := len(entries) - len(largest):
        others = total - sum(entries[t] for t in largest)
        lines.append(row(f" {f'{rest} others':<10}{fixed(others, d):>10}"))
    lines.append(row(f" {'c':<10}{fixed(total, d):>10}"))
    return page(
        f"{name}: who wrote the long-term memory?",
        *beside(lines, [row(WHAT_IF), *_what_ifs(way, series)]),
        Text(),
        *says(
            f"The ledger splits the c that stands at the end into what each {way.step} wrote and the later forget",
            "gates kept. It is bookkeeping: h, and so every earlier input, had a say in what was written. The what-ifs",
            f"are answers of the same unit: with h set to 0 before every {way.step}, and with",
            f"{way.step} 1 at {HALF:g}.",
        ),
    )
