"""The sentences about one unit: what happened at a step, and over a sequence. Each is computed from the pass.

Numbers come from what was recorded, rounded for reading only. Steps, units and sequences are counted from 0, as in the
arrays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from clearlstm.cell.activations import activation
from clearlstm.insight.memory import LN_2
from clearlstm.insight.unit_labels import HIGH, LOW
from clearlstm.insight.words import NAMES, percent, short
from clearlstm.shapes import FloatArray

WordsName: TypeAlias = Literal["field", "video"]
WORDS: Final = ("field", "video")

LARGEST_ENTRIES: Final = 3
CANCELLED: Final = 0.5
"""Entries that add up to less than this part of their sizes cancel enough to be said."""


@dataclass(frozen=True)
class Words:
    """What the parts are called, and how many decimals their numbers have at most."""

    kind: WordsName
    decimals: int

    def __getitem__(self, part: str) -> str:
        return NAMES[part][WORDS.index(self.kind)]

    def number(self, value: float) -> str:
        """A number, short."""
        return short(float(value), self.decimals)

    def stood(self, part: str, value: float) -> str:
        """Where a gate stood."""
        return f"the {self[part]} stood at {percent(float(value))}"


@dataclass(frozen=True)
class Place:
    """Which unit of a layer is told of, in which sequence; ``chosen`` says why it is this one, if nobody named it."""

    sequence: int
    unit: int
    n_units: int
    n_steps: int
    reverse: bool
    chosen: str = ""

    @property
    def last(self) -> int:
        """The step that is taken last."""
        return 0 if self.reverse else self.n_steps - 1

    @property
    def whose(self) -> str:
        """The unit, in words."""
        return "the unit" if self.n_units == 1 else f"unit {self.unit} of {self.n_units}{self.chosen}"

    def at_step(self, t: int) -> Iterator[str]:
        """Where we are: at a step."""
        yield f"Step {t} of sequence {self.sequence}, {self.whose}; all counted from 0."
        if self.reverse and t + 1 < self.n_steps:
            yield f"This direction reads backwards: what came before is step {t + 1}."
        elif self.reverse:
            yield "This direction reads backwards, and starts here."

    def over_steps(self) -> Iterator[str]:
        """Where we are: over a whole sequence."""
        steps = "the only step" if self.n_steps == 1 else f"the {self.n_steps} steps"
        yield f"{_capital(self.whose)}, over {steps} of sequence {self.sequence}; all counted from 0."
        if self.reverse and self.n_steps > 1:
            yield f"This direction reads backwards, from step {self.n_steps - 1} to step 0."


@dataclass(frozen=True)
class UnitCourse:
    """One LSTM unit along a sequence, each (T,) in float64; ``state`` names the function that c goes through."""

    f: FloatArray
    i: FloatArray
    g: FloatArray
    o: FloatArray
    c: FloatArray
    h: FloatArray
    c_prev: FloatArray
    h_prev: FloatArray
    state: str


@dataclass(frozen=True)
class UnitLedger:
    """What stands in a unit's c at the end: entries (T,), what is left of its start, and the start itself."""

    entries: FloatArray
    start: float
    c_0: float


def step_of_lstm(course: UnitCourse, t: int, say: Words) -> Iterator[str]:
    """One step: what stayed, what was added, what came out."""
    f, i, g, o, c, h = (float(getattr(course, name)[t]) for name in ("f", "i", "g", "o", "c", "h"))
    c_prev, h_prev, number = float(course.c_prev[t]), float(course.h_prev[t]), say.number
    # c = f c_prev + i g
    if c_prev:
        stayed = f": of the {say['c']}, which was {number(c_prev)}, {number(f * c_prev)} stayed."
    else:
        stayed = f", but the {say['c']} was 0: there was nothing to keep."
    yield _capital(say.stood("f", f)) + stayed
    added = f"{number(i * g)} was added" if i * g else "nothing was added"
    yield f"The {say['g']} was {number(g)} and {say.stood('i', i)}, so {added}."
    if number(c_prev) == number(c):
        yield f"That left the {say['c']} at {number(c)}."
    else:
        yield f"That took the {say['c']} from {number(c_prev)} to {number(c)}."
    # h = o tanh(c)
    before = "as before" if number(h) == number(h_prev) else f"which was {number(h_prev)} before"
    came_out = f"{number(h)} came out as the {say['h']}, {before}"
    yield f"{_capital(say.stood('o', o))}: of {_potential(course, t, say)}, {came_out}."


def _potential(course: UnitCourse, t: int, say: Words) -> str:
    c = say.number(course.c[t])
    if course.state == "linear":
        return f"the {say['c']} itself"
    value = activation(course.state).value(course.c[t : t + 1]).item()
    equation = f"{course.state}({c}) = {say.number(value)}"
    return equation if say.kind == "field" else f"the potential short-term memory, {equation}"


def sequence_of_lstm(
    course: UnitCourse, book: UnitLedger, place: Place, rate: float | None, say: Words
) -> Iterator[str]:
    """A whole sequence: who wrote what stands at the end, how long it is held, what the gates and h did.

    rate: the mean of −ln f, None where it can't be told.
    """
    last, number = place.last, say.number
    ends = f"the {say['c']} is {number(course.c[last])} and the {say['h']} {number(course.h[last])}"
    yield f"At the end, after step {last}, {ends}."
    yield from _written(course, book, say)
    if rate is not None and place.n_steps > 1:
        yield _held(rate, place.n_steps, say)
    yield from _gates(course, say)
    yield from changes(course.h, course.h_prev, say)


