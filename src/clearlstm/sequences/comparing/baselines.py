"""The simple models that an estimator has to beat, simplest first. Each learns all it knows from the training part."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.sequences.comparing import warping
from clearlstm.sequences.comparing.features import points_for, resampled, summaries
from clearlstm.sequences.comparing.folds import Fold, Plan
from clearlstm.sequences.inputs import Sequences
from clearlstm.shapes import FloatArray

Kind: TypeAlias = Literal["classes", "numbers"]
Target: TypeAlias = npt.NDArray[Any]
Answer: TypeAlias = Callable[[Sequences, Target, Sequences, int], FloatArray]
"""``answer(training, target, test, K)``: probabilities (n, K) of K classes, or K numbers (n, K)."""

RIDGE_STRENGTHS: Final = np.logspace(-3, 4, 15)


@final
@dataclass(frozen=True)
class Baseline:
    """A simple model: its name in tables, its name in sentences, and how it answers."""

    name: str
    words: str
    answer: Answer


def baselines_of(kind: Kind) -> list[Baseline]:
    """The baselines that are always there, simplest first."""
    if kind == "classes":
        return [
            Baseline("Majority", "the commonest class for every sequence", _majority),
            Baseline("Summary", "logistic regression on summaries (mean, spread, slope, …)", _logistic_on_summaries),
            Baseline("Points", "logistic regression on resampled points", _logistic_on_points),
        ]
    return [
        Baseline("Mean", "the mean for every sequence", _mean),
        Baseline("Summary", "ridge regression on summaries (mean, spread, slope, …)", _ridge_on_summaries),
        Baseline("Points", "ridge regression on resampled points", _ridge_on_points),
    ]


def neighbour(kind: Kind) -> Baseline:
    """The nearest neighbour with dynamic time warping, which takes its time."""
    answer = _nearest_class if kind == "classes" else _nearest_numbers
    return Baseline("1-NN DTW", "the nearest neighbour with dynamic time warping", answer)


def why_no_neighbour(sequences: Sequences, plan: Plan) -> str | None:
    """Why the nearest neighbour is left out, or None."""
    if not warping.is_installed():
        return "1-NN DTW is left out: it needs dtaidistance, pip install 'clearlstm[compare]'."
    total = sum(_cells(sequences, fold) for fold in plan.folds)
    if total > warping.MOST_CELLS:
        return (
            f"1-NN DTW is left out: {total:.0e} pairs of steps would have to be compared, and up to "
            f"{warping.MOST_CELLS:.0e} are."
        )
    return None


def _cells(sequences: Sequences, fold: Fold) -> float:
    steps = sequences.lengths
    return float(steps[fold.training].sum()) * float(steps[fold.test].sum()) * sequences.n_features


def spread_out(shares: FloatArray, seen: npt.NDArray[Any], K: int) -> FloatArray:
    """Probabilities (n, k) of the classes ``seen`` (k,), numbers in 0 … K − 1, as (n, K): 0 for all others."""
    whole = np.zeros((len(shares), K))
    whole[:, seen] = shares
    return whole


def _majority(_training: Sequences, target: Target, test: Sequences, K: int) -> FloatArray:
    return np.tile(np.bincount(target, minlength=K) / len(target), (len(test), 1))


def _mean(_training: Sequences, target: Target, test: Sequences, _K: int) -> FloatArray:
    return np.tile(target.mean(axis=0), (len(test), 1))


def _logistic(training: FloatArray, target: Target, test: FloatArray, K: int) -> FloatArray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    with warnings.catch_warnings():  # where classes can be told apart for sure, it is near enough
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(training, target)
    return spread_out(model.predict_proba(test), model.classes_, K)


def _ridge(training: FloatArray, target: Target, test: FloatArray, _K: int) -> FloatArray:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(RIDGE_STRENGTHS)).fit(training, target)
    # A point that hardly varied while learning would carry a straight line anywhere.
    answers = np.clip(model.predict(test).reshape(len(test), -1), target.min(axis=0), target.max(axis=0))
    return np.asarray(answers)


def _on_points(model: Callable[..., FloatArray]) -> Answer:
    def answer(training: Sequences, target: Target, test: Sequences, K: int) -> FloatArray:
        n_points = points_for(training)
        return model(resampled(training, n_points), target, resampled(test, n_points), K)

    return answer


def _on_summaries(model: Callable[..., FloatArray]) -> Answer:
    def answer(training: Sequences, target: Target, test: Sequences, K: int) -> FloatArray:
        return model(summaries(training), target, summaries(test), K)

    return answer


_logistic_on_points: Final = _on_points(_logistic)
_logistic_on_summaries: Final = _on_summaries(_logistic)
_ridge_on_points: Final = _on_points(_ridge)
_ridge_on_summaries: Final = _on_summaries(_ridge)


def _nearest_class(training: Sequences, target: Target, test: Sequences, K: int) -> FloatArray:
    return np.eye(K)[target[warping.nearest(training, test)]]


def _nearest_numbers(training: Sequences, target: Target, test: Sequences, _K: int) -> FloatArray:
    return np.asarray(target[warping.nearest(training, test)])


def chosen_baselines(kind: Kind, sequences: Sequences, plan: Plan) -> Iterator[Baseline]:
    """Those that are compared with."""
    yield from baselines_of(kind)
    if why_no_neighbour(sequences, plan) is None:
        yield neighbour(kind)
