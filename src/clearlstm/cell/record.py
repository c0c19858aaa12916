"""What a pass through one layer leaves behind: its buffers, named.

The reference and the kernels fill the same records, so whatever looks at one can look at the other. Each cell has data
classes of its own; here is what they share.
"""

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import gate_slice
from clearlstm.shapes import FloatArray, real_steps

if TYPE_CHECKING:
    from clearlstm.cell.cell import Cell


class Weights:
    """The parameters of one layer in one direction: W (F, kH), U (H, kH), b (kH,) for k gates, and optional ones."""

    cell: ClassVar["Cell"]
    W: FloatArray
    U: FloatArray
    b: FloatArray


class Record:
    """The forward pass of one layer in one direction, in original time order, 0 beyond a sequence's length.

    gates (N, T, kH) in the cell's order, if it has any; its states, such as h (N, T, H), *after* each step; those
    before the first step and after the last one that was taken, such as h_0 and h_n (N, H); lengths (N,). With
    ``reverse`` the steps were taken from a sequence's last real step back to its first.
    """

    cell: ClassVar["Cell"]
    gates: FloatArray
    h: FloatArray
    h_0: FloatArray
    h_n: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool

    def gate(self, name: str) -> FloatArray:
        """What one gate let through, (N, T, H)."""
        return self.gates[..., gate_slice(name, self.h.shape[-1], self.cell.gates)]

    def before(self, state: str) -> FloatArray:
        """The state that each step started from, (N, T, H)."""
        return previous(getattr(self, state), getattr(self, f"{state}_0"), self.lengths, self.reverse)

    def h_prev(self) -> FloatArray:
        """The short-term memory that each step started from, (N, T, H)."""
        return self.before("h")


class Gradients:
    """Gradients of one layer: named as what they belong to; ``x`` is (N, T, F), those by first states (N, H)."""

    x: FloatArray
    W: FloatArray
    U: FloatArray
    b: FloatArray
    h_0: FloatArray


def previous(state: FloatArray, first: FloatArray, lengths: npt.NDArray[np.int64], reverse: bool) -> FloatArray:
    """The state before each step, (N, T, H), from those after each step and the first; 0 in padding.

    >>> import numpy as np
    >>> h = np.array([[[1.0], [2.0], [3.0]]])
    >>> previous(h, np.array([[9.0]]), np.array([3]), reverse=False).ravel()
    array([9., 1., 2.])
    >>> previous(h, np.array([[9.0]]), np.array([3]), reverse=True).ravel()
    array([2., 3., 9.])
    """
    before = np.zeros_like(state)
    rows = np.arange(len(state))
    if reverse:
        before[:, :-1] = state[:, 1:]
        before[rows, lengths - 1] = first
    else:
        before[:, 1:] = state[:, :-1]
        before[:, 0] = first
    before[~real_steps(lengths, state.shape[1])] = 0
    return before


def rows_of(array: FloatArray) -> FloatArray:
    """All steps of all sequences under each other: (N, T, …) as (N·T, …)."""
    return array.reshape(-1, array.shape[-1])


def step_order(n_steps: int, reverse: bool) -> range:
    """The steps in the order in which they are taken."""
    return range(n_steps - 1, -1, -1) if reverse else range(n_steps)
