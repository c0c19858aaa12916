"""The rule for series that the net can't model: the last known value, with intervals from the series' own changes.

A series is not modelled if it has too few known values, never changes, or is too short for the base. The interval k
steps ahead is z ± q · size_k, with q the normal quantile and size_k the root mean square of the series' own k-step
changes (where it has fewer than 10 of them, √k times that of its one-step changes).
"""

from statistics import NormalDist

import numpy as np

from clearlstm.data.scaling import Transform, Transformed
from clearlstm.data.windows import Rows
from clearlstm.forecasting.model.baselines import at_rows
from clearlstm.forecasting.model.problem import MIN_KNOWN, Problem
from clearlstm.forecasting.model.sizes import change_sizes
from clearlstm.shapes import FloatArray

MIN_COUNT = 10


def fallback_quantiles(problem: Problem, series: Rows) -> FloatArray:
    """Forecasts of ``series`` (n,) from their last rows: (n, h, Q); not-a-number for a series without any value."""
    some = problem.panel.take(series)
    table = Transformed(some, Transform(problem.table.transform.log[series]))
    last = at_rows(some.values, table.known.last(some.offsets[1:] - 1))
    sizes = _change_sizes(table, problem.settings.h)
    normal = np.array([NormalDist().inv_cdf(level) for level in problem.settings.quantiles])
    quantiles = table.transform.move(last[:, None, None], sizes[:, :, None] * normal, np.arange(len(some)))
    return np.maximum(quantiles, 0) if problem.settings.nonnegative else quantiles


def _change_sizes(table: Transformed, h: int) -> FloatArray:
    """The usual size of changes over 1 … h steps, (S, h); 0 where there has never been a change to measure."""
    steps = np.arange(1, h + 1)
    sizes, counts = change_sizes(table, tuple(steps.tolist()))
    sizes = np.nan_to_num(sizes, nan=0.0)
    return np.where((counts >= MIN_COUNT) | (steps == 1), sizes, sizes[:, :1] * np.sqrt(steps))


def why_not(problem: Problem, series: Rows) -> list[str]:
    """Why each of ``series`` (n,) can't be modelled from its last row, in words."""
    T, before, known = problem.settings.input_size, problem.base.before, problem.known
    first, last = problem.panel.offsets[series], problem.panel.offsets[series + 1] - 1
    window = np.maximum(last - T + 1, first)
    z, starts = problem.panel.take(series).values, np.cumsum(last - first + 1) - (last - first + 1)
    constant = np.fmax.reduceat(z, starts) == np.fmin.reduceat(z, starts)
    reasons = [
        (known.count(first, last) == 0, "has no value at all, so its forecast is empty"),
        (constant, "is constant"),
        (~problem.loggable(window, last), "has values ≤ 0, unlike before"),
        (known.count(window, last) < MIN_KNOWN, f"has fewer than {MIN_KNOWN} values among its last {T} rows"),
        (last - first + 1 < before, f"has fewer rows than the {before} that the net looks at"),
        (~problem.sizes.usable[series], "has too few values to measure its changes by"),
    ]
    words = np.full(len(series), "has missing values where the net would look", dtype=object)
    for applies, why in reversed(reasons):  # the first that applies stays
        words[applies] = why
    return list(words)
