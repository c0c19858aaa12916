"""A forecast of every series' future, by the net or, where it can't be asked, by the last known value.

A series is not modelled if it has too few known values, never changes, or is too short for the base. The interval k
steps ahead is then z ± q · size_k, with q the normal quantile and size_k the root mean square of the series' own k-step
changes (where it has fewer than 10 of them, √k times that of its one-step changes).
"""

from dataclasses import dataclass
from importlib import import_module
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform, Transformed
from clearlstm.data.times import TimeArray
from clearlstm.data.windows import Known, Rows
from clearlstm.forecasting.model.baselines import at_rows
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.problem import MIN_KNOWN, Problem
from clearlstm.forecasting.model.sizes import change_sizes
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm.widget.drawing import Drawing

MIN_COUNT = 10


@dataclass(frozen=True)
class Forecast:
    """The h steps after each series' last row.

    times (S, h); quantiles (S, h, Q) in the order of ``settings.quantiles``; last (S,): the last known values;
    fallbacks: why a series was not forecast by the net, by its id; name: of the model.
    """

    panel: Panel
    settings: Settings
    times: TimeArray
    quantiles: FloatArray
    last: FloatArray
    fallbacks: dict[str, str]
    name: str = "LSTM"

    @property
    def median(self) -> FloatArray:
        """The point forecasts, (S, h)."""
        return np.asarray(self.quantiles[:, :, self.quantiles.shape[2] // 2])

    def interval(self, level: float) -> tuple[FloatArray, FloatArray]:
        """The lower and upper ends of the interval of ``level`` percent, each (S, h)."""
        lo, hi = self.settings.interval(level)
        return self.quantiles[:, :, lo], self.quantiles[:, :, hi]

    def show(self) -> "Drawing":
        """The forecast as a live drawing in a notebook, by the extra ``notebook``; the last line of a cell shows it."""
        drawing: Drawing = import_module("clearlstm.widget.show").show_forecast(self)
        return drawing


def forecast(model: ForecastModel, panel: Panel) -> Forecast:
    """Forecast from the last row of each series of ``panel``."""
    problem, last = last_origins(model, panel)
    modelled = problem.askable(last, 0)
    quantiles = np.empty((len(panel), model.settings.h, len(model.settings.quantiles)))
    if modelled.any():
        quantiles[modelled] = model.quantiles(problem, last[modelled])
    others = np.flatnonzero(~modelled)
    if len(others):
        quantiles[others] = _fallback_quantiles(problem, others)
    return Forecast(
        panel=panel,
        settings=model.settings,
        times=panel.future(model.settings.h),
        quantiles=quantiles,
        last=at_rows(panel.values, Known.of(panel.values, panel.offsets).last(panel.offsets[1:] - 1)),
        fallbacks=_why_not(problem, others) if len(others) else {},
    )


def last_origins(model: ForecastModel, panel: Panel) -> tuple[Problem, Rows]:
    """The panel as the net meets it, with the rows to come if it knows of any, and the last row of each series."""
    problem = model.problem(panel.extended() if model.settings.futr_exog else panel)
    steps_ahead = model.settings.h if model.settings.futr_exog else 0
    return problem, problem.panel.offsets[1:] - 1 - steps_ahead


def _fallback_quantiles(problem: Problem, series: Rows) -> FloatArray:
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


def _why_not(problem: Problem, series: Rows) -> dict[str, str]:
    """Why each of ``series`` (n,) can't be modelled from its last row, in words, by its id."""
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
    return dict(zip(map(str, problem.panel.ids[series]), words, strict=True))


def base_weights(model: ForecastModel, panel: Panel) -> tuple[tuple[str, ...], FloatArray]:
    """The simple forecasts that the net corrects the mean of, B names, and their weights at the last rows, (S, B)."""
    if isinstance(model.base, Base):
        return (model.base.name,), np.ones((len(panel), 1))
    problem, last = last_origins(model, panel)
    return tuple(one.name for one in model.base.members), model.base.weights(problem.z, problem.known, last)


@dataclass(frozen=True)
class LastWindows:
    """What the net saw last of each series that it models: ids (S,), times (S, T), x (S, T, F), F input names.

    Series that don't fill a window are left out: the steps that they are padded with have no times.
    """

    ids: npt.NDArray[np.object_]
    times: TimeArray
    x: npt.NDArray[np.float32]
    input_names: tuple[str, ...]


def last_windows(model: ForecastModel, panel: Panel) -> LastWindows:
    """The windows that the forecasts of ``panel`` were made from."""
    problem, last = last_origins(model, panel)
    rows = last[problem.askable(last, 0) & (panel.lengths >= model.settings.input_size)]
    times = problem.panel.times[rows[:, None] + np.arange(1 - model.settings.input_size, 1)]
    return LastWindows(panel.ids[problem.known.series(rows)], times, problem.x(rows), problem.input_names)
