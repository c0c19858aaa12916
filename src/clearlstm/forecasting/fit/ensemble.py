"""The nets of an ensemble: one after the other or, through joblib, side by side on processes or a cluster.

Each starts from a seed of its own, settings.seed and those that follow it, and sees the same windows. A mean over seeds
takes out the part of the error that is chance in training.
"""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import NormalDist

import numpy as np

from clearlstm.data.windows import Rows
from clearlstm.errors import InputError
from clearlstm.forecasting.jobs import run_jobs
from clearlstm.forecasting.model.net import Member
from clearlstm.forecasting.model.problem import Problem
from clearlstm.forecasting.settings import Settings
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray, IntArray
from clearlstm.training.batches import Batch
from clearlstm.training.history import History
from clearlstm.training.loop import train
from clearlstm.training.losses import Pinball

MIN_ERRORS = 16
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
        """The windows x (n, T, F) and scaled targets y (n, h) of the given rows (n,), and how much each counts."""
        chosen = self.origins[rows]
        return Batch(self.problem.x(chosen), self.problem.y(chosen), weight=self.problem.weight(chosen))


def train_members(
    training: Windows,
    validation: Windows,
    seeds: range,
    *,
    checkpoints: Path | None,
    progress: bool,
    n_jobs: int | None,
) -> tuple[Member, ...]:
    """Train a net from each of ``seeds``; the result is the same, to the bit, wherever they are trained."""
    return tuple(run_jobs(partial(_train, training, validation, checkpoints, progress), seeds, n_jobs))


def _train(training: Windows, validation: Windows, checkpoints: Path | None, progress: bool, seed: int) -> Member:
    """Train one net. If no state on the way was better on the validation part than the start, put the start back.

    Without a validation part nothing could show that training helps, and on so few windows it does harm: there is none.
    """
    settings = training.problem.settings
    network = _start(training, seed)
    if not validation.n_rows:
        return Member(network, None, True, None)
    start = {name: values.copy() for name, values in network.parameters.items()}
    checkpoint = None if checkpoints is None else checkpoints / f"{_key(training, settings, seed)}.safetensors"
    history = _run(network, training, validation, seed, checkpoint, progress)
    best = min(entry.loss for entry in history.validations)
    kept_start = best >= _loss_at_start(start["head.b"], validation)
    if kept_start:
        network.set_parameters(start)
    return Member(network, history, kept_start, checkpoint)


def _run(
    network: Network, training: Windows, validation: Windows, seed: int, checkpoint: Path | None, progress: bool
) -> History:
    settings = training.problem.settings
    return train(
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
        seed=seed,
    )


def _start(training: Windows, seed: int) -> Network:
    """A net that answers, before any training, the base with the quantiles of its errors in the training part."""
    problem = training.problem
    quantiles = _usual_errors(training)
    net = LSTM(len(problem.input_names), problem.settings.hidden_size, seed=seed)
    network = Network([net], head=quantiles.size, seed=seed)
    network.parameters["head.W"][:] = 0
    network.parameters["head.b"][:] = quantiles.ravel()
    return network


def _usual_errors(training: Windows) -> FloatArray:
    """The quantiles of the base's scaled errors, (h, Q); of few, those of a normal distribution of their size.

    A handful of errors don't show their own tails: the quantiles of one alone would make an interval of no width.
    """
    settings = training.problem.settings
    if training.n_rows < MIN_ERRORS:
        return np.tile([NormalDist().inv_cdf(level) for level in settings.quantiles], (settings.h, 1))
    rows = training.origins[:: max(1, training.n_rows // QUANTILE_SAMPLE)]
    errors, weight = training.problem.y(rows), training.problem.weight(rows)
    if weight is None:
        return np.asarray(np.quantile(errors, settings.quantiles, axis=0).T)
    weights = np.repeat(weight[:, None], settings.h, axis=1)
    quantiles = np.quantile(errors, settings.quantiles, axis=0, weights=weights, method="inverted_cdf")
    return np.asarray(quantiles.T)


def _loss_at_start(bias: FloatArray, validation: Windows) -> float:
    """The head starts with zero weights, so the first answer is its bias, whatever the window."""
    problem = validation.problem
    y = problem.y(validation.origins)
    answer = np.repeat(bias[None, :], len(y), axis=0)
    return Pinball(problem.settings.quantiles).value_and_gradient(answer, y, problem.weight(validation.origins))[0]


def _key(training: Windows, settings: Settings, seed: int) -> str:
    """A name for one net's training: the same data and settings give the same, any others give another."""
    text = f"{training.fingerprint} {settings!r} {seed}"
    return "fit-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def made_folder(path: Path) -> Path:
    """The folder for checkpoints, made if it isn't there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"checkpoint is {path}, and no folder can be made there ({error.strerror}): give the name of a folder"
        ) from error
    return path
