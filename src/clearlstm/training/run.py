"""A training run: one step after the other, and a state that can be written down between two of them."""

import math
import time
from array import array
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, final

import numpy as np

from clearlstm.errors import TrainingError
from clearlstm.network.model import Network
from clearlstm.training.batches import BatchSource, RowOrder, random_stream
from clearlstm.training.checkpoint import Snapshot, check_fits, check_same_run, read_checkpoint, write_checkpoint
from clearlstm.training.flat import FlatParameters
from clearlstm.training.history import History, Validation, best_validation
from clearlstm.training.losses import Loss
from clearlstm.training.objective import Objective
from clearlstm.training.optimiser import AdamW
from clearlstm.training.schedule import Schedule
from clearlstm.training.settings import Settings

# A validation part is read in batches of at least this size: training on single rows shouldn't make it slow.
MIN_VALIDATION_ROWS: Final = 64


@final
class Run:
    """A model on its way from its first parameters to its last; between two calls of :meth:`advance` all is whole."""

    def __init__(
        self, model: Network, source: BatchSource, validation: BatchSource | None, loss: Loss, settings: Settings
    ) -> None:
        self._model, self._source, self._validation = model, source, validation
        self._loss, self._settings = loss, settings
        self._flat = FlatParameters(model.parameters)
        self._optimiser = AdamW(self._flat, weight_decay=settings.weight_decay, clip_norm=settings.clip_norm)
        self._rate = Schedule(settings.schedule, settings.learning_rate, settings.warmup_steps, settings.max_steps)
        self._order = RowOrder(source.n_rows, settings.batch_size, shuffle=settings.shuffle, seed=settings.seed)
        self._has_dropout = any(net.dropout > 0 for net in model.nets)
        # One each: they keep the buffers of their last pass, and the two kinds of batches differ in size.
        self._training, self._validating = Objective(model, loss), Objective(model, loss)
        self._losses = array("d")
        self._validations: list[Validation] = []
        self._best_parameters = self._flat.empty()[:0]
        self._seconds = 0.0
        self.reason: str | None = None
        self.whole = True

    @property
    def steps(self) -> int:
        """The updates made so far."""
        return len(self._losses)

    @property
    def last_loss(self) -> float:
        """The loss of the last step's batch, before its update."""
        return self._losses[-1]

    @property
    def last_validation(self) -> float | None:
        """The latest validation loss."""
        return self._validations[-1].loss if self._validations else None

    def advance(self) -> None:
        """Take one step; then validate, and stop, if that is due."""
        self.whole = False
        step, started = self.steps, time.perf_counter()
        # Overflow is looked for in the results, where the message can name the step.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            try:
                self._update(step)
                if self._validation is not None and self._validation_is_due():
                    self._validate(self._validation)
            except FloatingPointError as error:
                raise self._diverged(step, str(error)) from error
        if self.reason is None and self.steps == self._settings.max_steps:
            self.reason = "max_steps"
        self._seconds += time.perf_counter() - started
        self.whole = True

    def finish(self) -> History:
        """Give the model its final parameters, the best ones if there was a validation; return the run's course."""
        assert self.reason is not None
        if self._validations:
            self._flat.write(self._flat.views(self._best_parameters))
        return History(np.array(self._losses), tuple(self._validations), self.reason, self._seconds)

    def description(self) -> dict[str, Any]:
        """What makes this run the run that it is, in plain values; ask before the first step."""
        return {
            "model": self._model.config(),
            "start": self._flat.fingerprint(),
            "data": self._source.fingerprint,
            "validation_data": None if self._validation is None else self._validation.fingerprint,
            "loss": repr(self._loss),
            **asdict(self._settings),
        }

    def save(self, path: Path, description: Mapping[str, Any]) -> None:
        """Write a checkpoint, whole or not at all."""
        snapshot = Snapshot(
            self._flat.read(),
            self._optimiser.first_moment,
            self._optimiser.second_moment,
            self._best_parameters,
            np.array(self._losses),
            tuple(self._validations),
            self._seconds,
            self.reason,
        )
        write_checkpoint(path, description, snapshot)

    def restore(self, path: Path, description: Mapping[str, Any]) -> dict[str, Any]:
        """Go on from a checkpoint, if it is of the run that ``description`` tells of; returns that run's own."""
        saved, snapshot = read_checkpoint(path)
        now = self._flat.read()
        # The model may also be the very one that the run was interrupted with, or that it ended with.
        known = np.array_equal(now, snapshot.parameters) or np.array_equal(now, snapshot.best_parameters)
        check_same_run(path, saved, {**description, "start": saved.get("start")} if known else description)
        check_fits(path, snapshot, now, self._settings.max_steps)
        self._flat.write(self._flat.views(snapshot.parameters))
        self._optimiser.restore(snapshot.first_moment, snapshot.second_moment, len(snapshot.losses))
        self._losses = array("d", snapshot.losses)
        self._validations = list(snapshot.validations)
        self._best_parameters = snapshot.best_parameters
        self._seconds = snapshot.seconds
        self.reason = snapshot.reason
        return saved

    def _update(self, step: int) -> None:
        batch = self._source.batch(self._order.rows(step))
        dropout_rng = random_stream(self._settings.seed, "dropout", step) if self._has_dropout else None
        loss, gradients = self._training.value_and_gradient(batch, dropout_rng)
        if not math.isfinite(self._optimiser.step(gradients, self._rate(step))):
            raise FloatingPointError("the gradient isn't finite")
        self._losses.append(loss)

    def _validation_is_due(self) -> bool:
        return self.steps % self._settings.validate_every == 0 or self.steps == self._settings.max_steps

    def _validate(self, source: BatchSource) -> None:
        before = best_validation(self._validations)
        now = Validation(self.steps, self._validating.mean(source, max(self._settings.batch_size, MIN_VALIDATION_ROWS)))
        self._validations.append(now)
        if before is None or now.loss < before.loss:
            self._best_parameters = self._flat.read()
        elif len(self._validations) - 1 - self._validations.index(before) >= self._settings.patience:
            self.reason = "early_stopping"

    def _diverged(self, step: int, what: str) -> TrainingError:
        """Put the parameters back to the last that gave a finite loss and gradient, and say what happened."""
        self._optimiser.undo()
        settings = self._settings
        clip = "clip_norm=1.0" if settings.clip_norm is None else f"a lower clip_norm (now {settings.clip_norm:g})"
        return TrainingError(
            f"training failed at step {step + 1}: {what}. The parameters are back at the last that worked. Try a lower "
            f"learning_rate (now {settings.learning_rate:g}), {clip} or some warmup_steps, and x and y of a size "
            "around 1, without missing values"
        )
