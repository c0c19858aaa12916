"""The pages about the unit itself: its names, its curves, its numbers, and one step in full."""

from typing import Final

from rich.text import Text

from clearlstm.cell.layout import GATES
from clearlstm.cli.lesson.figures import GateWeights, Lesson, what_rounding_adds
from clearlstm.cli.lesson.picture import side_by_side
from clearlstm.cli.lesson.worked import MARGIN, Worked, equation, marked, plus, weight
from clearlstm.cli.look import bar, swatch
from clearlstm.cli.paging import Page, page, row, says
from clearlstm.insight.words import NAMES, sentence

EXACT: Final = 6
BAR_CELLS: Final = 20


def names() -> Page:
    """The field's words and the video's."""
    table = [row("     the field       in StatQuest's video")]
    table += [row(*_named(key), theirs) for key, (_, theirs) in NAMES.items()]
    return page("An LSTM unit, worked by hand", *says(sentence("two_memories")), *table)


def _named(key: str) -> tuple[str | Text, ...]:
    return " ", swatch(key), f" {key} {NAMES[key][0]:<16}"


def curves(values: dict[str, dict[str, float]]) -> Page:
    """sigmoid and tanh."""
    table = [row(f" {'sum':<9}", *(f"{z:>11}" for z in values["sigmoid"]))]
    table += [
        row(" ", swatch(key), f" {name:<7}", *(f"{value:>11.5f}" for value in values[name].values()))
        for name, key in (("sigmoid", "f"), ("tanh", "g"))
    ]
    return page(
        "Two curves",
        *says(sentence("sigmoid"), sentence("tanh")),
        *side_by_side(values),
        Text(),
        *table,
    )


def twelve(weights: dict[str, GateWeights], whose: str) -> Page:
    """The unit's weights and biases."""
    return page(
        "Twelve numbers",
        *says(f"This is all that {whose} unit has learnt. Each gate, and the candidate, has three numbers of its own:"),
        *weight_table(weights),
        Text(),
        *says(
            "The same twelve serve every day. Look for a weight on c: there is none. The long-term memory is",
            "multiplied by a percentage and added to, never by a weight. That is why it doesn't explode the way a",
            "plain net does, whose one feedback weight acts every day (clearlstm gradients). By way of h, though, it",
            "still can grow or fade fast.",
        ),
    )


def weight_table(weights: dict[str, GateWeights]) -> list[Text]:
    """A row for each gate."""
    lines = [row(f"{'weight on h':>32}{'weight on x':>14}{'bias':>10}")]
    for gate in GATES:
        w = weights[gate]
        lines.append(row(*_named(gate), f"{weight(w.h):>11}{weight(w.x):>14}{weight(w.bias):>10}"))
    return lines


def single_step(lesson: Lesson, *, exact: bool) -> list[Page]:
    """c = 2, h = 1, x = 1: what stays, what is added, what is said."""
    step = lesson.single_step if exact else lesson.single_step_in_the_video
    worked = Worked(lesson.weights, step, EXACT if exact else None)
    unrounded = lesson.single_step
    differ = (
        "Each of these numbers was carried on with all its digits."
        if exact
        else f"Here each stage is rounded as in the video, and the rounded number carried on. Unrounded, c is "
        f"{unrounded.c:.6f} and h {unrounded.h:.6f}: clearlstm demo --exact shows both, and where they part."
    )
    return [_stays(worked), _added(worked), _output(worked, differ), *([_roundings(lesson)] if exact else [])]


def _gate(gate: str, worked: Worked) -> list[Text]:
    """A gate with its two names, its sum, its curve and, for a percentage, a bar."""
    field, video = NAMES[gate]
    lines = [marked(gate).append(f"{field}; in the video: {video}")]
    first, *others = worked.sum(gate)
    lines += [Text(" " * MARGIN + first.plain[MARGIN:]), *others, worked.squashed(gate)]
    if gate != "g":
        lines.append(row(" " * MARGIN, bar(getattr(worked.step, gate), BAR_CELLS, gate)))
    return [*lines, Text()]


