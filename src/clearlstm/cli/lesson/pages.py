"""The lesson as pages of text, in the order in which they are read. Each page is a function of the figures."""

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Final

from rich.text import Text

from clearlstm.cell.layout import GATES
from clearlstm.cli.lesson.figures import CompanyNumbers, GateWeights, Lesson, StepNumbers
from clearlstm.cli.look import WIDTH, bar, swatch

if TYPE_CHECKING:
    from clearlstm.cli.lesson.training import Snapshot

GATE_NAMES: Final = {
    "f": ("forget gate", "% long-term memory to remember"),
    "i": ("input gate", "% potential memory to remember"),
    "g": ("candidate", "potential long-term memory"),
    "o": ("output gate", "% potential short-term memory to remember"),
}
STATE_NAMES: Final = {"c": ("cell state", "long-term memory"), "h": ("hidden state", "short-term memory")}


@dataclass(frozen=True)
class Page:
    """A title and the lines under it, none wider than 80 columns."""

    title: str
    lines: tuple[Text, ...]


def pages(lesson: Lesson) -> tuple[Page, ...]:
    """All pages, in order."""
    return tuple(tell(lesson) for tell in PAGES)


def page(title: str, *lines: Text) -> Page:
    """A page without empty lines at its end or spaces at the ends of its lines."""
    kept = list(lines)
    while kept and not kept[-1].plain.strip():
        kept.pop()
    for line in kept:
        line.rstrip()
    return Page(title, tuple(kept))


def says(*sentences: str) -> list[Text]:
    """A paragraph, wrapped, and an empty line after it."""
    return [*(Text(line) for line in fill(" ".join(sentences), WIDTH).splitlines()), Text()]


def row(*parts: str | Text) -> Text:
    """One line."""
    return Text.assemble(*parts)


def names(_lesson: Lesson) -> Page:
    """The field's words and the video's."""
    table = [row("     the field       in StatQuest's video")]
    table += [row(" ", swatch(key), f" {key} {ours:<15} {theirs}") for key, (ours, theirs) in NAMES.items()]
    return page(
        "An LSTM unit, worked by hand",
        *says(
            "A unit keeps two memories. The long-term memory c changes slowly: it is only ever faded and added to.",
            "The short-term memory h is what the unit says after each day. Three gates, each a number between 0 and",
            "1, decide how much passes: of the old memory, of what is new, and of the answer.",
        ),
        *table,
    )


NAMES: Final = STATE_NAMES | GATE_NAMES


def curves(lesson: Lesson) -> Page:
    """sigmoid and tanh."""
    lines = [row(f"{'sum':>6}{'sigmoid':>12}  {'0':<19}{'1':>3}{'tanh':>11}  {'-1':<9}0{'1':>11}")]
    for z, s in lesson.curves["sigmoid"].items():
        t = lesson.curves["tanh"][z]
        lines.append(row(f"{z:>6}{s:>12.5f}  ", bar(s, 20, "f"), f"  {t:>11.5f}  ", bar((t + 1) / 2, 20, "g")))
    return page(
        "Two curves",
        *says(
            "Whatever the sum, sigmoid gives a number between 0 and 1: a percentage, a gate.",
            "tanh gives one between -1 and 1: a value to remember, or to say.",
        ),
        *lines,
    )


def single_step(lesson: Lesson) -> Page:
    """c = 2, h = 1, x = 1, exact and as the video rounds."""
    step, rounded = lesson.single_step, lesson.single_step_in_the_video
    return page(
        f"One step: c = {step.c_prev:g}, h = {step.h_prev:g}, input x = {step.x:g}",
        *says("Every gate adds up the same three things, with weights of its own:"),
        *_sums(lesson.weights, step),
        Text(),
        *says("Then the memories, from top to bottom. On the right, as the video rounds:"),
        *_stages(step, rounded),
        Text(),
        *says(
            "Why the two differ: the video rounds every stage and carries the rounded number on. Taking",
            f"{rounded['i']:.1f} for {step.i:.3f} alone adds {(rounded['i'] - step.i) * step.g:.3f} to the memory,",
            f"so its c ends at {rounded['c']:.2f} where the unrounded sum is {step.c:.4f}. Follow either column;",
            "the program carries on with the exact one.",
        ),
        *says(
            "Look for a weight on c: there is none. The long-term memory is multiplied by a percentage and added",
            "to, never by a weight, day after day. That is why it doesn't explode the way a plain net does, whose one",
            "feedback weight acts every day. (By way of h it still can grow or fade fast.)",
        ),
    )


