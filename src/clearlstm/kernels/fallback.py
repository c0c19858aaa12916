"""The kernels' functions by the reference: what answers where Numba can't be imported."""

import numpy as np
import numpy.typing as npt

from clearlstm.cell import reference, vanilla
from clearlstm.cell.arithmetic import NUMPY
from clearlstm.cell.layout import split_gates
from clearlstm.cell.record import (
    LSTMGradients,
    LSTMRecord,
    LSTMWeights,
    RNNGradients,
    RNNRecord,
    RNNWeights,
    step_order,
)
from clearlstm.shapes import FloatArray


def lstm_forward(
    x: FloatArray,
    weights: LSTMWeights,
    h_0: FloatArray,
    c_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    reverse: bool,
    out: LSTMRecord | None,
) -> LSTMRecord:
    """``kernels.lstm_forward``."""
    record = reference.forward(x, weights, h_0, c_0, lengths, reverse=reverse)
    if out is None:
        return record
    _refill(out, record, ("gates", "c", "h"))
    return LSTMRecord(out.gates, out.c, out.h, h_0, c_0, record.h_n, record.c_n, record.lengths, reverse)


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
    grads = reference.backward(x, weights, record, _or_zeros(dh, record.h), dh_n, dc_n)
    dx = grads.x if need_dx else np.empty(0, x.dtype)
    return LSTMGradients(dx, grads.W, grads.U, grads.b, grads.h_0, grads.c_0)


def lstm_step(x_t: FloatArray, weights: LSTMWeights, h: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``kernels.lstm_step``."""
    now = reference.step(x_t, h, c, weights)
    return now.h, now.c


def rnn_forward(
    x: FloatArray,
    weights: RNNWeights,
    h_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    reverse: bool,
    out: RNNRecord | None,
) -> RNNRecord:
    """``kernels.rnn_forward``."""
    record = vanilla.forward(x, weights, h_0, lengths, reverse=reverse)
    if out is None:
        return record
    _refill(out, record, ("h",))
    return RNNRecord(out.h, h_0, record.h_n, record.lengths, reverse)


def rnn_backward(
    x: FloatArray,
    weights: RNNWeights,
    record: RNNRecord,
    dh: FloatArray | None,
    dh_n: FloatArray,
    need_dx: bool,
) -> RNNGradients:
    """``kernels.rnn_backward``."""
    grads = vanilla.backward(x, weights, record, _or_zeros(dh, record.h), dh_n)
    return RNNGradients(grads.x if need_dx else np.empty(0, x.dtype), grads.W, grads.U, grads.b, grads.h_0)


def memory_entries(
    gates: FloatArray, begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64], reverse: bool
) -> tuple[FloatArray, FloatArray]:
    """``kernels.memory_entries``."""
    gate = split_gates(gates)
    N, T, H = gate["f"].shape
    entries, kept = np.zeros((N, T, H)), np.ones((N, H))
    for t in step_order(T, not reverse):
        taken = (begin <= t) & (t < end)
        # entry_k = (Π_{s=k+1..t} f_s) i_k g_k: walking back, kept has gathered the gates of all later steps, never a
        # ratio of running products, which is 0/0 where a gate has closed.
        entries[taken, t] = kept[taken] * gate["i"][taken, t] * gate["g"][taken, t]
        kept[taken] *= gate["f"][taken, t]
    return entries, kept


def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """``kernels.product``."""
    return NUMPY.product(a, b)


def sigmoid(z: FloatArray) -> FloatArray:
    """``kernels.sigmoid``."""
    return NUMPY.sigmoid(z)


def tanh(z: FloatArray) -> FloatArray:
    """``kernels.tanh``."""
    return NUMPY.tanh(z)


def exp(y: FloatArray) -> FloatArray:
    """``kernels.exp``."""
    return np.asarray(np.exp(y))


def _refill(out: LSTMRecord | RNNRecord, record: LSTMRecord | RNNRecord, names: tuple[str, ...]) -> None:
    for name in names:
        getattr(out, name)[...] = getattr(record, name)


def _or_zeros(dh: FloatArray | None, h: FloatArray) -> FloatArray:
    return np.zeros_like(h) if dh is None else dh
