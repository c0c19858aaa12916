"""The compiled kernels' functions: buffers, layouts, and parts of the work for the threads."""

from typing import Any, Final

import numpy as np

from clearlstm.cell.cell import Cell
from clearlstm.cell.record import Record
from clearlstm.kernels import blends, elementwise, products, steps, strips, suffix
from clearlstm.kernels.blends_reference import PERIOD, SMOOTH, Members, empty_answers
from clearlstm.kernels.buffers import empty, unlocked
from clearlstm.kernels.cell_kernels import Arrays
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.plan import (
    WORTH_SHARING,
    Lengths,
    Plan,
    Rows,
    State,
    Strips,
    kernels_of,
    longest_first,
    nothing,
    own_columns,
    plan_for,
    scratch_for,
    strips_of,
    whole_batch,
    worth_sharing,
)
from clearlstm.kernels.strips import WORTH_SHARING_NUMBERS
from clearlstm.kernels.team import run
from clearlstm.kernels.threads import get_num_threads
from clearlstm.kernels.vector import REGISTER_BYTES
from clearlstm.kernels.weight_gradients import BLOCK_STEPS, weight_gradients
from clearlstm.shapes import FloatArray

MOST_PLANS: Final = 16
"""Sizes of batches that a layer remembers; then it starts anew."""

WORTH_SHARING_ROWS: Final = 2000
"""Rows of series to be walked through below which it holds again."""


def _moved_by(numbers: FloatArray) -> int:
    """Threads for bringing ``numbers`` into another layout."""
    return get_num_threads() if numbers.size >= WORTH_SHARING_NUMBERS else 1


def _empty_like(array: FloatArray) -> FloatArray:
    """A new array of the same kind, with whatever its memory held."""
    return empty(array.shape, array.dtype)


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
    rows = longest_first(lengths)
    plan = plan_for(cell, x, weights, rows)
    beside = plan.nothing if joint is None else joint
    last = plan.pass_over(unlocked(x), weights, first, rows, reverse, recorded, beside)
    assert last is not None
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
    rows = longest_first(lengths)
    plan = plan_for(cell, x, weights, rows)
    h = empty((*x.shape[:2], plan.H), plan.dtype) if joint is None else joint
    last = plan.pass_over(unlocked(x), weights, first, rows, reverse, plan.unrecorded, h)
    assert last is not None
    return h, last


def backward(
    cell: Cell, x: FloatArray, weights: Any, record: Record, dh: FloatArray | None, dlast: State, need_dx: bool
) -> Any:
    """``kernels.backward``."""
    own = kernels_of(cell)
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
    x, rows = unlocked(x_t)[:, None], whole_batch(len(x_t), 1)
    plan = plan_for(cell, x, weights, rows)
    after = plan.pass_over(x, weights, before, rows, False, plan.unrecorded, plan.nothing)
    assert after is not None
    return after


class Layer:
    """``kernels.layer``."""

    def __init__(self, cell: Cell, weights: Any) -> None:
        self._cell, self._weights = cell, weights
        self._plans: dict[tuple[int, int], tuple[Plan, Rows]] = {}

    def answer(self, x: FloatArray, first: State | None) -> tuple[FloatArray, list[FloatArray]] | None:
        """``kernels.answer`` of whole sequences; None if not all numbers are finite."""
        N, T, _ = x.shape
        plan, rows = self._plans.get((N, T)) or self._new_plan(x)
        h = empty((N, T, plan.H), plan.dtype)
        last = plan.pass_over(unlocked(x), self._weights, first, rows, False, plan.unrecorded, h, check=True)
        return None if last is None else (h, last)

    def step(self, x_t: FloatArray, before: State | None) -> list[FloatArray] | None:
        """``kernels.step``; None if not all numbers are finite."""
        x = unlocked(x_t)[:, None]
        plan, rows = self._plans.get((len(x_t), 1)) or self._new_plan(x)
        return plan.pass_over(x, self._weights, before, rows, False, plan.unrecorded, plan.nothing, check=True)

    def _new_plan(self, x: FloatArray) -> tuple[Plan, Rows]:
        N, T, _ = x.shape
        rows = whole_batch(N, T)
        if len(self._plans) >= MOST_PLANS:
            self._plans = {}
        self._plans[N, T] = new = (plan_for(self._cell, x, self._weights, rows), rows)
        return new


class Stepper:
    """``kernels.stepper``."""

    def __init__(self, cell: Cell, weights: Any, N: int) -> None:
        dtype, F, H = weights.W.dtype, len(weights.W), len(weights.U)
        no_x, no_steps, rows = np.zeros((N, 1, F), dtype), np.zeros(N, np.int64), whole_batch(N, 1)
        plan = plan_for(cell, no_x, weights, rows)
        self._kernel, self._n_parts = plan.own.forward, min(N, get_num_threads()) if plan.worth_sharing else 1
        self.states = [np.zeros((N, H), dtype) for _ in cell.states]
        packed = empty((plan.sizes.P, *plan.packed[1:]), dtype)
        scratch = plan.new_memory(self._n_parts)[1]
        # The weights go into strips once, with a pass of no steps; without b they are taken to be there.
        W, U, b = map(unlocked, plan.own.packed(weights))
        last = (False, *plan.unrecorded, *self.states, plan.nothing, 0, scratch)
        run(self._kernel, 1, False, W, U, b, packed, no_x, *self.states, rows.order, no_steps, *last)
        self._weights, self._rest = (W, U, b[:0], packed), (*self.states, rows.order, rows.lengths, *last)

    def __call__(self, x_t: FloatArray) -> FloatArray:
        """One step."""
        run(self._kernel, self._n_parts, False, *self._weights, unlocked(x_t)[:, None], *self._rest)
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
        self.sizes = sizes = strips_of(F, H, x.itemsize, columns)
        rows = longest_first(record.lengths)
        n_steps = rows.n_steps
        self.n_threads = get_num_threads() if worth_sharing(n_steps, F, H, columns) else 1
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
        given = nothing(self.x.dtype) if dh is None else unlocked(dh)
        return given, own_columns(given, self.record.h_0.shape[1], self.record.reverse)

    def wanted_dx(self) -> FloatArray:
        return self.dx if self.need_dx else np.empty(0, self.x.dtype)

    def scratch(self, more_per_row: int) -> FloatArray:
        """For a step's dz, and what goes back through both matrices, with what fills up their last strip."""
        columns = self.turned.shape[0] * self.turned.shape[2]
        return scratch_for(
            self.n_parts, len(self.x), self.sizes.M + more_per_row + columns, 0, self.sizes, self.x.dtype
        )

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


def _turned(U: FloatArray, W: FloatArray, sizes: Strips) -> FloatArray:
    """Both transposed, side by side, in strips."""
    width = 2 * sizes.V
    turned = empty((-(-(len(U) + len(W)) // width), sizes.M, width), U.dtype)
    run(strips.turn, _moved_by(turned), unlocked(U), unlocked(W), turned, sizes.Q, sizes.V)
    return turned
