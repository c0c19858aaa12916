"""The plain recurrent unit, for comparison: h = tanh(x W + h_prev U + b) (Elman 1990).

Its one feedback path multiplies by U and by the slope of tanh at every step, which is why its gradient explodes or
vanishes over many steps. The calls are those of ``reference``.
"""

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import activation
from clearlstm.cell.record import RNNGradients, RNNRecord, RNNWeights, step_order
from clearlstm.shapes import FloatArray


def step(x_t: FloatArray, h_prev: FloatArray, weights: RNNWeights, function: str = "tanh") -> FloatArray:
    """One step: x_t (N, F), h_prev (N, H); returns h (N, H)."""
    # h = tanh(x W + h_prev U + b)
    return activation(function).value(x_t @ weights.W + h_prev @ weights.U + weights.b)


def forward(
    x: FloatArray,
    weights: RNNWeights,
    h_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    function: str = "tanh",
) -> RNNRecord:
    """All steps: x (N, T, F), h_0 (N, H), lengths (N,). A sequence that has ended keeps its state."""
    N, T, _ = x.shape
    h_all = np.zeros((N, T, h_0.shape[1]), dtype=x.dtype)
    h = h_0.copy()
    for t in step_order(T, reverse):
        live = lengths > t
        h[live] = h_all[live, t] = step(x[live, t], h[live], weights, function)
    return RNNRecord(h_all, h_0, h, lengths, reverse)


def preactivations(x: FloatArray, weights: RNNWeights, record: RNNRecord) -> FloatArray:
    """The weighted sum z of every step, (N, T, H), recomputed from the states; 0 in padding."""
    z = x @ weights.W + record.h_prev() @ weights.U + weights.b
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
) -> RNNGradients:
    """Gradients of a loss from its gradients by every h, dh (N, T, H), and by the final state, dh_n (N, H)."""
    z = preactivations(x, weights, record)
    slope = activation(function).slope(z, record.h)
    dz_all = np.zeros_like(record.h)
    dh_t = dh_n.copy()
    for t in step_order(x.shape[1], not record.reverse):
        live = record.lengths > t
        # dz = dh · tanh'(z)      dh_prev = dz Uᵀ
        dz_all[live, t] = (dh_t[live] + dh[live, t]) * slope[live, t]
        dh_t[live] = dz_all[live, t] @ weights.U.T
    return RNNGradients(
        x=dz_all @ weights.W.T,
        W=np.einsum("ntf,nth->fh", x, dz_all),
        U=np.einsum("nth,ntk->hk", record.h_prev(), dz_all),
        b=dz_all.sum(axis=(0, 1)),
        h_0=dh_t,
    )
