"""One fit: split by time, weigh the simple forecasts, measure sizes, train the nets on what their mean gets wrong."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform, Transformed
from clearlstm.data.times import TimeArray
from clearlstm.data.windows import Rows, blocks, thinned
from clearlstm.errors import DataError
from clearlstm.forecasting.fit.calibrating import calibrate, for_calibration, part_by_time
from clearlstm.forecasting.fit.earning import calendar_gain, earned, enough_to_tell
from clearlstm.forecasting.fit.ensemble import MIN_ERRORS, Windows, train_members
from clearlstm.forecasting.model.blend import Blend
from clearlstm.forecasting.model.covariates import Encoding
from clearlstm.forecasting.model.net import ForecastModel, Member, mean_answers
from clearlstm.forecasting.model.problem import MIN_KNOWN, Problem, can_be_asked
from clearlstm.forecasting.model.recent import earlier_origins
from clearlstm.forecasting.model.sizes import MAX_MEASURED, Sizes, measure
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray
from clearlstm.training.progress import task

Train: TypeAlias = Callable[[Windows, Windows, range], tuple[Member, ...]]

MIN_VALIDATION_ORIGINS = 8

MAX_ORIGINS, MAX_VALIDATION = 2**19, 2**14
"""Of more windows, an even selection this large is trained on, and validated on."""


@dataclass(frozen=True)
class Split:
    """Origins to train on, to decide on when to stop, and later ones that show what the net has earned.

    ``start`` is the time at which validation starts (None: there is no such part). ``calibration`` are those that the
    intervals rest on: see :func:`for_calibration`.
    """

    training: Rows
    validation: Rows
    later: Rows
    calibration: Rows
    start: Any = None


def fit_model(
    panel: Panel,
    settings: Settings,
    *,
    checkpoints: Path | None = None,
    progress: bool = False,
    n_jobs: int | None = None,
) -> ForecastModel:
    """Fit the nets to all series of ``panel``.

    ``checkpoints`` is a folder; the files in it are named after data and settings, so a fit only goes on with its own.
    ``n_jobs`` is joblib's: how many of several nets are trained side by side.
    """
    table = Transformed(panel, Transform.choose(panel.values, panel.offsets, settings.transform))
    split = split_by_time(table, settings)
    base = blend_before(table, settings, split.start)
    problem = Problem(table, settings, base, _sizes(table, settings, base, split.start))
    problem = problem.prepared(_looked_at(problem, split))
    train = partial(train_members, checkpoints=checkpoints, progress=progress, n_jobs=n_jobs)
    with task(progress, settings.n_models + bool(settings.calendar_tried), "net"):
        nets, gain, left = _calendar_tried(_Nets.begun(problem, split, train))
        nets = nets.whole()
    problem, settings = nets.problem, nets.problem.settings
    model = ForecastModel(
        members=nets.members,
        settings=settings,
        base=blend_before(table, settings),
        ids=panel.ids,
        transform=table.transform,
        sizes=problem.sizes,
        n_training=nets.training.n_rows,
        n_validation=len(np.union1d(nets.validation.origins, nets.later)),
        earned=nets.earned,
        encoding=nets.encoding,
        calendar_gain=gain,
        tried_checkpoint=left,
    )
    return calibrate(model, problem, split.calibration, stopping=nets.validation.origins)


@dataclass(frozen=True)
class _Nets:
    """Nets that see what the settings of their problem say, trained so far; ``later`` shows what they have earned."""

    problem: Problem
    encoding: Encoding | None
    training: Windows
    validation: Windows
    later: Rows
    members: tuple[Member, ...]
    split: Split
    train: Train

    @classmethod
    def begun(cls, problem: Problem, split: Split, train: Train) -> "_Nets":
        """The first net; all, where no other settings are to be tried."""
        settings, panel = problem.settings, problem.panel
        encoding = Encoding.of(panel, settings, split.start)
        problem = replace(problem, inputs=None if encoding is None else encoding.inputs(panel, settings.h))
        training, validation = _windows(problem, split)
        later = _asked(problem, split.later)
        several = 1 if settings.calendar_tried else settings.n_models
        members = train(training, validation, range(settings.seed, settings.seed + several))
        return cls(problem, encoding, training, validation, later, members, split, train)

    def whole(self) -> "_Nets":
        """With all nets that the settings ask for."""
        settings = self.problem.settings
        seeds = range(settings.seed + len(self.members), settings.seed + settings.n_models)
        more = self.train(self.training, self.validation, seeds) if seeds else ()
        return replace(self, members=self.members + more)

    @cached_property
    def corrections(self) -> FloatArray:
        """Their point corrections at the later origins, (n, h)."""
        quantiles = mean_answers(self.members, self.problem, self.later)
        return np.asarray(quantiles[:, :, quantiles.shape[2] // 2])

    @cached_property
    def earned(self) -> tuple[float, ...]:
        """The share of their correction that is used at each step."""
        return earned(self.problem, self.later, self.corrections)

    @property
    def used(self) -> FloatArray:
        """What is used of the corrections, (n, h)."""
        return np.asarray(self.corrections * self.earned)


def _calendar_tried(plain: _Nets) -> tuple[_Nets, float | None, Path | None]:
    """``plain`` or nets that see the calendar too, if they have earned that on later origins; and by how much.

    The path is that of the checkpoint of the net that is not taken.
    """
    settings = plain.problem.settings
    if not settings.calendar_tried or not enough_to_tell(plain.problem, plain.later):
        return plain, None, None
    problem = replace(plain.problem, settings=replace(settings, calendar=settings.calendar_tried))
    other = _Nets.begun(problem, plain.split, plain.train)
    gain, has_earned = calendar_gain(plain.problem, plain.later, plain.used, other.used)
    taken, left = (other, plain) if has_earned else (plain, other)
    return taken, gain, left.members[0].checkpoint


def split_by_time(table: Transformed, settings: Settings) -> Split:
    """Divide the origins by time, for all series at once: training targets lie before the first validation origin."""
    candidates = _candidates(table, settings)
    if not len(candidates):
        return Split(candidates, candidates, candidates, candidates)
    times = table.panel.times[candidates]
    start = _validation_start(table.panel, times, settings)
    training = candidates[table.panel.times[candidates + settings.h] < start]
    validation = candidates[times >= start]
    if len(validation) < MIN_VALIDATION_ORIGINS or len(training) < MIN_ERRORS:
        if settings.val_size is not None:
            raise DataError(
                f"val_size {settings.val_size} leaves {len(training)} windows to train on and {len(validation)} to "
                f"validate on; {MIN_ERRORS} and {MIN_VALIDATION_ORIGINS} are needed: change it or give more data"
            )
        return Split(candidates, candidates[:0], candidates[:0], candidates[:0])
    earlier, later = part_by_time(table.panel, validation, settings)
    calibration = for_calibration(table.panel, validation, later, settings)
    return Split(training, _even(earlier), _even(later), calibration, start)


def _even(origins: Rows) -> Rows:
    """Of very many an even selection."""
    return thinned(origins, MAX_VALIDATION / max(len(origins), 1))


def _validation_start(panel: Panel, times: TimeArray, settings: Settings) -> Any:
    """The first origin of the validation part: all its targets are among the last ``val_size`` times, if that is given.

    times (n,) are those of all origins.
    """
    if settings.val_size is None:
        return np.sort(times)[int(len(times) * (1 - settings.validation_share))]
    grid = np.unique(panel.times)
    return grid[max(len(grid) - 1 - settings.val_size, 0)]


def _candidates(table: Transformed, settings: Settings) -> Rows:
    """The origins that a net could be asked at, whatever the base; of very many an even selection."""
    n, candidates = len(table.panel.values), []
    for part in blocks(n):
        rows = thinned(np.arange(part.start, part.stop), MAX_ORIGINS / n)
        candidates.append(rows[can_be_asked(table.known, rows, settings.input_size, settings.h)])
    return np.concatenate(candidates)


def blend_before(table: Transformed, settings: Settings, start: Any = None) -> Blend:
    """The mean of simple forecasts, with what their errors usually are before the time ``start`` (None: in all)."""
    panel = table.panel
    begins, ends = panel.offsets[:-1], panel.offsets[1:]
    if start is not None:
        ends = begins + panel.rows_before(start)
    chosen = thinned(np.arange(len(panel)), MAX_MEASURED / len(panel.times))
    return Blend.of(table.z, settings.h, settings.seasons, begins[chosen], ends[chosen])


def _sizes(table: Transformed, settings: Settings, base: Blend, start: Any) -> Sizes:
    """Sizes from the training part; a series that starts after it has only its own past to be measured by."""
    early = measure(table, settings, base, start=start)
    if start is None or early.usable.all():
        return early
    return early.where(early.usable, measure(table, settings, base, profile=early.profile))


def _windows(problem: Problem, split: Split) -> tuple[Windows, Windows]:
    """The training and the validation part, as far as the net can be asked there, in order of time.

    Both are empty where no series changes: each then gets its last value, as a constant series among others does.
    """
    parts = [_asked(problem, part) for part in (split.training, split.validation)]
    if not len(parts[0]):
        if _is_still(problem):
            return Windows(problem, split.training[:0]), Windows(problem, split.validation[:0])
        raise DataError(_nothing_to_train_on(problem, split))
    parts = [_that_count(problem, part) for part in parts]
    if not len(parts[0]):
        raise DataError("no window to train on has a weight above 0: give some earlier rows one")
    times = problem.panel.times
    training, validation = (Windows(problem, rows[np.argsort(times[rows], kind="stable")]) for rows in parts)
    return training, validation


def _asked(problem: Problem, rows: Rows) -> Rows:
    """Those of ``rows`` at which the net can be asked, with all that came after known."""
    return rows[problem.askable(rows, problem.settings.h)]


def _looked_at(problem: Problem, split: Split) -> Rows:
    """All origins from which the base's forecasts are needed."""
    asked = _asked(problem, np.concatenate([split.training, split.validation, split.calibration]))
    return np.append(asked, earlier_origins(problem, split.calibration))


def _that_count(problem: Problem, rows: Rows) -> Rows:
    """Those of ``rows`` that have a weight above 0."""
    weight = problem.weight(rows)
    return rows if weight is None else rows[weight > 0]


def _is_still(problem: Problem) -> bool:
    """Whether no series can be modelled, and some because they never change."""
    return not problem.sizes.usable.any() and bool((problem.sizes.change == 0).any())


def _nothing_to_train_on(problem: Problem, split: Split) -> str:
    h, T = problem.settings.h, problem.settings.input_size
    if len(split.training):
        return (
            f"the series that have {h} known values in a row, as h {h} needs to learn from, change too little or have "
            "too few values to be modelled: lower h, fill the gaps, or give more data"
        )
    return (
        f"no series has {h} known values in a row, as h {h} needs to learn from, with {min(MIN_KNOWN, T)} known "
        f"ones among the {T} rows before them: lower h, fill the gaps, or give more data"
    )
