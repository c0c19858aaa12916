"""``LSTMRegressor``: the number, or numbers, of a sequence or of each of its steps."""

from dataclasses import replace
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.network.subject import Subject
from clearlstm.sequences.estimator import SequenceEstimator
from clearlstm.sequences.inputs import Sequences, SequencesLike, read_sequences
from clearlstm.sequences.scaling import Scaling
from clearlstm.sequences.scikit_learn import RegressorMixin
from clearlstm.sequences.splitting import split
from clearlstm.sequences.targets import read_numbers
from clearlstm.shapes import FloatArray


@final
class LSTMRegressor(RegressorMixin, SequenceEstimator):
    """An LSTM that gives a number, or several, for a sequence or for each of its steps, by least squares.

    X is (N, T, F), a list of arrays (T_n, F) or (T_n,) of any lengths, or a table (N, T) of one feature. Features and
    targets are brought to mean 0 and size 1 by the training part's own; answers come in the targets' units. With
    scikit-learn installed it is one of its estimators.

    Parameters
    ----------
    hidden_size, num_layers, bidirectional, dropout
        Of the net, see :class:`clearlstm.LSTM`. Dropout acts between layers, so not in a net of one. It reads in both
        directions, but for ``pool=None``; True or False for either.
    pool
        "last": an answer a sequence, from the memory after its last step (and, reading backwards, after its first); y
        is (N,) or (N, K). "mean": from the mean over its steps. None: an answer a step; y is (N, T), (N, T, K) or a
        list of (T_n,) or (T_n, K).
    steps_at_once
        How many steps the net reads together, as so many times the features. None: as many as let nine of ten sequences
        be read at 100 times or fewer; 1 with ``pool=None``.
    batch_size, max_steps, learning_rate, schedule, weight_decay
        Of the training, see :func:`clearlstm.train`. ``max_steps=None``: 12 times over all sequences, at least 400 and
        at most 4,000.
    validation_share
        None: training ends after ``max_steps``, as its learning rate has come down to 0. A share of the sequences is
        held back, drawn with ``seed``, to decide when to stop; the net ends with the parameters that did best on them.
        Fewer than 5 sequences are not held back.
    patience
        Validations in a row (about one an epoch) that may bring no new best.
    progress
        Show a progress bar, on a terminal or in a notebook: one for each call, whatever it trains.
    seed
        Of everything drawn at random.

    Attributes
    ----------
    network_, history_, feature_scaling_, target_scaling_, steps_at_once_
        The trained :class:`clearlstm.Network`, which answers in scaled units; the course of its training; mean and
        scale of the features (F,) and of the targets (K,); how many steps it reads together: ``subject().read(X)`` is
        what it reads.
    n_features_in_
        F; for a table (N, T) its columns T, to which later tables are held.
    comparison_, verdict_
        After :meth:`compare`: every number beside simple models, and what it means in words.

    >>> X = np.random.default_rng(0).normal(size=(100, 6, 1))
    >>> y = 100 + 10 * X[:, 0, 0]                                      # how did it start?
    >>> model = LSTMRegressor(8, max_steps=300, learning_rate=0.02).fit(X, y)
    >>> model.predict(X).shape, model.score(X, y) > 0.95
    ((100,), True)
    """

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks an estimator about itself."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(
        self,
        X: SequencesLike,
        y: Any,
        *,
        lengths: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn the numbers y of X; returns the estimator.

        lengths (N,): the real steps of an array's sequences; what stands beyond them in X and y doesn't count.
        sample_weight (N,): how much each sequence counts. InputError if X, y or a parameter can't be used;
        TrainingError if a loss isn't finite.
        """
        sequences = read_sequences(X, lengths)
        target = read_numbers(y, sequences, per_step=self._per_step)
        rows = self._rows(sequences, target.reshape(len(target), -1), sample_weight)
        parts = split(np.zeros(rows.n_rows, np.int64), self.validation_share, self.seed)
        training = rows.take(parts[0])
        scaling = Scaling.of(training.target, self._answer_weight(training.weight, training.sequences))
        rows = replace(rows, target=scaling.forward(rows.target))
        trained = self._train(rows, parts, rows.target.shape[1], "squared")
        self._learn(X, sequences, trained)
        self.target_scaling_ = scaling
        self._output_shape = target.shape[1:]
        return self

    def predict(self, X: SequencesLike, *, lengths: npt.ArrayLike | None = None) -> Any:
        """The answers, in y's units: (N,) or (N, K) as y was.

        With ``pool=None`` (N, T) or (N, T, K), or for a list or ``lengths`` a list of (T_n,) or (T_n, K).
        """
        sequences = self._read(X, lengths)
        answers = self.target_scaling_.back(self._ask(sequences))
        return self._shape_back(answers.reshape(-1, *self._output_shape), sequences)

    def subject(self) -> Subject:
        """What can be looked into: the net, and how X and y are scaled for it."""
        return replace(super().subject(), kind="regressor", target=self.target_scaling_)

    def score(
        self,
        X: SequencesLike,
        y: Any,
        *,
        lengths: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> float:
        """R², the share of y's variance that the answers explain, over all answers; the mean over outputs."""
        sequences = self._read(X, lengths)
        target = read_numbers(y, sequences, per_step=self._per_step)
        if target.shape[1:] != self._output_shape:
            raise InputError(f"y has shape {target.shape[1:]} for each answer; in fit it was {self._output_shape}")
        answers: FloatArray = self.target_scaling_.back(self._ask(sequences))
        weight = self._answer_weight(sample_weight, sequences)
        return r_squared(target.reshape(answers.shape), answers, weight)

    def _target_to_compare(self, y: Any, sequences: Sequences) -> tuple[FloatArray, None]:
        return read_numbers(y, sequences, per_step=False).reshape(len(sequences), -1), None

    def _answer_anew(self, _: None, training: Sequences, target: Any, test: Sequences, K: int) -> FloatArray:
        model = self._fresh().fit(training.arrays(), target)
        return np.asarray(model.predict(test.arrays())).reshape(len(test), K)


def r_squared(y: FloatArray, predicted: FloatArray, weight: FloatArray) -> float:
    """R², the share of y's variance that the answers explain, the mean over outputs; y, predicted (n, K), weight (n,).

    1 is perfect, 0 no better than y's mean, and below 0 worse. A constant y has 1 if it is met exactly, else 0.

    >>> r_squared(np.array([[0.0], [2.0]]), np.array([[0.0], [1.0]]), np.ones(2))
    0.5
    """
    w = (weight / weight.sum())[:, None]
    # R² = 1 − Σ w (y − ŷ)² / Σ w (y − ȳ)²
    missed = (w * (y - predicted) ** 2).sum(axis=0)
    total = (w * (y - (w * y).sum(axis=0)) ** 2).sum(axis=0)
    shares = np.where(total > 0, 1 - missed / np.where(total > 0, total, 1.0), np.where(missed > 0, 0.0, 1.0))
    return float(shares.mean())
