"""The ledger: a long-term memory split into what each step wrote and how much of it the later forget gates kept.

Unrolling c = f c_prev + i g gives, unit by unit and exactly::

    c_t = (Π_{s=1..t} f_s) c_0 + Σ_{k≤t} (Π_{s=k+1..t} f_s) i_k g_k
          start                  entries, one for each step k

It is bookkeeping, not cause: i, g and f depend on h, hence on all earlier inputs, so an entry says when something was
written and not what made it be written. Always look at it beside a what-if: change an input, run again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.cell.cell import Memory
from clearlstm.cell.record import Record
from clearlstm.errors import InputError
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.shapes import FloatArray, counted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from clearlstm.network.trace import LayerTrace


@dataclass(frozen=True, repr=False)
class Ledger(Shown):
    """Who wrote the long-term memory c that stands after one step, in float64.

    entries (N, T, H): what each step wrote that is still there, 0 for steps that had not been taken; start (N, H): what
    is left of c_0; step (N,): the step of each sequence that the ledger explains; taken (N, T): the steps up to it.
    ``state`` is c, or of a cell that has none the state that a gate keeps: a GRU's h.
    """

    entries: FloatArray
    start: FloatArray
    step: npt.NDArray[np.int64]
    taken: npt.NDArray[np.bool_]
    state: str = "c"

    @property
    def total(self) -> FloatArray:
        """The memory that the entries and the start add up to, (N, H)."""
        return np.asarray(self.start + self.entries.sum(axis=1))

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``sequence, unit, step, entry``, a row for each step taken; the start's step reads <NA>."""
        import pandas as pd

        N, _, H = self.entries.shape
        sequence, step = np.nonzero(self.taken)
        table = pd.DataFrame(
            {
                "sequence": np.repeat(np.concatenate([np.arange(N), sequence]), H),
                "unit": np.tile(np.arange(H), N + len(step)),
                "step": pd.array(np.repeat(np.concatenate([np.full(N, -1), step]), H), dtype="Int64"),
                "entry": np.concatenate([self.start.ravel(), self.entries[self.taken].ravel()]),
            }
        )
        table.loc[table["step"] < 0, "step"] = pd.NA
        return table.sort_values(["sequence", "unit", "step"], na_position="first", ignore_index=True)

    def plot(self, *, sequence: int = 0, unit: int | None = None, ax: "Axes | None" = None) -> "Figure":
        """Bars over the steps: :func:`clearlstm.insight.plots.plot_ledger`."""
        from clearlstm.insight.plots import plot_ledger

        return plot_ledger(self, sequence=sequence, unit=unit, ax=ax)

    def __repr__(self) -> str:
        axes = ", ".join(map(counted, self.entries.shape, ("sequence", "step", "unit")))
        return f"Ledger({axes}; of {self.state} after step {_spread(self.step)})"

    @property
    def sentence(self) -> str:
        """What is split, of the first sequence."""
        return (
            f"The long-term memory ({self.state}) of sequence 0 of {len(self.step)} after step {self.step[0]}, split "
            "into what each step wrote and the later forget gates kept: a unit's entries add up to it. That is "
            "bookkeeping, not cause: what would have come out otherwise, what_if tells."
        )

    def _repr_html_(self) -> str:
        first = Ledger(self.entries[:1], self.start[:1], self.step[:1], self.taken[:1], self.state)
        return notebook_html(self.sentence, first.to_frame())


def ledger(layer: "LayerTrace | Record", step: int = -1) -> Ledger:
    """Split the long-term memory after ``step`` into what each step wrote: c[:, step] = start + entries.sum(axis=1).

    ``layer`` is one layer in one direction, such as ``net.trace(x).layer(0)``. ``step`` counts in time; a negative one
    counts from each sequence's own last step. In the reverse direction the steps were taken from the last to the first,
    so the entries stand at ``step`` and later, and the layer's final memory is that of step 0. From the second layer on
    a step is a position, not that day's input.

    Raises InputError for a layer without a long-term memory, and for a step that some sequence doesn't have.

    >>> import clearlstm as cl
    >>> company_b = cl.examples.companies().x[1:]
    >>> book = ledger(cl.examples.statquest_unit().trace(company_b).layer(0))
    >>> book.entries.ravel().round(3)
    array([0.466, 0.422, 0.587, 0.934])
    >>> book.total.round(4)
    array([[2.4091]])
    """
    record, memory = _record(layer)
    position = positions(step, record.lengths)
    begin, end = (position, record.lengths) if record.reverse else (np.zeros_like(position), position + 1)
    gates, n_units = np.ascontiguousarray(memory.parts(record)), record.h.shape[2]
    entries, kept = kernels.memory_entries(gates, n_units, begin, end, reverse=record.reverse)
    first = getattr(record, f"{memory.state}_0")
    return Ledger(entries, kept * first, position, _taken(position, record), memory.state)


