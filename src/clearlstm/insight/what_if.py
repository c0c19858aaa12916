"""What-if: change an input, hold a gate at a value or silence a unit, run again, and see the answer change.

It stands beside the ledger. The ledger is bookkeeping: which step wrote how much of today's memory. What would have
come out without that step is another question, since what was written later depended on it too; here it is answered by
running the model again.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.insight.altered import Hold, Zero, altered_trace, preactivation
from clearlstm.insight.ledger import positions
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.insight.subject import index_of
from clearlstm.insight.words import NAMES
from clearlstm.network.model import Network, NetworkTrace
from clearlstm.network.parameters import DIRECTIONS
from clearlstm.network.subject import Sequences, Subject, subject_of
from clearlstm.sequences.inputs import is_ragged
from clearlstm.shapes import FloatArray, check_array, check_whole, counted, real_steps

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Lengths = npt.NDArray[np.int64]
Change: TypeAlias = Mapping[tuple[int, ...], float] | npt.ArrayLike | None

MOST_WORDS: Final = 3
"""Changed values that a sentence names one by one."""


@dataclass(frozen=True, repr=False)
class WhatIf(Shown):
    """A model's pass as it was and as it would be: two whole traces, of which ``y`` are the answers.

    ``changes`` says in words what was done. The traces are in the net's units; ``inputs`` and ``answers``, and what is
    made of them, in those of ``own``, a classifier's or a regressor's.
    """

    before: NetworkTrace
    after: NetworkTrace
    changes: tuple[str, ...]
    own: Subject

    @property
    def inputs(self) -> tuple[FloatArray, FloatArray]:
        """x as it was and as it would be, each (N, T, F)."""
        before, after = (self.own.back(trace.nets[0].x) for trace in (self.before, self.after))
        return before, after

    @property
    def answers(self) -> tuple[FloatArray, FloatArray]:
        """The answers as they were and as they would be, each (N, M), or (N, T, M) for an answer a step."""
        before, after = (self.own.answers(trace.y) for trace in (self.before, self.after))
        return before, after

    @property
    def difference(self) -> FloatArray:
        """What the answers gained, after − before, in their shape."""
        before, after = self.answers
        return np.asarray(after - before)

    @property
    def sentences(self) -> tuple[str, str]:
        """What was asked, and what became of the answers (the one after the last step, for an answer a step)."""
        changes = "; ".join(self.changes) if self.changes else "nothing were changed"
        return f"What if {changes}?", self._outcome()

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``sequence, output, before, after, difference``, and ``step`` for an answer a step."""
        import pandas as pd

        before, after = self.answers
        y = before
        if y.ndim == 2:
            at = np.indices(y.shape).reshape(2, -1)
            columns = {"sequence": at[0], "output": at[1]}
        else:
            at = np.indices(y.shape).reshape(3, -1)
            at = at[:, at[1] < self.before.lengths[at[0]]]
            columns = {"sequence": at[0], "step": at[1], "output": at[2]}
        values = {"before": before, "after": after, "difference": self.difference}
        return pd.DataFrame(columns | {name: array[tuple(at)] for name, array in values.items()})

    def plot(self, *, sequence: int = 0, **place: Any) -> "Figure":
        """Changed inputs and one unit's memory, before and after: :func:`clearlstm.insight.plots.plot_what_if`."""
        from clearlstm.insight.plots import plot_what_if

        return plot_what_if(self, sequence=sequence, **place)

    def __repr__(self) -> str:
        N, T, _ = self.before.nets[0].x.shape
        return f"WhatIf({counted(N, 'sequence')}, {counted(T, 'step')}; {' '.join(self.sentences)})"

    def _repr_html_(self) -> str:
        return notebook_html(" ".join(self.sentences), self.to_frame())

    def _outcome(self) -> str:
        before, after = map(self._last, self.answers)
        when = "The answer after the last step" if self.before.y.ndim == 3 else "The answer"
        moved = np.abs(after.astype(np.float64) - before)
        if (bad := np.argwhere(~np.isfinite(moved))).size:
            return f"{when} is NaN or infinite in sequence {bad[0][0]}, before or after."
        if not moved.any():
            return f"{when} stays as it was."
        n, m = (int(at) for at in np.unravel_index(int(moved.argmax()), moved.shape))
        step = f"from {before[n, m]:.4g} to {after[n, m]:.4g}, by {float(after[n, m]) - float(before[n, m]):+.3g}"
        if moved.size == 1:
            return f"{when} goes {step}."
        where = f"sequence {n}" + (f", output {m}" if moved.shape[1] > 1 else "")
        return f"{when} goes most in {where}: {step}; the median of |change| is {np.median(moved):.3g}."

    def _last(self, y: FloatArray) -> FloatArray:
        """The answers that the sentences speak of, (N, M)."""
        return y if y.ndim == 2 else np.asarray(y[np.arange(len(y)), self.before.lengths - 1])


