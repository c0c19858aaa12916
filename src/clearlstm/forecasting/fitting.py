"""One fit: split by time, choose the base, measure the sizes, train the net on what the base gets wrong."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform
from clearlstm.data.windows import origins
from clearlstm.errors import DataError
from clearlstm.forecasting.model import ForecastModel, answers
from clearlstm.forecasting.problem import Base, Problem, Rows, Sizes, measure
from clearlstm.forecasting.settings import Settings
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray, IntArray
from clearlstm.training.batches import Batch
from clearlstm.training.history import History
from clearlstm.training.loop import train
from clearlstm.training.losses import Pinball

MIN_VALIDATION_ORIGINS = 8
MIN_ERRORS = 2 * MIN_VALIDATION_ORIGINS
QUANTILE_SAMPLE = 50_000
VALIDATIONS, PATIENCE = 12, 4


@dataclass(frozen=True)
class Windows:
    """Origins of a problem in order of time, read by index: the batches that training asks for."""

    problem: Problem
    origins: Rows

    @property
    def n_rows(self) -> int:
        """How many origins there are."""
        return len(self.origins)

    @property
    def fingerprint(self) -> str:
        """A text that changes when the data do."""
        return self.problem.fingerprint(self.origins)

    def batch(self, rows: IntArray) -> Batch:
        """The windows x (n, T, F) and scaled targets y (n, h) of the given rows (n,)."""
        chosen = self.origins[rows]
        return Batch(self.problem.x(chosen), self.problem.y(chosen))


@dataclass(frozen=True)
class Split:
    """Origins to train on and to validate on, and the time at which validation starts (None: there is no such part)."""

    training: Rows
    validation: Rows
    start: Any = None


def fit_model(
    panel: Panel, settings: Settings, *, checkpoints: Path | None = None, progress: bool = False
) -> ForecastModel:
    """Fit one net to all series of ``panel``.

    ``checkpoints`` is a folder; the file in it is named after data and settings, so a fit only goes on with its own.
    """
    transform = Transform.choose(panel.values, panel.offsets)
    z = transform.forward(panel.values, panel.row_series)
    split = split_by_time(panel, z, settings)
    base = _choose_base(panel, z, settings, split.start)
    sizes = _sizes(panel, z, settings, base, split.start)
    problem = Problem(panel, settings, base, transform, sizes)
    training, validation = _windows(problem, split)
    network = _start(problem, training)
    checkpoint = None if checkpoints is None else checkpoints / f"{_key(training, settings)}.safetensors"
    history, kept_start = _train(network, training, validation, checkpoint, progress)
    return ForecastModel(
        network=network,
        settings=settings,
        base=base,
        ids=panel.ids,
        transform=transform,
        sizes=sizes,
        history=history,
        n_training=training.n_rows,
        n_validation=validation.n_rows,
        kept_start=kept_start,
        trust=_trust(network, validation),
        checkpoint=None if history is None else checkpoint,
    )


def split_by_time(panel: Panel, z: FloatArray, settings: Settings) -> Split:
    """Divide the origins by time, for all series at once: training targets lie before the first validation origin."""
    candidates = origins(panel.offsets, np.isnan(z), settings.input_size, settings.h)
    if not len(candidates):
        return Split(candidates, candidates)
    times = panel.times[candidates]
    start = np.sort(times)[int(len(times) * (1 - settings.validation_share))]
    training = candidates[panel.times[candidates + settings.h] < start]
    validation = candidates[times >= start]
    if len(validation) < MIN_VALIDATION_ORIGINS or len(training) < MIN_ERRORS:
        return Split(candidates, candidates[:0])
    return Split(training, validation, start)


def _before(panel: Panel, z: FloatArray, start: Any) -> FloatArray:
    """The values of the training part; later ones are blanked, so that nothing that is measured can see them."""
    return z if start is None else np.where(panel.times < start, z, np.nan)


def _sizes(panel: Panel, z: FloatArray, settings: Settings, base: Base, start: Any) -> Sizes:
    """Sizes from the training part; a series that starts after it has only its own past to be measured by."""
    early = measure(_before(panel, z, start), panel.offsets, settings, base)
    if start is None or early.usable.all():
        return early
    return early.where(early.usable, measure(z, panel.offsets, settings, base))


def _choose_base(panel: Panel, z: FloatArray, settings: Settings, start: Any) -> Base:
    """Of the last value and the seasons, the one that was nearest in the training part."""
    bases = [Base(season, settings.h) for season in (0, *settings.seasons)]
    early = _before(panel, z, start)
    errors = [_typical_error(measure(early, panel.offsets, settings, base)) for base in bases]
    return bases[int(np.argmin(errors))]


def _typical_error(sizes: Sizes) -> float:
    """The error of a base in one-step changes, the median over series; those that can't be scaled don't vote."""
    votes = sizes.target[sizes.usable].mean(axis=1) / sizes.change[sizes.usable]
    return float(np.median(votes)) if len(votes) else float("inf")


def _windows(problem: Problem, split: Split) -> tuple[Windows, Windows]:
    """The training and the validation part, as far as the net can be asked there."""
    usable = problem.origins(problem.settings.h)
    training, validation = (np.intersect1d(part, usable) for part in (split.training, split.validation))
    if not len(training):
        raise DataError(_nothing_to_train_on(problem))
    times = problem.panel.times
    in_order = (rows[np.argsort(times[rows], kind="stable")] for rows in (training, validation))
    return Windows(problem, next(in_order)), Windows(problem, next(in_order))


def _nothing_to_train_on(problem: Problem) -> str:
    if not problem.sizes.usable.any():
        return "no series changes enough to be modelled (all are constant or nearly empty): give series that vary"
    settings = problem.settings
    return (
        f"no series has {settings.input_size + settings.h} rows in a stretch without a missing value, as input_size "
        f"{settings.input_size} and h {settings.h} need: lower input_size, fill the gaps, or give more data"
    )


def _start(problem: Problem, training: Windows) -> Network:
    """A net that answers, before any training, the base with the quantiles of its errors in the training part."""
    settings = problem.settings
    quantiles = _usual_errors(problem, training)
    net = LSTM(len(problem.input_names), settings.hidden_size, seed=settings.seed)
    network = Network([net], head=quantiles.size, seed=settings.seed)
    network.parameters["head.W"][:] = 0
    network.parameters["head.b"][:] = quantiles.ravel()
    return network


def _usual_errors(problem: Problem, training: Windows) -> FloatArray:
    """The quantiles of the base's scaled errors, (h, Q); of few, those of a normal distribution of their size.

    A handful of errors don't show their own tails: the quantiles of one alone would make an interval of no width.
    """
    settings = problem.settings
    if training.n_rows < MIN_ERRORS:
        return np.tile([NormalDist().inv_cdf(level) for level in settings.quantiles], (settings.h, 1))
    every = max(1, training.n_rows // QUANTILE_SAMPLE)
    errors = problem.y(training.origins[::every])
    return np.asarray(np.quantile(errors, settings.quantiles, axis=0).T)


def _train(
    network: Network, training: Windows, validation: Windows, checkpoint: Path | None, progress: bool
) -> tuple[History | None, bool]:
    """Train in place. If no state on the way was better on the validation part than the start, put the start back.

    Without a validation part nothing could show that training helps, and on so few windows it does harm: there is none.
    """
    if not validation.n_rows:
        return None, True
    settings = training.problem.settings
    start = {name: values.copy() for name, values in network.parameters.items()}
    history = train(
        network,
        training,
        loss=Pinball(settings.quantiles),
        batch_size=settings.batch_size,
        max_steps=settings.max_steps,
        learning_rate=settings.learning_rate,
        validation=validation,
        validate_every=max(1, settings.max_steps // VALIDATIONS),
        patience=PATIENCE,
        checkpoint=checkpoint,
        progress=progress,
        seed=settings.seed,
    )
    best = min(entry.loss for entry in history.validations)
    kept_start = best >= _loss_at_start(start["head.b"], validation)
    if kept_start:
        network.set_parameters(start)
    return history, kept_start


def _loss_at_start(bias: FloatArray, validation: Windows) -> float:
    """The head starts with zero weights, so the first answer is its bias, whatever the window."""
    y = validation.problem.y(validation.origins)
    answer = np.repeat(bias[None, :], len(y), axis=0)
    return Pinball(validation.problem.settings.quantiles).value_and_gradient(answer, y)[0]


def _trust(network: Network, validation: Windows) -> float:
    """The share of the net's point correction, in twentieths, that had the least absolute error on validation.

    A net that has fitted chance moves the point forecast away from the base for nothing; this takes back what did.
    """
    if not validation.n_rows:
        return 0.0
    y = validation.problem.y(validation.origins)
    quantiles = answers(network, validation.problem, validation.origins)
    median = quantiles[:, :, quantiles.shape[2] // 2]
    shares = np.linspace(0, 1, 21)
    return float(shares[np.argmin([np.mean(np.abs(y - share * median)) for share in shares])])


def _key(training: Windows, settings: Settings) -> str:
    """A name for the fit: the same data and settings give the same, any others give another."""
    text = f"{training.fingerprint} {settings!r}"
    return "fit-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
