"""The LSTM beside the simple forecasts, on the same windows: every number of the table and of the verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.windows import origins
from clearlstm.forecasting.evaluate import metrics
from clearlstm.forecasting.evaluate.backtest import Backtest
from clearlstm.forecasting.evaluate.coverage import Share, coverage_of
from clearlstm.forecasting.evaluate.recommendation import Recommendation, recommend
from clearlstm.forecasting.evaluate.significance import MIN_CUTOFFS, diebold_mariano, holm, skill_interval
from clearlstm.forecasting.model.net import CalendarTrial
from clearlstm.forecasting.model.simple_forecasts import BASE, COMBINED, simple_forecasts
from clearlstm.judging import EQUIVALENT_WITHIN, SIGNIFICANT, Judgement
from clearlstm.shapes import FloatArray
from clearlstm.training.windows import gather

if TYPE_CHECKING:
    import pandas as pd

SHIFT_RATIO = 0.25
MOST_ORIGINS = 20_000
MIN_ERRORS = 19


@dataclass(frozen=True)
class Score:
    """One model's errors over all windows; by_horizon is its MASE for each of the h steps.

    smape and owa leave out the series that touch 0, and are None if all do. pinball is the mean quantile loss over the
    levels, scaled like MASE; a simple forecast is given the quantiles of its own past errors, other baselines none.
    """

    name: str
    mae: float
    mase: float
    rmsse: float
    smape: float | None
    owa: float | None
    pinball: float | None
    by_horizon: tuple[float, ...]


@dataclass(frozen=True)
class Duel:
    """The LSTM against one baseline.

    skill is 1 − (LSTM's scaled error / baseline's): 0.1 means 10 % smaller errors; −∞ if only the baseline is never
    wrong. ``interval`` (95 %) and ``p_value`` are None below 30 cutoffs, if all cutoffs overlap, or if the baseline is
    never wrong; the interval also where it would have no end. ``p_value`` is adjusted for the number of baselines
    (Holm 1979), ``raw_p_value`` is not. ``same_as`` is an earlier baseline that says the same on every window.
    """

    baseline: str
    skill: float
    interval: tuple[float, float] | None
    p_value: float | None
    judgement: Judgement
    raw_p_value: float | None = None
    same_as: str | None = None


@dataclass(frozen=True)
class IntervalScore:
    """How the LSTM's intervals of one level did: the share of values inside, and their mean width in scaled units.

    ``range`` is where the level should lie (95 %, block bootstrap over cutoffs), None below 30 cutoffs; ``by_step`` has
    the same for each step of the horizon.
    """

    level: float
    coverage: float
    mean_width: float
    range: tuple[float, float] | None = None
    by_step: tuple[Share, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All that a backtest shows.

    shift_ratio is the spread of the LSTM's predicted changes over that of the actual ones, averaged over series and
    horizon: near 0, its forecast is the last value, shifted. touching_zero is how many of the series have no sMAPE.
    bases: what the net corrected, in words, one a fit. net_added: whether its correction was used at all.
    calendar_trials: what trying the calendar gave, one a fit that did.
    combined_intervals: those of ``Combined``, where there is one.
    """

    n_cutoffs: int
    n_series: int
    n_windows: int
    refitted: bool
    scores: tuple[Score, ...]
    duels: tuple[Duel, ...]
    intervals: tuple[IntervalScore, ...]
    shift_ratio: float
    touching_zero: int = 0
    bases: tuple[str, ...] = ()
    recommendation: Recommendation | None = None
    net_added: bool = True
    calendar_trials: tuple[CalendarTrial, ...] = ()
    combined_intervals: tuple[IntervalScore, ...] = ()

    @property
    def copies_last_value(self) -> bool:
        """Whether the point forecasts hardly leave the last value. No fault, where that is the best there is."""
        return self.shift_ratio < SHIFT_RATIO

    def duel(self, baseline: str) -> Duel:
        """The LSTM against ``baseline``."""
        return next(duel for duel in self.duels if duel.baseline == baseline)

    @property
    def n_tests(self) -> int:
        """Baselines that were tested and differ from each other: what p-values are adjusted for."""
        return sum(duel.p_value is not None and duel.same_as is None for duel in self.duels)

    def strongest(self) -> Duel:
        """Against the baseline of least error; against the last value, if none is stronger than that by over 2 %."""
        best, naive = min(self.duels, key=lambda duel: duel.skill), self.duel("Naive")
        return best if naive.skill - best.skill > EQUIVALENT_WITHIN else naive

    def _repr_html_(self) -> str:
        """As notebooks show it: :meth:`to_frame`."""
        return self.to_frame().to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}")

    def to_frame(self) -> "pd.DataFrame":
        """A row a model: errors, and the LSTM's skill against it with its interval and p-value."""
        import pandas as pd

        duels = {duel.baseline: duel for duel in self.duels}
        names = ("mae", "mase", "rmsse", "smape", "owa", "pinball")
        rows = [
            {
                "model": score.name,
                **{name: _or_nan(getattr(score, name)) for name in names},
                **_duel_columns(duels.get(score.name)),
            }
            for score in self.scores
        ]
        return pd.DataFrame(rows)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _duel_columns(duel: Duel | None) -> dict[str, float | str | None]:
    """The part of a row that tells of the LSTM against it; its own row has none."""
    low, high = duel.interval if duel and duel.interval else (math.nan, math.nan)
    return {
        "skill": duel.skill if duel else math.nan,
        "skill_lo": low,
        "skill_hi": high,
        "p_value": _or_nan(duel.p_value if duel else None),
        "verdict": duel.judgement if duel else None,
    }


