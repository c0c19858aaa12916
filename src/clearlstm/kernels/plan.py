"""What a pass over a batch needs besides its numbers: sizes in strips, the order of rows, threads, memory to work in.

All of it depends on a few sizes alone, so it is kept from one call to the next: small calls take longer to prepare than
to compute.
"""

import functools
import importlib
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cell import Cell
from clearlstm.kernels import steps
from clearlstm.kernels.buffers import empty, unlocked
from clearlstm.kernels.cell_kernels import CellKernels
from clearlstm.kernels.steps import ROWS_AT_ONCE
from clearlstm.kernels.team import run
from clearlstm.kernels.threads import get_num_threads
from clearlstm.kernels.tile import NARROW_ROWS
from clearlstm.kernels.vector import REGISTER_BYTES
from clearlstm.kernels.weight_gradients import BLOCK_STEPS
from clearlstm.shapes import FloatArray, whole_lengths

WORTH_SHARING: Final = 1.5e6
"""Floating-point operations below which one thread is done before a second one has woken up."""

WORTH_SHARING_UNITS: Final = 2e7
"""The same of two threads that share a sequence's units: what they win is less than half."""

WORTH_A_MEETING: Final = 4e4
"""Operations of a step below which two threads lose more by meeting than they win."""

UPDATE_OPERATIONS: Final = 250
"""What a unit's activations take, in the time of so many operations of a product."""

MOST_GROUPS: Final = 8
MOST_NUMBERS_IN_GROUPS: Final = 2**18
"""Of the weights' gradients, in all groups together."""

FEW_SEQUENCES: Final = 2
FEW_STEPS: Final = 4
"""Of them all, for which weights aren't packed."""

KEPT_BYTES: Final = 2**19
"""What a plan keeps for its next call is less."""

FEW: Final = 4
"""Calls of one size at a time, from several threads, whose memory is kept."""

Lengths = npt.NDArray[np.int64]
State = tuple[FloatArray, ...]


@dataclass(frozen=True)
class Strips:
    """One layer's sizes in strips (see ``strips``).

    P strips of Q registers of V numbers; K rows in a strip of weights (b, W, U); M numbers in one step's dz, of which
    ``columns`` are no padding.
    """

    P: int
    Q: int
    V: int
    K: int
    M: int
    columns: int

    def groups(self, n_sequences: int, n_steps: int) -> int:
        """Into how many groups the weights' gradients divide a batch (see ``weight_gradients``): a power of two.

        It shapes their sums, so it depends on nothing that differs from one processor to another.
        """
        largest = min(
            MOST_GROUPS, n_sequences, n_steps // BLOCK_STEPS, MOST_NUMBERS_IN_GROUPS // (self.K * self.columns)
        )
        return 1 << max(largest, 1).bit_length() - 1


