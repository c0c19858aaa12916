"""The plain recurrent unit, for comparison: h = tanh(x W + h_prev U + b) (Elman 1990).

Its one feedback path multiplies by U and by the slope of tanh at every step, which is why its gradient explodes or
vanishes over many steps. The calls are those of ``reference``.
"""

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import activation
from clearlstm.cell.arithmetic import NUMPY, Arithmetic
from clearlstm.cell.record import RNNGradients, RNNRecord, RNNWeights, rows_of, step_order
from clearlstm.shapes import FloatArray


def step(
    x_t: FloatArray, h_prev: FloatArray, weights: RNNWeights, function: str = "tanh", by: Arithmetic = NUMPY
) -> FloatArray:
    """One step: x_t (N, F), h_prev (N, H); returns h (N, H)."""
    # h = tanh(x W + h_prev U + b)
    return activation(function, by).value(_weighted_sum(x_t, h_prev, weights, by))


def forward(
    x: FloatArray,
    weights: RNNWeights,
    h_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    function: str = "tanh",
    by: Arithmetic = NUMPY,
) -> RNNRecord:
    """All steps: x (N, T, F), h_0 (N, H), lengths (N,). A sequence that has ended keeps its state."""
    N, T, _ = x.shape
    h_all = np.zeros((N, T, h_0.shape[1]), dtype=x.dtype)
    h = h_0.copy()
    for t in step_order(T, reverse):
        live = lengths > t
        h[live] = h_all[live, t] = step(x[live, t], h[live], weights, function, by)
    return RNNRecord(h_all, h_0, h, lengths, reverse)


def preactivations(x: FloatArray, weights: RNNWeights, record: RNNRecord, by: Arithmetic = NUMPY) -> FloatArray:
    """The weighted sum z of every step, (N, T, H), recomputed from the states; 0 in padding."""
    z = _weighted_sum(x, record.h_prev(), weights, by)
    z[np.arange(x.shape[1]) >= record.lengths[:, None]] = 0
    return z


def backward(
    x: FloatArray,
    weights: RNNWeights,
    record: RNNRecord,
    dh: FloatArray,
    dh_n: FloatArray,
    *,
    function: str = "tanh",
    by: Arithmetic = NUMPY,
) -> RNNGradients:
    """Gradients of a loss from its gradients by every h, dh (N, T, H), and by the final state, dh_n (N, H)."""
    z, h_prev = preactivations(x, weights, record, by), record.h_prev()
    slope = activation(function).slope(z, record.h)
    dz_all = np.zeros_like(record.h)
    dh_t = dh_n.copy()
    for t in step_order(x.shape[1], not record.reverse):
        live = record.lengths > t
        # dz = dh · tanh'(z)      dh_prev = dz Uᵀ
        dz_all[live, t] = (dh_t[live] + dh[live, t]) * slope[live, t]
        dh_t[live] = by.product(dz_all[live, t], weights.U.T)
    return RNNGradients(
        x=by.product(dz_all, weights.W.T),
        W=by.product(rows_of(x).T, rows_of(dz_all)),
        U=by.product(rows_of(h_prev).T, rows_of(dz_all)),
        b=dz_all.sum(axis=(0, 1)),
        h_0=dh_t,
    )


def _weighted_sum(x: FloatArray, h_prev: FloatArray, weights: RNNWeights, by: Arithmetic) -> FloatArray:
    """The sum z = x W + h_prev U + b."""
    return np.asarray(by.product(x, weights.W) + by.product(h_prev, weights.U) + weights.b)
