"""What is timed: shapes from one short sequence to a processor's full load, and odd ones."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cells import CELLS

Task = Literal["forward", "trace", "all", "last"]
"""Forward, for its answers alone; forward with everything recorded; forward and backward with the loss on all steps;
the same with the loss on the last step only."""

TASKS: Final[tuple[Task, ...]] = ("forward", "trace", "all", "last")
ANSWERS: Final[tuple[Task, ...]] = ("forward",)


class Activations(NamedTuple):
    """sigmoid and tanh that one unit's step takes."""

    forward: int
    backward: int
    """Computed again on the way back, beyond those of the forward pass."""

    links: float
    """How often a step waits for a sigmoid and then for a tanh, before the next step can begin."""


ACTIVATIONS: Final = {
    "LSTM": Activations(5, 1, 1),  # f, i, g, o and tanh(c), which the way back takes again
    "GRU": Activations(3, 0, 1),  # r, u and g; g waits for r
    "RNN": Activations(1, 0, 0.5),  # tanh alone
}
"""As the compiled kernels of each cell have them."""


@dataclass(frozen=True)
class Row:
    """One line of the benchmark: N sequences of T steps with F features, H hidden units."""

    N: int
    T: int
    F: int
    H: int
    layers: int = 1
    bidirectional: bool = False
    shortest: int | None = None
    """With a shortest length, the lengths are spread evenly from it to T; otherwise all are T."""

    cell: str = "LSTM"
    tasks: tuple[Task, ...] = TASKS
    """What is timed."""

    @property
    def directions(self) -> int:
        """In which each sequence is read."""
        return 2 if self.bidirectional else 1

    @property
    def name(self) -> str:
        """As the table shows it."""
        extra = [
            f"{self.layers} layers" if self.layers > 1 else "",
            "2 directions" if self.bidirectional else "",
            f"lengths {self.shortest}…{self.T}" if self.shortest else "",
            self.cell if self.cell != "LSTM" else "",
        ]
        return ", ".join([f"{self.N} {self.T} {self.F} {self.H}", *filter(None, extra)])

    def lengths(self) -> npt.NDArray[np.int64]:
        """The real steps of each sequence, (N,), in no particular order."""
        if self.shortest is None:
            return np.full(self.N, self.T)
        even = np.linspace(self.shortest, self.T, self.N).round().astype(np.int64)
        return np.random.default_rng(0).permutation(even)

    def operations(self, task: Task) -> float:
        """Floating-point operations in the matrix products (multiply and add count as two), real steps only.

        The backward pass has two products for each of the forward pass, except that nobody asks for the gradient by x.
        """
        n_gates, total = len(CELLS[self.cell].gates), 0.0
        for k in range(self.layers):
            F = self.F if k == 0 else self.directions * self.H
            forward = 2.0 * self.lengths().sum() * (F + self.H) * n_gates * self.H * self.directions
            unasked = forward * F / (F + self.H) if k == 0 else 0.0
            total += forward if task in ("forward", "trace") else 3 * forward - unasked
        return total

    def activations(self, task: Task) -> float:
        """sigmoid and tanh of single numbers, real units and real steps only."""
        counts = ACTIVATIONS[self.cell]
        each = counts.forward if task in ("forward", "trace") else counts.forward + counts.backward
        return float(self.lengths().sum() * self.H * self.layers * self.directions * each)

    def links(self) -> float:
        """sigmoid-then-tanh that wait for one another: of the longest sequence, layer after layer.

        The way back has none: it knows every gate already.
        """
        return self.T * self.layers * self.directions * ACTIVATIONS[self.cell].links


TRAINED: Final = (
    Row(1, 50, 1, 8),
    Row(1, 50, 1, 64),
    Row(7, 33, 3, 20),
    Row(32, 50, 1, 16),
    Row(32, 50, 1, 32),
    Row(32, 365, 5, 64),
    Row(64, 50, 8, 64),
    Row(64, 100, 8, 128),
    Row(128, 100, 16, 256),
    Row(256, 365, 5, 256),
    Row(64, 100, 512, 512),
    Row(64, 100, 8, 64, layers=2),
    Row(64, 100, 8, 64, bidirectional=True),
    Row(64, 100, 8, 64, shortest=5),
    Row(32, 50, 1, 32, cell="GRU"),
    Row(64, 100, 8, 128, cell="GRU"),
)

ODD: Final = (
    Row(9, 47, 2, 12, tasks=ANSWERS),
    Row(24, 90, 3, 24, tasks=ANSWERS),
    Row(48, 30, 1, 40, tasks=ANSWERS),
    Row(40, 120, 6, 72, tasks=ANSWERS),
    Row(100, 64, 10, 96, tasks=ANSWERS),
    Row(96, 60, 20, 160, tasks=ANSWERS),
    Row(80, 80, 32, 320, tasks=ANSWERS),
    Row(2, 200, 4, 48, tasks=ANSWERS),
    Row(1, 40, 1, 6, tasks=ANSWERS),
    Row(1, 60, 2, 32, tasks=ANSWERS),
    Row(1, 2000, 1, 40, tasks=ANSWERS),
    Row(3, 24, 1, 16, tasks=ANSWERS),
)
"""Sizes that no register or tile divides, and few rows."""

SAMPLES_A_SECOND: Final = 48_000
SOUND: Final = tuple(Row(1, SAMPLES_A_SECOND, 1, H, tasks=ANSWERS) for H in (8, 16, 32, 64))
"""One second of sound, a number a step."""

GRID: Final = (*TRAINED, *ODD, *SOUND)

QUICK: Final = (Row(1, 50, 1, 8), Row(7, 33, 3, 20), Row(32, 50, 1, 32), Row(64, 100, 8, 64, shortest=5))