def ledgers(layer: "LayerTrace | Record") -> Iterator[Ledger]:
    """The ledger after every step, one by one in the order in which the steps were taken.

    The k-th explains each sequence's memory after its k-th step; a sequence that has ended keeps its last ledger. Each
    is made from the one before, so all T take O(N·T²·H) operations, and memory O(N·T·H) if they are not kept. Raises
    InputError for a layer without a long-term memory.

    >>> import clearlstm as cl
    >>> company_b = cl.examples.companies().x[1:]
    >>> for book in ledgers(cl.examples.statquest_unit().trace(company_b).layer(0)):
    ...     print(book.entries.ravel().round(3))
    [0.5 0.  0.  0. ]
    [0.48  0.434 0.    0.   ]
    [0.468 0.423 0.59  0.   ]
    [0.466 0.422 0.587 0.934]
    """
    return _one_by_one(*_record(layer))


def _one_by_one(record: Record, memory: Memory) -> Iterator[Ledger]:
    (N, T, H), last = record.h.shape, record.lengths - 1
    keep, write, candidate = np.split(memory.parts(record)[..., : 3 * H], 3, axis=-1)
    entries, start = np.zeros((N, T, H)), getattr(record, f"{memory.state}_0").astype(np.float64)
    for k in range(int(record.lengths.max())):
        going = np.flatnonzero(last >= k)
        step = np.maximum(last - k, 0) if record.reverse else np.minimum(k, last)
        now = going, step[going]
        # c = f c_prev + i g: all entries so far are multiplied by f, and i g joins them
        f = np.ones((N, H))
        f[going] = keep[now]
        entries = np.multiply(entries, f[:, None], out=kernels.empty((N, T, H), np.dtype(np.float64)))
        start = start * f
        entries[now] = write[now].astype(np.float64) * candidate[now]
        yield Ledger(entries, start, step, _taken(step, record), memory.state)


def _record(layer: "LayerTrace | Record") -> tuple[Record, Memory]:
    record = getattr(layer, "record", layer)
    if not isinstance(record, Record) or (memory := record.cell.memory) is None:
        raise InputError(
            f"the ledger explains the long-term memory of one LSTM layer, not a {type(layer).__name__}: "
            "give it net.trace(x).layer(k)"
        )
    return record, memory


def positions(step: int, lengths: npt.NDArray[np.int64], first: int = 0) -> npt.NDArray[np.int64]:
    """The step of each sequence that ``step`` stands for, (N,): a negative one counts from its own last step.

    ``first`` is the number of the first sequence, for messages. Raises InputError if ``step`` is no whole number, or
    some sequence doesn't have it.
    """
    if isinstance(step, bool) or not isinstance(step, (int, np.integer)):
        raise InputError(f"step is {step!r}; it must be a whole number, such as -1 for each sequence's last step")
    missing = np.flatnonzero(lengths < -step if step < 0 else lengths <= step)
    if len(missing):
        n = int(missing[0])
        raise InputError(
            f"step {step} is asked for; sequence {first + n} has {lengths[n]} steps, so it must lie in "
            f"{-lengths[n]}..{lengths[n] - 1}"
        )
    return lengths + step if step < 0 else np.full_like(lengths, step)


def _taken(position: npt.NDArray[np.int64], record: Record) -> npt.NDArray[np.bool_]:
    """Which steps lead to the memory after each sequence's ``position``, itself included, (N, T)."""
    t = np.arange(record.h.shape[1])
    if record.reverse:
        return (t >= position[:, None]) & (t < record.lengths[:, None])
    return t <= position[:, None]


def _spread(step: npt.NDArray[np.int64]) -> str:
    low, high = int(step.min()), int(step.max())
    return str(low) if low == high else f"{low}..{high}"
