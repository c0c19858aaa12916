"""The plain recurrent unit, for comparison: h = tanh(x W + h_prev U + b) (Elman 1990).

Its one feedback path multiplies by U and by the slope of tanh at every step, which is why its gradient explodes or
vanishes over many steps. The calls are those of ``lstm``; the one function is called by its name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import activation
from clearlstm.cell.arithmetic import NUMPY, Arithmetic, Product
from clearlstm.cell.cell import Cell, Format
from clearlstm.cell.record import Gradients, Record, Weights, rows_of, step_order
from clearlstm.shapes import FloatArray, IntArray, real_steps


@dataclass(frozen=True)
class RNNWeights(Weights):
    """The parameters of one plain recurrent layer in one direction: W (F, H), U (H, H), b (H,)."""

    W: FloatArray
    U: FloatArray
    b: FloatArray


@dataclass(frozen=True)
class RNNRecord(Record):
    """The forward pass of one plain recurrent layer: h (N, T, H)."""

    h: FloatArray
    h_0: FloatArray
    h_n: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool = False


@dataclass(frozen=True)
class RNNGradients(Gradients):
    """Gradients of one plain recurrent layer, named as what they belong to."""

    x: FloatArray
    W: FloatArray
    U: FloatArray
    b: FloatArray
    h_0: FloatArray


def step(
    x_t: FloatArray, h_prev: FloatArray, weights: RNNWeights, functions: str = "tanh", by: Arithmetic = NUMPY
) -> FloatArray:
    """One step: x_t (N, F), h_prev (N, H); returns h (N, H)."""
    # h = tanh(x W + h_prev U + b)
    return activation(functions, by).value(_weighted_sum(x_t, h_prev, weights, by))


def forward(
    x: FloatArray,
    weights: RNNWeights,
    h_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    functions: str = "tanh",
    by: Arithmetic = NUMPY,
) -> RNNRecord:
    """All steps: x (N, T, F), h_0 (N, H), lengths (N,). A sequence that has ended keeps its state."""
    N, T, _ = x.shape
    h_all = np.zeros((N, T, h_0.shape[1]), dtype=x.dtype)
    h = h_0.copy()
    for t in step_order(T, reverse):
        live = lengths > t
        h[live] = h_all[live, t] = step(x[live, t], h[live], weights, functions, by)
    return RNNRecord(h_all, h_0, h, lengths, reverse)


def preactivations(
    x: FloatArray, weights: RNNWeights, record: RNNRecord, _functions: str = "tanh", by: Arithmetic = NUMPY
) -> dict[str, FloatArray]:
    """The weighted sum "h" of every step, (N, T, H), recomputed from the states; 0 in padding."""
    z = _weighted_sum(x, record.h_prev(), weights, by)
    z[~real_steps(record.lengths, x.shape[1])] = 0
    return {"h": z}


def backward(
    x: FloatArray,
    weights: RNNWeights,
    record: RNNRecord,
    dh: FloatArray,
    dh_n: FloatArray,
    *,
    functions: str = "tanh",
    by: Arithmetic = NUMPY,
) -> RNNGradients:
    """Gradients of a loss from its gradients by every h, dh (N, T, H), and by the final state, dh_n (N, H)."""
    z, h_prev = preactivations(x, weights, record, by=by)["h"], record.h_prev()
    slope = activation(functions).slope(z, record.h)
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


def walk_back(
    z: dict[str, FloatArray], record: RNNRecord, weights: RNNWeights, functions: str, product: Product
) -> Callable[[IntArray, int, FloatArray], FloatArray]:
    """From gradients by h after step t, dh (R, K, H), of the sequences ``rows`` (R,) to those by the h before it."""
    slope = activation(functions).slope(z["h"].astype(np.float64), record.h.astype(np.float64))
    U_T = weights.U.astype(np.float64).T

    def back(rows: IntArray, t: int, dh: FloatArray) -> FloatArray:
        # dz = dh · tanh'(z)      dh_prev = dz Uᵀ
        return product(dh * slope[rows, t, None], U_T)

    return back


def walk_on(
    z: dict[str, FloatArray], record: RNNRecord, weights: RNNWeights, functions: str, product: Product
) -> Callable[[IntArray, int, FloatArray], FloatArray]:
    """From small changes of the h before step t, (R, K, H), of sequences ``rows`` (R,) to those of the h after it."""
    slope = activation(functions).slope(z["h"].astype(np.float64), record.h.astype(np.float64))
    U = weights.U.astype(np.float64)

    def on(rows: IntArray, t: int, h_prev: FloatArray) -> FloatArray:
        # ż = ḣ_prev U      ḣ = ż · tanh'(z)
        return product(h_prev, U) * slope[rows, t, None]

    return on


def _step(x_t: FloatArray, h_prev: FloatArray, *others: Any) -> tuple[FloatArray]:
    return (step(x_t, h_prev, *others),)


RNN: Final = Cell(
    name="RNN",
    states=("h",),
    gates=("h",),
    weights=RNNWeights,
    record=RNNRecord,
    gradients=RNNGradients,
    recorded={"h": 1},
    options={"activation": "tanh"},
    activations="activation",
    functions=str,
    step=_step,
    forward=forward,
    preactivations=preactivations,
    backward=backward,
    walk_back=walk_back,
    walk_on=walk_on,
    kernels="clearlstm.kernels.rnn",
    formats={
        "torch": Format("RNN", ("h",)),
        "keras": Format("SimpleRNN", ("h",), functions=("activation",)),
        "onnx": Format("RNN", ("h",)),
    },
)
RNNWeights.cell = RNNRecord.cell = RNN
