"""Made-up sequences for the tests of this folder."""

from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray

QUICK: dict[str, Any] = {"hidden_size": 8, "max_steps": 200, "learning_rate": 0.02}


def ragged(n: int = 60, n_features: int = 2, seed: int = 0) -> list[FloatArray]:
    """Noise of 3 to 9 steps; every length occurs."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(3 + k % 7, n_features)) for k in range(n)]


def starts(X: list[FloatArray]) -> npt.NDArray[np.str_]:
    """The class of each sequence: whether it started above 0."""
    return np.array(["up" if x[0, 0] > 0 else "down" for x in X])


def padded(X: list[FloatArray], fill: float = np.nan) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """The same as an array (N, T, F) with lengths (N,)."""
    lengths = np.array([len(x) for x in X])
    out = np.full((len(X), lengths.max(), X[0].shape[1]), fill)
    for row, x in zip(out, X, strict=True):
        row[: len(x)] = x
    return out, lengths
