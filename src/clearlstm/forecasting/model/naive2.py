"""Naive2, the benchmark of the M4 competition: the last value, seasonally adjusted where there is a season.

Makridakis, Spiliotis & Assimakopoulos (2020), "The M4 Competition", IJF 36. A series has a season if its
autocorrelation there is beyond what chance gives 90 % of the time; it is then divided by the seasonal indices of the
classical multiplicative decomposition, its last value repeated, and the indices put back.

All functions work on many histories of the same length at once, y: (n, L).
"""

import numpy as np
import numpy.typing as npt

from clearlstm.forecasting.model.baselines import Rows, at_rows
from clearlstm.shapes import FloatArray
from clearlstm.training.windows import gather

CRITICAL = 1.645
"""The normal quantile of M4's test: 90 % two-sided."""
MIN_SEASONS = 3
CELLS_AT_ONCE = 2**22


def naive2(values: FloatArray, known: Rows, offsets: Rows, origins: Rows, h: int, season: int) -> FloatArray:
    """Forecasts (n, h) from ``origins`` (n,) of a long table; gaps count as the last known value.

    A history with values ≤ 0 has no multiplicative season: its forecast is the last value.
    """
    filled = at_rows(values, known)
    starts = _first_known(known, offsets)[origins]
    lengths = np.where(starts >= 0, origins - starts + 1, 1)
    forecasts = np.empty((len(origins), h))
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        for part in np.array_split(same, -(-len(same) * int(length) // CELLS_AT_ONCE)):
            y = gather(filled, origins[part] - length + 1, int(length))
            forecasts[part] = y[:, -1:] * _future_over_last_index(y, h, season)
    return forecasts


def _first_known(known: Rows, offsets: Rows) -> Rows:
    """The first row of each row's series that isn't missing, (rows,); −1 before there is one."""
    rows = np.arange(len(known))
    series_start = np.repeat(offsets[:-1], np.diff(offsets))
    first = np.full(len(known) + 1, len(known), dtype=np.int64)
    first[:-1] = np.minimum.accumulate(np.where(known == rows, rows, len(known))[::-1])[::-1]
    return np.where(known >= 0, first[series_start], -1)


def _future_over_last_index(y: FloatArray, h: int, season: int) -> FloatArray:
    """The seasonal indices of the next h steps over that of the last one, (n, h); 1 where there is no season."""
    n, L = y.shape
    ratio = np.ones((n, h))
    if season < 2 or MIN_SEASONS * season > L:
        return ratio
    seasonal = np.flatnonzero((y > 0).all(axis=1))
    seasonal = seasonal[is_seasonal(y[seasonal], season)]
    indices = seasonal_indices(y[seasonal], season)
    phases = np.arange(L - 1, L + h) % season
    ratio[seasonal] = indices[:, phases[1:]] / indices[:, phases[:1]]
    return ratio


def is_seasonal(y: FloatArray, season: int) -> npt.NDArray[np.bool_]:
    """Whether the autocorrelation of each history at ``season`` is beyond chance, (n,).

    With autocorrelations r_k of L values the bound is 1.645 √((1 + 2 Σ_{k<season} r_k²) / L) (Bartlett 1946).
    """
    centred = y - y.mean(axis=1, keepdims=True)
    variance = np.sum(centred * centred, axis=1)
    safe = np.where(variance > 0, variance, 1.0)
    r = np.stack([np.sum(centred[:, k:] * centred[:, :-k], axis=1) / safe for k in range(1, season + 1)], axis=1)
    bound = CRITICAL * np.sqrt((1 + 2 * np.sum(r[:, :-1] ** 2, axis=1)) / y.shape[1])
    return np.asarray((np.abs(r[:, -1]) > bound) & (variance > 0))


def seasonal_indices(y: FloatArray, season: int) -> FloatArray:
    """The indices of classical multiplicative decomposition, (n, season), of mean 1; the first is that of step 0.

    Each is the mean, over its steps, of y over its centred moving average (of season + 1 terms, the outer two halved,
    where the season is even).
    """
    n, L = y.shape
    total = np.concatenate([np.zeros((n, 1)), np.cumsum(y, axis=1)], axis=1)
    trend = (total[:, season:] - total[:, :-season]) / season
    if season % 2 == 0:
        trend = (trend[:, 1:] + trend[:, :-1]) / 2
    first = season // 2
    seasons = -(-L // season)
    ratios = np.full((n, seasons * season), np.nan)
    ratios[:, first : first + trend.shape[1]] = y[:, first : first + trend.shape[1]] / trend
    indices = np.nanmean(ratios.reshape(n, seasons, season), axis=1)
    return np.asarray(indices / indices.mean(axis=1, keepdims=True))