@functools.lru_cache(maxsize=64)
def strips_of(F: int, H: int, itemsize: int, columns: int) -> Strips:
    """The sizes of a layer whose weights have so many columns a unit."""
    V = REGISTER_BYTES // itemsize
    Q, units = (4, V) if columns == 4 else (2, 2 * V)
    P = -(-H // units)
    return Strips(P, Q, V, 1 + F + H, P * Q * V, columns * H)


def worth_sharing(n_steps: int, F: int, H: int, columns: int) -> bool:
    """Whether threads are worth waking for so many real steps."""
    return n_steps * _operations(F, H, columns) >= WORTH_SHARING


def worth_meeting(n_steps: int, F: int, H: int, own: CellKernels) -> bool:
    """Whether two threads should go through one sequence together, and meet at each step."""
    per_step = _operations(F, H, own.columns)
    return own.shares_units and per_step >= WORTH_A_MEETING and n_steps * per_step >= WORTH_SHARING_UNITS


def _operations(F: int, H: int, columns: int) -> float:
    """Of one step of one sequence."""
    return H * (2.0 * (1 + F + H) * columns + UPDATE_OPERATIONS)


def scratch_for(
    n_parts: int, N: int, numbers_per_row: int, more: int, sizes: Strips, dtype: np.dtype[Any]
) -> FloatArray:
    """Memory for each part, (n_parts, numbers), each starting at a register's boundary."""
    numbers = -(-N // n_parts) * numbers_per_row + more
    return empty((n_parts, -(-numbers // sizes.V) * sizes.V), dtype)


@dataclass(frozen=True)
class Rows:
    """The sequences of a batch: ``order`` (N,), in which threads are dealt them, lengths (N,), and R, all real steps.

    Threads read the arrays; nobody writes to them.
    """

    order: Lengths
    lengths: Lengths
    n_steps: int


def longest_first(lengths: Lengths) -> Rows:
    """Sequences of these lengths in the order in which they are dealt."""
    if len(lengths) and lengths is whole_lengths(len(lengths), int(lengths[0])):
        return whole_batch(len(lengths), int(lengths[0]))
    order = np.empty(len(lengths), np.int64)
    lengths = unlocked(lengths)
    n_steps = steps.survey(lengths, order)
    return Rows(order if n_steps >= 0 else np.argsort(-lengths, kind="stable"), lengths, abs(n_steps))


@functools.lru_cache(maxsize=16)
def whole_batch(N: int, T: int) -> Rows:
    """N sequences of T steps."""
    return Rows(np.arange(N), np.full(N, T, np.int64), N * T)


@functools.lru_cache(maxsize=64)
def kernels_of(cell: Cell) -> CellKernels:
    """The kernels of a cell, which are compiled when they are first asked for."""
    own: CellKernels = importlib.import_module(cell.kernels).CELL
    return own


def own_columns(joint: FloatArray, H: int, reverse: bool) -> int:
    """Where in both directions' columns the reverse one's begin."""
    return H if reverse and joint.shape[2] > H else 0


@functools.cache
def nothing(dtype: np.dtype[Any]) -> FloatArray:
    """What is not recorded."""
    return np.empty((0, 0, 0), dtype)


def plan_for(cell: Cell, x: FloatArray, weights: Any, rows: Rows) -> "Plan":
    """The plan of a pass over x (N, T, F) with the real steps of ``rows``."""
    (N, _, F), H, own = x.shape, weights.U.shape[0], kernels_of(cell)
    shared = worth_sharing(rows.n_steps, F, H, own.columns) if N > 1 else worth_meeting(rows.n_steps, F, H, own)
    return _plan(cell, N, F, H, x.dtype, shared, N <= FEW_SEQUENCES and rows.n_steps <= FEW_STEPS)


class Plan:
    """What a layer's forward pass over N sequences needs besides their numbers; ``few`` is whether it has few steps.

    Memory to work in waits here for the next pass of this size, if it is little; a call has it for itself.
    """

    def __init__(
        self, cell: Cell, N: int, F: int, H: int, dtype: np.dtype[Any], worth_sharing: bool, few: bool
    ) -> None:
        self.own = own = kernels_of(cell)
        self.N, self.H, self.dtype, self.state, self.n_states = N, H, dtype, (N, H), len(cell.states)
        self.sizes = sizes = strips_of(F, H, dtype.itemsize, own.columns)
        self.worth_sharing = worth_sharing
        padded = sizes.P * sizes.V if own.columns == 4 else H
        self.per_row = 2 * (1 + F + padded) + own.forward_states * padded
        # To pack the weights would take longer than a few steps with them as they are.
        unpacked = few and own.columns == 4 and H % sizes.V == 0
        self.packed = (0 if unpacked else sizes.P, sizes.K, sizes.Q, sizes.V)
        self.z = (ROWS_AT_ONCE if own.columns == 4 else NARROW_ROWS) * sizes.Q * sizes.V
        self.nothing = nothing(dtype)
        self.unrecorded = [self.nothing] * len(cell.recorded)
        self.is_small = (math.prod(self.packed) + N * self.per_row + self.z) * dtype.itemsize < KEPT_BYTES
        self.zeros = self.new_zeros() if self.is_small else None
        self.waiting: list[tuple[FloatArray, FloatArray]] = []

    def pass_over(
        self,
        x: FloatArray,
        weights: Any,
        first: State | None,
        rows: Rows,
        reverse: bool,
        recorded: list[FloatArray],
        joint: FloatArray,
        check: bool = False,
    ) -> list[FloatArray] | None:
        """All steps: fills what is ``recorded`` and ``joint``, returns the last states. First None: zeros.

        With ``check``, None is returned, and nothing was computed, if x or a first state holds what isn't finite.
        """
        n_parts = self.n_parts()
        packed, scratch = self.memory(n_parts)
        last = [np.empty(self.state, self.dtype) for _ in range(self.n_states)]
        begin = (self.zeros or self.new_zeros()) if first is None else [unlocked(state) for state in first]
        W, U, b = map(unlocked, self.own.packed(weights))
        at = own_columns(joint, self.H, reverse) if reverse else 0
        beside = (*recorded, *last, joint, at, scratch)
        done = run(
            self.own.forward, n_parts, check, W, U, b, packed, x, *begin, rows.order, rows.lengths, reverse, *beside
        )
        if n_parts == 1 and self.is_small and len(self.waiting) < FEW:
            self.waiting.append((packed, scratch))  # what is large waits in the pool instead
        return last if done else None

    def n_parts(self) -> int:
        """Threads for a pass: as many as there are for the rows of a batch, two for a single long sequence."""
        if not self.worth_sharing:
            return 1
        return min(max(self.N, 2), get_num_threads())

    def new_zeros(self) -> list[FloatArray]:
        """States to begin with, which nobody writes to."""
        return [np.zeros(self.state, self.dtype)] * self.n_states

    def memory(self, n_parts: int) -> tuple[FloatArray, FloatArray]:
        """For weights in strips, and for each part to work in."""
        try:
            return self.waiting.pop() if n_parts == 1 else self.new_memory(n_parts)
        except IndexError:
            return self.new_memory(n_parts)

    def new_memory(self, n_parts: int) -> tuple[FloatArray, FloatArray]:
        """The same, which nothing was kept in before."""
        packed = empty(self.packed, self.dtype)
        return packed, scratch_for(n_parts, self.N, self.per_row, self.z, self.sizes, self.dtype)


_plan = functools.lru_cache(maxsize=32)(Plan)