def _stays(worked: Worked) -> Page:
    c, h, x = (f"{value:g}" for value in (worked.step.c_prev, worked.step.h_prev, worked.step.x))
    f, c_prev, kept = map(worked.text, ("f", "c_prev", "kept"))
    return page(
        f"One step, 1 of 3: what stays   (c = {c}, h = {h}, input x = {x})",
        *says(
            f"You come with a long-term memory c of {c}, a short-term memory h of {h} and an input x of {x}. Every",
            "gate adds up the same three things: h times a weight, x times a weight, and a bias. The forget gate's sum",
            "goes through sigmoid and is a percentage then:",
        ),
        *_gate("f", worked),
        *equation(marked("c"), "what stays: f × c", f"{f} × {c_prev}", kept),
        Text(),
        *says("No weight touched c: it was multiplied by a percentage and by nothing else."),
    )


def _added(worked: Worked) -> Page:
    i, g, written, kept, c = map(worked.text, ("i", "g", "written", "kept", "c"))
    return page(
        "One step, 2 of 3: what is added",
        *says(sentence("candidate") + ":"),
        *_gate("g", worked),
        *_gate("i", worked),
        *equation(marked("c"), "what is added: i × g", f"{i} × {g}", written),
        *equation(marked("c"), "new long-term memory", plus(kept, written), c),
    )


def _output(worked: Worked, differ: str) -> Page:
    return page(
        "One step, 3 of 3: what is said",
        *says(sentence("said") + ":"),
        *_gate("o", worked),
        *worked.short_term(),
        Text(),
        *says("h is both: today's answer, and the short-term memory that the next day starts from.", differ),
    )


def _roundings(lesson: Lesson) -> Page:
    """The step at both roundings, and where they part."""
    step, rounded = lesson.single_step, lesson.single_step_in_the_video
    adds = what_rounding_adds(step, rounded)
    names = {"kept": "f × c", "written": "i × g", "c": "the sum"}
    parts = [f"{names.get(name, name)} {value:+.4f}" for name, value in adds.items() if abs(value) >= 0.00005]
    return page(
        "The same step at both roundings, and where they part",
        *_stages(lesson),
        Text(),
        *says(
            f"{sentence('rounding')} What each rounding adds to c:",
            f"{', '.join(parts)}; together {sum(adds.values()):+.4f}. Taking {rounded.i:.1f} for {step.i:.3f} alone",
            f"adds {adds['i']:.3f}. So its c is {rounded.c:.2f} where the unrounded one is {step.c:.4f}.",
            "Follow either column; the program carries on with the exact one.",
        ),
    )


def _stages(lesson: Lesson) -> list[Text]:
    step, in_the_video = lesson.single_step, Worked(lesson.weights, lesson.single_step_in_the_video, None)
    stages = {
        "f": (f"sigmoid({step.z_f:.2f})", "how much of the old memory stays"),
        "kept": ("f × c", "what stays of it"),
        "i": (f"sigmoid({step.z_i:.2f})", "how much of the candidate is let in"),
        "g": (f"tanh({step.z_g:.2f})", "the candidate: what could be added"),
        "written": ("i × g", "what is added"),
        "c": ("f × c + i × g", "the new long-term memory"),
        "tanh_c": ("tanh(c)", "what could be said"),
        "o": (f"sigmoid({step.z_o:.2f})", "how much of that is said"),
        "h": ("o × tanh(c)", "the new short-term memory"),
    }
    lines = [row(f"{'exact':>66}{'video':>10}")]
    for name, (formula, meaning) in stages.items():
        mark = row(swatch(name), f" {name}") if name in NAMES else "   "
        numbers = f"{getattr(step, name):>10.6f}{in_the_video.text(name):>10}"
        lines.append(row(" ", mark, f" {formula:<15} {meaning:<36}{numbers}"))
    return lines


def forgets(lesson: Lesson, *, exact: bool) -> Page:
    """Input −10."""
    step, gates = lesson.forgets, []
    worked = Worked(lesson.weights, step, EXACT if exact else 4)
    for gate, z, value in (("f", step.z_f, step.f), ("i", step.z_i, step.i)):
        gates += worked.sum(gate)
        gates.append(row(f"{'':{MARGIN}}sigmoid({z:.2f}) = {value:.7f}   ({value:.1e})"))
    return page(
        f"The same step, input x = {step.x:g}",
        *gates,
        row(" ", swatch("c"), f" c  f × {step.c_prev:g} + i × g = {step.c:.7f}   ({step.c:.1e})"),
        Text(),
        *says(
            f"One input closed the gate: of a long-term memory of {step.c_prev:g}, {step.c:.5f} is left.",
            "Everything is forgotten, and nothing is written in its place.",
        ),
    )
