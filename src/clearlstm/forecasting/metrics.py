"""Errors of forecasts. ``y`` and ``forecast`` have the same shape; every function returns one number."""

import numpy as np

from clearlstm.shapes import FloatArray


def mae(y: FloatArray, forecast: FloatArray) -> float:
    """Mean absolute error: mean |y − ŷ|."""
    return float(np.mean(np.abs(y - forecast)))


def mase(y: FloatArray, forecast: FloatArray, scale: FloatArray | float) -> float:
    """Mean absolute scaled error (Hyndman & Koehler 2006): mean |y − ŷ| / scale, ``scale`` from :func:`naive_scale`."""
    return float(np.mean(np.abs(y - forecast) / scale))


def naive_scale(history: FloatArray, season: int = 1) -> float:
    """The mean |y_t − y_{t−season}| of a series' own past, missing values left out; 0 if it never changes.

    Not-a-number if there is no pair of values a season apart.
    """
    changes = np.abs(history[season:] - history[:-season])
    changes = changes[~np.isnan(changes)]
    return float(np.mean(changes)) if len(changes) else float("nan")


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