def _sums(weights: dict[str, GateWeights], step: StepNumbers) -> list[Text]:
    lines = [row(f"{'h × weight':>31}{'x × weight':>16}{'bias':>10}{'sum':>12}")]
    for gate in GATES:
        w, z = weights[gate], getattr(step, f"z_{gate}")
        terms = f"{step.h_prev:g} × {w.h:<6.2f}+  {step.x:>3g} × {w.x:<6.2f}+  {w.bias:>5.2f}  = {z:>9.2f}"
        lines.append(row(" ", swatch(gate), f" {gate}  {GATE_NAMES[gate][0]:<15} {terms:>50}"))
    return lines


def _stages(step: StepNumbers, rounded: dict[str, float]) -> list[Text]:
    told = (
        ("f", f"sigmoid({step.z_f:.2f})", "how much of the old memory stays", "f", 3),
        (" ", "f × c", "what stays of it", "kept", 2),
        ("i", f"sigmoid({step.z_i:.2f})", "how much of the candidate is let in", "i", 1),
        ("g", f"tanh({step.z_g:.2f})", "the candidate: what could be added", "g", 2),
        (" ", "i × g", "what is added", "written", 2),
        ("c", "f × c + i × g", "the new long-term memory", "c", 2),
        (" ", "tanh(c)", "what could be said", "tanh_c", 2),
        ("o", f"sigmoid({step.z_o:.2f})", "how much of that is said", "o", 2),
        ("h", "o × tanh(c)", "the new short-term memory", "h", 2),
    )
    lines = [row(f"{'exact':>66}{'video':>10}")]
    for key, formula, meaning, name, decimals in told:
        mark = swatch(key) if key.strip() else " "
        exact = getattr(step, name)
        lines.append(row(" ", mark, f" {key} {formula:<15} {meaning:<36}{exact:>10.6f}{rounded[name]:>10.{decimals}f}"))
    return lines


def forgets(lesson: Lesson) -> Page:
    """Input −10."""
    step = lesson.forgets
    return page(
        f"The same step, input x = {step.x:g}",
        row(" ", swatch("f"), f" f = {f'sigmoid({step.z_f:.2f})':<17} = {step.f:.7f}   ({step.f:.1e})"),
        row(" ", swatch("i"), f" i = {f'sigmoid({step.z_i:.2f})':<17} = {step.i:.7f}   ({step.i:.1e})"),
        row(" ", swatch("c"), f" c = {f'f × {step.c_prev:g} + i × g':<17} = {step.c:.7f}   ({step.c:.1e})"),
        Text(),
        *says(
            f"One input closed the gate: of a long-term memory of {step.c_prev:g}, {step.c:.5f} is left.",
            "Everything is forgotten, and nothing is written in its place.",
        ),
    )


def companies(lesson: Lesson) -> Page:
    """Both companies, a row a day."""
    lines = says(
        "Two companies' share prices, scaled to lie between 0 and 1. Days 1 to 4 go in, one a step, and the short-term",
        "memory after day 4 is the unit's answer for day 5. Both memories start at 0, and the same twelve numbers",
        "serve every day.",
    )
    for name, company in lesson.companies.items():
        lines += _company(name, company)
    inputs = [
        {day.x for day in days} for days in zip(*(company.days for company in lesson.companies.values()), strict=True)
    ]
    differing = [str(t + 1) for t, values in enumerate(inputs) if len(values) > 1]
    lines += says(
        f"The inputs differ on day {', '.join(differing)} alone. Who remembers it on day {len(inputs)}?",
        f"A's answer is {lesson.companies['A'].answer:.4f} and not 0: these weights are rounded to two decimals, and",
        "before that their training had stopped a little short of 0 (clearlstm demo --train).",
    )
    return page("Two companies", *lines)


def _company(name: str, company: CompanyNumbers) -> list[Text]:
    lines = [
        row(f"Company {name}", f"   day 5 was {company.wanted:g}; the unit answers {company.answer:.4f}"),
        row(f"{'day':>5}{'x':>7}", *(Text.assemble("      ", swatch(k), f" {k}") for k in (*GATES, "c", "h"))),
    ]
    for t, day in enumerate(company.days):
        numbers = "".join(f"{getattr(day, key):>9.4f}" for key in (*GATES, "c", "h"))
        lines.append(row(f"{t + 1:>5}{day.x:>7.2f}{numbers}"))
    return [*lines, Text()]


