"""How good answers are, in one number, as scikit-learn's ``score`` methods give it."""

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray


def accuracy(right: npt.NDArray[np.bool_], weight: FloatArray) -> float:
    """The share of answers that are right; both (n,)."""
    return float((weight * right).sum() / weight.sum())


def r_squared(y: FloatArray, predicted: FloatArray, weight: FloatArray) -> float:
    """R², the share of y's variance that the answers explain, the mean over outputs; y, predicted (n, K), weight (n,).

    1 is perfect, 0 no better than y's mean, and below 0 worse. A constant y has 1 if it is met exactly, else 0.

    >>> r_squared(np.array([[0.0], [2.0]]), np.array([[0.0], [1.0]]), np.ones(2))
    0.5
    """
    w = (weight / weight.sum())[:, None]
    # R² = 1 − Σ w (y − ŷ)² / Σ w (y − ȳ)²
    missed = (w * (y - predicted) ** 2).sum(axis=0)
    total = (w * (y - (w * y).sum(axis=0)) ** 2).sum(axis=0)
    shares = np.where(total > 0, 1 - missed / np.where(total > 0, total, 1.0), np.where(missed > 0, 0.0, 1.0))
    return float(shares.mean())