def what_if(
    model: Any,
    x: Any = None,
    lengths: npt.ArrayLike | None = None,
    *,
    change: Change = None,
    hold: Hold | Iterable[Hold] = (),
    zero: Zero | Iterable[Zero] = (),
) -> WhatIf:
    """Run ``model`` on x (N, T, F) as it is, and again with something changed.

    Parameters
    ----------
    model, x, lengths
        A Network, an LSTM or RNN (whose answer is h after each step) or a forecaster, of which the first net is taken,
        with the input of that net; or a classifier or a regressor with X as its ``predict`` takes it; a captured layer
        needs no x. A regressor's answers are in y's units, a classifier's the scores before softmax.
    change
        In the units of x:
        ``{(step, feature): value}`` for every sequence, ``{(sequence, step, feature): value}`` for one, or a whole
        array in place of x. A negative step counts from each sequence's own last step, a negative sequence or
        feature from the last one.
    hold, zero
        One or several :class:`Hold` and :class:`Zero`. Of holds of one gate, the one that starts last counts.

    Both runs are made by the model's own engine. The trace of a layer with a held gate has that value for the gate;
    its ``z`` stays the weighted sum that the gate no longer follows, so what is made of slopes (gradient flow) is not
    that of the held net. Raises InputError for what the model, x or a sequence doesn't have.

    Company B with company A's first day, and without the short-term memory of the day before:

    >>> import clearlstm as cl
    >>> unit, company_b = cl.examples.statquest_unit(), cl.examples.companies().x[1:]
    >>> for sentence in what_if(unit, company_b, change={(0, 0): 0.0}).sentences:
    ...     print(sentence)
    What if x at step 0, feature 0 were 0 instead of 1?
    The answer after the last step goes from 0.9694 to 0.006393, by -0.963.
    >>> what_if(unit, company_b, zero=Zero(0, where="recurrence")).after.y[0, -1].round(2)
    array([0.44])
    """
    own = subject_of(model)
    network, (inputs, steps, state) = own.network, own.read(x, lengths)
    holds, zeros = _several("hold", hold, Hold), _several("zero", zero, Zero)
    holds = tuple(_checked_hold(each, network, inputs.shape[1]) for each in holds)
    zeros = tuple(_checked_zero(each, network) for each in zeros)
    changed, words = _changed(own, inputs, steps, change)
    before = network.trace(inputs, steps, state)
    after = altered_trace(network, Sequences(changed, steps, state), holds, zeros)
    more = [_hold_in_words(each, network) for each in holds] + [_zero_in_words(each, network) for each in zeros]
    return WhatIf(before, after, (*words, *more), own)


KindT = TypeVar("KindT", Hold, Zero)


def _several(name: str, given: KindT | Iterable[KindT], kind: type[KindT]) -> tuple[KindT, ...]:
    several = (given,) if isinstance(given, kind) or not np.iterable(given) else tuple(given)
    for each in several:
        if not isinstance(each, kind):
            raise InputError(f"{name} holds {each!r}; {kind.__name__}(…) is needed, one or several")
    return several


def _checked_hold(hold: Hold, network: Network, n_steps: int) -> Hold:
    """The hold with its place counted from the start."""
    hold, net = _placed(hold, network)
    if "gates" not in net.cell.recorded:
        raise InputError(
            f"{hold} is asked for, but net {hold.net} is an {net.cell.name}, which has no gates: use change or zero"
        )
    if hold.gate not in net.cell.gates:
        *others, last = [repr(gate) for gate in net.cell.gates if gate != "g"]
        raise InputError(f"gate is {hold.gate!r}; it must be {', '.join(others)} or {last}, or 'g' for the candidate")
    if hold.unit is not None:
        hold = replace(hold, unit=index_of("unit", hold.unit, net.hidden_size, f"net {hold.net} has units"))
    if check_whole("start", hold.start) >= n_steps:
        raise InputError(f"start {hold.start} is asked for; x has steps 0..{n_steps - 1}")
    low = -1 if hold.gate == "g" else 0
    if not _is_number(hold.value) or not low <= hold.value <= 1:
        raise InputError(f"the {_name_of(hold.gate)} is to be held at {hold.value!r}; it can be held at {low}..1")
    if math.isnan(preactivation(hold.gate, float(hold.value), net.functions)):
        functions = net.functions
        name = functions.candidate if hold.gate == "g" else functions.gate
        raise InputError(f"the {_name_of(hold.gate)} of net {hold.net} is {name}(z), which is never {hold.value:g}")
    return hold


