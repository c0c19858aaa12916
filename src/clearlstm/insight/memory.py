"""Memory lengths: how long the cell holds what is written into it.

What step k writes into a unit's long-term memory is multiplied by the forget gate of every later step, so the write's
half-life is the first n at which the product is down to a half::

    Π_{s=k+1..k+n} f_s ≤ 1/2        that is        Σ_{s=k+1..k+n} −ln f_s ≥ ln 2

It is how long the cell holds, not what the net remembers. A value that is held may never be read; and what the net
knows also travels through h, from unit to unit, in ways that no single forget gate shows. Gradient flow and what-if
look at those.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import PEEPHOLES, gate_slice
from clearlstm.cell.record import previous
from clearlstm.errors import InputError
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.insight.subject import check_finite
from clearlstm.insight.words import share
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray, IntArray, counted, real_steps

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

BoolArray = npt.NDArray[np.bool_]

LN_2: Final = math.log(2)
BOUNDED_GATES: Final = ("sigmoid", "hard_sigmoid", "hard_sigmoid_6")
_ROUNDING: Final = 1e-9  # sums of a few thousand steps are off by less; so a product of exactly a half counts as one
_CHUNK_NUMBERS: Final = 2**17  # in an array of the search: it then stays in the core's cache


@final
@dataclass(frozen=True, repr=False)
class MemoryLengths(Shown):
    """How long each write is held, in steps.

    half_life (N, T, H)
        Of what each step wrote: the first n at which the product of the next n forget gates is at most a half. Where
        ``reached`` is False the sequence ended first, and it reads the steps that were left: "at least" so many.
    reached (N, T, H)
        Whether the half was reached before the sequence ended. In padding it is False, and ``half_life`` 0.
    survival (T, H)
        The share of a unit's writes that are still held by more than half after n = 0, 1, … steps (Kaplan & Meier
        1958), over all its writes in all sequences.
    median (H,)
        The first n at which ``survival`` is at most a half; inf where it never is: longer than ``longest``.
    typical (H,)
        The half-life at the mean rate of forgetting, ln 2 / mean(−ln f) over the real steps; −ln f is softplus(−z_f)
        for sigmoid gates. Not from a mean f, which a few closed gates hardly lower.
    layer_median
        As ``median``, over the writes of all units.
    lengths (N,), reverse
        The real steps of each sequence, and whether the steps were taken from the last to the first.

    The median takes it that sequences end for reasons of their own. Where a net forgets at set places, near the end of
    its window for instance, writes of that place are cut short more often than others, and it doesn't hold.
    """

    half_life: npt.NDArray[np.int32]
    reached: BoolArray
    survival: FloatArray
    median: FloatArray
    typical: FloatArray
    layer_median: float
    lengths: npt.NDArray[np.int64]
    reverse: bool

    @property
    def real(self) -> BoolArray:
        """Which steps are real, (N, T)."""
        return real_steps(self.lengths, self.half_life.shape[1])

    @property
    def outlasting(self) -> FloatArray:
        """The share of a unit's writes that were still held by more than half when their sequence ended, (H,)."""
        return np.asarray(1 - self.reached.sum(axis=(0, 1)) / self.lengths.sum())

    @property
    def longest(self) -> npt.NDArray[np.int32]:
        """The most steps for which a write of each unit was followed, (H,)."""
        return np.asarray(self.half_life.max(axis=(0, 1)))

    @property
    def sentence(self) -> str:
        """What was found, and what it means."""
        low, high = int(self.median.argmin()), int(self.median.argmax())
        return (
            f"Of what a step writes, half is gone after a median of {self._in_words(self.layer_median, None)} (by unit "
            f"{self._in_words(self.median[low], low)} to {self._in_words(self.median[high], high)}); "
            f"{share(float(self.outlasting.mean()))} of the writes outlast their sequence. This is how long the cell "
            "holds what is written, not what the net remembers: a held value may never be read, and h carries "
            "things on too."
        )

    def by_unit(self) -> "pd.DataFrame":
        """A row for each unit: ``unit, median, typical, outlasting, longest``."""
        import pandas as pd

        names = ("median", "typical", "outlasting", "longest")
        return pd.DataFrame({"unit": np.arange(len(self.median))} | {name: getattr(self, name) for name in names})

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``sequence, step, unit, half_life, reached``, a row for each write."""
        import pandas as pd

        H, real = len(self.median), self.real
        sequence, step = np.nonzero(real)
        return pd.DataFrame(
            {
                "sequence": np.repeat(sequence, H),
                "step": np.repeat(step, H),
                "unit": np.tile(np.arange(H), len(step)),
                "half_life": self.half_life[real].ravel(),
                "reached": self.reached[real].ravel(),
            }
        )

    def _in_words(self, median: float, unit: int | None) -> str:
        """A median in words, of one unit or (None) of the layer."""
        if math.isfinite(median):
            return counted(round(median), "step")
        return f"more than {counted(int(self.longest.max() if unit is None else self.longest[unit]), 'step')}"

    def plot(self) -> "Figure":
        """Survival curves, and a row for each unit: :func:`clearlstm.insight.plots.plot_lengths`."""
        from clearlstm.insight.plots import plot_lengths

        return plot_lengths(self)

    def __repr__(self) -> str:
        axes = ", ".join(map(counted, self.half_life.shape, ("sequence", "step", "unit")))
        return f"MemoryLengths({axes}; median {self._in_words(self.layer_median, None)})"

    def _repr_html_(self) -> str:
        return notebook_html(self.sentence, self.by_unit())


def memory_lengths(layer: LayerTrace) -> MemoryLengths:
    """The half-life of every write of one LSTM layer in one direction, such as ``net.trace(x).layer(0)``.

    Computed in float64 from the gates' pre-activations, never from recorded gates, which in float32 round to 1. In the
    reverse direction the steps after a write lie before it in time. Time and memory grow with N·T·H, not with T².

    Raises InputError for a layer without a long-term memory, for forget gates that may leave 0..1 (relu, say), and for
    a pass that holds NaN or infinity.

    >>> import clearlstm as cl
    >>> lengths = memory_lengths(cl.examples.statquest_unit().trace(cl.examples.companies().x).layer(0))
    >>> lengths.half_life[..., 0]  # company A, company B
    array([[3, 2, 1, 0],
           [3, 2, 1, 0]], dtype=int32)
    >>> lengths.median  # both are held to the end: longer than that
    array([inf])
    >>> lengths.typical.round(1)
    array([8.9])
    """
    _check(layer)
    record = layer.record
    N, T, H = record.h.shape
    half_life, reached = np.zeros((N, T, H), np.int32), np.zeros((N, T, H), np.bool_)
    writes = Writes(T, H)
    for rows in _chunks(N, T * H):
        half_life[rows], reached[rows] = writes.add(layer, rows)
    return MemoryLengths(
        half_life, reached, writes.survival, writes.median, writes.typical,
        writes.layer_median, record.lengths, record.reverse,
    )  # fmt: skip


class Writes:
    """Counts of a layer's writes by their half-life, to which sequences are added batch by batch."""

    def __init__(self, n_steps: int, n_units: int) -> None:
        self._followed, self._halved = (np.zeros((n_steps, n_units), np.int64) for _ in range(2))
        self._rate, self._steps = np.zeros(n_units), 0

    def add_all(self, layer: LayerTrace) -> None:
        """All sequences of a layer's trace. Raises InputError as :func:`memory_lengths` does."""
        _check(layer)
        for rows in _chunks(len(layer.h), layer.h[0].size):
            self.add(layer, rows)

    def add(self, layer: LayerTrace, rows: slice) -> tuple[npt.NDArray[np.int32], BoolArray]:
        """Some sequences: their half_life and reached, each (n, T, H)."""
        cost, lengths, reverse = forgetting(layer, rows), layer.record.lengths[rows], layer.record.reverse
        self._rate += cost.sum(axis=(0, 1))
        self._steps += int(lengths.sum())
        half_life, reached = _first_passage(cost, lengths, reverse)
        real = real_steps(lengths, cost.shape[1])
        self._followed += _count(half_life, np.broadcast_to(real[..., None], cost.shape))
        self._halved += _count(half_life, reached)
        return half_life, reached

    @property
    def survival(self) -> FloatArray:
        """The share of a unit's writes that are still held by more than half after n steps, (T, H)."""
        return _kaplan_meier(self._followed, self._halved)

    @property
    def median(self) -> FloatArray:
        """The first n at which that is at most a half, (H,)."""
        return _median(self.survival)

    @property
    def layer_median(self) -> float:
        """As ``median``, over the writes of all units."""
        followed, halved = (counts.sum(axis=1, keepdims=True) for counts in (self._followed, self._halved))
        return float(_median(_kaplan_meier(followed, halved))[0])

    @property
    def typical(self) -> FloatArray:
        """The half-life at the mean rate of forgetting, (H,)."""
        return typical_half_life(self._rate / self._steps)