def remembers(lesson: Lesson) -> Page:
    """The ledger beside the what-ifs."""
    a, b = lesson.companies["A"], lesson.companies["B"]
    difference = [eb - ea for ea, eb in zip(a.ledger, b.ledger, strict=True)]
    return page(
        "Who remembers day 1?",
        *says(
            "Every day writes i × g into the long-term memory, and the forget gates of the later days keep a part",
            "of it. What is left of each day's entry on day 4 adds up to c:",
        ),
        *_ledger(a, b, difference),
        Text(),
        *says(
            f"B's memory exceeds A's by {sum(difference):.3f}. Only {difference[0]:.3f} of that stands in day 1's",
            f"own entry; {sum(difference[1:]):.3f} was written on days 2 to 4, from equal inputs. Day 1 had changed",
            "the short-term memory, and h opens the gates of the days that follow. So both memories carry it.",
            "The ledger says when something was written, not why; to see why, change something and run again:",
        ),
        *_what_ifs(lesson, a, b),
        Text(),
        *says(
            "With h held at 0, the long-term memory alone keeps A and B apart, but far less.",
            "And started at 0.5, a price it was never shown, the unit gives an answer it was never asked for:",
            "twelve parameters fitted to two rows are a lesson, not evidence.",
        ),
    )


def _ledger(a: CompanyNumbers, b: CompanyNumbers, difference: list[float]) -> list[Text]:
    largest = max(abs(entry) for entry in b.ledger) or 1.0
    lines = [row(f"{'written on':<14}{'A':>9}{'B':>10}{'B - A':>10}   size of B's entries")]
    for t, (ea, eb, d) in enumerate(zip(a.ledger, b.ledger, difference, strict=True)):
        drawn = bar(abs(eb) / largest, 30, "i")
        lines.append(row(f"  day {t + 1:<8}{ea:>9.4f}{eb:>10.4f}{d:>10.4f}   ", drawn))
    total = f"{sum(a.ledger):>9.4f}{sum(b.ledger):>10.4f}{sum(difference):>10.4f}"
    return [*lines, row(f"{'c on day 4':<14}{total}")]


def _what_ifs(lesson: Lesson, a: CompanyNumbers, b: CompanyNumbers) -> list[Text]:
    told = (
        ("as it is", a.answer, b.answer),
        ("h set to 0 before every day", a.answer_with_h_held_at_0, b.answer_with_h_held_at_0),
    )
    lines = [row(f"{'what if':<30}{'A answers':>12}{'':<11}{'B answers':>13}")]
    for label, one, two in told:
        lines.append(row(f"  {label:<30}{one:>8.4f}  ", bar(one, 10, "h"), f"{two:>11.4f}  ", bar(two, 10, "h")))
    half = lesson.day_1_at_a_half
    return [*lines, row(f"  {'day 1 was 0.5':<30}{half:>8.4f}  ", bar(half, 10, "h"), "    for both, now the same")]


def what_next(_lesson: Lesson) -> Page:
    """Where to go from here."""
    return page(
        "What to try next",
        row("  clearlstm demo --train   watch the training that found these weights"),
        row("  clearlstm demo --json    every number of these pages, in full"),
        row("  clearlstm forecast       an LSTM on real prices, and an honest comparison"),
    )


def training(snapshots: "tuple[Snapshot, ...]", video: dict[str, tuple[float, float, float]]) -> Page:
    """The unit before, during and after its training, beside the video's weights."""
    start, *later = snapshots
    told = [line for snapshot in later for line in _snapshot(snapshot)]
    last = later[-1]
    rounded = {gate: tuple(round(value, 2) for value in (w.h, w.x, w.bias)) for gate, w in last.weights.items()}
    ending = "Rounded to two decimals, these are the video's weights." if rounded == video else ""
    return page(
        "The training, repeated",
        *says(
            "Eight weights were drawn at random and four biases set to 0. The unit then answered",
            f"{start.answers['A']:.4f} for A and {start.answers['B']:.4f} for B: it could not tell them apart.",
            "Each epoch shows it A, then B, and after each moves every number a little, the way that makes the squared",
            "error smaller.",
        ),
        *told,
        *says(ending, f"The loss is {last.loss:.6f}, not 0: more epochs would bring it further down."),
    )


def _snapshot(now: "Snapshot") -> list[Text]:
    answers = ", ".join(f"{name} {answer:.4f}" for name, answer in now.answers.items())
    lines = [row(f"After {now.epoch} epochs: {answers}   (loss {now.loss:.4f})")]
    lines.append(row(f"{'weight on h':>30}{'weight on x':>14}{'bias':>10}"))
    for gate, w in now.weights.items():
        lines.append(
            row(" ", swatch(gate), f" {gate} {GATE_NAMES[gate][0]:<13}{w.h:>12.4f}{w.x:>14.4f}{w.bias:>10.4f}")
        )
    return [*lines, Text()]


PAGES: Final[tuple[Callable[[Lesson], Page], ...]] = (
    names,
    curves,
    single_step,
    forgets,
    companies,
    remembers,
    what_next,
)
