"""The rule for series that the net can't model: the last known value, with intervals from the series' own changes.

A series is not modelled if it has too few rows, never changes, or has a missing value where the net would look. The
interval k steps ahead is z ± q · size_k, with q the normal quantile and size_k the root mean square of the series' own
k-step changes (where it has fewer than 10 of them, √k times that of its one-step changes).
"""

from statistics import NormalDist

import numpy as np

from clearlstm.data.scaling import change_size
from clearlstm.forecasting.baselines import at_rows, last_known_rows
from clearlstm.forecasting.problem import Problem, Rows
from clearlstm.shapes import FloatArray

MIN_CHANGES = 10


def fallback_quantiles(problem: Problem, rows: Rows) -> FloatArray:
    """Forecasts from the origins ``rows`` (n,): (n, h, Q); not-a-number for a series without any value yet."""
    z, values, offsets = problem.z, problem.panel.values, problem.panel.offsets
    series = problem.row_series[rows]
    last = at_rows(values, last_known_rows(z, offsets)[rows])
    sizes = np.stack(
        [_change_sizes(z[offsets[k] : row + 1], problem.settings.h) for k, row in zip(series, rows, strict=True)]
    )
    normal = np.array([NormalDist().inv_cdf(level) for level in problem.settings.quantiles])
    return problem.transform.move(last[:, None, None], sizes[:, :, None] * normal, series)


def _change_sizes(past: FloatArray, h: int) -> FloatArray:
    """The usual size of changes over 1 … h steps, (h,); 0 where there has never been a change to measure."""
    one_step = change_size(past, 1)
    sizes = np.sqrt(np.arange(1, h + 1)) * (one_step if np.isfinite(one_step) else 0.0)
    for k in range(2, h + 1):
        if np.count_nonzero(~np.isnan(past[k:] - past[:-k])) >= MIN_CHANGES:
            sizes[k - 1] = change_size(past, k)
    return sizes


def why_not(problem: Problem, k: int) -> str:
    """Why series ``k`` can't be modelled from its last row, in words."""
    part = problem.panel.rows(k)
    z, needed = problem.z[part], max(problem.settings.input_size, problem.base.before)
    known = z[~np.isnan(z)]
    if not len(known):
        return "has no value at all, so its forecast is empty"
    if np.all(known == known[0]):
        return "is constant"
    if len(z) < needed:
        return f"has {len(z)} rows, fewer than the {needed} that the net looks at"
    if np.isnan(z[-needed:]).any():
        nonpositive = problem.transform.log[k] and not np.isnan(problem.panel.values[part][-needed:]).any()
        return "has values ≤ 0, unlike before" if nonpositive else f"has missing values among its last {needed} rows"
    return "has too few values to measure its changes by"
