"""From a fitted net to one whose intervals are conformal: which origins calibrate, and what the net missed there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.times import TimeArray
from clearlstm.data.windows import Known, thinned
from clearlstm.forecasting.model.intervals import (
    Calibration,
    Rows,
    conformal_scores,
    moved_from_median,
    needed,
    stretches,
)
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.problem import Problem
from clearlstm.forecasting.model.recent import recent_sizes
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray

MIN_STOPPING_ORIGINS = 8

EARLIER = 3
"""One in so many validation origins decides when to stop; what a net has earned takes more of them to show."""

MAX_ORIGINS = 2**15
"""Of more origins, an even selection this large calibrates: 95 % of so many scores are known to 0.1 %."""


def part_by_time(panel: Panel, validation: Rows, settings: Settings) -> tuple[Rows, Rows]:
    """Part the validation origins (n,) by time: the earliest decide when to stop, the later what the net has earned.

    The targets of the first end before the second start, if that leaves any. Too few for two parts all decide when to
    stop: then nothing shows that the net has earned anything.
    """
    if not len(validation):
        return validation, validation
    times = panel.times[validation]
    border = np.sort(times)[len(times) // EARLIER]
    later = validation[times >= border]
    for earlier in (validation[panel.times[validation + settings.h] < border], validation[times < border]):
        if len(earlier) >= MIN_STOPPING_ORIGINS:
            return earlier, later
    return validation, validation[:0]


def for_calibration(panel: Panel, validation: Rows, later: Rows, settings: Settings) -> Rows:
    """The origins that calibrate the intervals: the later ones or, if those are too few for the widest level, all.

    A decision between a dozen states of the net hardly bends the scores, while too few of them leave the interval to
    chance.
    """
    if settings.interval_method == "quantile" or not settings.levels:
        return validation[:0]
    separate = stretches(np.bincount(Known(panel.offsets).series(later)), settings.h)[:, -1].sum()
    origins = validation if separate < needed(settings.levels[-1]) else later
    return thinned(np.sort(origins), MAX_ORIGINS / max(len(origins), 1))


def calibrate(model: ForecastModel, problem: Problem, origins: Rows, *, stopping: Rows) -> ForecastModel:
    """``model`` with intervals that are conformal by what it missed at ``origins`` (n,); as it is if there are none.

    ``stopping`` are the origins that decided when to stop.
    """
    rows = origins[problem.askable(origins, model.settings.h)]
    rows = rows[_has_sizes(model)[problem.known.series(rows)]]
    if not len(rows):
        return model
    usual = np.abs(problem.y(rows)).mean(axis=0, dtype=np.float64)
    calibration = Calibration.of(
        _scores(model, problem, rows, usual),
        problem.known.series(rows),
        len(model.ids),
        model.settings.levels,
        held_out=not np.isin(rows, stopping).any(),
        usual=usual,
    )
    return replace(model, calibration=calibration)


def observe(model: ForecastModel, problem: Problem, rows: Rows) -> ForecastModel:
    """Take in what came after the origins ``rows`` (n,), later than all before: see :meth:`Calibration.observe`.

    Origins of series that the model was not fitted on are left out.
    """
    places = problem.panel.places_in(model.ids)[problem.known.series(rows)]
    fitted = (places >= 0) & _has_sizes(model)[places]
    if model.calibration is None or not fitted.any():
        return model
    adaptive = model.settings.interval_method == "adaptive"
    rows = rows[fitted]
    scores = _scores(model, model.prepared(problem, rows), rows, model.calibration.usual)
    seen = model.calibration.observe(scores, places[fitted], adaptive=adaptive)
    return replace(model, calibration=seen)


def newly_known(problem: Problem, origins: Rows, before: Any, now: Any) -> Rows:
    """Those of ``origins`` (n,) whose last target came after the time ``before`` and not after ``now``.

    Both are one time, or one for each series, (S,).
    """
    last, series = problem.panel.times[origins + problem.settings.h], problem.known.series(origins)
    S = len(problem.panel)
    known = (last > np.broadcast_to(before, S)[series]) & (last <= np.broadcast_to(now, S)[series])
    return np.asarray(origins[known])


def quantiles_in_turn(model: ForecastModel, problem: Problem, cutoffs: TimeArray, rows: Sequence[Rows]) -> FloatArray:
    """Forecasts from the ``rows`` of each of rising ``cutoffs``, end to end: (n, h, Q).

    With the method "adaptive", what became known since the cutoff before is taken in first, as by ``update``.
    """
    if model.settings.interval_method != "adaptive":
        return model.quantiles(problem, np.concatenate(rows))
    forecasts, origins = [], problem.origins(problem.settings.h)
    for before, cutoff, at in zip([cutoffs[0], *cutoffs[:-1]], cutoffs, rows, strict=True):
        model = observe(model, problem, newly_known(problem, origins, before, cutoff))
        forecasts.append(model.quantiles(problem, at))
    return np.concatenate(forecasts)


def _has_sizes(model: ForecastModel) -> npt.NDArray[np.bool_]:
    """Which series have scores in units of their own, (S,): not a wave for which the base was never wrong."""
    return np.asarray((model.sizes.target > 0).all(axis=1))


def _scores(model: ForecastModel, problem: Problem, rows: Rows, usual: FloatArray | None) -> npt.NDArray[np.float32]:
    """How far each scaled value lay outside the net's own interval, (n, h, L), in the size of recent errors."""
    ends = [model.settings.interval(level) for level in model.settings.levels]
    quantiles, y = model.scaled(problem, rows), problem.y(rows)
    if usual is not None:
        y = moved_from_median(y, quantiles, 1 / recent_sizes(problem, rows, usual))
    return conformal_scores(quantiles, y, ends)
