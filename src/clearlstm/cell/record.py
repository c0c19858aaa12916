"""What a pass through one layer leaves behind: its buffers, named.

The reference and the kernels fill the same records, so whatever looks at one can look at the other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import gate_slice
from clearlstm.shapes import FloatArray


@dataclass(frozen=True)
class LSTMWeights:
    """The parameters of one layer in one direction: W (F, 4H), U (H, 4H), b (4H,), and peepholes p (3H,) or None."""

    W: FloatArray
    U: FloatArray
    b: FloatArray
    p: FloatArray | None = None


@dataclass(frozen=True)
class LSTMRecord:
    """The forward pass of one LSTM layer in one direction, in original time order, 0 beyond a sequence's length.

    gates (N, T, 4H) in the order of ``layout.GATES``; c, h (N, T, H): the state *after* each step; h_0, c_0, h_n, c_n
    (N, H): the states before the first and after the last step that was taken; lengths (N,).
    With ``reverse`` the steps were taken from a sequence's last real step back to its first.
    """

    gates: FloatArray
    c: FloatArray
    h: FloatArray
    h_0: FloatArray
    c_0: FloatArray
    h_n: FloatArray
    c_n: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool = False

    @property
    def f(self) -> FloatArray:
        """Forget gate ("% long-term memory to remember"), (N, T, H)."""
        return self._gate("f")

    @property
    def i(self) -> FloatArray:
        """Input gate ("% potential memory to remember"), (N, T, H)."""
        return self._gate("i")

    @property
    def g(self) -> FloatArray:
        """Candidate ("potential long-term memory"), (N, T, H)."""
        return self._gate("g")

    @property
    def o(self) -> FloatArray:
        """Output gate ("% potential short-term memory to remember"), (N, T, H)."""
        return self._gate("o")

    def _gate(self, gate: str) -> FloatArray:
        return self.gates[..., gate_slice(gate, self.h.shape[-1])]

    def h_prev(self) -> FloatArray:
        """The short-term memory that each step started from, (N, T, H)."""
        return previous(self.h, self.h_0, self.lengths, self.reverse)

    def c_prev(self) -> FloatArray:
        """The long-term memory that each step started from, (N, T, H)."""
        return previous(self.c, self.c_0, self.lengths, self.reverse)


@dataclass(frozen=True)
class LSTMGradients:
    """Gradients of one layer: named as what they belong to; ``x`` is (N, T, F), ``h_0`` and ``c_0`` (N, H)."""

    x: FloatArray
    W: FloatArray
    U: FloatArray
    b: FloatArray
    h_0: FloatArray
    c_0: FloatArray
    p: FloatArray | None = None


@dataclass(frozen=True)
class RNNWeights:
    """The parameters of one plain recurrent layer in one direction: W (F, H), U (H, H), b (H,)."""

    W: FloatArray
    U: FloatArray
    b: FloatArray


@dataclass(frozen=True)
class RNNRecord:
    """The forward pass of one plain recurrent layer; fields as in :class:`LSTMRecord`."""

    h: FloatArray
    h_0: FloatArray
    h_n: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool = False

    def h_prev(self) -> FloatArray:
        """The state that each step started from, (N, T, H)."""
        return previous(self.h, self.h_0, self.lengths, self.reverse)


@dataclass(frozen=True)
class RNNGradients:
    """Gradients of one plain recurrent layer, named as what they belong to."""

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
    padding = np.arange(state.shape[1]) >= lengths[:, None]
    before[padding] = 0
    return before


def rows_of(array: FloatArray) -> FloatArray:
    """All steps of all sequences under each other: (N, T, …) as (N·T, …)."""
    return array.reshape(-1, array.shape[-1])


def step_order(n_steps: int, reverse: bool) -> range:
    """The steps in the order in which they are taken."""
    return range(n_steps - 1, -1, -1) if reverse else range(n_steps)
