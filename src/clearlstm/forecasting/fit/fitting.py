"""One fit: split by time, choose the base, measure the sizes, train the nets on what the base gets wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform, Transformed
from clearlstm.data.times import TimeArray
from clearlstm.data.windows import BLOCK_ROWS, Rows, thinned
from clearlstm.errors import DataError
from clearlstm.forecasting.fit.calibrating import calibrate, part_for_calibration
from clearlstm.forecasting.fit.ensemble import MIN_ERRORS, Windows, train_members
from clearlstm.forecasting.model.bases import Base, choose_base
from clearlstm.forecasting.model.covariates import Encoding
from clearlstm.forecasting.model.net import ForecastModel, Member, mean_answers
from clearlstm.forecasting.model.problem import MIN_KNOWN, Problem, can_be_asked
from clearlstm.forecasting.model.sizes import MIN_CHANGES, Sizes, change_sizes, measure
from clearlstm.forecasting.settings import Settings

MIN_VALIDATION_ORIGINS = 8

MAX_ORIGINS, MAX_VALIDATION, MAX_COMPARED = 2**22, 2**14, 2**17
"""Of more windows, an even selection this large is trained on, validated on, and the bases compared on."""


@dataclass(frozen=True)
class Split:
    """Origins to train on, to validate on and to calibrate intervals on, in this order of time.

    ``start`` is the time at which validation starts (None: there is no such part). Few validation origins also
    calibrate: see :func:`part_for_calibration`.
    """

    training: Rows
    validation: Rows
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
    base = _choose_base(table, settings, split)
    encoding = Encoding.of(panel, settings, split.start)
    inputs = None if encoding is None else encoding.inputs(panel, settings.h)
    problem = Problem(table, settings, base, _sizes(table, settings, base, split.start), inputs)
    training, validation = _windows(problem, split)
    members = train_members(training, validation, checkpoints=checkpoints, progress=progress, n_jobs=n_jobs)
    model = ForecastModel(
        members=members,
        settings=settings,
        base=base,
        ids=panel.ids,
        transform=table.transform,
        sizes=problem.sizes,
        n_training=training.n_rows,
        n_validation=validation.n_rows,
        trust=_trust(members, validation),
        encoding=encoding,
    )
    return calibrate(model, problem, split.calibration, stopping=validation.origins)


def split_by_time(table: Transformed, settings: Settings) -> Split:
    """Divide the origins by time, for all series at once: training targets lie before the first validation origin."""
    candidates = _candidates(table, settings)
    if not len(candidates):
        return Split(candidates, candidates, candidates)
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
        return Split(candidates, candidates[:0], candidates[:0])
    earlier, later = part_for_calibration(table.panel, validation, settings)
    return Split(training, thinned(earlier, MAX_VALIDATION / max(len(earlier), 1)), later, start)


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
    n, blocks = len(table.panel.values), []
    for begin in range(0, n, BLOCK_ROWS):
        rows = thinned(np.arange(begin, min(begin + BLOCK_ROWS, n)), MAX_ORIGINS / n)
        blocks.append(rows[can_be_asked(table.known, rows, settings.input_size, settings.h)])
    return np.concatenate(blocks)


def _choose_base(table: Transformed, settings: Settings, split: Split) -> Base:
    """The base that is best on the validation part (where there is none, on all): see :func:`choose_base`."""
    rows = split.validation if len(split.validation) else split.training
    change, counts = change_sizes(table, (1,), split.start)
    scale = np.where((counts >= MIN_CHANGES) & (change > 0), change, np.nan)[:, 0]
    compared, training = (thinned(part, MAX_COMPARED / max(len(part), 1)) for part in (rows, split.training))
    return choose_base(table.z, table.known, settings, compared, scale, training)


def _sizes(table: Transformed, settings: Settings, base: Base, start: Any) -> Sizes:
    """Sizes from the training part; a series that starts after it has only its own past to be measured by."""
    early = measure(table, settings, base, start=start)
    if start is None or early.usable.all():
        return early
    return early.where(early.usable, measure(table, settings, base, profile=early.profile))


def _windows(problem: Problem, split: Split) -> tuple[Windows, Windows]:
    """The training and the validation part, as far as the net can be asked there, in order of time.

    Both are empty where no series changes: each then gets its last value, as a constant series among others does.
    """
    parts = [part[problem.askable(part, problem.settings.h)] for part in (split.training, split.validation)]
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


def _trust(members: tuple[Member, ...], validation: Windows) -> float:
    """The share of the nets' point correction, in twentieths, that had the least absolute error on validation.

    A net that has fitted chance moves the point forecast away from the base for nothing; this takes back what did.
    """
    if not validation.n_rows:
        return 0.0
    problem, rows = validation.problem, validation.origins
    y, quantiles, weight = problem.y(rows), mean_answers(members, problem, rows), problem.weight(rows)
    median = quantiles[:, :, quantiles.shape[2] // 2]
    shares = np.linspace(0, 1, 21)
    errors = [np.average(np.abs(y - share * median).mean(axis=1), weights=weight) for share in shares]
    return float(shares[np.argmin(errors)])
