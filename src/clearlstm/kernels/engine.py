"""The compiled kernels' functions: buffers, layouts, and parts of the work for the threads."""

import functools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import GATES
from clearlstm.cell.record import LSTMGradients, LSTMRecord, LSTMWeights, RNNGradients, RNNRecord, RNNWeights
from clearlstm.kernels import elementwise, lstm, panels, products, rnn, steps, suffix
from clearlstm.kernels.buffers import empty, unlocked
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.team import run
from clearlstm.kernels.threads import get_num_threads
from clearlstm.kernels.tile import NARROW_ROWS, WIDE_ROWS
from clearlstm.kernels.vector import REGISTER_BYTES
from clearlstm.kernels.weight_gradients import BLOCK_STEPS, weight_gradients
from clearlstm.shapes import FloatArray

assert GATES == ("f", "i", "g", "o"), "the kernels are written for this order"

WORTH_SHARING: Final = 1.5e6
"""Floating-point operations below which one thread is done before a second one has woken up."""

UPDATE_OPERATIONS: Final = 250
"""What a unit's activations take, in the time of so many operations of a product."""

WORTH_SHARING_NUMBERS: Final = 100_000
"""Numbers to be moved below which the same holds."""

MOST_GROUPS: Final = 8
MOST_NUMBERS_IN_GROUPS: Final = 2**18
"""Of the weights' gradients, in all groups together."""

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Panels:
    """One layer's sizes in panels (see ``panels``).

    P panels of Q registers of V numbers; K rows in a panel of weights (b, W, U); M numbers in one step's dz, of which
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
def _panels(F: int, H: int, itemsize: int, n_gates: int) -> _Panels:
    V = REGISTER_BYTES // itemsize
    Q, units = (4, V) if n_gates == len(GATES) else (2, 2 * V)
    P = -(-H // units)
    return _Panels(P, Q, V, 1 + F + H, P * Q * V, n_gates * H)


def _shared_by(n_steps: int, F: int, H: int, n_gates: int) -> int:
    """Threads that are worth waking for so many real steps."""
    operations = n_steps * H * (2.0 * (1 + F + H) * n_gates + UPDATE_OPERATIONS)
    return get_num_threads() if operations >= WORTH_SHARING else 1


def _moved_by(numbers: FloatArray) -> int:
    """Threads for bringing ``numbers`` into another layout."""
    return get_num_threads() if numbers.size >= WORTH_SHARING_NUMBERS else 1


def _scratch(n_parts: int, N: int, numbers_per_row: int, more: int, sizes: _Panels, dtype: np.dtype[Any]) -> FloatArray:
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


def lstm_forward(
    x: FloatArray,
    weights: LSTMWeights,
    h_0: FloatArray,
    c_0: FloatArray,
    lengths: Lengths,
    reverse: bool,
    out: LSTMRecord | None,
) -> LSTMRecord:
    """``kernels.lstm_forward``."""
    (N, T, F), H, dtype = x.shape, h_0.shape[1], x.dtype
    if out is None:
        gates, c, h = empty((N, T, 4 * H), dtype), empty((N, T, H), dtype), empty((N, T, H), dtype)
    else:
        gates, c, h = out.gates, out.c, out.h
    h_n, c_n = _empty_like(h_0), _empty_like(c_0)
    sizes, (order, n_steps) = _panels(F, H, x.itemsize, len(GATES)), _longest_first(lengths)
    n_parts = min(N, _shared_by(n_steps, F, H, len(GATES)))
    given = (unlocked(x), _pack(weights, sizes), unlocked(h_0), unlocked(c_0), order, lengths, reverse)
    per_row = 2 * (1 + F) + 3 * sizes.P * sizes.V
    scratch = _scratch(n_parts, N, per_row, WIDE_ROWS * 4 * sizes.V, sizes, dtype)
    run(lstm.forward, n_parts, *given, gates, c, h, h_n, c_n, scratch)
    return LSTMRecord(gates, c, h, h_0, c_0, h_n, c_n, lengths, reverse)


def lstm_backward(
    x: FloatArray,
    weights: LSTMWeights,
    record: LSTMRecord,
    dh: FloatArray | None,
    dh_n: FloatArray,
    dc_n: FloatArray,
    need_dx: bool,
) -> LSTMGradients:
    """``kernels.lstm_backward``."""
    back = _Backward(x, weights, record, need_dx, len(GATES))
    dh_0, dc_0 = _empty_like(dh_n), _empty_like(dc_n)
    last = (back.by_every_h(dh), unlocked(dh_n), unlocked(dc_n))
    given = (record.gates, record.c, unlocked(record.c_0), *back.turned, *back.rows, record.reverse, *last)
    run(lstm.backward, back.n_parts, *given, back.dz, back.dx, dh_0, dc_0, back.scratch(back.sizes.P * back.sizes.V))
    return LSTMGradients(back.asked_dx(), *back.weight_gradients(), dh_0, dc_0)


def lstm_step(x_t: FloatArray, weights: LSTMWeights, h: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``kernels.lstm_step``."""
    after = _empty_like(h), _empty_like(c)
    lstm.step(
        unlocked(x_t), unlocked(weights.W), unlocked(weights.U), unlocked(weights.b), unlocked(h), unlocked(c), *after
    )
    return after


