"""``train``: from a model and data to a trained model, safe against Ctrl-C and crashes."""

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.network.model import Network
from clearlstm.shapes import as_array, check_lengths, check_sequences, real_steps
from clearlstm.training.batches import ArrayBatches, BatchSource, Part, is_source
from clearlstm.training.checkpoint import check_checkpoint_path
from clearlstm.training.history import History
from clearlstm.training.interrupt import interrupts_held
from clearlstm.training.losses import Loss, as_loss
from clearlstm.training.progress import progress_bar
from clearlstm.training.run import Run
from clearlstm.training.settings import Settings, check_number

OnStep: TypeAlias = Callable[[int, float], None]
ValidationLike: TypeAlias = float | tuple[npt.ArrayLike, ...] | BatchSource | None


def train(
    model: Network,
    x: npt.ArrayLike | BatchSource,
    y: npt.ArrayLike | None = None,
    *,
    lengths: npt.ArrayLike | None = None,
    loss: str | Loss = "squared",
    batch_size: int = 64,
    max_steps: int = 1000,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.0,
    clip_norm: float | None = 1.0,
    schedule: str = "constant",
    warmup_steps: int = 0,
    validation: ValidationLike = None,
    validate_every: int = 50,
    patience: int = 10,
    shuffle: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = 30.0,
    progress: bool = False,
    on_step: OnStep | None = None,
    seed: int = 0,
) -> History:
    """Train ``model`` in place with AdamW; equal arguments give equal results, to the bit.

    Parameters
    ----------
    model
        A :class:`Network`; its parameters are changed in place.
    x, y
        Arrays, x (N, T, F) and y with a row for each of x's: (N, M), or (N,) if M is 1; (N, T, M) for a model that
        answers at every step (``pool=None``); for cross-entropy whole numbers, (N,) or (N, T). Or x is a
        :class:`BatchSource`, which brings y itself. Rows are in time order, the earliest first.
    lengths
        The real steps of each row, (N,). What lies beyond them never counts.
    loss
        "squared", "absolute", "cross_entropy", or an object such as ``Pinball((0.1, 0.5, 0.9))``.
    batch_size, max_steps
        Rows a step (all, if there are fewer), and the most steps to take.
    learning_rate, schedule, warmup_steps
        See :class:`~clearlstm.training.schedule.Schedule`: "constant" or "cosine", after a linear rise.
    weight_decay, clip_norm
        See :class:`~clearlstm.training.optimiser.AdamW`.
    validation
        None; the share of the rows, from the end, to hold back; ``(x, y)`` or ``(x, y, lengths)``; or a BatchSource.
        With it, the model ends with the parameters of the best validation.
    validate_every, patience
        Steps from one validation to the next (there is one more after the last step), and how many in a row may bring
        no new best before training stops.
    shuffle
        Each epoch in a new order (above 2**20 rows: drawn at random). False keeps the rows' own order.
    checkpoint, checkpoint_seconds
        A file to write the run to every so many seconds, at Ctrl-C, and at the end. If it is there already, the run
        goes on from it; a finished run gives its result at once.
    progress
        Show a progress bar: on stderr if that is a terminal, and in a notebook.
    on_step
        Called as ``on_step(step, loss)`` after each update, steps counted from 1, loss that before the update.
    seed
        Of the order of rows and of dropout.

    Raises
    ------
    InputError
        An argument or an array can't be used, or the checkpoint is of another run.
    ModelFileError
        The checkpoint is damaged, or is none. It stays as it is.
    TrainingError
        A loss or gradient wasn't finite. The model then has the last parameters that worked.
    KeyboardInterrupt
        Ctrl-C: the step is ended and the checkpoint written first. The model has the parameters of that moment.

    >>> from clearlstm.network.lstm import LSTM
    >>> x = np.random.default_rng(0).normal(size=(64, 5, 1))
    >>> y = x[:, 0]                                                 # what was the first day's value?
    >>> model = Network([LSTM(1, 8, seed=0)], head=1, seed=0)
    >>> history = train(model, x, y, max_steps=300, learning_rate=0.02)
    >>> history.steps, bool(history.losses[-1] < 0.1 * history.losses[0])
    (300, True)
    """
    settings = Settings(
        batch_size=batch_size,
        max_steps=max_steps,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        clip_norm=clip_norm,
        schedule=schedule,
        warmup_steps=warmup_steps,
        validate_every=validate_every,
        patience=patience,
        shuffle=shuffle,
        seed=seed,
    )
    every = check_number("checkpoint_seconds", checkpoint_seconds, zero=True)
    path = None if checkpoint is None else check_checkpoint_path(checkpoint)
    chosen = as_loss(loss)
    source, held_back = _sources(_check_model(model), chosen, x, y, lengths, validation)
    run = Run(model, source, held_back, chosen, settings)
    _drive(run, _Keeper(run, path, every), settings.max_steps, progress=progress, on_step=on_step)
    return run.finish()


