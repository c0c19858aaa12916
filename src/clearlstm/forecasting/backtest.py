"""Forecasts from past origins, each made with nothing but the rows up to its cutoff: what the model would have said."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.times import TimeArray
from clearlstm.data.windows import origins
from clearlstm.errors import DataError
from clearlstm.forecasting import baselines
from clearlstm.forecasting.metrics import naive_scale
from clearlstm.forecasting.model import ForecastModel
from clearlstm.forecasting.problem import Rows
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray, check_positive
from clearlstm.training.windows import gather

Fit = Callable[[Panel], ForecastModel]
"""From the rows that may be seen to a fitted model."""


@dataclass(frozen=True)
class Backtest:
    """W windows, in order of cutoff, then series.

    series (W,): its number in ``panel``; cutoffs (W,); rows (W,): the origin of each; times and y (W, h); forecasts:
    a name to (W, h); quantiles (W, h, Q) of the LSTM; scale (S,): the mean absolute change of each series before the
    first cutoff, by which its errors are made comparable.
    """

    panel: Panel
    settings: Settings
    step_size: int
    refits: int
    series: Rows
    cutoffs: TimeArray
    rows: Rows
    times: TimeArray
    y: FloatArray
    forecasts: dict[str, FloatArray]
    quantiles: FloatArray
    scale: FloatArray
    left_out: tuple[str, ...]

    @property
    def n_cutoffs(self) -> int:
        """Different cutoffs."""
        return len(np.unique(self.cutoffs))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """The long table's columns: cutoff, time, y, one a model, and the ends of the LSTM's intervals."""
        found: dict[str, npt.NDArray[Any]] = {
            "cutoff": np.repeat(self.cutoffs, self.settings.h),
            "ds": self.times.ravel(),
            "y": self.y.ravel(),
            "LSTM": self.forecasts["LSTM"].ravel(),
            **interval_columns(self.quantiles, self.settings),
        }
        return found | {name: values.ravel() for name, values in self.forecasts.items() if name != "LSTM"}


def interval_columns(quantiles: FloatArray, settings: Settings) -> dict[str, FloatArray]:
    """``LSTM-lo-80``, ``LSTM-hi-80`` … from quantiles (n, h, Q), each (n · h,)."""
    found = {}
    for level in settings.levels:
        lo, hi = settings.interval(level)
        found[f"LSTM-lo-{level:g}"] = quantiles[:, :, lo].ravel()
        found[f"LSTM-hi-{level:g}"] = quantiles[:, :, hi].ravel()
    return found


def choose_cutoffs(panel: Panel, settings: Settings, n_windows: int, step_size: int) -> TimeArray:
    """The ``n_windows`` last cutoffs, ``step_size`` apart, that leave h rows after them; the earliest first."""
    grid = np.unique(panel.times)
    last = len(grid) - 1 - settings.h
    first = last - (n_windows - 1) * step_size
    needed = settings.input_size + settings.h
    if first + 1 < needed:
        room = max((last + 1 - needed) // step_size + 1, 0)
        raise DataError(
            f"{n_windows} windows {step_size} apart leave {max(first + 1, 0)} rows before the first; input_size "
            f"{settings.input_size} and h {settings.h} need at least {needed} to fit on: "
            + (f"lower n_windows (to {room} at most)" if room else "give more data or lower input_size")
        )
    return grid[first : last + 1 : step_size]


def run_backtest(
    panel: Panel,
    settings: Settings,
    fit: Fit,
    *,
    n_windows: int,
    step_size: int | None = None,
    refit: bool | int = False,
) -> Backtest:
    """Forecast from each of the last cutoffs; fit before the first, and again every ``refit`` windows (True: every)."""
    step = settings.h if step_size is None else check_positive("step_size", step_size)
    cutoffs = choose_cutoffs(panel, settings, check_positive("n_windows", n_windows), step)
    every = refit_every(refit, len(cutoffs))
    parts = []
    for start in range(0, len(cutoffs), every):
        group = cutoffs[start : start + every]
        past = panel.until(group[0])
        model = fit(_without_empty(past))
        parts.append(_forecast_group(panel, model, settings, group))
    series, where, rows, quantiles = (np.concatenate(found) for found in zip(*parts, strict=True))
    if not len(rows):
        raise DataError("no series has rows before and after any of the cutoffs: lower n_windows or give more data")
    return _assemble(panel, settings, step, len(parts), cutoffs[0], (series, where, rows, quantiles))


def refit_every(refit: bool | int, n_cutoffs: int) -> int:
    """How many cutoffs one fit serves."""
    if refit is False:
        return n_cutoffs
    return 1 if refit is True else check_positive("refit", refit)


def _without_empty(panel: Panel) -> Panel:
    """Leave out the series that have no rows yet."""
    if (panel.lengths > 0).all():
        return panel
    keep = panel.lengths > 0
    offsets = np.concatenate([[0], np.cumsum(panel.lengths[keep])]).astype(np.int64)
    return Panel(panel.ids[keep], panel.times, panel.values, offsets, panel.frequency, panel.notes)


def _forecast_group(
    panel: Panel, model: ForecastModel, settings: Settings, cutoffs: TimeArray
) -> tuple[Rows, TimeArray, Rows, FloatArray]:
    """The windows of all series at ``cutoffs``: series, cutoff, origin's row and quantiles of each.

    The features of a row depend on no later row, so the whole panel can be read at once; sizes come from the fit. A
    series that the fit has not seen would be measured by its later rows too: it is left out.
    """
    problem = model.problem(panel)
    seen = np.isin(panel.ids.astype(str), model.ids.astype(str))
    # A value to come that has no logarithm is no reason to leave a window out: the forecast was simply wrong there.
    known = origins(panel.offsets, np.isnan(panel.values), 1, settings.h)
    possible = np.intersect1d(problem.origins(0), known)
    series, where, rows = [], [], []
    for cutoff in cutoffs:
        last = panel.last_rows(cutoff)
        usable = np.flatnonzero(seen & (last >= 0) & np.isin(last, possible))
        series.append(usable)
        where.append(np.full(len(usable), cutoff))
        rows.append(last[usable])
    asked = np.concatenate(rows)
    return np.concatenate(series), np.concatenate(where), asked, model.quantiles(problem, asked)


def _assemble(
    panel: Panel,
    settings: Settings,
    step: int,
    refits: int,
    first_cutoff: Any,
    found: tuple[Any, Any, Rows, FloatArray],
) -> Backtest:
    series, where, rows, quantiles = found
    forecasts = {"LSTM": quantiles[:, :, quantiles.shape[2] // 2], **_baseline_forecasts(panel, settings, rows)}
    past = panel.until(first_cutoff)
    season = settings.seasons[0] if settings.seasons else 1
    scale = np.array([_scale(past.values[past.rows(k)], season) for k in range(len(panel))])
    complete = np.isfinite(scale[series]) & (scale[series] > 0)
    complete &= np.all([np.isfinite(values).all(axis=1) for values in forecasts.values()], axis=0)
    if not complete.any():
        raise DataError("no window can be compared with the baselines: lower n_windows or give more data")
    rows, series = rows[complete], series[complete]
    left_out = tuple(str(one) for one in panel.ids[np.setdiff1d(np.arange(len(panel)), series)])
    return Backtest(
        panel=panel,
        settings=settings,
        step_size=step,
        refits=refits,
        series=series,
        cutoffs=where[complete],
        rows=rows,
        times=panel.times[rows[:, None] + np.arange(1, settings.h + 1)],
        y=gather(panel.values, rows + 1, settings.h),
        forecasts={name: values[complete] for name, values in forecasts.items()},
        quantiles=quantiles[complete],
        scale=scale,
        left_out=left_out,
    )


def _scale(history: FloatArray, season: int) -> float:
    """What errors are divided by; a wave that never changes over its own season is measured by its steps."""
    return naive_scale(history, season) or naive_scale(history)


def _baseline_forecasts(panel: Panel, settings: Settings, rows: Rows) -> dict[str, FloatArray]:
    """What the simple forecasts say from the same origins, each (n, h)."""
    values, offsets, h = panel.values, panel.offsets, settings.h
    known = baselines.last_known_rows(values, offsets)
    found = {
        "Naive": baselines.naive(values, known, rows, h),
        "Drift": baselines.drift(values, known, offsets, rows, h),
    }
    for season in settings.seasons:
        name = seasonal_name(season, settings)
        found[name] = baselines.seasonal_naive(values, known, offsets, rows, h, season)
    return found


def seasonal_name(season: int, settings: Settings) -> str:
    """``SeasonalNaive``; with several seasons the season is part of the name."""
    return "SeasonalNaive" if len(settings.seasons) == 1 else f"SeasonalNaive-{season}"
