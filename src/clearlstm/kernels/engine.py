"""The compiled kernels' functions: buffers, layouts, and parts of the work for the threads."""

import functools
import importlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.arithmetic import Arithmetic
from clearlstm.cell.cell import Cell
from clearlstm.cell.record import Record
from clearlstm.kernels import blends, elementwise, products, steps, strips, suffix
from clearlstm.kernels.blends_reference import PERIOD, SMOOTH, Members, empty_answers
from clearlstm.kernels.buffers import empty, unlocked
from clearlstm.kernels.cell_kernels import Arrays, CellKernels
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.team import run
from clearlstm.kernels.threads import get_num_threads
from clearlstm.kernels.tile import NARROW_ROWS, WIDE_ROWS
from clearlstm.kernels.vector import REGISTER_BYTES
from clearlstm.kernels.weight_gradients import BLOCK_STEPS, weight_gradients
from clearlstm.shapes import FloatArray

WORTH_SHARING: Final = 1.5e6
"""Floating-point operations below which one thread is done before a second one has woken up."""

UPDATE_OPERATIONS: Final = 250
"""What a unit's activations take, in the time of so many operations of a product."""

WORTH_SHARING_NUMBERS: Final = 100_000
"""Numbers to be moved below which the same holds."""

WORTH_SHARING_ROWS: Final = 2000
"""Rows of series to be walked through below which it holds again."""

MOST_GROUPS: Final = 8
MOST_NUMBERS_IN_GROUPS: Final = 2**18
"""Of the weights' gradients, in all groups together."""

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


def _shared_by(n_steps: int, F: int, H: int, columns: int) -> int:
    """Threads that are worth waking for so many real steps."""
    operations = n_steps * H * (2.0 * (1 + F + H) * columns + UPDATE_OPERATIONS)
    return get_num_threads() if operations >= WORTH_SHARING else 1


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


def _longest_first(lengths: Lengths) -> tuple[Lengths, int]:
    """The order in which threads are dealt the sequences, (N,), and R, the real steps of all."""
    order = np.empty(len(lengths), np.int64)
    n_steps = steps.survey(lengths, order)
    return (order, n_steps) if n_steps >= 0 else (np.argsort(-lengths, kind="stable"), -n_steps)


@functools.lru_cache(maxsize=64)
def _kernels(cell: Cell) -> CellKernels:
    """The kernels of a cell, which are compiled when they are first asked for."""
    own: CellKernels = importlib.import_module(cell.kernels).CELL
    return own


def forward(
    cell: Cell, x: FloatArray, weights: Any, first: State, lengths: Lengths, reverse: bool, out: Record | None
) -> Any:
    """``kernels.forward``."""
    (N, T, F), H, own = x.shape, first[0].shape[1], _kernels(cell)
    if out is None:
        recorded = [empty((N, T, k * H), x.dtype) for k in cell.recorded.values()]
    else:
        recorded = [getattr(out, name) for name in cell.recorded]
    last = [_empty_like(state) for state in first]
    sizes, (order, n_steps) = _strips(F, H, x.itemsize, own.columns), _longest_first(lengths)
    n_parts = min(N, _shared_by(n_steps, F, H, own.columns))
    padded = sizes.P * sizes.V if own.columns == 4 else H
    per_row = 2 * (1 + F + padded) + own.forward_states * padded
    tile_rows = WIDE_ROWS if own.columns == 4 else NARROW_ROWS
    scratch = _scratch(n_parts, N, per_row, tile_rows * sizes.Q * sizes.V, sizes, x.dtype)
    packed = _pack(own.packed(weights), sizes)
    given = (unlocked(x), packed, *map(unlocked, first), order, lengths, reverse)
    run(own.forward, n_parts, *given, *recorded, *last, scratch)
    return cell.record(*recorded, *first, *last, lengths, reverse)


def backward(
    cell: Cell, x: FloatArray, weights: Any, record: Record, dh: FloatArray | None, dlast: State, need_dx: bool
) -> Any:
    """``kernels.backward``."""
    own = _kernels(cell)
    back = _Backward(x, own.packed(weights), record, need_dx, own.columns)
    dfirst = [_empty_like(state) for state in dlast]
    seen = [unlocked(getattr(record, name)) for name in own.read_back]
    given = (*seen, *back.turned, *back.rows, record.reverse, back.by_every_h(dh), *map(unlocked, dlast))
    scratch = back.scratch(own.backward_states * back.sizes.P * back.sizes.V)
    run(own.backward, back.n_parts, *given, back.dz, back.dx, *dfirst, scratch)
    W, U, b, *optional = own.unpacked(*back.weight_gradients())
    return cell.gradients(back.wanted_dx(), W, U, b, *dfirst, *optional)


def step(cell: Cell, x_t: FloatArray, weights: Any, before: State) -> State:
    """``kernels.step``."""
    own = _kernels(cell)
    if own.step is None:
        return cell.step(x_t, *before, weights, cell.options[cell.activations], Arithmetic(product, sigmoid, tanh))
    after = tuple([_empty_like(state) for state in before])
    own.step(unlocked(x_t), *map(unlocked, own.packed(weights)), *map(unlocked, before), *after)
    return after


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

    turned: Uᵀ and Wᵀ in strips, Wᵀ without any if dx isn't wanted; rows: the order in which sequences are shared, their
    lengths, and where the steps of each start in dz.
    """

    def __init__(self, x: FloatArray, weights: Arrays, record: Record, need_dx: bool, columns: int) -> None:
        (N, _, F), H = x.shape, record.h_0.shape[1]
        self.x, self.weights, self.record, self.need_dx = x, weights, record, need_dx
        self.sizes = sizes = _strips(F, H, x.itemsize, columns)
        order, n_steps = _longest_first(record.lengths)
        self.n_threads = _shared_by(n_steps, F, H, columns)
        self.n_parts = min(N, self.n_threads)
        self.n_groups, offsets = sizes.groups(N, n_steps), np.empty(N, np.int64)
        steps.arrange(record.lengths, order, self.n_groups, offsets)
        self.rows = (order, record.lengths, offsets)
        W, U, _ = weights
        self.turned = (_turn(U, sizes), _turn(W if need_dx else W[:0], sizes))
        self.dx = empty(x.shape if need_dx else (0, 0, 0), x.dtype)
        self.dz = empty((sizes.P, n_steps, sizes.Q, sizes.V), x.dtype)

    def by_every_h(self, dh: FloatArray | None) -> FloatArray:
        """Gradients by h; without elements for none."""
        return np.empty((0, 0, 0), self.x.dtype) if dh is None else unlocked(dh)

    def wanted_dx(self) -> FloatArray:
        return self.dx if self.need_dx else np.empty(0, self.x.dtype)

    def scratch(self, more_per_row: int) -> FloatArray:
        """For a step's dz, and what goes back through both matrices, with what fills up their last strips."""
        columns = sum(turned.shape[0] * turned.shape[2] for turned in self.turned)
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


def _pack(weights: Arrays, sizes: _Strips) -> FloatArray:
    packed = empty((sizes.P, sizes.K, sizes.Q, sizes.V), weights[0].dtype)
    run(strips.pack, _moved_by(packed), *map(unlocked, weights), packed)
    return packed


def _turn(matrix: FloatArray, sizes: _Strips) -> FloatArray:
    """The transposed ``matrix`` in strips."""
    width = 2 * sizes.V
    turned = empty((-(-len(matrix) // width), sizes.M, width), matrix.dtype)
    if turned.size:
        run(strips.turn, _moved_by(turned), unlocked(matrix), turned, sizes.Q, sizes.V)
    return turned
