"""No write outside a buffer, no number from memory that nobody wrote, and buffers that are used again."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings

from clearlstm import kernels
from clearlstm.cell.lstm import LSTM, LSTMGradients, LSTMRecord
from clearlstm.kernels import buffers, engine, lstm, strips
from clearlstm.kernels.buffers import Pool
from clearlstm.kernels.weight_gradients import weight_gradients
from clearlstm.shapes import FloatArray
from tests.kernels.cases import Case, cases, lstm_backward, lstm_forward, make_case, rnn_backward, rnn_forward

GUARD = 64
"""Numbers before and after every buffer that nobody may touch."""

MARK = np.float64(-12345.0)

FLOAT32 = np.dtype("float32")


@contextmanager
def guarded_buffers() -> Iterator[list[FloatArray]]:
    """Let the engine compute in buffers full of not-a-number, between guard zones."""
    whole: list[FloatArray] = []

    def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> FloatArray:
        size = int(np.prod(shape))
        memory = np.full(size + 2 * GUARD, MARK, dtype)
        whole.append(memory)
        inside = memory[GUARD : GUARD + size]
        inside.fill(np.nan)
        return inside.reshape(shape)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "empty", empty)
        yield whole


@settings(deadline=None, max_examples=40)
@given(case=cases())
@example(case=make_case(13, 180, 3, 21, dtype="float32", ragged=True))
def test_kernels_stay_inside_their_buffers_and_use_nothing_unwritten(case: Case) -> None:
    with guarded_buffers() as whole:
        x, h_0, c_0, dh, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh", "dh_n", "dc_n")
        record = lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths, reverse=case.reverse)
        gradients = lstm_backward(x, case.lstm_weights(), record, dh, dh_n, dc_n)
        plain = rnn_forward(x, case.rnn_weights(), h_0, case.lengths, reverse=case.reverse)
        plain_gradients = rnn_backward(x, case.rnn_weights(), plain, dh, dh_n)
    assert len(whole) > 10
    for memory in whole:
        assert (memory[:GUARD] == MARK).all()
        assert (memory[-GUARD:] == MARK).all()
    for result in (record, gradients, plain, plain_gradients):
        for array in vars(result).values():
            assert not isinstance(array, np.ndarray) or np.isfinite(array).all()


def test_the_arguments_own_arrays_are_guarded_too() -> None:
    case = make_case(7, 9, 3, 21, dtype="float32", ragged=True)
    out = {}
    for name, shape in {"gates": (7, 9, 84), "c": (7, 9, 21), "h": (7, 9, 21)}.items():
        memory = np.full(int(np.prod(shape)) + 2 * GUARD, MARK, np.float32)
        out[name] = (memory, memory[GUARD:-GUARD].reshape(shape))
    gates, c, h = (inside for _, inside in out.values())
    x, h_0, c_0 = case.arrays("x", "h_0", "c_0")
    into = LSTMRecord(gates, c, h, h_0, c_0, h_0, c_0, case.lengths)
    lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths, out=into)
    for memory, inside in out.values():
        assert (memory[:GUARD] == MARK).all()
        assert (memory[-GUARD:] == MARK).all()
        assert (inside != MARK).all()


def test_a_block_is_used_again_only_when_its_last_view_is_gone() -> None:
    pool = Pool()
    first = pool.empty((1000, 100), FLOAT32)
    address, view = first.ctypes.data, first[10:20, ::2]
    view[...] = 7
    del first
    other = pool.empty((1000, 100), FLOAT32)
    assert other.ctypes.data != address
    assert (view == 7).all()
    del view
    assert pool.empty((1000, 100), FLOAT32).ctypes.data == address


def test_blocks_start_at_a_line_of_the_cache() -> None:
    for rows in (2700, 3001, 9333):
        assert Pool().empty((rows, 13), FLOAT32).ctypes.data % buffers.ALIGNMENT == 0


def test_the_pool_keeps_no_more_than_it_may() -> None:
    pool = Pool(kept_bytes=10**6)
    arrays = [pool.empty((100_000,), FLOAT32) for _ in range(8)]
    assert pool.waiting_bytes == 0
    arrays.clear()
    assert 400_000 <= pool.waiting_bytes <= 10**6
    pool.empty((100_000,), FLOAT32)
    assert 400_000 <= pool.waiting_bytes <= 10**6


def test_arrays_that_may_not_be_written_to_need_no_kernels_of_their_own() -> None:
    case = make_case(3, 5, 2, 10, dtype="float32")
    x, h_0, c_0, dh, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh", "dh_n", "dc_n")
    weights = case.lstm_weights()

    def run() -> LSTMGradients:
        record = lstm_forward(x, weights, h_0, c_0, case.lengths)
        kernels.step(LSTM, np.ascontiguousarray(x[:, 0]), weights, (h_0, c_0))
        gradients: LSTMGradients = lstm_backward(x, weights, record, dh, dh_n, dc_n)
        return gradients

    expected, compiled = run(), signatures()
    for array in (x, h_0, c_0, dh, dh_n, dc_n, weights.W, weights.U, weights.b):
        array.flags.writeable = False
    found = run()
    assert signatures() == compiled
    for name in ("x", "W", "U", "b", "h_0", "c_0"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def signatures() -> int:
    used = (lstm.forward, lstm.backward, strips.turn, strips.unpack, weight_gradients)
    return sum(kernel.n_signatures for kernel in used)
