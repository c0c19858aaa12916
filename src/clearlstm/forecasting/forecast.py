"""A forecast of every series' future, by the net or, where it can't, by the stated rule."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.times import TimeArray
from clearlstm.forecasting.baselines import at_rows, last_known_rows
from clearlstm.forecasting.fallback import fallback_quantiles, why_not
from clearlstm.forecasting.model import ForecastModel
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
    problem = model.problem(panel)
    last = panel.offsets[1:] - 1
    modelled = np.isin(last, problem.origins(0))
    quantiles = np.empty((len(panel), model.settings.h, len(model.settings.quantiles)))
    if modelled.any():
        quantiles[modelled] = model.quantiles(problem, last[modelled])
    others = np.flatnonzero(~modelled)
    if len(others):
        quantiles[others] = fallback_quantiles(problem, last[others])
    return Forecast(
        panel=panel,
        settings=model.settings,
        times=panel.future(model.settings.h),
        quantiles=quantiles,
        last=at_rows(panel.values, last_known_rows(panel.values, panel.offsets)[last]),
        fallbacks={str(panel.ids[k]): why_not(problem, int(k)) for k in others},
    )


@dataclass(frozen=True)
class LastWindows:
    """What the net saw last of each series that it models: ids (S,), times (S, T), x (S, T, F), F input names."""

    ids: npt.NDArray[np.object_]
    times: TimeArray
    x: npt.NDArray[np.float32]
    input_names: tuple[str, ...]


def last_windows(model: ForecastModel, panel: Panel) -> LastWindows:
    """The windows that the forecasts of ``panel`` were made from."""
    problem = model.problem(panel)
    last = panel.offsets[1:] - 1
    rows = last[np.isin(last, problem.origins(0))]
    times = panel.times[rows[:, None] + np.arange(1 - model.settings.input_size, 1)]
    return LastWindows(panel.ids[problem.row_series[rows]], times, problem.x(rows), problem.input_names)