class _Keeper:
    """Reads and writes the checkpoint of a run; without a path it does neither."""

    def __init__(self, run: Run, path: Path | None, every_seconds: float) -> None:
        self._run, self._path, self._every = run, path, every_seconds
        self._description = {} if path is None else run.description()
        if path is not None and path.exists():
            self._description = run.restore(path, self._description)
        self._written = time.perf_counter()

    def save_if_due(self) -> None:
        """Save if the last time lies far enough back."""
        if self._path is not None and time.perf_counter() - self._written >= self._every:
            self.save()

    def save(self) -> None:
        """Save now. A full disk is a warning and doesn't end the run: the last checkpoint stands, the model is here."""
        if self._path is None:
            return
        try:
            self._run.save(self._path, self._description)
        except OSError as error:
            message = f"no checkpoint could be written after step {self._run.steps}: {error}"
            warnings.warn(message, ClearLSTMWarning, stacklevel=4)
        self._written = time.perf_counter()


def _drive(run: Run, keeper: _Keeper, max_steps: int, *, progress: bool, on_step: OnStep | None) -> None:
    """Advance the run to its end, or to Ctrl-C or its like."""
    if run.reason is not None:
        return
    with interrupts_held() as interrupt, progress_bar(progress, max_steps, run.steps) as show:
        try:
            while run.reason is None:
                run.advance()
                if on_step is not None:
                    on_step(run.steps, run.last_loss)
                show(run.steps, run.last_loss, run.last_validation)
                interrupt.raise_if_pending()
                keeper.save_if_due()
        except (KeyboardInterrupt, SystemExit):
            if run.whole:
                keeper.save()
            raise
        keeper.save()


def _check_model(model: object) -> Network:
    if not isinstance(model, Network):
        raise InputError(f"model is {model!r}; train takes a Network: wrap a net as Network([net], head=1)")
    return model


def _sources(
    model: Network,
    loss: Loss,
    x: npt.ArrayLike | BatchSource,
    y: npt.ArrayLike | None,
    lengths: npt.ArrayLike | None,
    validation: ValidationLike,
) -> tuple[BatchSource, BatchSource | None]:
    """The rows to train on and those to validate on."""
    if is_source(x):
        source = x
        if y is not None or lengths is not None:
            raise InputError("x is a BatchSource, which brings y and lengths itself: leave them out")
    else:
        source = array_source(model, loss, cast("npt.ArrayLike", x), y, lengths)
    if source.n_rows < 1:
        raise InputError("there are no rows to train on")
    if validation is None:
        return source, None
    if is_source(validation):
        return source, validation
    if isinstance(validation, tuple) and len(validation) in (2, 3):
        return source, array_source(model, loss, validation[0], validation[1], *validation[2:])
    return _split(source, validation)


def array_source(
    model: Network, loss: Loss, x: npt.ArrayLike, y: npt.ArrayLike | None, lengths: npt.ArrayLike | None = None
) -> ArrayBatches:
    """The rows of arrays as :func:`train` reads them, checked against the model and the loss."""
    if y is None:
        raise InputError("y is missing: train(model, x, y), or a BatchSource as x")
    values = check_sequences(x, model.input_size, model.dtype)
    N, T, _ = values.shape
    if model.pool is not None:
        return ArrayBatches(values, loss.check_target(y, (N,), model.output_size, model.dtype), lengths)
    if lengths is not None:
        y = _blank_padding(y, check_lengths(lengths, N, T), T)
    return ArrayBatches(values, loss.check_target(y, (N, T), model.output_size, model.dtype), lengths)


def _blank_padding(y: npt.ArrayLike, lengths: npt.NDArray[np.int64], n_steps: int) -> npt.ArrayLike:
    """y (N, T, …) with 0 in the padding, whatever stood there; other shapes are left for the loss to refuse."""
    padding = ~real_steps(lengths, n_steps)
    given = as_array("y", y)
    if given.shape[:2] != padding.shape:
        return y
    filled = given.copy()
    filled[padding] = 0
    return filled


def _split(source: BatchSource, share: object) -> tuple[BatchSource, BatchSource]:
    if isinstance(share, bool) or not isinstance(share, (float, np.floating)) or not 0 < share < 1:
        raise InputError(
            f"validation is {share!r}; it must be None, a share of the rows such as 0.2, (x, y) or a BatchSource"
        )
    held_back = max(1, round(source.n_rows * float(share)))
    first = source.n_rows - held_back
    if first < 1:
        raise InputError(
            f"validation={share!r} of {source.n_rows} rows leaves none to train on: give more rows or less"
        )
    return Part(source, 0, first), Part(source, first, source.n_rows)