def _name_of(gate: str) -> str:
    return NAMES[gate][0] if gate in NAMES else f"gate {gate}"


def _checked_zero(zero: Zero, network: Network) -> Zero:
    """The same with its place counted from the start."""
    zero, net = _placed(zero, network)
    if zero.where not in ("everywhere", "recurrence"):
        raise InputError(f"where is {zero.where!r}; use 'everywhere' or 'recurrence'")
    return replace(zero, unit=index_of("unit", zero.unit, net.hidden_size, f"net {zero.net} has units"))


def _placed(item: KindT, network: Network) -> tuple[KindT, Any]:
    """What was asked with its net and layer counted from the start, and that net."""
    k = index_of("net", item.net, len(network.nets), "the model has nets")
    net = network.nets[k]
    layer = index_of("layer", item.layer, net.num_layers, f"net {k} has layers")
    if check_whole("direction", item.direction) >= net.num_directions:
        raise InputError(f"direction {item.direction} is asked for; net {k} has directions 0..{net.num_directions - 1}")
    return replace(item, net=k, layer=layer), net


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _changed(own: Subject, x: FloatArray, lengths: Lengths, change: Change) -> tuple[FloatArray, list[str]]:
    """The sequences as the net would read them, and the difference in words."""
    if change is None:
        return x, []
    if not isinstance(change, Mapping):
        changed = check_array("change", _in_place_of(own, lengths, change), x.shape, x.dtype)
        real = real_steps(lengths, x.shape[1])
        n_values = int(((changed != x) & real[..., None]).sum())
        return changed, [f"{n_values} of the values of x were others"]
    given = own.back(x)
    values, words, touched = given.astype(np.float64), [], np.zeros(x.shape, np.bool_)
    for key, value in change.items():
        at = _places(key, x, lengths)
        if not _is_number(value):
            raise InputError(f"change[{key}] is {value!r}; a finite number is needed")
        words.append(f"x at {_key_in_words(key)} were {value:g} instead of {_spread(given[at])}")
        values[at], touched[at] = value, True
    if len(words) > MOST_WORDS:
        words = [f"x were changed in {len(words)} places"]
    return check_array("change", np.where(touched, own.forward(values), x), x.shape, x.dtype), words


def _in_place_of(own: Subject, lengths: Lengths, change: npt.ArrayLike) -> Any:
    """A whole array in place of x, in the net's units."""
    if own.features is None:
        return change
    values, steps, _ = own.read(change, None if is_ragged(change) else lengths)
    if len(steps) == len(lengths) and (short := np.flatnonzero(steps < lengths)).size:
        n = int(short[0])
        raise InputError(f"change has {steps[n]} steps in sequence {n}; x has {lengths[n]}: as many are needed")
    return values


def _places(key: object, x: FloatArray, lengths: Lengths) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Which values of x a key stands for: sequences, a step of each, and the feature."""
    if not isinstance(key, tuple) or len(key) not in (2, 3):
        raise InputError(f"change has the key {key!r}; (step, feature) or (sequence, step, feature) is needed")
    *sequence, step, feature = key
    k = index_of(f"change[{key}]: feature", feature, x.shape[2], "x has features")
    rows = np.arange(len(x))
    if sequence:
        n = index_of(f"change[{key}]: sequence", sequence[0], len(x), "x has sequences")
        rows = rows[n : n + 1]
    return rows, positions(step, lengths[rows], first=int(rows[0])), k


def _key_in_words(key: tuple[int, ...]) -> str:
    names = ("sequence", "step", "feature")[-len(key) :]
    return ", ".join(f"{name} {number}" for name, number in zip(names, key, strict=True))


def _spread(values: FloatArray) -> str:
    low, high = values.min(), values.max()
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _hold_in_words(hold: Hold, network: Network) -> str:
    units = "all units" if hold.unit is None else f"unit {hold.unit}"
    since = f" from step {hold.start} on" if hold.start else ""
    return f"the {_name_of(hold.gate)} of {units}{_place(hold, network)} were held at {hold.value:g}{since}"


def _zero_in_words(zero: Zero, network: Network) -> str:
    reader = "to its own layer" if zero.where == "recurrence" else "everywhere"
    return f"h of unit {zero.unit}{_place(zero, network)} read 0 {reader}"


def _place(item: Hold | Zero, network: Network) -> str:
    """Which net, layer and direction, where there is a choice."""
    net = network.nets[item.net]
    parts = [f"net {item.net}"] if len(network.nets) > 1 else []
    parts += [f"layer {item.layer}"] if net.num_layers > 1 else []
    parts += [DIRECTIONS[item.direction]] if net.bidirectional else []
    return f" ({', '.join(parts)})" if parts else ""
