"""What is timed: shapes from one short sequence to a processor's full load, and odd ones."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cells import CELLS

Task = Literal["forward", "all", "last"]
"""Forward; forward and backward with the loss on all steps; the same with the loss on the last step only."""

TASKS: Final[tuple[Task, ...]] = ("forward", "all", "last")


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
        directions, n_gates = 2 if self.bidirectional else 1, len(CELLS[self.cell].gates)
        total = 0.0
        for k in range(self.layers):
            F = self.F if k == 0 else directions * self.H
            forward = 2.0 * self.lengths().sum() * (F + self.H) * n_gates * self.H * directions
            unasked = forward * F / (F + self.H) if k == 0 else 0.0
            total += forward if task == "forward" else 3 * forward - unasked
        return total


GRID: Final = (
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

QUICK: Final = (Row(1, 50, 1, 8), Row(7, 33, 3, 20), Row(32, 50, 1, 32), Row(64, 100, 8, 64, shortest=5))
