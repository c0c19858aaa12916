"""Errors of forecasts. ``y`` and ``forecast`` have the same shape; every function returns one number."""

import numpy as np
import numpy.typing as npt

from clearlstm.forecasting.model.baselines import Rows
from clearlstm.shapes import FloatArray


def mae(y: FloatArray, forecast: FloatArray) -> float:
    """Mean absolute error: mean |y − ŷ|."""
    return float(np.mean(np.abs(y - forecast)))


def mase(y: FloatArray, forecast: FloatArray, scale: FloatArray | float) -> float:
    """Mean absolute scaled error (Hyndman & Koehler 2006): mean |y − ŷ| / scale, from :func:`naive_scales`."""
    return float(np.mean(np.abs(y - forecast) / scale))


def rmsse(y: FloatArray, forecast: FloatArray, scale: FloatArray | float) -> float:
    """Root mean squared scaled error as in M5: the mean over windows, y (n, h), of √(mean_h ((y − ŷ) / scale)²).

    ``scale`` is the root mean square of the naive errors in the history, from :func:`naive_scales`.
    """
    return float(np.mean(np.sqrt(np.mean(((y - forecast) / scale) ** 2, axis=1))))


def owa(smape: float, mase: float, reference_smape: float, reference_mase: float) -> float | None:
    """Overall weighted average as in M4: half the sum of the ratios of mean sMAPE and mean MASE to Naive2's.

    Below 1 is better than Naive2; None where Naive2 is never wrong.
    """
    if not (reference_smape > 0 and reference_mase > 0):
        return None
    return (smape / reference_smape + mase / reference_mase) / 2


def naive_scales(values: FloatArray, offsets: Rows, season: int = 1) -> tuple[FloatArray, FloatArray]:
    """For each series of a long table, the mean |y_t − y_{t−season}| and the root of the mean square of it, (S,) each.

    Pairs with a missing value are left out; not-a-number if there is no pair.

    >>> naive_scales(np.array([1.0, 2.0, 4.0, 9.0, 9.0]), np.array([0, 3, 5]))[0]
    array([1.5, 0. ])
    """
    S = len(offsets) - 1
    series = np.repeat(np.arange(S), np.diff(offsets))
    changes = np.abs(values[season:] - values[:-season])
    usable = (series[season:] == series[:-season]) & ~np.isnan(changes)
    at, changes = series[season:][usable], changes[usable]
    counts = np.bincount(at, minlength=S)
    sums, squares = (np.bincount(at, weights=weights, minlength=S) for weights in (changes, changes * changes))
    safe = np.where(counts > 0, counts, np.nan)
    return sums / safe, np.sqrt(squares / safe)


def touches_zero(values: FloatArray, offsets: Rows) -> npt.NDArray[np.bool_]:
    """Which series of a long table have values on both sides of 0, or 0 itself, (S,): they have no sMAPE."""
    series = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    above, below = (np.bincount(series[side], minlength=len(offsets) - 1) > 0 for side in (values >= 0, values <= 0))
    return np.asarray(above & below)


def smape(y: FloatArray, forecast: FloatArray) -> float:
    """Symmetric mean absolute percentage error as in M4, between 0 and 200: 100 · mean 2 |y − ŷ| / (|y| + |ŷ|).

    Where both are 0 the error is 0.
    """
    size = np.abs(y) + np.abs(forecast)
    return float(200 * np.mean(np.abs(y - forecast) / np.where(size > 0, size, 1.0)))


def pinball(y: FloatArray, quantile: FloatArray, level: float) -> float:
    """Quantile loss (Koenker & Bassett 1978): with e = y − q, mean of max(level · e, (level − 1) · e)."""
    error = y - quantile
    return float(np.mean(np.maximum(level * error, (level - 1) * error)))


def coverage(y: FloatArray, lo: FloatArray, hi: FloatArray) -> float:
    """The share of values that lie in their interval, ends included."""
    return float(np.mean((y >= lo) & (y <= hi)))


def mean_width(lo: FloatArray, hi: FloatArray) -> float:
    """The mean of hi − lo."""
    return float(np.mean(hi - lo))
