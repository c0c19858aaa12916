"""The LSTM beside the simple forecasts, on the same windows: every number of the table and of the verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from clearlstm.forecasting import metrics
from clearlstm.forecasting.backtest import Backtest
from clearlstm.forecasting.significance import MIN_CUTOFFS, diebold_mariano, skill_interval
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

EQUIVALENT_WITHIN = 0.02
SIGNIFICANT = 0.05
SHIFT_RATIO = 0.25

Judgement = Literal["beats", "loses to", "is equivalent to", "can't be told from"]


@dataclass(frozen=True)
class Score:
    """One model's errors over all windows; by_horizon is its MASE for each of the h steps."""

    name: str
    mae: float
    mase: float
    smape: float
    by_horizon: tuple[float, ...]


@dataclass(frozen=True)
class Duel:
    """The LSTM against one baseline.

    skill is 1 − (LSTM's scaled error / baseline's): 0.1 means 10 % smaller errors; −∞ if only the baseline is never
    wrong. ``interval`` (95 %) and ``p_value`` are None below 30 cutoffs, if all cutoffs overlap, or if the baseline is
    never wrong; the interval also where it would have no end.
    """

    baseline: str
    skill: float
    interval: tuple[float, float] | None
    p_value: float | None
    judgement: Judgement


@dataclass(frozen=True)
class IntervalScore:
    """How the LSTM's intervals of one level did: the share of values inside, and their mean width in scaled units."""

    level: float
    coverage: float
    mean_width: float


@dataclass(frozen=True)
class Comparison:
    """All that a backtest shows.

    shift_ratio is the spread of the LSTM's predicted changes over that of the actual ones, averaged over series and
    horizon: near 0, its forecast is the last value, shifted.
    """

    n_cutoffs: int
    n_series: int
    n_windows: int
    refitted: bool
    scores: tuple[Score, ...]
    duels: tuple[Duel, ...]
    intervals: tuple[IntervalScore, ...]
    shift_ratio: float

    @property
    def copies_last_value(self) -> bool:
        """Whether the point forecasts hardly leave the last value. No fault, where that is the best there is."""
        return self.shift_ratio < SHIFT_RATIO

    def duel(self, baseline: str) -> Duel:
        """The LSTM against ``baseline``."""
        return next(duel for duel in self.duels if duel.baseline == baseline)

    def to_frame(self) -> "pd.DataFrame":
        """A row a model: errors, and the LSTM's skill against it with its interval and p-value."""
        import pandas as pd

        duels = {duel.baseline: duel for duel in self.duels}
        rows = []
        for score in self.scores:
            duel = duels.get(score.name)
            low, high = duel.interval if duel and duel.interval else (math.nan, math.nan)
            rows.append(
                {
                    "model": score.name,
                    "mae": score.mae,
                    "mase": score.mase,
                    "smape": score.smape,
                    "skill": duel.skill if duel else math.nan,
                    "skill_lo": low,
                    "skill_hi": high,
                    "p_value": duel.p_value if duel and duel.p_value is not None else math.nan,
                    "verdict": duel.judgement if duel else None,
                }
            )
        return pd.DataFrame(rows)


def compare(backtest: Backtest) -> Comparison:
    """Weigh the LSTM's forecasts of a backtest against each baseline's."""
    y, scale = backtest.y, backtest.scale[backtest.series][:, None]
    errors = {name: np.abs(y - values) / scale for name, values in backtest.forecasts.items()}
    return Comparison(
        n_cutoffs=backtest.n_cutoffs,
        n_series=len(np.unique(backtest.series)),
        n_windows=len(y),
        refitted=backtest.refits > 1,
        scores=tuple(_score(name, y, backtest.forecasts[name], error) for name, error in errors.items()),
        duels=tuple(_duel(name, backtest, errors) for name in errors if name != "LSTM"),
        intervals=_interval_scores(backtest, scale),
        shift_ratio=_shift_ratio(backtest),
    )


def _score(name: str, y: FloatArray, forecast: FloatArray, error: FloatArray) -> Score:
    by_horizon = tuple(float(value) for value in error.mean(axis=0))
    return Score(name, metrics.mae(y, forecast), float(error.mean()), metrics.smape(y, forecast), by_horizon)


def _duel(baseline: str, backtest: Backtest, errors: Mapping[str, FloatArray]) -> Duel:
    """One loss difference a cutoff, the mean over the series and horizons there: they are not independent."""
    cutoffs = np.unique(backtest.cutoffs, return_inverse=True)[1]
    counts = np.bincount(cutoffs)
    losses = {name: np.bincount(cutoffs, weights=errors[name].mean(axis=1)) / counts for name in ("LSTM", baseline)}
    differences = losses[baseline] - losses["LSTM"]
    reference = float(losses[baseline].mean())
    if reference == 0:
        lost = losses["LSTM"].any()
        return Duel(baseline, -math.inf if lost else 0.0, None, None, "loses to" if lost else "is equivalent to")
    skill = float(differences.mean()) / reference
    horizon = math.ceil(backtest.settings.h / backtest.step_size)
    if len(differences) < max(MIN_CUTOFFS, horizon + 1):
        return Duel(baseline, skill, None, None, "can't be told from")
    p_value = diebold_mariano(differences, horizon).p_value
    interval = skill_interval(losses["LSTM"], losses[baseline], horizon)
    return Duel(baseline, skill, interval, p_value, judge(skill, interval, p_value))


def judge(skill: float, interval: tuple[float, float] | None, p_value: float) -> Judgement:
    """Equivalent if the interval lies within ±2 %; else a winner if chance is unlikely (p < 0.05).

    Equivalence comes first: with enough data any difference is beyond chance, and this one wouldn't matter.
    """
    if interval is not None and max(abs(end) for end in interval) <= EQUIVALENT_WITHIN:
        return "is equivalent to"
    if p_value >= SIGNIFICANT:
        return "can't be told from"
    return "beats" if skill > 0 else "loses to"


def _interval_scores(backtest: Backtest, scale: FloatArray) -> tuple[IntervalScore, ...]:
    found = []
    for level in backtest.settings.levels:
        lo, hi = (backtest.quantiles[:, :, end] for end in backtest.settings.interval(level))
        width = metrics.mean_width(lo / scale, hi / scale)
        found.append(IntervalScore(level, metrics.coverage(backtest.y, lo, hi), width))
    return tuple(found)


def _shift_ratio(backtest: Backtest) -> float:
    """Spread of predicted changes from the last value over that of actual ones; each is scaled by series."""
    last, scale = backtest.forecasts["Naive"], backtest.scale[backtest.series][:, None]
    actual = float(np.std((backtest.y - last) / scale))
    predicted = float(np.std((backtest.forecasts["LSTM"] - last) / scale))
    return predicted / actual if actual > 0 else 0.0