def rnn_forward(
    x: FloatArray,
    weights: RNNWeights,
    h_0: FloatArray,
    lengths: Lengths,
    reverse: bool,
    out: RNNRecord | None,
) -> RNNRecord:
    """``kernels.rnn_forward``."""
    (N, T, F), H, dtype = x.shape, h_0.shape[1], x.dtype
    h, h_n = empty((N, T, H), dtype) if out is None else out.h, _empty_like(h_0)
    sizes, (order, n_steps) = _panels(F, H, x.itemsize, 1), _longest_first(lengths)
    n_parts = min(N, _shared_by(n_steps, F, H, 1))
    scratch = _scratch(n_parts, N, 2 * sizes.K, NARROW_ROWS * 2 * sizes.V, sizes, dtype)
    given = (unlocked(x), _pack(weights, sizes), unlocked(h_0), order, lengths, reverse)
    run(rnn.forward, n_parts, *given, h, h_n, scratch)
    return RNNRecord(h, h_0, h_n, lengths, reverse)


def rnn_backward(
    x: FloatArray,
    weights: RNNWeights,
    record: RNNRecord,
    dh: FloatArray | None,
    dh_n: FloatArray,
    need_dx: bool,
) -> RNNGradients:
    """``kernels.rnn_backward``."""
    back = _Backward(x, weights, record, need_dx, 1)
    dh_0 = _empty_like(dh_n)
    given = (record.h, *back.turned, *back.rows, record.reverse, back.by_every_h(dh), unlocked(dh_n))
    run(rnn.backward, back.n_parts, *given, back.dz, back.dx, dh_0, back.scratch(0))
    return RNNGradients(back.asked_dx(), *back.weight_gradients(), dh_0)


def memory_entries(gates: FloatArray, begin: Lengths, end: Lengths, reverse: bool) -> tuple[FloatArray, FloatArray]:
    """``kernels.memory_entries``."""
    N, T, H = gates.shape[0], gates.shape[1], gates.shape[2] // len(GATES)
    entries, kept = empty((N, T, H), np.dtype(np.float64)), np.empty((N, H))
    n_parts = min(N, _moved_by(entries))
    run(suffix.entries, n_parts, unlocked(gates), begin, end, reverse, entries, kept)
    return entries, kept


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

    turned: Uᵀ and Wᵀ in panels, Wᵀ without any if dx isn't wanted; rows: the order in which sequences are shared, their
    lengths, and where the steps of each start in dz.
    """

    def __init__(
        self,
        x: FloatArray,
        weights: LSTMWeights | RNNWeights,
        record: LSTMRecord | RNNRecord,
        need_dx: bool,
        n_gates: int,
    ) -> None:
        (N, _, F), H = x.shape, record.h_0.shape[1]
        self.x, self.weights, self.record, self.need_dx = x, weights, record, need_dx
        self.sizes = sizes = _panels(F, H, x.itemsize, n_gates)
        order, n_steps = _longest_first(record.lengths)
        self.n_threads = _shared_by(n_steps, F, H, n_gates)
        self.n_parts = min(N, self.n_threads)
        self.n_groups, offsets = sizes.groups(N, n_steps), np.empty(N, np.int64)
        steps.arrange(record.lengths, order, self.n_groups, offsets)
        self.rows = (order, record.lengths, offsets)
        self.turned = (_turn(weights.U, sizes), _turn(weights.W if need_dx else weights.W[:0], sizes))
        self.dx = empty(x.shape if need_dx else (0, 0, 0), x.dtype)
        self.dz = empty((sizes.P, n_steps, sizes.Q, sizes.V), x.dtype)

    def by_every_h(self, dh: FloatArray | None) -> FloatArray:
        """Gradients by h; without elements for none."""
        return np.empty((0, 0, 0), self.x.dtype) if dh is None else unlocked(dh)

    def asked_dx(self) -> FloatArray:
        return self.dx if self.need_dx else np.empty(0, self.x.dtype)

    def scratch(self, more_per_row: int) -> FloatArray:
        """For a step's dz, and what goes back through both matrices, with what fills up their last panels."""
        columns = sum(turned.shape[0] * turned.shape[2] for turned in self.turned)
        return _scratch(self.n_parts, len(self.x), self.sizes.M + more_per_row + columns, 0, self.sizes, self.x.dtype)

    def weight_gradients(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Gradients by W, U and b, once dz is known."""
        sizes, record, weights, dtype = self.sizes, self.record, self.weights, self.x.dtype
        sums = empty((self.n_groups, sizes.P, sizes.K, sizes.Q, sizes.V), dtype)
        block = empty((self.n_threads, BLOCK_STEPS, sizes.K), dtype)
        given = (unlocked(self.x), record.h, unlocked(record.h_0), *self.rows, record.reverse, self.dz)
        # Threads that share a group both gather its steps: a short product is done sooner by one.
        n_threads = self.n_threads if self.n_groups > 1 or sums.size >= WORTH_SHARING_NUMBERS else 1
        run(weight_gradients, n_threads, *given, sums, block)
        made = (_empty_like(weights.W), _empty_like(weights.U), _empty_like(weights.b))
        run(panels.unpack, _moved_by(sums), sums, *made)
        return made


def _pack(weights: LSTMWeights | RNNWeights, sizes: _Panels) -> FloatArray:
    packed = empty((sizes.P, sizes.K, sizes.Q, sizes.V), weights.W.dtype)
    run(panels.pack, _moved_by(packed), unlocked(weights.W), unlocked(weights.U), unlocked(weights.b), packed)
    return packed


def _turn(matrix: FloatArray, sizes: _Panels) -> FloatArray:
    """The transposed ``matrix`` in panels."""
    width = 2 * sizes.V
    turned = empty((-(-len(matrix) // width), sizes.M, width), matrix.dtype)
    if turned.size:
        run(panels.turn, _moved_by(turned), unlocked(matrix), turned, sizes.Q, sizes.V)
    return turned
