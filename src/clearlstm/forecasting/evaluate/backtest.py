"""Forecasts from past origins, each made with nothing but the rows up to its cutoff: what the model would have said."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform
from clearlstm.data.times import TimeArray
from clearlstm.errors import DataError
from clearlstm.forecasting.evaluate.combination import Combination, combine_in_turn, moved_to
from clearlstm.forecasting.evaluate.metrics import naive_scales
from clearlstm.forecasting.fit.calibrating import quantiles_in_turn
from clearlstm.forecasting.model.baselines import Rows
from clearlstm.forecasting.model.net import CalendarTrial, ForecastModel
from clearlstm.forecasting.model.problem import Problem
from clearlstm.forecasting.model.simple_forecasts import BASE, COMBINED, simple_forecasts
from clearlstm.forecasting.model.statsforecast_baselines import (
    AutoForecasts,
    Baselines,
    auto_forecasts,
    choose_models,
)
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray, check_positive, counted
from clearlstm.training.progress import part, task
from clearlstm.training.windows import gather

EARLIER: Final = 3
"""So many cutoffs before the first, h apart, show how the models compare that are combined."""

Fits = Callable[[Panel, TimeArray], Sequence[ForecastModel]]
"""From a panel and cutoffs to a model for each, fitted to the rows up to it."""


@dataclass(frozen=True)
class Backtest:
    """W windows, in order of cutoff, then series.

    series (W,): its number in ``panel``; cutoffs (W,); rows (W,): the origin of each; times and y (W, h); forecasts:
    a name to (W, h); quantiles (W, h, Q) of the LSTM; scale and root_scale (S,): the mean absolute change of each
    series over its season before the first cutoff, and the root mean square of it, by which errors are made comparable.
    bases: what the net corrected, in words, one a fit. calendar_trials: of the fits that tried it. unfitted: how many
    windows of a statistical baseline hold the last value for want of a fit; too_slow: those that the default
    comparison leaves out, and the seconds that they would take; fitted_once: the others were fitted once a series;
    seconds: what each of them took, and the LSTM. combination: where statistical models take part, the weights of
    ``Combined``; combined_quantiles (W, h, Q) are then the LSTM's, moved to where its median is Combined's.
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
    root_scale: FloatArray
    left_out: tuple[str, ...]
    bases: tuple[str, ...] = ()
    calendar_trials: tuple[CalendarTrial, ...] = ()
    unfitted: dict[str, int] = field(default_factory=dict)
    too_slow: Mapping[str, float] = field(default_factory=dict)
    fitted_once: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    combination: Combination | None = None
    combined_quantiles: FloatArray | None = None

    @property
    def n_cutoffs(self) -> int:
        """Different cutoffs."""
        return len(np.unique(self.cutoffs))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """The long table's columns: cutoff, time, y, one a model, and the ends of the LSTM's intervals."""
        columns: dict[str, npt.NDArray[Any]] = {
            "cutoff": np.repeat(self.cutoffs, self.settings.h),
            "ds": self.times.ravel(),
            "y": self.y.ravel(),
            **model_columns("LSTM", self.quantiles, self.settings),
        }
        if self.combined_quantiles is not None:
            columns |= model_columns(COMBINED, self.combined_quantiles, self.settings)
        return columns | {name: values.ravel() for name, values in self.forecasts.items() if name not in columns}


