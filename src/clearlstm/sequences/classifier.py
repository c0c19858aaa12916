"""``LSTMClassifier``: the class of a sequence, or of each of its steps."""

import warnings
from dataclasses import replace
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.network.model import Pool
from clearlstm.network.subject import Subject
from clearlstm.sequences.batches import SequenceBatches
from clearlstm.sequences.comparing.baselines import spread_out
from clearlstm.sequences.estimator import SequenceEstimator
from clearlstm.sequences.inputs import Sequences, SequencesLike, read_sequences
from clearlstm.sequences.scikit_learn import ClassifierMixin
from clearlstm.sequences.splitting import Split, keep_all_classes, split
from clearlstm.sequences.targets import distinct, encode, read_labels
from clearlstm.sequences.weights import ClassWeight, WeightedCrossEntropy, class_weights
from clearlstm.shapes import FloatArray
from clearlstm.training.losses import Loss


@final
class LSTMClassifier(ClassifierMixin, SequenceEstimator):
    """An LSTM that tells the class of a sequence, or of each of its steps.

    X is (N, T, F), a list of arrays (T_n, F) or (T_n,) of any lengths, or a table (N, T) of one feature. Features are
    brought to mean 0 and size 1 by the training part's own. With scikit-learn installed it is one of its estimators.

    Parameters
    ----------
    hidden_size, num_layers, bidirectional, dropout
        Of the net, see :class:`clearlstm.LSTM`. Dropout acts between layers, so not in a net of one. It reads in both
        directions, but for ``pool=None``; True or False for either.
    pool
        "last": a class a sequence, from the memory after its last step (and, reading backwards, after its first).
        "mean": from the mean over its steps. None: a class a step; y is (N, T) or a list of (T_n,).
    class_weight
        How much an answer of each class counts: None (once), "balanced" (so that all classes together count the same),
        or a dict of label and weight; labels that it doesn't name count once.
    steps_at_once
        How many steps the net reads together, as so many times the features. None: as many as let nine of ten sequences
        be read at 100 times or fewer; 1 with ``pool=None``.
    batch_size, max_steps, learning_rate, schedule, weight_decay
        Of the training, see :func:`clearlstm.train`. ``max_steps=None``: 12 times over all sequences, at least 400 and
        at most 4,000.
    validation_share
        None: training ends after ``max_steps``, as its learning rate has come down to 0. A share of each class is held
        back, drawn with ``seed``, to decide when to stop; the net ends with the parameters that did best on it. Fewer
        than 5 sequences are not held back.
    patience
        Validations in a row (about one an epoch) that may bring no new best.
    progress
        Show a progress bar, on a terminal or in a notebook: one for each call, whatever it trains.
    seed
        Of everything drawn at random.

    Attributes
    ----------
    classes_
        The labels (K,), sorted.
    network_, history_, feature_scaling_, steps_at_once_
        The trained :class:`clearlstm.Network`, the course of its training, the features' mean and scale (F,), and how
        many steps it reads together: ``subject().read(X)`` is what it reads.
    n_features_in_
        F; for a table (N, T) its columns T, to which later tables are held.
    comparison_, verdict_
        After :meth:`compare`: every number beside simple models, and what it means in words.

    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(rng.integers(3, 8), 1)) for _ in range(60)]
    >>> y = ["up" if x[0, 0] > 0 else "down" for x in X]               # how did it start?
    >>> model = LSTMClassifier(8, max_steps=200, learning_rate=0.02).fit(X, y)
    >>> model.predict(X[:3]).tolist() == y[:3], model.predict_proba(X).shape
    (True, (60, 2))
    """

    classes_: npt.NDArray[Any]

    def __init__(
        self,
        hidden_size: int = 32,
        num_layers: int = 1,
        *,
        bidirectional: bool | None = None,
        dropout: float = 0.0,
        pool: Pool = "last",
        steps_at_once: int | None = None,
        class_weight: ClassWeight = None,
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
        super().__init__(
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
            pool=pool,
            steps_at_once=steps_at_once,
            batch_size=batch_size,
            max_steps=max_steps,
            learning_rate=learning_rate,
            schedule=schedule,
            weight_decay=weight_decay,
            validation_share=validation_share,
            patience=patience,
            progress=progress,
            seed=seed,
        )
        self.class_weight = class_weight

    def fit(
        self,
        X: SequencesLike,
        y: Any,
        *,
        lengths: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn the classes y of X; returns the estimator.

        lengths (N,): the real steps of an array's sequences; what stands beyond them in X and y doesn't count.
        sample_weight (N,): how much each sequence counts. InputError if X, y or a parameter can't be used;
        TrainingError if a loss isn't finite.
        """
        sequences = read_sequences(X, lengths)
        rows = self._rows(sequences, read_labels(y, sequences, per_step=self._per_step), sample_weight)
        classes, numbers = distinct(rows.target)
        if len(classes) < 2:
            (only,) = classes.tolist()
            raise InputError(f"y has one class only, {only!r}: there is nothing to tell apart; give 2 or more")
        rows = replace(rows, target=numbers)
        trained = self._train(rows, self._split(rows), len(classes), self._loss(rows, classes))
        self._learn(X, sequences, trained)
        self.classes_ = classes
        return self

    def predict_proba(self, X: SequencesLike, *, lengths: npt.ArrayLike | None = None) -> Any:
        """How likely each class is: (N, K), in the order of ``classes_``.

        With ``pool=None`` (N, T, K), or for a list or ``lengths`` a list of (T_n, K).
        """
        sequences = self._read(X, lengths)
        return self._shape_back(_softmax(self._ask(sequences)), sequences)

    def predict(self, X: SequencesLike, *, lengths: npt.ArrayLike | None = None) -> Any:
        """The likeliest class: (N,); with ``pool=None`` (N, T), or for a list or ``lengths`` a list of (T_n,)."""
        sequences = self._read(X, lengths)
        return self._shape_back(self.classes_[self._ask(sequences).argmax(axis=1)], sequences)

    def score(
        self,
        X: SequencesLike,
        y: Any,
        *,
        lengths: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> float:
        """The share of answers that are right; with ``pool=None`` of all steps.

        A label that ``fit`` didn't see can't be right; a warning names it.
        """
        sequences = self._read(X, lengths)
        labels = read_labels(y, sequences, per_step=self._per_step)
        numbers = encode(labels, self.classes_)
        if (numbers < 0).any():
            new = labels[numbers < 0].tolist()[0]
            warnings.warn(
                f"y holds {new!r}, which was not there in fit (classes: {self.classes_.tolist()}): such answers count "
                "as wrong",
                ClearLSTMWarning,
                stacklevel=2,
            )
        right = self._ask(sequences).argmax(axis=1) == numbers
        return accuracy(right, self._answer_weight(sample_weight, sequences))

    def subject(self) -> Subject:
        """What can be looked into: the net, how X is scaled for it, and the classes that it tells."""
        return replace(super().subject(), kind="classifier", classes=self.classes_)

    def _target_to_compare(self, y: Any, sequences: Sequences) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        classes, numbers = distinct(read_labels(y, sequences, per_step=False))
        return numbers, classes

    def _answer_anew(self, classes: Any, training: Sequences, target: Any, test: Sequences, K: int) -> FloatArray:
        model = self._fresh().fit(training.arrays(), classes[target])
        return spread_out(model.predict_proba(test.arrays()), encode(model.classes_, classes), K)

    def _split(self, rows: SequenceBatches) -> Split:
        if not self._per_step:
            return split(rows.target, self.validation_share, self.seed)
        parts = split(np.zeros(rows.n_rows, np.int64), self.validation_share, self.seed)
        bounds = rows.sequences.offsets[1:-1]
        return keep_all_classes(parts, [np.unique(part) for part in np.split(rows.target, bounds)])

    def _loss(self, rows: SequenceBatches, classes: npt.NDArray[Any]) -> str | Loss:
        weight = np.repeat(rows.weight, rows.sequences.lengths) if self._per_step else rows.weight
        counts = class_weights(self.class_weight, classes, rows.target, weight)
        return "cross_entropy" if counts is None else WeightedCrossEntropy(tuple(counts.tolist()))


def _softmax(answers: FloatArray) -> FloatArray:
    """exp(a_k) / Σ exp(a) along the last axis; the largest is taken off first, so nothing overflows."""
    exp = kernels.exp(answers - answers.max(axis=-1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=-1, keepdims=True))


def accuracy(right: npt.NDArray[np.bool_], weight: FloatArray) -> float:
    """The share of answers that are right; both (n,)."""
    return float((weight * right).sum() / weight.sum())
