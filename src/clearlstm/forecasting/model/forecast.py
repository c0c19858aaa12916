"""A forecast of every series' future, by the net or, where it can't, by the stated rule."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.times import TimeArray
from clearlstm.data.windows import Known, Rows
from clearlstm.forecasting.model.baselines import at_rows
from clearlstm.forecasting.model.fallback import fallback_quantiles, why_not
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.problem import Problem
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray


@dataclass(frozen=True)
class Forecast:
    """The h steps after each series' last row.

    times (S, h); quantiles (S, h, Q) in the order of ``settings.quantiles``; last (S,): the last known values;
    fallbacks: why a series was not forecast by the net, by its id.
    """

    panel: Panel
    settings: Settings
    times: TimeArray
    quantiles: FloatArray
    last: FloatArray
    fallbacks: dict[str, str]

    @property
    def median(self) -> FloatArray:
        """The point forecasts, (S, h)."""
        return np.asarray(self.quantiles[:, :, self.quantiles.shape[2] // 2])

    def interval(self, level: float) -> tuple[FloatArray, FloatArray]:
        """The lower and upper ends of the interval of ``level`` percent, each (S, h)."""
        lo, hi = self.settings.interval(level)
        return self.quantiles[:, :, lo], self.quantiles[:, :, hi]


def forecast(model: ForecastModel, panel: Panel) -> Forecast:
    """Forecast from the last row of each series of ``panel``."""
    problem, last = last_origins(model, panel)
    modelled = problem.askable(last, 0)
    quantiles = np.empty((len(panel), model.settings.h, len(model.settings.quantiles)))
    if modelled.any():
        quantiles[modelled] = model.quantiles(problem, last[modelled])
    others = np.flatnonzero(~modelled)
    if len(others):
        quantiles[others] = fallback_quantiles(problem, others)
    return Forecast(
        panel=panel,
        settings=model.settings,
        times=panel.future(model.settings.h),
        quantiles=quantiles,
        last=at_rows(panel.values, Known.of(panel.values, panel.offsets).last(panel.offsets[1:] - 1)),
        fallbacks=_fallbacks(problem, others),
    )


def last_origins(model: ForecastModel, panel: Panel) -> tuple[Problem, Rows]:
    """The panel as the net meets it, with the rows to come if it knows of any, and the last row of each series."""
    problem = model.problem(panel.extended() if model.settings.futr_exog else panel)
    steps_ahead = model.settings.h if model.settings.futr_exog else 0
    return problem, problem.panel.offsets[1:] - 1 - steps_ahead


def _fallbacks(problem: Problem, series: Rows) -> dict[str, str]:
    if not len(series):
        return {}
    return dict(zip(map(str, problem.panel.ids[series]), why_not(problem, series), strict=True))


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
