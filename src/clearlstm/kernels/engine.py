"""The compiled kernels' functions: buffers, layouts, and parts of the work for the threads."""

import functools
import importlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cell import Cell
from clearlstm.cell.record import Record
from clearlstm.kernels import blends, elementwise, products, steps, strips, suffix
from clearlstm.kernels.blends_reference import PERIOD, SMOOTH, Members, empty_answers
from clearlstm.kernels.buffers import empty, unlocked
from clearlstm.kernels.cell_kernels import Arrays, CellKernels
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.steps import ROWS_AT_ONCE
from clearlstm.kernels.strips import WORTH_SHARING_NUMBERS
from clearlstm.kernels.team import run
from clearlstm.kernels.threads import get_num_threads
from clearlstm.kernels.tile import NARROW_ROWS
from clearlstm.kernels.vector import REGISTER_BYTES
from clearlstm.kernels.weight_gradients import BLOCK_STEPS, weight_gradients
from clearlstm.shapes import FloatArray, whole_lengths

WORTH_SHARING: Final = 1.5e6
"""Floating-point operations below which one thread is done before a second one has woken up."""

UPDATE_OPERATIONS: Final = 250
"""What a unit's activations take, in the time of so many operations of a product."""

WORTH_SHARING_ROWS: Final = 2000
"""Rows of series to be walked through below which it holds again."""

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
class _Strips:
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
def _strips(F: int, H: int, itemsize: int, columns: int) -> _Strips:
    V = REGISTER_BYTES // itemsize
    Q, units = (4, V) if columns == 4 else (2, 2 * V)
    P = -(-H // units)
    return _Strips(P, Q, V, 1 + F + H, P * Q * V, columns * H)


def _worth_sharing(n_steps: int, F: int, H: int, columns: int) -> bool:
    """Whether threads are worth waking for so many real steps."""
    operations = n_steps * H * (2.0 * (1 + F + H) * columns + UPDATE_OPERATIONS)
    return operations >= WORTH_SHARING


def _moved_by(numbers: FloatArray) -> int:
    """Threads for bringing ``numbers`` into another layout."""
    return get_num_threads() if numbers.size >= WORTH_SHARING_NUMBERS else 1


def _scratch(n_parts: int, N: int, numbers_per_row: int, more: int, sizes: _Strips, dtype: np.dtype[Any]) -> FloatArray:
    """Memory for each part, (n_parts, numbers), each starting at a register's boundary."""
    numbers = -(-N // n_parts) * numbers_per_row + more
    return empty((n_parts, -(-numbers // sizes.V) * sizes.V), dtype)


def _empty_like(array: FloatArray) -> FloatArray:
    """A new array of the same kind, with whatever its memory held."""
    return empty(array.shape, array.dtype)


@dataclass(frozen=True)
class _Rows:
    """The sequences of a batch: ``order`` (N,), in which threads are dealt them, lengths (N,), and R, all real steps.

    Threads read the arrays; nobody writes to them.
    """

    order: Lengths
    lengths: Lengths
    n_steps: int


def _longest_first(lengths: Lengths) -> _Rows:
    if len(lengths) and lengths is whole_lengths(len(lengths), int(lengths[0])):
        return _whole(len(lengths), int(lengths[0]))
    order = np.empty(len(lengths), np.int64)
    lengths = unlocked(lengths)
    n_steps = steps.survey(lengths, order)
    return _Rows(order if n_steps >= 0 else np.argsort(-lengths, kind="stable"), lengths, abs(n_steps))


@functools.lru_cache(maxsize=16)
def _whole(N: int, T: int) -> _Rows:
    """N sequences of T steps."""
    return _Rows(np.arange(N), np.full(N, T, np.int64), N * T)


@functools.lru_cache(maxsize=64)
def _kernels(cell: Cell) -> CellKernels:
    """The kernels of a cell, which are compiled when they are first asked for."""
    own: CellKernels = importlib.import_module(cell.kernels).CELL
    return own


def forward(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    first: State,
    lengths: Lengths,
    reverse: bool,
    out: Record | None,
    joint: FloatArray | None,
) -> Any:
    """``kernels.forward``."""
    (N, T, _), H = x.shape, first[0].shape[1]
    if out is None:
        recorded = [empty((N, T, k * H), x.dtype) for k in cell.recorded.values()]
    else:
        recorded = [getattr(out, name) for name in cell.recorded]
    last = _through(cell, x, weights, first, lengths, reverse, recorded, joint)
    return cell.record(*recorded, *first, *last, lengths, reverse)


def answer(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    first: State | None,
    lengths: Lengths,
    reverse: bool,
    joint: FloatArray | None,
) -> tuple[FloatArray, list[FloatArray]]:
    """``kernels.answer``."""
    h = empty((*x.shape[:2], weights.U.shape[0]), x.dtype) if joint is None else joint
    return h, _through(cell, x, weights, first, lengths, reverse, [_nothing(x.dtype)] * len(cell.recorded), h)


def _own_columns(joint: FloatArray, H: int, reverse: bool) -> int:
    """Where in both directions' columns the reverse one's begin."""
    return H if reverse and joint.shape[2] > H else 0


@functools.cache
def _nothing(dtype: np.dtype[Any]) -> FloatArray:
    """What is not recorded."""
    return np.empty((0, 0, 0), dtype)


def _through(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    first: State | None,
    lengths: Lengths,
    reverse: bool,
    recorded: list[FloatArray],
    joint: FloatArray | None = None,
) -> list[FloatArray]:
    """All steps of a layer: fills what is ``recorded`` and ``joint``; returns the last states. First None: zeros."""
    rows = _longest_first(lengths)
    plan = _plan_for(cell, x, weights, rows)
    beside = plan.nothing if joint is None else joint
    return plan.pass_over(unlocked(x), weights, first, rows, reverse, recorded, beside)


def _plan_for(cell: Cell, x: FloatArray, weights: Any, rows: _Rows) -> "_Plan":
    (N, _, F), H, columns = x.shape, weights.U.shape[0], _kernels(cell).columns
    shared = N > 1 and _worth_sharing(rows.n_steps, F, H, columns)
    return _plan(cell, N, F, H, x.dtype, shared, N <= FEW_SEQUENCES and rows.n_steps <= FEW_STEPS)


class _Plan:
    """What a layer's forward pass over N sequences needs besides their numbers; ``few`` is whether it has few steps.

    Memory to work in waits here for the next pass of this size, if it is little; a call has it for itself.
    """

    def __init__(
        self, cell: Cell, N: int, F: int, H: int, dtype: np.dtype[Any], worth_sharing: bool, few: bool
    ) -> None:
        self.own = own = _kernels(cell)
        self.N, self.H, self.dtype, self.state, self.n_states = N, H, dtype, (N, H), len(cell.states)
        self.sizes = sizes = _strips(F, H, dtype.itemsize, own.columns)
        self.worth_sharing = worth_sharing
        padded = sizes.P * sizes.V if own.columns == 4 else H
        self.per_row = 2 * (1 + F + padded) + own.forward_states * padded
        # To pack the weights would take longer than a few steps with them as they are.
        unpacked = few and own.columns == 4 and H % sizes.V == 0
        self.packed = (0 if unpacked else sizes.P, sizes.K, sizes.Q, sizes.V)
        self.z = (ROWS_AT_ONCE if own.columns == 4 else NARROW_ROWS) * sizes.Q * sizes.V
        self.nothing = _nothing(dtype)
        self.unrecorded = [self.nothing] * len(cell.recorded)
        self.waiting: list[tuple[FloatArray, FloatArray]] = []

    def pass_over(
        self,
        x: FloatArray,
        weights: Any,
        first: State | None,
        rows: _Rows,
        reverse: bool,
        recorded: list[FloatArray],
        joint: FloatArray,
    ) -> list[FloatArray]:
        """The pass itself: see :func:`_through`."""
        n_parts = min(self.N, get_num_threads()) if self.worth_sharing else 1
        packed, scratch = self.memory(n_parts)
        last = [np.empty(self.state, self.dtype) for _ in range(self.n_states)]
        if first is None:
            begin = [np.zeros(self.state, self.dtype) for _ in last]
        else:
            begin = [unlocked(state) for state in first]
        W, U, b = self.own.packed(weights)
        given = (unlocked(W), unlocked(U), unlocked(b), packed, x, *begin, rows.order, rows.lengths, reverse)
        at = _own_columns(joint, self.H, reverse)
        run(self.own.forward, n_parts, *given, *recorded, *last, joint, at, scratch)
        self.give_back(packed, scratch)
        return last

    def memory(self, n_parts: int) -> tuple[FloatArray, FloatArray]:
        """For weights in strips, and for each part to work in."""
        try:
            return self.waiting.pop() if n_parts == 1 else self.new_memory(n_parts)
        except IndexError:
            return self.new_memory(n_parts)

    def new_memory(self, n_parts: int) -> tuple[FloatArray, FloatArray]:
        """The same, which nothing was kept in before."""
        packed = empty(self.packed, self.dtype)
        return packed, _scratch(n_parts, self.N, self.per_row, self.z, self.sizes, self.dtype)

    def give_back(self, packed: FloatArray, scratch: FloatArray) -> None:
        """Keep the memory; what is large waits in the pool instead."""
        if scratch.shape[0] == 1 and packed.nbytes + scratch.nbytes < KEPT_BYTES and len(self.waiting) < FEW:
            self.waiting.append((packed, scratch))


_plan = functools.lru_cache(maxsize=32)(_Plan)


def backward(
    cell: Cell, x: FloatArray, weights: Any, record: Record, dh: FloatArray | None, dlast: State, need_dx: bool
) -> Any:
    """``kernels.backward``."""
    own = _kernels(cell)
    back = _Backward(x, own.packed(weights), record, need_dx, own.columns)
    dfirst = [_empty_like(state) for state in dlast]
    seen = [unlocked(getattr(record, name)) for name in own.read_back]
    given = (*seen, back.turned, *back.rows, record.reverse, *back.by_every_h(dh), *map(unlocked, dlast))
    scratch = back.scratch(own.backward_states * back.sizes.P * back.sizes.V)
    run(own.backward, back.n_parts, *given, back.dz, back.dx, *dfirst, scratch)
    W, U, b, *optional = own.unpacked(*back.weight_gradients())
    return cell.gradients(back.wanted_dx(), W, U, b, *dfirst, *optional)


def step(cell: Cell, x_t: FloatArray, weights: Any, before: State | None) -> list[FloatArray]:
    """``kernels.step``."""
    x, rows = unlocked(x_t)[:, None], _whole(len(x_t), 1)
    plan = _plan_for(cell, x, weights, rows)
    return plan.pass_over(x, weights, before, rows, False, plan.unrecorded, plan.nothing)


class Stepper:
    """``kernels.stepper``."""

    def __init__(self, cell: Cell, weights: Any, N: int) -> None:
        dtype, F, H = weights.W.dtype, len(weights.W), len(weights.U)
        no_x, no_steps, rows = np.zeros((N, 1, F), dtype), np.zeros(N, np.int64), _whole(N, 1)
        plan = _plan_for(cell, no_x, weights, rows)
        self._kernel, self._n_parts = plan.own.forward, min(N, get_num_threads()) if plan.worth_sharing else 1
        self.states = [np.zeros((N, H), dtype) for _ in cell.states]
        packed = empty((plan.sizes.P, *plan.packed[1:]), dtype)
        scratch = plan.new_memory(self._n_parts)[1]
        # The weights go into strips once, with a pass of no steps; without b they are taken to be there.
        W, U, b = map(unlocked, plan.own.packed(weights))
        last = (False, *plan.unrecorded, *self.states, plan.nothing, 0, scratch)
        run(self._kernel, 1, W, U, b, packed, no_x, *self.states, rows.order, no_steps, *last)
        self._weights, self._rest = (W, U, b[:0], packed), (*self.states, rows.order, rows.lengths, *last)

    def __call__(self, x_t: FloatArray) -> FloatArray:
        """One step."""
        run(self._kernel, self._n_parts, *self._weights, unlocked(x_t)[:, None], *self._rest)
        return self.states[0]


def memory_entries(
    gates: FloatArray, n_units: int, begin: Lengths, end: Lengths, reverse: bool
) -> tuple[FloatArray, FloatArray]:
    """``kernels.memory_entries``."""
    N, T, H = *gates.shape[:2], n_units
    entries, kept = empty((N, T, H), np.dtype(np.float64)), np.empty((N, H))
    n_parts = min(N, _moved_by(entries))
    run(suffix.entries, n_parts, unlocked(gates), begin, end, reverse, entries, kept)
    return entries, kept


def blend(
    z: FloatArray, begins: Lengths, ends: Lengths, wanted: Lengths, bounds: Lengths, members: Members, h: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``kernels.blend``."""
    answers = empty_answers(len(wanted), len(begins), members, h)
    n_rows = int((ends - begins).sum())
    n_parts = min(len(begins), get_num_threads() if n_rows >= WORTH_SHARING_ROWS else 1)
    if n_parts:
        kinds, about, prior = members.kinds, np.ascontiguousarray(members.about.T), members.prior
        walked = (unlocked(z), begins, ends, wanted, bounds, kinds, about, prior, _groups(members))
        run(blends.blend, n_parts, *walked, *answers)
    return answers


def _groups(members: Members) -> Lengths:
    """Where smoothings of one season stand together, (G, 3): the first, one past the last, and the season."""
    seasons = np.where(members.kinds == SMOOTH, members.about[:, PERIOD].astype(np.int64), 0)
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(seasons)) + 1, [len(seasons)]])
    groups = np.stack([bounds[:-1], bounds[1:], seasons[bounds[:-1]]], axis=1)
    return np.ascontiguousarray(groups[groups[:, 2] > 0])


def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """``kernels.product``."""
    (R, K), M, V = a.shape, b.shape[1], REGISTER_BYTES // a.itemsize
    n_parts = min(R, get_num_threads() if 2.0 * R * K * max(M, 2 * V) >= WORTH_SHARING else 1)
    out = empty((R, M), a.dtype)
    if not R:
        return out
    scratch = empty((n_parts, (products.BLOCK + -(-R // n_parts)) * 2 * V), a.dtype)
    run(products.product, n_parts, *_as_it_lies(a), *_as_it_lies(b), out, scratch)
    return out


def _as_it_lies(matrix: FloatArray) -> tuple[FloatArray, bool]:
    """A C-contiguous array, and whether ``matrix`` is its transpose."""
    if matrix.flags.f_contiguous and not matrix.flags.c_contiguous:
        return unlocked(matrix.T), True
    return unlocked(np.ascontiguousarray(matrix)), False


def sigmoid(z: FloatArray) -> FloatArray:
    """``kernels.sigmoid``."""
    return _of_each(elementwise.sigmoid_of, z)


def tanh(z: FloatArray) -> FloatArray:
    """``kernels.tanh``."""
    return _of_each(elementwise.tanh_of, z)


def exp(y: FloatArray) -> FloatArray:
    """``kernels.exp``."""
    return _of_each(elementwise.exp_of, y)


def _of_each(kernel: Kernel, z: FloatArray) -> FloatArray:
    out = empty(z.shape, z.dtype)
    kernel(unlocked(np.ascontiguousarray(z)).reshape(-1), out.reshape(-1))
    return out


class _Backward:
    """What every backward pass needs.

    turned: Uᵀ in strips, and Wᵀ if dx is wanted; rows: the order in which sequences are shared, their
    lengths, and where the steps of each start in dz.
    """

    def __init__(self, x: FloatArray, weights: Arrays, record: Record, need_dx: bool, columns: int) -> None:
        (N, _, F), H = x.shape, record.h_0.shape[1]
        self.x, self.weights, self.record, self.need_dx = x, weights, record, need_dx
        self.sizes = sizes = _strips(F, H, x.itemsize, columns)
        rows = _longest_first(record.lengths)
        n_steps = rows.n_steps
        self.n_threads = get_num_threads() if _worth_sharing(n_steps, F, H, columns) else 1
        self.n_parts = min(N, self.n_threads)
        self.n_groups, offsets = sizes.groups(N, n_steps), np.empty(N, np.int64)
        steps.arrange(rows.lengths, rows.order, self.n_groups, offsets)
        self.rows = (rows.order, rows.lengths, offsets)
        W, U, _ = weights
        self.turned = _turned(U, W if need_dx else W[:0], sizes)
        self.dx = empty(x.shape if need_dx else (0, 0, 0), x.dtype)
        self.dz = empty((sizes.P, n_steps, sizes.Q, sizes.V), x.dtype)

    def by_every_h(self, dh: FloatArray | None) -> tuple[FloatArray, int]:
        """Gradients by h, without elements for none, and where those of this direction begin."""
        given = _nothing(self.x.dtype) if dh is None else unlocked(dh)
        return given, _own_columns(given, self.record.h_0.shape[1], self.record.reverse)

    def wanted_dx(self) -> FloatArray:
        return self.dx if self.need_dx else np.empty(0, self.x.dtype)

    def scratch(self, more_per_row: int) -> FloatArray:
        """For a step's dz, and what goes back through both matrices, with what fills up their last strip."""
        columns = self.turned.shape[0] * self.turned.shape[2]
        return _scratch(self.n_parts, len(self.x), self.sizes.M + more_per_row + columns, 0, self.sizes, self.x.dtype)

    def weight_gradients(self) -> Arrays:
        """Gradients by W, U and b, once dz is known."""
        sizes, record, dtype = self.sizes, self.record, self.x.dtype
        sums = empty((self.n_groups, sizes.P, sizes.K, sizes.Q, sizes.V), dtype)
        block = empty((self.n_threads, BLOCK_STEPS, sizes.K), dtype)
        given = (unlocked(self.x), record.h, unlocked(record.h_0), *self.rows, record.reverse, self.dz)
        # Threads that share a group both gather its steps: a short product is done sooner by one.
        n_threads = self.n_threads if self.n_groups > 1 or sums.size >= WORTH_SHARING_NUMBERS else 1
        run(weight_gradients, n_threads, *given, sums, block)
        W, U, b = self.weights
        dW, dU, db = _empty_like(W), _empty_like(U), _empty_like(b)
        run(strips.unpack, _moved_by(sums), sums, dW, dU, db)
        return dW, dU, db


def _turned(U: FloatArray, W: FloatArray, sizes: _Strips) -> FloatArray:
    """Both transposed, side by side, in strips."""
    width = 2 * sizes.V
    turned = empty((-(-(len(U) + len(W)) // width), sizes.M, width), U.dtype)
    run(strips.turn, _moved_by(turned), unlocked(U), unlocked(W), turned, sizes.Q, sizes.V)
    return turned