def compare(backtest: Backtest) -> Comparison:
    """Weigh the LSTM's forecasts of a backtest against each baseline's."""
    losses = cutoff_losses(backtest)
    touching = metrics.touches_zero(backtest.panel.values, backtest.panel.offsets)
    return Comparison(
        n_cutoffs=backtest.n_cutoffs,
        n_series=len(np.unique(backtest.series)),
        n_windows=len(backtest.y),
        refitted=backtest.refits > 1,
        scores=_scores(backtest, ~touching[backtest.series]),
        duels=_duels(backtest, losses),
        intervals=_interval_scores(backtest, backtest.quantiles),
        shift_ratio=_shift_ratio(backtest),
        touching_zero=int(touching[np.unique(backtest.series)].sum()),
        bases=backtest.bases,
        calendar_trials=backtest.calendar_trials,
        recommendation=recommend(losses, _horizon(backtest)),
        combined_intervals=_interval_scores(backtest, backtest.combined_quantiles),
        net_added=not np.array_equal(backtest.forecasts["LSTM"], backtest.forecasts.get(BASE, np.nan)),
    )


def cutoff_losses(backtest: Backtest) -> dict[str, FloatArray]:
    """One loss a cutoff for each model, (C,): the mean scaled error over its series and horizons.

    Series at the same cutoff share their dates; they are not independent, and never counted as if they were.
    """
    scale, cutoffs = backtest.scale[backtest.series][:, None], _cutoff_numbers(backtest)
    counts = np.bincount(cutoffs)
    return {
        name: np.bincount(cutoffs, weights=(np.abs(backtest.y - values) / scale).mean(axis=1)) / counts
        for name, values in backtest.forecasts.items()
    }


def _cutoff_numbers(backtest: Backtest) -> npt.NDArray[np.int64]:
    """The number of each window's cutoff in order of time, (W,)."""
    return np.asarray(np.unique(backtest.cutoffs, return_inverse=True)[1], dtype=np.int64)


def _horizon(backtest: Backtest) -> int:
    """How many cutoffs a forecast reaches across."""
    return math.ceil(backtest.settings.h / backtest.step_size)


def _scores(backtest: Backtest, away_from_zero: npt.NDArray[np.bool_]) -> tuple[Score, ...]:
    """The errors of every model; away_from_zero (W,) are the windows whose series have an sMAPE."""
    y, part = backtest.y, away_from_zero
    scale = backtest.scale[backtest.series][:, None]
    root_scale = backtest.root_scale[backtest.series][:, None]
    percentages = {name: _m4_errors(y[part], f[part], scale[part]) for name, f in backtest.forecasts.items()}
    pinballs = _pinballs(backtest)
    scores = []
    for name, forecast in backtest.forecasts.items():
        own, reference = percentages[name], percentages.get("Naive2")
        scores.append(
            Score(
                name=name,
                mae=metrics.mae(y, forecast),
                mase=metrics.mase(y, forecast, scale),
                rmsse=metrics.rmsse(y, forecast, root_scale),
                smape=own[0] if own else None,
                owa=metrics.owa(*own, *reference) if own and reference else None,
                pinball=pinballs.get(name),
                by_horizon=tuple(float(error) for error in (np.abs(y - forecast) / scale).mean(axis=0)),
            )
        )
    return tuple(scores)


def _m4_errors(y: FloatArray, forecast: FloatArray, scale: FloatArray) -> tuple[float, float] | None:
    """sMAPE and MASE, the two that M4 puts together; None without a window."""
    return (metrics.smape(y, forecast), metrics.mase(y, forecast, scale)) if len(y) else None


def _pinballs(backtest: Backtest) -> dict[str, float]:
    """The mean scaled quantile loss of the LSTM and of the simple forecasts with quantiles of their own past errors."""
    settings, scale = backtest.settings, backtest.scale[backtest.series][:, None, None]
    past = backtest.panel.until(backtest.cutoffs[0])
    errors = _error_quantiles(past, settings.seasons, settings.h, settings.quantiles, backtest.scale)
    quantiles = {"LSTM": backtest.quantiles / scale}
    if backtest.combined_quantiles is not None:
        quantiles[COMBINED] = backtest.combined_quantiles / scale
    for name in errors.keys() & backtest.forecasts.keys():
        quantiles[name] = backtest.forecasts[name][:, :, None] / scale + errors[name]
    y = backtest.y / scale[:, :, 0]
    return {
        name: float(np.mean([metrics.pinball(y, q[:, :, k], level) for k, level in enumerate(settings.quantiles)]))
        for name, q in quantiles.items()
    }


