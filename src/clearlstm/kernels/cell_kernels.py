"""What the engine must know of a cell's kernels to call them; a module of kernels holds one such ``CELL``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clearlstm.kernels.compiling import Kernel
from clearlstm.shapes import FloatArray

Arrays = tuple[FloatArray, FloatArray, FloatArray]


def _as_they_are(weights: Any) -> Arrays:
    return weights.W, weights.U, weights.b


def _as_they_came(dW: FloatArray, dU: FloatArray, db: FloatArray) -> Arrays:
    return dW, dU, db


@dataclass(frozen=True)
class CellKernels:
    """The kernels of one cell.

    forward, backward
        ``forward(W, U, b, weights, x, *first states, order, lengths, reverse, *recorded, *last states, joint, joint_at,
        scratch)``,
        where weights is memory for W, U and b in strips (b without elements: they are there already; weights without:
        W, U and b are read as they are) and what is recorded may be without elements; and
        ``backward(*read back, turned, *rows, reverse, dh, dh_at, *by last states, dz, dx, *by first states, scratch)``.
    columns
        Of W, U and b as the kernels read them, for each unit: 4, side by side in a strip, or 1 (see ``strips``).
    read_back
        What of a record the way back needs.
    forward_states, backward_states
        How many states, P·V numbers each, the scratch holds for each row, besides what all cells need.
    shares_units
        Whether two threads can go through a single sequence together, each with half of the units.
    packed, unpacked
        From a cell's weights to W, U and b as the kernels read them, and from the gradients by these to those by W, U,
        b and the cell's optional parameters.
    """

    forward: Kernel
    backward: Kernel
    columns: int
    read_back: tuple[str, ...]
    forward_states: int = 0
    backward_states: int = 0
    shares_units: bool = False
    packed: Callable[[Any], Arrays] = _as_they_are
    unpacked: Callable[..., tuple[FloatArray, ...]] = _as_they_came
