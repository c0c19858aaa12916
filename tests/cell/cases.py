"""Random layers for the tests: every weight drawn by itself, so that no permutation of gates can hide."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cell.rnn import RNNWeights
from clearlstm.shapes import FloatArray

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """A batch with its start and a gradient from above; x (N, T, F), states (N, H)."""

    x: FloatArray
    h_0: FloatArray
    c_0: FloatArray
    lengths: Int64Array
    dh: FloatArray
    dh_n: FloatArray
    dc_n: FloatArray
    rng: np.random.Generator

    @property
    def hidden_size(self) -> int:
        return int(self.h_0.shape[1])

    def lstm_weights(self, *, peepholes: bool = False) -> LSTMWeights:
        F, H = self.x.shape[2], self.hidden_size
        p = self.normal(3 * H) if peepholes else None
        return LSTMWeights(self.normal(F, 4 * H), self.normal(H, 4 * H), self.normal(4 * H), p)

    def rnn_weights(self) -> RNNWeights:
        F, H = self.x.shape[2], self.hidden_size
        return RNNWeights(self.normal(F, H), self.normal(H, H), self.normal(H))

    def normal(self, *shape: int) -> FloatArray:
        return self.rng.normal(scale=0.7, size=shape)


def make_case(seed: int, N: int, T: int, F: int, H: int) -> Case:
    rng = np.random.default_rng(seed)
    return Case(
        x=rng.normal(size=(N, T, F)),
        h_0=rng.normal(scale=0.5, size=(N, H)),
        c_0=rng.normal(size=(N, H)),
        lengths=rng.integers(1, T + 1, size=N),
        dh=rng.normal(size=(N, T, H)),
        dh_n=rng.normal(size=(N, H)),
        dc_n=rng.normal(size=(N, H)),
        rng=rng,
    )


def cases(
    max_sequences: int = 5, max_steps: int = 9, max_features: int = 4, max_hidden: int = 6
) -> st.SearchStrategy[Case]:
    """Shapes and a seed by Hypothesis, numbers from the seed."""
    return st.builds(
        make_case,
        seed=st.integers(0, 2**32 - 1),
        N=st.integers(1, max_sequences),
        T=st.integers(1, max_steps),
        F=st.integers(1, max_features),
        H=st.integers(1, max_hidden),
    )


def assert_close(name: str, found: FloatArray, wanted: FloatArray, tolerance: float, *, floor: float = 0.0) -> None:
    """max|found − wanted| / max|wanted| must not pass ``tolerance``; shapes must be equal.

    Where ``wanted`` is smaller than ``floor`` all over, the error counts as a part of ``floor``.
    """
    assert found.shape == wanted.shape, f"{name}: shape {found.shape}, wanted {wanted.shape}"
    scale = max(float(np.abs(wanted).max()), floor) or 1.0
    error = float(np.abs(found - wanted).max()) / scale
    assert error <= tolerance, f"{name} is off by {error:.3g} of its largest value; {tolerance:.0e} is allowed"