def _error_quantiles(
    past: Panel, seasons: Sequence[int], h: int, levels: Sequence[float], scale: FloatArray
) -> dict[str, FloatArray]:
    """The quantiles (h, Q) of each simple forecast's scaled errors in ``past``, by name; scale (S,).

    A simple forecast gives no interval; its own past errors, taken over all series, give it one. A forecast with fewer
    than 19 errors is left out: they don't show their tails.
    """
    rows = origins(past.offsets, np.isnan(past.values), 1, h)
    rows = rows[:: max(1, -(-len(rows) // MOST_ORIGINS))]
    size = scale[past.row_series[rows]][:, None]
    y = gather(past.values, rows + 1, h)
    quantiles: dict[str, FloatArray] = {}
    for name, forecast in simple_forecasts(past, seasons, rows, h).items():
        errors = (y - forecast) / np.where(size > 0, size, np.nan)
        errors = errors[np.isfinite(errors).all(axis=1)]
        if len(errors) >= MIN_ERRORS:
            quantiles[name] = np.asarray(np.quantile(errors, levels, axis=0).T)
    return quantiles


def _duels(backtest: Backtest, losses: Mapping[str, FloatArray]) -> tuple[Duel, ...]:
    """The LSTM against each baseline, with p-values adjusted for their number."""
    names = [name for name in losses if name != "LSTM"]
    duels = []
    for k, name in enumerate(names):
        forecast = backtest.forecasts[name]
        same_as = next((one for one in names[:k] if np.array_equal(backtest.forecasts[one], forecast)), None)
        duels.append(_duel(name, losses["LSTM"], losses[name], _horizon(backtest), same_as))
    return _adjusted(duels)


def _duel(name: str, model: FloatArray, baseline: FloatArray, horizon: int, same_as: str | None) -> Duel:
    """One test, as if it were the only one; model and baseline (C,) are the losses, one a cutoff."""
    reference = float(baseline.mean())
    if reference == 0:
        if model.any():
            return Duel(name, -math.inf, None, None, "loses to", same_as=same_as)
        return Duel(name, 0.0, None, None, "is equivalent to", same_as=same_as)
    skill = float((baseline - model).mean()) / reference
    if len(model) < max(MIN_CUTOFFS, horizon + 1):
        return Duel(name, skill, None, None, "can't be told from", same_as=same_as)
    p_value = diebold_mariano(baseline - model, horizon).p_value
    interval = skill_interval(model, baseline, horizon)
    return Duel(name, skill, interval, p_value, judge(skill, interval, p_value), p_value, same_as)


def _adjusted(duels: Sequence[Duel]) -> tuple[Duel, ...]:
    """Holm's adjustment, in which baselines that say the same count as one."""
    tested = {duel.baseline: duel.raw_p_value for duel in duels if duel.same_as is None}
    known = {name: p for name, p in tested.items() if p is not None}
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    adjusted_duels = []
    for duel in duels:
        p_value = adjusted.get(duel.same_as or duel.baseline)
        judged = duel if p_value is None else replace(duel, judgement=judge(duel.skill, duel.interval, p_value))
        adjusted_duels.append(replace(judged, p_value=p_value))
    return tuple(adjusted_duels)


def judge(skill: float, interval: tuple[float, float] | None, p_value: float) -> Judgement:
    """Equivalent if the interval lies within ±2 %; else a winner if chance is unlikely (p < 0.05).

    Equivalence comes first: with enough data any difference is beyond chance, and this one wouldn't matter.
    """
    if interval is not None and max(abs(end) for end in interval) <= EQUIVALENT_WITHIN:
        return "is equivalent to"
    if p_value >= SIGNIFICANT:
        return "can't be told from"
    return "beats" if skill > 0 else "loses to"


def _interval_scores(backtest: Backtest, quantiles: FloatArray | None) -> tuple[IntervalScore, ...]:
    if quantiles is None:
        return ()
    scale, cutoffs = backtest.scale[backtest.series][:, None], _cutoff_numbers(backtest)
    scores = []
    for level in backtest.settings.levels:
        lo, hi = (quantiles[:, :, end] for end in backtest.settings.interval(level))
        held = coverage_of((backtest.y >= lo) & (backtest.y <= hi), cutoffs, _horizon(backtest))
        width = metrics.mean_width(lo / scale, hi / scale)
        scores.append(IntervalScore(level, held.overall.value, width, held.overall.range, held.by_step))
    return tuple(scores)


def _shift_ratio(backtest: Backtest) -> float:
    """Spread of predicted changes from the last value over that of actual ones; each is scaled by series."""
    last, scale = backtest.forecasts["Naive"], backtest.scale[backtest.series][:, None]
    actual = float(np.std((backtest.y - last) / scale))
    predicted = float(np.std((backtest.forecasts["LSTM"] - last) / scale))
    return predicted / actual if actual > 0 else 0.0