def _written(course: UnitCourse, book: UnitLedger, say: Words) -> Iterator[str]:
    sizes = np.abs(book.entries)
    together = float(sizes.sum() + abs(book.start))
    if not together:
        wrote = bool((course.i * course.g).any()) or bool(book.c_0)
        yield "All that was written has been forgotten." if wrote else f"Nothing was written into the {say['c']}."
        return
    largest = [int(t) for t in np.argsort(-sizes, kind="stable")[:LARGEST_ENTRIES] if sizes[t]]
    parts = [f"{say.number(book.entries[t])} by step {t} ({percent(sizes[t] / together)})" for t in largest]
    if parts:
        yield f"The ledger says who wrote it: {listed(parts)}. The shares are of the sizes of all entries together."
    if rest := len(sizes) - len(largest):
        others = say.number(book.entries.sum() - book.entries[largest].sum())
        yield f"The other {'step has' if rest == 1 else f'{rest} steps have'} {others} in it."
    if book.c_0:
        yield f"Of the {say.number(book.c_0)} that it started from, {say.number(book.start)} is left."
    net = float(book.entries.sum() + book.start)
    if abs(net) < CANCELLED * together:
        yield f"Much of it cancels: the sizes add up to {say.number(together)}, with their signs to {say.number(net)}."


def _held(rate: float, n_steps: int, say: Words) -> str:
    """How long the cell holds, from the mean of −ln f."""
    holds = "That is how long the cell holds, not what the net remembers."
    if rate == 0:
        return f"The {say['f']} stood at 100 % at every step: nothing is lost that was written. {holds}"
    if not np.isfinite(rate):
        return f"The {say['f']} was at 0 once at least: whatever stood there before is gone. {holds}"
    half = LN_2 / rate
    beyond = ", more than the sequence has" if half > n_steps else ""
    return (
        f"In the geometric mean {say.stood('f', np.exp(-rate))} a step; at that rate, half of what is written is gone "
        f"after {short(half, 1)} step{'' if short(half, 1) == '1' else 's'}{beyond}. {holds}"
    )


def _gates(course: UnitCourse, say: Words) -> Iterator[str]:
    """Where the gates stood, and how often."""
    T, low, high = len(course.f), percent(LOW), percent(HIGH)
    steps = f"{T} step{'s' if T > 1 else ''}"
    between = []
    for part in "fio":
        gate = getattr(course, part)
        above, below = int((gate > HIGH).sum()), int((gate < LOW).sum())
        if not above + below:
            between.append(f"the {say[part]}")
            continue
        often = f"{_times(above)} above {high} and {_times(below)} below {low}"
        yield f"In {steps}, the {say[part]} stood {often}."
    if between:
        yield f"In {steps}, {listed(between)} never left {low} to {high}."


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def step_of_rnn(
    parts: tuple[float, float, float], z: float, h: float, h_prev: float, function: str, say: Words
) -> Iterator[str]:
    """One step of a plain unit; ``parts`` of its sum z: from what came in, from the states before, the bias."""
    by_x, by_h, bias = map(say.number, parts)
    terms = f"{by_x} by what came in, {by_h} by the {say['h']} before and {bias} of bias"
    yield f"The weighted sum was {say.number(z)}: {terms}."
    before = "as before" if say.number(h) == say.number(h_prev) else f"it was {say.number(h_prev)} before"
    yield f"Its {function} is the new {say['h']}, {say.number(h)}; {before}."


def sequence_of_rnn(h: FloatArray, h_prev: FloatArray, place: Place, say: Words) -> Iterator[str]:
    """A whole sequence of a plain unit: h and h_prev (T,)."""
    yield f"At the end, after step {place.last}, the {say['h']} is {say.number(h[place.last])}."
    far = int((np.abs(h) > HIGH).sum())
    yield f"In {len(h)} step{'s' if len(h) > 1 else ''}, it lay {_times(far)} beyond -{HIGH} or {HIGH}."
    yield from changes(h, h_prev, say)
    yield (
        f"A plain unit has no {say['c']} and no gates: each step writes over the {say['h']} by way of the weights, so "
        "there is no ledger."
    )


def changes(h: FloatArray, h_prev: FloatArray, say: Words) -> Iterator[str]:
    """Where h, (T,), changed most."""
    t = int(np.abs(h - h_prev).argmax())
    if h[t] == h_prev[t]:
        yield f"The {say['h']} never changed."
    elif len(h) > 1:
        yield f"The {say['h']} changed most at step {t}, from {say.number(h_prev[t])} to {say.number(h[t])}."


def layer_gates(gates: dict[str, FloatArray], n_units: int, say: Words) -> str:
    """The gates of all units together, in the median."""
    f, *others = [(say[part], percent(float(np.median(values)))) for part, values in gates.items()]
    parts = [f"the {f[0]} stood at {f[1]}", *(f"the {name} at {share}" for name, share in others)]
    return f"In the median over the layer's {n_units} units, {listed(parts)}."


def not_a_cause(say: Words) -> str:
    """What a ledger can't tell."""
    return (
        f"The ledger is bookkeeping, not cause: what a step wrote hung on the {say['h']} before it, and so on every "
        "earlier step."
    )


WHAT_IF: Final = "To see what an input caused, change it and run again (what_if)."
POSITIONS: Final = "In a layer above the first, a step is a position and not that step's own input."


def listed(parts: list[str]) -> str:
    """With commas, and an "and" before the last.

    >>> listed(["one", "two", "three"])
    'one, two and three'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
