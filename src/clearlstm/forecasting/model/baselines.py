"""The simple forecasts that every other one must be seen beside. They need no training and look at no later row.

All take the values of a long table with their gaps filled (:func:`last_known_rows`) and the rows ``origins`` (n,) at
which the forecasts are made, and return (n, h).
"""

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray

Rows = npt.NDArray[np.int64]


def last_known_rows(values: FloatArray, offsets: Rows) -> Rows:
    """For each row, the last row of its series up to itself that isn't missing, (rows,); −1 where there is none.

    >>> last_known_rows(np.array([np.nan, 2.0, np.nan, 4.0]), np.array([0, 3, 4]))
    array([-1,  1,  1,  3])
    """
    rows = np.arange(len(values))
    known = np.maximum.accumulate(np.where(np.isnan(values), -1, rows))
    first = np.repeat(offsets[:-1], np.diff(offsets))
    return np.where(known >= first, known, -1).astype(np.int64)


def at_rows(values: FloatArray, rows: Rows) -> FloatArray:
    """The values at ``rows``, not-a-number where a row is −1."""
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)


def naive(values: FloatArray, known: Rows, origins: Rows, h: int) -> FloatArray:
    """The last known value repeated: ŷ_{t+k} = y_t."""
    return np.repeat(at_rows(values, known[origins])[:, None], h, axis=1)


def drift(values: FloatArray, known: Rows, offsets: Rows, origins: Rows, h: int) -> FloatArray:
    """The straight line through the first and the last known value: ŷ_{t+k} = y_t + k (y_t − y_1) / (t − 1)."""
    present = np.flatnonzero(~np.isnan(values))
    starts = np.repeat(offsets[:-1], np.diff(offsets))[origins]
    # The first known row of each series; a series without any keeps −1 in `last` and so not-a-number below.
    first = present[np.minimum(np.searchsorted(present, starts), len(present) - 1)]
    last = known[origins]
    steps = np.maximum(last - first, 1)
    slope = (at_rows(values, last) - values[first]) / steps
    forecast: FloatArray = at_rows(values, last)[:, None] + slope[:, None] * np.arange(1, h + 1)
    return forecast


def seasonal_lags(h: int, season: int) -> Rows:
    """How far from the origin the same step of the last known season lies, (h,), all ≤ 0: k − season ⌈k / season⌉.

    >>> seasonal_lags(5, 3)
    array([-2, -1,  0, -2, -1])
    """
    k = np.arange(1, h + 1)
    return k - season * -(-k // season)


def seasonal_naive(values: FloatArray, known: Rows, offsets: Rows, origins: Rows, h: int, season: int) -> FloatArray:
    """The last known season repeated; not-a-number where the series has no full season yet."""
    rows = origins[:, None] + seasonal_lags(h, season)
    starts = np.repeat(offsets[:-1], np.diff(offsets))[origins][:, None]
    return np.where(rows >= starts, at_rows(values, known[np.maximum(rows, starts)]), np.nan)


def historic_mean(values: FloatArray, offsets: Rows, origins: Rows, h: int) -> FloatArray:
    """The mean of all known values up to the origin; not-a-number where there is none."""
    starts = np.repeat(offsets[:-1], np.diff(offsets))[origins]
    # reduceat sums from each index to the next: every other sum is one asked for, and the last index needs a row
    bounds = np.stack([starts, origins + 1], axis=1).ravel()
    missing = np.append(np.isnan(values), False)
    sums = np.add.reduceat(np.where(missing, 0.0, np.append(values, 0.0)), bounds)[::2]
    counts = np.add.reduceat(~missing, bounds, dtype=np.int64)[::2]
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return np.repeat(means[:, None], h, axis=1)