def forgetting(layer: LayerTrace, rows: slice = slice(None)) -> FloatArray:
    """−ln f of every step of some sequences, (n, T, H) in float64; 0 in padding.

    Raises InputError for gates that may leave 0..1, as no half-life can be told there.
    """
    lengths, gate = layer.record.lengths[rows], layer.functions.gate
    if gate not in BOUNDED_GATES:
        raise InputError(
            f"this layer's forget gate is {gate}, which may leave 0..1: a half-life can be told of "
            f"{', '.join(BOUNDED_GATES)} gates only"
        )
    if gate == "sigmoid":
        # f = sigmoid(z_f)      −ln f = ln(1 + exp(−z_f)) = softplus(−z_f)
        cost = np.logaddexp(0, -_forget_sums(layer, rows))
    else:
        with np.errstate(divide="ignore"):
            cost = -np.log(layer.record.gate(_keep(layer))[rows].astype(np.float64))
    cost[~real_steps(lengths, cost.shape[1])] = 0
    return np.asarray(cost)


def typical_half_life(rate: FloatArray) -> FloatArray:
    """ln 2 / the mean of −ln f; inf for a gate that never closes at all."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(LN_2 / np.abs(rate))  # of −0, which a gate of exactly 1 gives, as of 0


def _check(layer: LayerTrace) -> None:
    if not isinstance(layer, LayerTrace) or layer.cell.memory is None:
        raise InputError(
            f"memory lengths are those of one LSTM layer's forget gates, not of a {type(layer).__name__}: "
            "give it net.trace(x).layer(k)"
        )
    check_finite(layer)


def _keep(layer: LayerTrace) -> str:
    """The gate that keeps the memory: an LSTM's forget gate, a GRU's update gate."""
    assert layer.cell.memory is not None
    return layer.cell.memory.keep


def _forget_sums(layer: LayerTrace, rows: slice) -> FloatArray:
    """z_f alone and in float64, (n, T, H): a quarter of the work of ``layer.z_f``, and not rounded to float32."""
    record, weights, H = layer.record, layer.weights, layer.h.shape[-1]
    at, lengths = gate_slice(_keep(layer), H, layer.cell.gates), record.lengths[rows]
    W, U, b = (values[..., at].astype(np.float64) for values in (weights.W, weights.U, weights.b))
    h_prev = previous(record.h[rows], record.h_0[rows], lengths, record.reverse)
    # z_f = x W_f + h_prev U_f + b_f      (+ p_f c_prev)
    z_f = layer.x[rows].astype(np.float64) @ W + h_prev.astype(np.float64) @ U + b
    if getattr(weights, "p", None) is not None:
        c_prev = previous(record.c[rows], record.c_0[rows], lengths, record.reverse)
        z_f += weights.p[gate_slice("f", H, PEEPHOLES)].astype(np.float64) * c_prev
    return np.asarray(z_f)


def _first_passage(
    cost: FloatArray, lengths: npt.NDArray[np.int64], reverse: bool
) -> tuple[npt.NDArray[np.int32], BoolArray]:
    """half_life and reached, each (n, T, H), of −ln f (n, T, H)."""
    T = cost.shape[1]
    if reverse:  # in the order in which they were taken, all sequences end at T − 1
        half_life, reached = _search(cost[:, ::-1], np.full(len(cost), T - 1))
        half_life, reached = half_life[:, ::-1], reached[:, ::-1]
    else:
        half_life, reached = _search(cost, lengths - 1)
    padding = ~real_steps(lengths, T)
    half_life[padding], reached[padding] = 0, False
    return half_life, reached


def _search(cost: FloatArray, last: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], BoolArray]:
    """half_life and reached, each (n, T, H), where all steps come one after the other; ``last`` (n,) ends a sequence.

    A step that costs more than ln 2 halves by itself, so all costs may be cut at 1: the first passage stays where it
    is, and running sums stay finite and small enough to be told apart.
    """
    n, T, H = cost.shape
    gone = np.full((n, T + 1, H), np.inf)  # nothing is held beyond the last step
    np.cumsum(np.minimum(cost, 1), axis=1, out=gone[:, :T])
    enough = gone[:, :T] + LN_2 * (1 - _ROUNDING)
    # Bisection for all writes at once: go on by 2^b, …, 2, 1 steps wherever more than half is held there. A step is H
    # numbers further in ``gone``; the last row of each sequence is where nothing is held.
    place = np.arange(gone.size).reshape(gone.shape)
    write, end = place[:, :T], place[:, T:]
    held = write
    for b in reversed(range(T.bit_length())):
        ahead = np.minimum(held + 2**b * H, end)
        held = np.where(gone.take(ahead) < enough, ahead, held)
    left = last[:, None, None] - np.arange(T)[:, None]
    steps_held = (held - write) // H
    reached = steps_held < left
    half_life = np.where(reached, steps_held + 1, left)
    return half_life.astype(np.int32), reached


def _count(half_life: npt.NDArray[np.int32], which: BoolArray) -> npt.NDArray[np.int64]:
    """How many of ``which`` writes (n, T, H) have each half-life, (T, H)."""
    _, T, H = half_life.shape
    places = (half_life * np.int64(H) + np.arange(H))[which]
    return np.bincount(places, minlength=T * H).reshape(T, H)


def _kaplan_meier(followed: IntArray, halved: IntArray) -> FloatArray:
    """S(n) = Π_{m≤n} (1 − halved_m / at risk_m), (T, H) (Kaplan & Meier 1958).

    followed (T, H): the writes that were followed for exactly n steps; halved (T, H): those of them that halved then.
    """
    at_risk = followed[::-1].cumsum(axis=0)[::-1]
    return np.asarray(np.cumprod(1 - halved / np.maximum(at_risk, 1), axis=0))


def _median(survival: FloatArray) -> FloatArray:
    """The first n at which at most a half survives, (H,); inf where it never comes to that."""
    fallen = survival <= 0.5 * (1 + _ROUNDING)
    return np.where(fallen.any(axis=0), fallen.argmax(axis=0), np.inf)


def _chunks(n_sequences: int, numbers_each: int) -> Iterator[slice]:
    size = max(1, _CHUNK_NUMBERS // numbers_each)
    for start in range(0, n_sequences, size):
        yield slice(start, start + size)
