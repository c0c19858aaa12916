"""What the classifier and the regressor share: reading X, scaling it, training a net, asking it."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.judging import Verdict
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network, Pool
from clearlstm.network.subject import Subject
from clearlstm.sequences.batches import SequenceBatches
from clearlstm.sequences.comparing.comparison import OnFit, SequenceComparison, compare
from clearlstm.sequences.comparing.folds import plan
from clearlstm.sequences.comparing.verdict import verdict
from clearlstm.sequences.inputs import Sequences, SequencesLike, read_padded, read_sequences
from clearlstm.sequences.scaling import Scaling
from clearlstm.sequences.scikit_learn import BaseEstimator, NotFittedError, check_columns, check_installed
from clearlstm.sequences.sizes import max_steps_for, steps_at_once_for
from clearlstm.sequences.splitting import Split
from clearlstm.sequences.weights import check_sample_weight
from clearlstm.shapes import FloatArray, check_positive, real_steps
from clearlstm.training.history import History
from clearlstm.training.loop import train
from clearlstm.training.losses import Loss

if TYPE_CHECKING:
    from clearlstm.widget.net_drawing import NetDrawing

MIN_STEPS_BETWEEN_VALIDATIONS: Final = 10

_BEFORE: Final[dict[str, Any]] = {"steps_at_once": 1, "schedule": "constant", "progress": False}
"""What version 0.1.0 did where there are parameters now."""

Trained: TypeAlias = tuple[Network, History, Scaling, int]


class SequenceEstimator(BaseEstimator, ABC):
    """An estimator of which final classes say what the answers are."""

    network_: Network
    history_: History
    feature_scaling_: Scaling
    steps_at_once_: int
    n_features_in_: int
    comparison_: SequenceComparison
    verdict_: Verdict

    def __init__(
        self,
        hidden_size: int = 32,
        num_layers: int = 1,
        *,
        bidirectional: bool | None = None,
        dropout: float = 0.0,
        pool: Pool = "last",
        steps_at_once: int | None = None,
        batch_size: int = 32,
        max_steps: int | None = None,
        learning_rate: float = 0.01,
        schedule: str = "cosine",
        weight_decay: float = 0.0,
        validation_share: float | None = None,
        patience: int = 10,
        progress: bool = False,
        seed: int = 0,
    ) -> None:
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.pool = pool
        self.steps_at_once = steps_at_once
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.validation_share = validation_share
        self.patience = patience
        self.progress = progress
        self.seed = seed

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled, also by a version that had fewer parameters: they are what it did then."""
        before: Any = getattr(super(), "__setstate__", self.__dict__.update)
        before(_BEFORE | state)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks an estimator about itself."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    @property
    def _per_step(self) -> bool:
        return self.pool is None

    def _rows(
        self, sequences: Sequences, target: npt.NDArray[Any], sample_weight: npt.ArrayLike | None
    ) -> SequenceBatches:
        """What to train on. A sequence that counts 0 times is left out, as if it had not been given."""
        weight = check_sample_weight(sample_weight, len(sequences))
        rows = SequenceBatches(sequences, target, weight, self._per_step)
        return rows if weight.all() else rows.take(np.flatnonzero(weight))

    def _train(self, rows: SequenceBatches, parts: Split, output_size: int, loss: str | Loss) -> Trained:
        """A net trained on ``parts[0]`` of the rows, stopped by ``parts[1]``; nothing of the estimator is set."""
        training, held_back = (rows.take(part) if len(part) else None for part in parts)
        assert training is not None
        scaling = Scaling.of(training.sequences.values, np.repeat(training.weight, training.sequences.lengths))
        at_once = self._steps_at_once(rows.sequences)
        network = self._network(at_once * rows.sequences.n_features, output_size)
        batch_size = check_positive("batch_size", self.batch_size)
        max_steps = max_steps_for(training.n_rows, batch_size) if self.max_steps is None else self.max_steps
        history = train(
            network,
            _scaled(training, scaling, at_once),
            loss=loss,
            batch_size=batch_size,
            max_steps=max_steps,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            weight_decay=self.weight_decay,
            validation=None if held_back is None else _scaled(held_back, scaling, at_once),
            validate_every=max(MIN_STEPS_BETWEEN_VALIDATIONS, -(-training.n_rows // batch_size)),
            patience=self.patience,
            progress=self.progress,
            seed=self.seed,
        )
        return network, history, scaling, at_once

    def _steps_at_once(self, sequences: Sequences) -> int:
        """How many steps the net reads together: what was given, or by the lengths; 1 where each has its answer."""
        if self.steps_at_once is None:
            return 1 if self._per_step else steps_at_once_for(sequences.lengths)
        given = check_positive("steps_at_once", self.steps_at_once)
        if given > 1 and self._per_step:
            raise InputError(
                f"steps_at_once is {given}, and with pool=None each step has its own answer: leave it out, or use "
                "pool='last' or 'mean'"
            )
        return given

    def _network(self, input_size: int, output_size: int) -> Network:
        net = LSTM(
            input_size,
            self.hidden_size,
            self.num_layers,
            bidirectional=not self._per_step if self.bidirectional is None else self.bidirectional,
            dropout=self.dropout,
            seed=self.seed,
        )
        return Network([net], head=output_size, pool=self.pool, seed=self.seed)

    def show(
        self, X: SequencesLike, lengths: npt.ArrayLike | None = None, *, names: Sequence[str] | None = None
    ) -> "NetDrawing":
        """The net on X as a live drawing in a notebook: see :meth:`clearlstm.network.recurrent.Recurrent.show`.

        Numbers are those that the net reads, scaled. Raises InputError before ``fit``.
        """
        drawing: NetDrawing = import_module("clearlstm.widget.show").show_model(self, X, lengths, names=names)
        return drawing

    def subject(self) -> Subject:
        """What can be looked into: the net, and how X and y are scaled for it."""
        self._check_fitted()
        at_once = self._read_at_once
        return Subject(
            self.network_,
            features=self.feature_scaling_.repeated(at_once),
            pad=partial(read_padded, steps_at_once=at_once),
        )

    @property
    def _read_at_once(self) -> int:
        """Steps that the fitted net reads together."""
        return getattr(self, "steps_at_once_", 1)  # nets of version 0.1.0 read step by step

    def compare(
        self,
        X: SequencesLike,
        y: Any,
        *,
        lengths: npt.ArrayLike | None = None,
        folds: int | None = None,
        on_fit: OnFit | None = None,
    ) -> SequenceComparison:
        """Is it worth it? This estimator, fitted anew, beside simple models on sequences that none of them has seen.

        The others are the commonest class or the mean number, logistic or ridge regression on resampled points and on
        summaries of the sequences, and, where they are few enough, the nearest neighbour with dynamic time warping. All
        see the same folds: 5, three times over below 200 sequences, twice below 1,000, one held-out quarter from 2,000
        on; or so many as ``folds`` says. The score of numbers is R². Sets ``comparison_`` and ``verdict_``, and leaves
        a fitted net as it is. ``on_fit(number, of, n_sequences)`` is called before each fit.

        Needs scikit-learn, and for time warping dtaidistance: the extra ``compare``. MissingExtraError without the
        first; InputError for what can't be compared, such as fewer than 20 sequences or answers at each step.
        """
        check_installed("compare()")
        if self._per_step:
            raise InputError(
                "compare() judges an answer for each sequence, and pool=None gives one for each step: use pool='last' "
                "or 'mean', or hold sequences back and score them"
            )
        sequences = read_sequences(X, lengths)
        target, classes = self._target_to_compare(y, sequences)
        chosen = plan(None if classes is None else target, len(sequences), folds, self.seed)
        kind: Any = "numbers" if classes is None else "classes"
        ours = partial(self._answer_anew, classes)
        self.comparison_ = compare(
            kind, sequences, target, chosen, ours, classes=classes, on_fit=on_fit, progress=self.progress
        )
        self.verdict_ = verdict(self.comparison_)
        return self.comparison_

    @abstractmethod
    def _target_to_compare(self, y: Any, sequences: Sequences) -> tuple[npt.NDArray[Any], npt.NDArray[Any] | None]:
        """Read y: the numbers of the classes (N,) and the classes (K,), or the numbers (N, K) and None."""

    @abstractmethod
    def _answer_anew(self, classes: Any, training: Sequences, target: Any, test: Sequences, K: int) -> FloatArray:
        """What this estimator, fitted anew, answers to ``test``: probabilities, or numbers, (n, K)."""

    def _fresh(self) -> Any:
        """An estimator with the same parameters, not fitted."""
        from sklearn.base import clone

        return clone(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a safetensors file, whole or not at all; ``clearlstm.load`` reads it.

        All that it answers by is in it, and no pickle; of its training only the parameters are.
        """
        from clearlstm.sequences.storing import save

        self._check_fitted()
        save(self, path)

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet: call fit(X, y) first")

    def _read(self, X: SequencesLike, lengths: npt.ArrayLike | None) -> Sequences:
        """Read X for an answer: it must be like the X of ``fit``."""
        self._check_fitted()
        sequences = read_sequences(X, lengths)
        # A table fitted on is held to its columns; in any other form, the number of steps is free.
        as_table = sequences.is_table and self._fitted_on_table
        width = sequences.padded_steps if as_table else sequences.n_features
        expected = self.n_features_in_ if as_table else len(self.feature_scaling_.mean)
        if width != expected:
            advice = "; a table has the columns of the one fitted on, X[:, :, None] may have any" if as_table else ""
            raise InputError(
                f"X has {width} features, but {type(self).__name__} is expecting {expected} features as input{advice}"
            )
        if as_table:
            check_columns(self, X, reset=False)
        return sequences

    def _learn(self, X: SequencesLike, sequences: Sequences, trained: Trained) -> None:
        """Take over what was trained, and what scikit-learn knows of X: of a table its columns, of others F."""
        if sequences.is_table:
            check_columns(self, X, reset=True)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self._fitted_on_table = sequences.is_table
        self.n_features_in_ = (sequences.padded_steps or 0) if sequences.is_table else sequences.n_features
        self.network_, self.history_, self.feature_scaling_, self.steps_at_once_ = trained

    def _ask(self, sequences: Sequences) -> FloatArray:
        """The net's answers in float64: (N, M), or (R, M) with an answer a step."""
        scaled = _scale(sequences, self.feature_scaling_, self._read_at_once)
        answers = np.empty((len(scaled.values) if self._per_step else len(scaled), self.network_.output_size))
        for chosen in scaled.pieces():
            lengths = scaled.lengths[chosen]
            outputs = self.network_(scaled.padded(chosen, scaled.values), lengths)
            if self._per_step:
                answers[scaled.rows(chosen)] = outputs[real_steps(lengths, outputs.shape[1])]
            else:
                answers[chosen] = outputs
        return answers

    def _shape_back(self, answers: npt.NDArray[Any], sequences: Sequences) -> Any:
        return sequences.shape_back(answers) if self._per_step else answers

    def _answer_weight(self, sample_weight: npt.ArrayLike | None, sequences: Sequences) -> FloatArray:
        """How much each answer counts: its sequence's weight."""
        weight = check_sample_weight(sample_weight, len(sequences))
        return np.repeat(weight, sequences.lengths) if self._per_step else weight


def _scale(sequences: Sequences, scaling: Scaling, at_once: int) -> Sequences:
    """The sequences as the net reads them: float32, around 0, of size 1, ``at_once`` steps in one."""
    with np.errstate(over="ignore"):  # reported below
        z = scaling.forward(sequences.values).astype(np.float32)
    if not np.isfinite(z).all():
        row, feature = np.argwhere(~np.isfinite(z))[0]
        raise InputError(
            f"X holds {sequences.values[row, feature]:g} in feature {feature}, which is too far from the training "
            f"data (mean {scaling.mean[feature]:g}, standard deviation {scaling.scale[feature]:g}): check its unit"
        )
    return Sequences(z, sequences.offsets).joined(at_once)


def _scaled(rows: SequenceBatches, scaling: Scaling, at_once: int) -> SequenceBatches:
    return SequenceBatches(_scale(rows.sequences, scaling, at_once), rows.target, rows.weight, rows.per_step)
