"""In words: what happened in a unit at a step, or over a sequence.

Every sentence is computed from the recorded pass, and says no more than its numbers do.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

from clearlstm.errors import InputError
from clearlstm.insight.ledger import ledger
from clearlstm.insight.memory import BOUNDED_GATES, forgetting
from clearlstm.insight.notebook import Shown
from clearlstm.insight.sentences import (
    POSITIONS,
    WHAT_IF,
    WORDS,
    Place,
    UnitCourse,
    UnitLedger,
    Words,
    WordsName,
    changes,
    layer_gates,
    not_a_cause,
    sequence_of_lstm,
    sequence_of_rnn,
    step_of_lstm,
    step_of_rnn,
)
from clearlstm.insight.subject import index_of
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray, check_whole

if TYPE_CHECKING:
    import pandas as pd


MOST_DECIMALS: Final = 17


@final
@dataclass(frozen=True, repr=False)
class Explanation(Shown):
    """Sentences about one unit, in order; ``step`` is None where they tell of the whole sequence."""

    sentences: tuple[str, ...]
    sequence: int
    unit: int
    step: int | None
    words: WordsName

    def to_frame(self) -> "pd.DataFrame":
        """A row for each sentence."""
        import pandas as pd

        return pd.DataFrame({"sentence": self.sentences})

    def __str__(self) -> str:
        return " ".join(self.sentences)

    def __repr__(self) -> str:
        when = "all steps" if self.step is None else f"step {self.step}"
        return f"Explanation({len(self.sentences)} sentences: sequence {self.sequence}, unit {self.unit}, {when})"

    def _repr_html_(self) -> str:
        return "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)


def explain(
    layer: LayerTrace,
    step: int | None = None,
    *,
    sequence: int = 0,
    unit: int | None = None,
    words: WordsName = "field",
    decimals: int = 4,
) -> Explanation:
    """Say in sentences what happened in a unit, with its numbers.

    ``layer`` is one layer in one direction, such as ``net.trace(x).layer(0)``. At a ``step`` (a negative one counts
    from the sequence's last): what each gate let through, what was added, what came out. Without one, over the whole
    ``sequence``: which steps wrote what stands in c at the end, how long it is held, where the gates stood, how h
    moved. ``unit`` None takes the one that holds most: with the largest c in size (in a plain layer h) after that step,
    or at the end. A negative sequence or unit counts from the end. ``words``: "field" for the field's terms, "video"
    for those of StatQuest's video. Numbers are rounded to ``decimals`` for reading, never before.

    Raises InputError for a step, sequence or unit that isn't there, and for a pass that holds NaN or infinity.

    >>> import clearlstm as cl
    >>> layer = cl.examples.statquest_unit().trace(cl.examples.companies().x).layer(0)
    >>> for sentence in explain(layer, 0, sequence=1).sentences[1:4]:
    ...     print(sentence)
    The forget gate stood at 96.3 %, but the cell state was 0: there was nothing to keep.
    The candidate was 0.5511 and the input gate stood at 90.6 %, so 0.4995 was added.
    That took the cell state from 0 to 0.4995.
    """
    if not isinstance(layer, LayerTrace):
        raise InputError(f"explain tells of one layer, not of a {type(layer).__name__}: give it net.trace(x).layer(k)")
    if words not in WORDS:
        raise InputError(f"words is {words!r}; use 'field' or 'video'")
    if check_whole("decimals", decimals) > MOST_DECIMALS:
        raise InputError(f"decimals is {decimals}; at most {MOST_DECIMALS} are read from a float64")
    say = Words(words, decimals)
    one, n = _alone(layer, sequence)
    t = None if step is None else _step(step, one.h.shape[1], n)
    place = _place(one, n, t, unit, say)
    return Explanation(tuple(_sentences(one, place, t, say)), n, place.unit, t, words)


def _alone(layer: LayerTrace, sequence: int) -> tuple[LayerTrace, int]:
    """The layer with one sequence alone, its real steps only; and the number of that sequence."""
    record: Any = layer.record
    n = index_of("sequence", sequence, len(layer.h), "this layer has sequences")
    length = int(record.lengths[n])
    cut = {name: values[n : n + 1] for name, values in vars(record).items() if name != "reverse"}
    cut |= {name: cut[name][:, :length] for name in layer.cell.recorded}
    for name in cut:
        if not np.isfinite(cut[name]).all():
            raise InputError(
                f"the pass holds NaN or infinity in sequence {n} ({name}): check the weights and the input"
            )
    return replace(layer, x=layer.x[n : n + 1, :length], record=replace(record, **cut)), n


def _step(step: Any, n_steps: int, n: int) -> int:
    whole = isinstance(step, (int, np.integer)) and not isinstance(step, bool)
    if not whole or not -n_steps <= step < n_steps:
        raise InputError(
            f"step is {step!r}; sequence {n} has {n_steps} steps, so it must lie in {-n_steps}..{n_steps - 1}"
        )
    return int(step) % n_steps


def _place(one: LayerTrace, n: int, t: int | None, unit: int | None, say: Words) -> Place:
    """The unit that is told of; if nobody named it, the one that holds most."""
    (_, T, H), reverse = one.h.shape, one.record.reverse
    at = (0 if reverse else T - 1) if t is None else t
    part = one.cell.states[-1]
    if unit is not None or H == 1:
        return Place(n, index_of("unit", 0 if unit is None else unit, H, "this layer has units"), H, T, reverse)
    largest = int(np.abs(getattr(one.record, part)[0, at]).argmax())
    when = "at the end" if t is None else "after it"
    return Place(n, largest, H, T, reverse, f" (of all, its {say[part]} is the largest in size {when})")


def _sentences(one: LayerTrace, place: Place, t: int | None, say: Words) -> Iterator[str]:
    yield from place.over_steps() if t is None else place.at_step(t)
    yield from OWN_SENTENCES.get(one.cell.name, _of_any)(one, place, t, say)
    if t is None:
        yield WHAT_IF
        yield POSITIONS


def _of_lstm(one: Any, place: Place, t: int | None, say: Words) -> Iterator[str]:
    u = place.unit
    f, i, g, o, c, h = (_exact(getattr(one, name), u) for name in "figoch")
    c_prev, h_prev = _exact(one.record.c_prev(), u), _exact(one.record.h_prev(), u)
    course = UnitCourse(f, i, g, o, c, h, c_prev, h_prev, one.functions.state)
    if t is not None:
        yield from step_of_lstm(course, t, say)
    else:
        book = ledger(one, place.last)
        mine = UnitLedger(book.entries[0, :, u], float(book.start[0, u]), float(one.record.c_0[0, u]))
        bounded = one.functions.gate in BOUNDED_GATES
        rate = float(forgetting(one)[0, :, u].mean()) if bounded else None
        yield from sequence_of_lstm(course, mine, place, rate, say)
    if place.n_units > 1:
        steps = slice(None) if t is None else t
        yield layer_gates({part: getattr(one, part)[0, steps] for part in "fio"}, place.n_units, say)
    if t is None:
        yield not_a_cause(say)


def _of_rnn(one: Any, place: Place, t: int | None, say: Words) -> Iterator[str]:
    u = place.unit
    h, h_prev = _exact(one.h, u), _exact(one.record.h_prev(), u)
    if t is None:
        yield from sequence_of_rnn(h, h_prev, place, say)
        return
    W, U, b = (values[..., u].astype(np.float64) for values in (one.weights.W, one.weights.U, one.weights.b))
    # z = x W + h_prev U + b
    parts = float(one.x[0, t] @ W), float(one.record.h_prev()[0, t] @ U), float(b)
    yield from step_of_rnn(parts, sum(parts), float(h[t]), float(h_prev[t]), one.functions, say)


def _of_any(one: LayerTrace, place: Place, t: int | None, say: Words) -> Iterator[str]:
    """What can be said of any cell: what its gates let through, and how its state moved."""
    u = place.unit
    h, h_prev = _exact(one.h, u), _exact(one.record.h_prev(), u)
    steps = slice(None) if t is None else t
    gates = [(gate, float(np.median(_exact(one.record.gate(gate), u)[steps]))) for gate in one.cell.gates]
    when = " in the median" if t is None else ""
    yield f"Gates of the {one.cell.name}{when}: {', '.join(f'{gate} {say.number(value)}' for gate, value in gates)}."
    if t is None:
        yield from changes(h, h_prev, say)
    else:
        yield f"The {say['h']} went from {say.number(h_prev[t])} to {say.number(h[t])}."


OWN_SENTENCES: Final = {"LSTM": _of_lstm, "RNN": _of_rnn}
"""Of the cells that have more to say than :func:`_of_any`, by name."""


def _exact(values: FloatArray, unit: int) -> FloatArray:
    """One unit of a lone sequence, (T,), in float64."""
    return values[0, :, unit].astype(np.float64)
