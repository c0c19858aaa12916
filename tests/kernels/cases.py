"""Layers of random shapes for the kernels' tests, all weights random so that no swap of gates can hide."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from clearlstm import kernels
from clearlstm.cell.lstm import LSTM, LSTMWeights
from clearlstm.cell.rnn import RNN, RNNWeights
from clearlstm.shapes import FloatArray


def lstm_forward(
    x: FloatArray, weights: LSTMWeights, h_0: FloatArray, c_0: FloatArray, *more: Any, **options: Any
) -> Any:
    """The kernels, called as the reference is."""
    return kernels.forward(LSTM, x, weights, (h_0, c_0), *more, **options)


def lstm_backward(
    x: FloatArray, weights: LSTMWeights, record: Any, dh: Any, dh_n: FloatArray, dc_n: FloatArray, **options: Any
) -> Any:
    return kernels.backward(LSTM, x, weights, record, dh, (dh_n, dc_n), **options)


def rnn_forward(x: FloatArray, weights: RNNWeights, h_0: FloatArray, *more: Any, **options: Any) -> Any:
    return kernels.forward(RNN, x, weights, (h_0,), *more, **options)


def rnn_backward(x: FloatArray, weights: RNNWeights, record: Any, dh: Any, dh_n: FloatArray, **options: Any) -> Any:
    return kernels.backward(RNN, x, weights, record, dh, (dh_n,), **options)


TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


@dataclass(frozen=True)
class Case:
    """One layer, its input, and the gradients that arrive from above, all in float64 but rounded to ``dtype``."""

    dtype: str
    x: FloatArray
    W: FloatArray
    U: FloatArray
    b: FloatArray
    h_0: FloatArray
    c_0: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool
    dh: FloatArray
    dh_n: FloatArray
    dc_n: FloatArray

    def __repr__(self) -> str:
        (N, T, F), H = self.x.shape, self.h_0.shape[1]
        return (
            f"Case(N={N}, T={T}, F={F}, H={H}, {self.dtype}, lengths={self.lengths.tolist()}, reverse={self.reverse})"
        )

    def array(self, name: str, dtype: str | None = None) -> FloatArray:
        array: FloatArray = np.ascontiguousarray(getattr(self, name), dtype or self.dtype)
        return array

    def arrays(self, *names: str, dtype: str | None = None) -> list[FloatArray]:
        return [self.array(name, dtype) for name in names]

    def lstm_weights(self, dtype: str | None = None) -> LSTMWeights:
        return LSTMWeights(*self.arrays("W", "U", "b", dtype=dtype))

    def rnn_weights(self, dtype: str | None = None) -> RNNWeights:
        H = self.h_0.shape[1]
        return RNNWeights(*(np.ascontiguousarray(w[..., :H]) for w in self.arrays("W", "U", "b", dtype=dtype)))


def make_case(
    N: int,
    T: int,
    F: int,
    H: int,
    *,
    dtype: str = "float64",
    reverse: bool = False,
    ragged: bool = False,
    seed: int = 0,
) -> Case:
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> FloatArray:
        return rng.standard_normal(shape).astype(dtype).astype(np.float64)

    def uniform(*shape: int) -> FloatArray:
        values: FloatArray = rng.uniform(-1, 1, shape) / np.sqrt(H)
        return values.astype(dtype).astype(np.float64)

    lengths = rng.integers(1, T + 1, N) if ragged else np.full(N, T)
    weights = (uniform(F, 4 * H), uniform(H, 4 * H), uniform(4 * H))
    states, gradients = (normal(N, H), normal(N, H)), (normal(N, T, H), normal(N, H), normal(N, H))
    return Case(dtype, normal(N, T, F), *weights, *states, lengths, reverse, *gradients)


@st.composite
def cases(draw: st.DrawFn, dtypes: tuple[str, ...] = ("float64", "float32")) -> Case:
    sizes = {"N": st.integers(1, 40), "T": st.integers(1, 30), "F": st.integers(1, 20), "H": st.integers(1, 70)}
    return make_case(
        **{name: draw(values) for name, values in sizes.items()},
        dtype=draw(st.sampled_from(dtypes)),
        reverse=draw(st.booleans()),
        ragged=draw(st.booleans()),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def difference(found: Any, expected: Any) -> float:
    """max|a − b| / max|b|, the measure of DESIGN.md; NaN wherever a is NaN, so that it compares as wrong."""
    a, b = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert a.shape == b.shape
    scale = np.abs(b).max(initial=0)
    return float(np.abs(a - b).max(initial=0) / (scale or 1))
