"""The compiled kernels' functions: buffers, layouts, and parts of the work for the threads."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import GATES
from clearlstm.cell.record import LSTMGradients, LSTMRecord, LSTMWeights, RNNGradients, RNNRecord, RNNWeights
from clearlstm.kernels import lstm, panels, rnn, steps
from clearlstm.kernels.buffers import empty, unlocked
from clearlstm.kernels.team import run
from clearlstm.kernels.threads import get_num_threads
from clearlstm.kernels.tile import NARROW_ROWS, WIDE_ROWS
from clearlstm.kernels.vector import REGISTER_BYTES
from clearlstm.shapes import FloatArray

assert GATES == ("f", "i", "g", "o"), "the kernels are written for this order"

WORTH_SHARING = 2e6
"""Floating-point operations below which one thread is done before a second one has woken up."""

WORTH_SHARING_NUMBERS = 100_000
"""Numbers to be moved below which the same holds."""

Lengths = npt.NDArray[np.int64]


class _Plan:
    """One layer's sizes in panels (see ``panels``), and how many threads share its rows.

    R real steps in all sequences; P panels of Q registers of V numbers; K rows in a panel of weights (b, W, U);
    M numbers in one step's dz.
    """

    __slots__ = ("F", "H", "K", "M", "N", "P", "Q", "R", "T", "V", "dtype", "n_parts", "n_threads")

    def __init__(self, x: FloatArray, h_0: FloatArray, lengths: Lengths, n_gates: int) -> None:
        (self.N, self.T, self.F), self.H = x.shape, h_0.shape[1]
        self.dtype, self.R = x.dtype, int(lengths.sum())
        self.V = REGISTER_BYTES // x.itemsize
        self.Q = 4 if n_gates == len(GATES) else 2
        self.P = -(-self.H // (self.V if len(GATES) == self.Q else self.Q * self.V))
        self.K, self.M = 1 + self.F + self.H, self.P * self.Q * self.V
        operations = 2.0 * self.R * self.K * n_gates * self.H
        self.n_threads = get_num_threads() if operations >= WORTH_SHARING else 1
        self.n_parts = min(self.N, self.n_threads)

    def n_parts_to_move(self, numbers: FloatArray) -> int:
        """Threads for bringing ``numbers`` into another layout."""
        return self.n_threads if numbers.size >= WORTH_SHARING_NUMBERS else 1

    def scratch(self, numbers_per_row: int, more: int = 0) -> FloatArray:
        """Memory for each part, (n_parts, numbers), each starting at a register's boundary."""
        numbers = -(-self.N // self.n_parts) * numbers_per_row + more
        return self.empty(self.n_parts, -(-numbers // self.V) * self.V)

    def groups(self, columns: int) -> int:
        """Groups of two registers that ``columns`` fill."""
        return -(-columns // (2 * self.V))

    def empty(self, *shape: int) -> FloatArray:
        return empty(shape, self.dtype)


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
    plan = _Plan(x, h_0, lengths, len(GATES))
    N, T, H = plan.N, plan.T, plan.H
    if out is None:
        gates, c, h = plan.empty(N, T, 4 * H), plan.empty(N, T, H), plan.empty(N, T, H)
        record = LSTMRecord(gates, c, h, h_0, c_0, np.empty_like(h_0), np.empty_like(c_0), lengths, reverse)
    else:
        record = LSTMRecord(out.gates, out.c, out.h, h_0, c_0, out.h_n, out.c_n, lengths, reverse)
    packed, order = _pack(weights, plan), _longest_first(lengths)
    given = (unlocked(x), packed, unlocked(h_0), unlocked(c_0), order, lengths, reverse)
    made = (record.gates, record.c, record.h, record.h_n, record.c_n)

    scratch = plan.scratch(2 * plan.K + plan.P * plan.V, WIDE_ROWS * 4 * plan.V)
    run(lstm.forward, plan.n_parts, *given, *made, scratch)
    return record


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
    plan, back = _prepare_backward(x, weights, record, dh, need_dx, len(GATES))
    dh_0, dc_0 = np.empty_like(dh_n), np.empty_like(dc_n)
    last = (unlocked(dh_n), unlocked(dc_n))
    given = (record.gates, record.c, unlocked(record.c_0), *back.turned, *back.rows, record.reverse, back.dh, *last)
    scratch = plan.scratch(plan.M + plan.P * plan.V + back.columns)
    run(lstm.backward, plan.n_parts, *given, back.dz, back.dx, dh_0, dc_0, scratch)
    dW, dU, db = _weight_gradients(x, weights, record, back.dz, plan)
    return LSTMGradients(back.dx if need_dx else np.empty(0, plan.dtype), dW, dU, db, dh_0, dc_0)


def lstm_step(x_t: FloatArray, weights: LSTMWeights, h: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``kernels.lstm_step``."""
    after = np.empty_like(h), np.empty_like(c)
    given = (unlocked(array) for array in (x_t, weights.W, weights.U, weights.b, h, c))
    lstm.step(*given, *after, REGISTER_BYTES // x_t.itemsize)
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
    plan = _Plan(x, h_0, lengths, 1)
    if out is None:
        record = RNNRecord(plan.empty(plan.N, plan.T, plan.H), h_0, np.empty_like(h_0), lengths, reverse)
    else:
        record = RNNRecord(out.h, h_0, out.h_n, lengths, reverse)
    rows = (_longest_first(lengths), lengths, reverse)
    given = (unlocked(x), _pack(weights, plan), unlocked(h_0), *rows, record.h, record.h_n)
    run(rnn.forward, plan.n_parts, *given, plan.scratch(2 * plan.K, NARROW_ROWS * 2 * plan.V))
    return record


def rnn_backward(
    x: FloatArray,
    weights: RNNWeights,
    record: RNNRecord,
    dh: FloatArray | None,
    dh_n: FloatArray,
    need_dx: bool,
) -> RNNGradients:
    """``kernels.rnn_backward``."""
    plan, back = _prepare_backward(x, weights, record, dh, need_dx, 1)
    dh_0 = np.empty_like(dh_n)
    given = (record.h, *back.turned, *back.rows, record.reverse, back.dh, unlocked(dh_n), back.dz, back.dx, dh_0)
    run(rnn.backward, plan.n_parts, *given, plan.scratch(plan.M + back.columns))
    dW, dU, db = _weight_gradients(x, weights, record, back.dz, plan)
    return RNNGradients(back.dx if need_dx else np.empty(0, plan.dtype), dW, dU, db, dh_0)


@dataclass(frozen=True)
class _Backward:
    """What every backward pass starts with."""

    turned: tuple[FloatArray, FloatArray]
    """Uᵀ and Wᵀ in panels; Wᵀ has none if dx isn't wanted."""

    rows: tuple[Lengths, Lengths, Lengths]
    """The order in which rows are shared, their lengths, and where the steps of each start among all real steps."""

    dh: FloatArray
    dz: FloatArray
    dx: FloatArray

    @property
    def columns(self) -> int:
        """Of both, with what fills up the last panels."""
        return sum(turned.shape[0] * turned.shape[2] for turned in self.turned)


def _prepare_backward(
    x: FloatArray,
    weights: LSTMWeights | RNNWeights,
    record: LSTMRecord | RNNRecord,
    dh: FloatArray | None,
    need_dx: bool,
    n_gates: int,
) -> tuple[_Plan, _Backward]:
    lengths = record.lengths
    plan = _Plan(x, record.h_0, lengths, n_gates)
    turned = (_turn(weights.U, plan), _turn(weights.W if need_dx else weights.W[:0], plan))
    dx = plan.empty(*(x.shape if need_dx else (0, 0, 0)))
    dz = plan.empty(plan.P, plan.R, plan.Q, plan.V)
    rows = (_longest_first(lengths), lengths, np.cumsum(lengths) - lengths)
    return plan, _Backward(turned, rows, plan.empty(0, 0, 0) if dh is None else unlocked(dh), dz, dx)


def _longest_first(lengths: Lengths) -> Lengths:
    return np.argsort(-lengths, kind="stable")


def _pack(weights: LSTMWeights | RNNWeights, plan: _Plan) -> FloatArray:
    packed = plan.empty(plan.P, plan.K, plan.Q, plan.V)
    given = (unlocked(weights.W), unlocked(weights.U), unlocked(weights.b))
    run(panels.pack, plan.n_parts_to_move(packed), *given, packed)
    return packed


def _turn(matrix: FloatArray, plan: _Plan) -> FloatArray:
    """The transposed ``matrix`` in panels."""
    turned = plan.empty(plan.groups(len(matrix)), plan.M, 2 * plan.V)
    if turned.size:
        run(panels.turn, plan.n_parts_to_move(turned), unlocked(matrix), turned, plan.Q, plan.V)
    return turned


def _weight_gradients(
    x: FloatArray, weights: LSTMWeights | RNNWeights, record: LSTMRecord | RNNRecord, dz: FloatArray, plan: _Plan
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gradients by W, U and b."""
    dweights, block = plan.empty(plan.P, plan.K, plan.Q, plan.V), plan.empty(plan.n_threads, steps.BLOCK_STEPS, plan.K)
    given = (unlocked(x), record.h, unlocked(record.h_0), record.lengths, record.reverse, dz, dweights, block)
    run(steps.weight_gradients, plan.n_threads, *given)
    made = (np.empty_like(weights.W), np.empty_like(weights.U), np.empty_like(weights.b))
    panels.unpack(dweights, *made)
    return made