def model_columns(name: str, quantiles: FloatArray, settings: Settings) -> dict[str, FloatArray]:
    """The median, such as ``LSTM``, and ``LSTM-lo-80``, ``LSTM-hi-80`` … from quantiles (n, h, Q), each (n · h,)."""
    columns = {name: quantiles[:, :, quantiles.shape[2] // 2].ravel()}
    for level in settings.levels:
        lo, hi = settings.interval(level)
        columns[f"{name}-lo-{level:g}"] = quantiles[:, :, lo].ravel()
        columns[f"{name}-hi-{level:g}"] = quantiles[:, :, hi].ravel()
    return columns


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
    fits: Fits,
    *,
    n_windows: int,
    step_size: int | None = None,
    refit: bool | int = False,
    baselines: Baselines = (),
    n_jobs: int | None = None,
    progress: bool = False,
) -> Backtest:
    """Forecast from each of the last cutoffs; fit before the first, and again every ``refit`` windows (True: every).

    ``baselines`` names those of statsforecast's models that are to stand beside the simple ones, or is "auto" (see
    :func:`choose_models`); ``n_jobs`` is joblib's, for their fits; ``progress`` shows one bar for all of it.
    """
    chosen = choose_models(baselines, panel, _season(settings))
    step = settings.h if step_size is None else check_positive("step_size", step_size)
    cutoffs = choose_cutoffs(panel, settings, check_positive("n_windows", n_windows), step)
    every = refit_every(refit, len(cutoffs))
    n_fits = len(cutoffs[::every])
    done = f"{counted(len(cutoffs), 'cutoff')} · {counted(n_fits, 'fit')}"
    with task(progress, n_fits + len(chosen.names), done=done):
        models, windows, seconds = _fit_and_forecast(panel, fits, cutoffs, every)
        backtest = _assemble(panel, settings, step, cutoffs[0], windows)
        backtest = replace(
            backtest,
            seconds={"LSTM": seconds},
            calendar_trials=tuple(model.calendar_trial for model in models if model.calendar_trial is not None),
            too_slow=chosen.too_slow,
            fitted_once=chosen.once,
        )
        if not chosen.names:
            return backtest
        problem = models[0].problem(panel)
        earlier = _earlier(problem, models[0], cutoffs[0])
        rows = np.concatenate([earlier.rows, backtest.rows])
        season, n_earlier = _season(settings), len(earlier.rows)
        auto = auto_forecasts(
            chosen.names, panel, rows, settings.h, season, n_jobs, once=chosen.once, n_earlier=n_earlier
        )
        return _with_models(backtest, problem.table.transform, earlier, auto)


def _fit_and_forecast(
    panel: Panel, fits: Fits, cutoffs: TimeArray, every: int
) -> "tuple[Sequence[ForecastModel], _Group, float]":
    """The models, each fitted before every so many cutoffs, what they forecast there, and the seconds that it took."""
    start, first_cutoffs = time.perf_counter(), cutoffs[::every]
    with part(parts=len(first_cutoffs)):
        models = fits(panel, first_cutoffs)
    if not any(model.n_training for model in models):
        raise DataError(
            "no series changes before the cutoffs, so there is no forecast to compare: give series that vary"
        )
    # Adaptive intervals take in one window after the other: the walk over a model's cutoffs stays in their order.
    with part("forecasts", parts=0):
        windows = _Group.joined(
            [
                _forecast_group(model.problem(panel), model, cutoffs[k * every : (k + 1) * every])
                for k, model in enumerate(models)
            ]
        )
    if not len(windows.rows):
        raise DataError("no series has rows before and after any of the cutoffs: lower n_windows or give more data")
    return models, windows, time.perf_counter() - start


def refit_every(refit: bool | int, n_cutoffs: int) -> int:
    """How many cutoffs one fit serves."""
    if refit is False:
        return n_cutoffs
    return 1 if refit is True else check_positive("refit", refit)


@dataclass(frozen=True)
class _Group:
    """The windows that one fit, or several, forecast: series, cutoffs and rows (n,), quantiles (n, h, Q), base (n, h).

    ``bases`` are the bases in words, one a fit.
    """

    series: Rows
    cutoffs: TimeArray
    rows: Rows
    quantiles: FloatArray
    base: FloatArray
    bases: tuple[str, ...]

    @classmethod
    def joined(cls, groups: "Sequence[_Group]") -> "_Group":
        """All of them, one after the other."""
        arrays = ("series", "cutoffs", "rows", "quantiles", "base")
        whole = {name: np.concatenate([getattr(group, name) for group in groups]) for name in arrays}
        return cls(**whole, bases=tuple(name for group in groups for name in group.bases))

    def where(self, keep: npt.NDArray[np.bool_]) -> "_Group":
        """Those windows that are to be kept, (n,)."""
        return _Group(
            self.series[keep], self.cutoffs[keep], self.rows[keep], self.quantiles[keep], self.base[keep], self.bases
        )


def _forecast_group(problem: Problem, model: ForecastModel, cutoffs: TimeArray) -> _Group:
    """The windows of all series at ``cutoffs``.

    The features of a row depend on no later row, so the whole panel can be read at once; sizes come from the fit. A
    series that the fit has not seen would be measured by its later rows too: it is left out.
    """
    panel, h = problem.panel, model.settings.h
    seen = np.isin(panel.ids.astype(str), model.ids.astype(str))
    series, where, rows = [], [], []
    for cutoff in cutoffs:
        last = panel.last_rows(cutoff)
        possible = np.flatnonzero(seen & (last >= 0) & (last + h < panel.offsets[1:]))
        # A value to come that has no logarithm is no reason to leave a window out: the forecast was simply wrong there.
        known = ~np.isnan(gather(panel.values, last[possible] + 1, h)).any(axis=1)
        usable = possible[known & problem.askable(last[possible], 0)]
        series.append(usable)
        where.append(np.full(len(usable), cutoff))
        rows.append(last[usable])
    origins = np.concatenate(rows)
    return _Group(
        series=np.concatenate(series),
        cutoffs=np.concatenate(where),
        rows=origins,
        quantiles=quantiles_in_turn(model, problem, cutoffs, rows),
        base=base_forecast(problem, origins),
        bases=(model.base.name,),
    )


def base_forecast(problem: Problem, rows: Rows) -> FloatArray:
    """What the base says from the origins ``rows`` (n,), in the data's unit: (n, h). It is a correction of 0."""
    return problem.values(rows, np.zeros((len(rows), problem.settings.h, 1)))[:, :, 0]


def _assemble(panel: Panel, settings: Settings, step: int, first_cutoff: Any, windows: _Group) -> Backtest:
    """Put the baselines beside the windows; keep those in which every forecast can be made and measured."""
    scale, root_scale = _scales(panel.until(first_cutoff), _season(settings))
    others = simple_forecasts(panel, settings.seasons, windows.rows, settings.h) | {BASE: windows.base}
    complete = np.isfinite(scale[windows.series]) & (scale[windows.series] > 0)
    if not complete.any():
        raise DataError(
            "no series changes before the first window, so errors have no scale: lower n_windows or give more data"
        )
    complete &= np.all([np.isfinite(values).all(axis=1) for values in others.values()], axis=0)
    if not complete.any():
        raise DataError("no window can be compared with the baselines: lower n_windows or give more data")
    windows = windows.where(complete)
    median = windows.quantiles[:, :, windows.quantiles.shape[2] // 2]
    others = {name: values[complete] for name, values in others.items()}
    return Backtest(
        panel=panel,
        settings=settings,
        step_size=step,
        refits=len(windows.bases),
        series=windows.series,
        cutoffs=windows.cutoffs,
        rows=windows.rows,
        times=panel.times[windows.rows[:, None] + np.arange(1, settings.h + 1)],
        y=gather(panel.values, windows.rows + 1, settings.h),
        forecasts={"LSTM": median, **others},
        quantiles=windows.quantiles,
        scale=scale,
        root_scale=root_scale,
        left_out=tuple(str(one) for one in panel.ids[np.setdiff1d(np.arange(len(panel)), windows.series)]),
        bases=windows.bases,
    )


def _earlier(problem: Problem, model: ForecastModel, first_cutoff: Any) -> _Group:
    """Windows whose targets end before the first cutoff: what combined models did there, they start from."""
    times, h = problem.panel.times, model.settings.h
    grid = np.unique(times)
    at = int(np.searchsorted(grid, first_cutoff)) - h * np.arange(EARLIER, 0, -1)
    windows = _forecast_group(problem, model, grid[at[at >= 0]])
    return windows.where(times[windows.rows + h] <= first_cutoff)


def _with_models(backtest: Backtest, transform: Transform, earlier: _Group, auto: AutoForecasts) -> Backtest:
    """``backtest`` with what statistical models say from its windows, after the ``earlier`` ones, and their mean."""
    n, middle = len(earlier.rows), backtest.quantiles.shape[2] // 2
    before = {"LSTM": earlier.quantiles[:, :, middle]} | {name: of[:n] for name, of in auto.forecasts.items()}
    members = {"LSTM": backtest.forecasts["LSTM"]} | {name: of[n:] for name, of in auto.forecasts.items()}
    y = gather(backtest.panel.values, earlier.rows + 1, backtest.settings.h)
    start = Combination.of(tuple(members), backtest.panel.ids)
    errors = _errors(before, y, backtest.scale[earlier.series])
    some = np.isfinite(errors).all(axis=1)
    start = start.seen(earlier.series[some], errors[some], len(np.unique(earlier.cutoffs[some])))
    errors = _errors(members, backtest.y, backtest.scale[backtest.series])
    when = (backtest.series, backtest.cutoffs, backtest.times[:, -1])
    combined, combination = combine_in_turn(start, members, errors, *when)
    moved = moved_to(
        backtest.quantiles, combined, transform.log[backtest.series], nonnegative=backtest.settings.nonnegative
    )
    del members["LSTM"]
    return replace(
        backtest,
        forecasts={**backtest.forecasts, **members, COMBINED: moved[:, :, middle]},
        unfitted={name: count for name, failed in auto.failed.items() if (count := int(failed[n:].sum()))},
        seconds=backtest.seconds | auto.seconds,
        combination=combination,
        combined_quantiles=moved,
    )


def _errors(forecasts: dict[str, FloatArray], y: FloatArray, scale: FloatArray) -> FloatArray:
    """The mean scaled error of each model on each window, (W, M); scale (W,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([np.abs(y - values).mean(axis=1) / scale for values in forecasts.values()], axis=1)


def _season(settings: Settings) -> int:
    """The season by which errors are scaled, and that of models that take one: the shortest; 1 if there is none."""
    return settings.seasons[0] if settings.seasons else 1


def _scales(past: Panel, season: int) -> tuple[FloatArray, FloatArray]:
    """What errors are divided by; a wave that never changes over its own season is measured by its steps."""
    scales = np.stack(naive_scales(past.values, past.offsets, season))
    steps = np.stack(naive_scales(past.values, past.offsets))
    scale, root_scale = np.where(scales == 0, steps, scales)
    return scale, root_scale
