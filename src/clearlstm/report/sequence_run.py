"""What ``clearlstm classify`` does with sequences: compare, fit on all, and see what the net looked at."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.data.labelled import Kind, Labelled
from clearlstm.errors import ClearLSTMError, ClearLSTMWarning
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.judging import Verdict
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.sequences.comparing.comparison import OURS, OnFit, SequenceComparison
from clearlstm.sequences.comparing.verdict import no_verdict
from clearlstm.sequences.regressor import LSTMRegressor
from clearlstm.shapes import FloatArray

Estimator: TypeAlias = LSTMClassifier | LSTMRegressor

LOOKED_AT: Final = 30
"""Sequences over which it is averaged what the net looked at."""
MOST_POINTS: Final = 1024
TOLERANCE: Final = 0.05
"""Of the attributions: enough for a drawing."""
SHOWN: Final = 8
"""Sequences that it got wrong which are shown."""
TENTHS: Final = 10
FEWEST_COMPLETE: Final = 5
"""Attributions that add up, from which on the others are left out of the averages."""


@final
@dataclass(frozen=True, eq=False)
class Missed:
    """A sequence that the LSTM answered wrongly before it had seen it, the worst first.

    x (T, F) and what each step and feature of it accounts for, ``weight`` (T, F), in the score of the class that was
    answered (of numbers: in the answer) of the net that was fitted on all; complete: whether that adds up.
    """

    id: str
    truth: str
    answer: str
    confidence: float | None
    x: FloatArray
    weight: FloatArray
    complete: bool


@final
@dataclass(frozen=True, eq=False)
class Looked:
    """What the net looked at: shares of all that inputs account for, by feature (F,) and by tenth of the way (10,).

    Means over ``n_sequences``; ``n_left_out`` more were looked at, whose attributions don't add up.
    """

    by_feature: FloatArray
    by_tenth: FloatArray
    n_sequences: int
    n_left_out: int


@final
@dataclass(frozen=True, eq=False)
class SequenceFindings:
    """All that came of a run; ``data`` are the labelled sequences, ``new`` those without a label."""

    data: Labelled
    new: Labelled
    kind: Kind
    model: Estimator
    verdict: Verdict
    comparison: SequenceComparison | None
    looked: Looked
    missed: tuple[Missed, ...]
    n_missed: int
    warnings: tuple[str, ...]


def estimator_for(kind: Kind, options: dict[str, Any]) -> Estimator:
    """A classifier or a regressor that shows its progress."""
    return (LSTMClassifier if kind == "classes" else LSTMRegressor)(**options, progress=True)


def compare(model: Estimator, data: Labelled, target: npt.NDArray[Any], folds: int | None, on_fit: OnFit) -> str | None:
    """Compare with simpler models; return why that wasn't done, or None. With ``folds`` given it is done or refused."""
    try:
        model.compare(data.X, target, folds=folds, on_fit=on_fit)
    except ClearLSTMError as error:
        if folds is not None:
            raise
        return str(error)
    return None


def findings(
    model: Estimator,
    data: Labelled,
    new: Labelled,
    kind: Kind,
    *,
    why_not: str | None,
    notices: Sequence[str],
) -> SequenceFindings:
    """What to say and show of a model that is fitted on all of ``data``; ``notices`` are warnings that came."""
    comparison = model.comparison_ if why_not is None else None
    worst = _worst(comparison) if comparison is not None else []
    missed = tuple(_missed(model, data, comparison, k) for k in worst[:SHOWN]) if comparison is not None else ()
    return SequenceFindings(
        data,
        new,
        kind,
        model,
        no_verdict(why_not) if why_not is not None else model.verdict_,
        comparison,
        looked_at(model, data.X),
        missed,
        len(worst),
        tuple(notices),
    )


def _worst(comparison: SequenceComparison) -> list[int]:
    """The tests of the first round that went wrong, the surest errors first; of numbers those furthest off."""
    tests = comparison.tests
    first = np.flatnonzero(tests.fold < len(comparison.plan.folds) // comparison.plan.repeats)
    answers = tests.answers[OURS][first]
    if comparison.kind == "classes":
        size = np.where(answers.argmax(axis=1) != tests.truth[first], answers.max(axis=1), 0.0)
    else:
        size = np.abs((answers - tests.truth[first])[:, 0])
    order = np.argsort(-size, kind="stable")
    return [int(first[k]) for k in order if size[k] > 0]


def _missed(model: Estimator, data: Labelled, comparison: SequenceComparison, test: int) -> Missed:
    tests = comparison.tests
    n, answer = int(tests.sequence[test]), tests.answers[OURS][test]
    x = data.X[n]
    if comparison.classes is None:
        (weight,), (complete,) = attributions(model, [x])
        return Missed(str(data.ids[n]), f"{tests.truth[test][0]:.4g}", f"{answer[0]:.4g}", None, x, weight, complete)
    label = comparison.classes[answer.argmax()]
    (weight,), (complete,) = attributions(model, [x], output=label)
    truth = str(comparison.classes[tests.truth[test]])
    return Missed(str(data.ids[n]), truth, str(label), float(answer.max()), x, weight, complete)


def attributions(model: Estimator, X: list[FloatArray], output: Any = None) -> tuple[list[FloatArray], list[bool]]:
    """What each step and feature of X accounts for, (T_n, F) each, step by step; and which of them add up."""
    with warnings.catch_warnings():  # what doesn't add up is marked or left out
        warnings.simplefilter("ignore", ClearLSTMWarning)
        result = attribute(model, X, output=output, max_points=MOST_POINTS, tolerance=TOLERANCE)
    F, at_once = X[0].shape[1], model.steps_at_once_
    by_step = result.values.reshape(len(X), -1, at_once, F).reshape(len(X), -1, F)
    return [_folded(one, len(x), at_once) for one, x in zip(by_step, X, strict=True)], result.converged.tolist()


def _folded(values: FloatArray, T: int, at_once: int) -> FloatArray:
    """The first T steps; what the last one stood for again where a sequence ended early is its own."""
    kept = values[:T].copy()
    kept[-1] += values[T : -(-T // at_once) * at_once].sum(axis=0)
    return kept


def looked_at(model: Estimator, X: list[FloatArray]) -> Looked:
    """Over sequences spread evenly through the data: whose inputs account for how much of the answers' sizes."""
    chosen = np.unique(np.linspace(0, len(X) - 1, LOOKED_AT).astype(int))
    weights, complete = attributions(model, [X[n] for n in chosen])
    kept = [weight for weight, whole in zip(weights, complete, strict=True) if whole]
    if len(kept) < FEWEST_COMPLETE:
        kept = weights
    by_feature, by_tenth = np.zeros(X[0].shape[1]), np.zeros(TENTHS)
    for weight in kept:
        size = np.abs(weight)
        total = size.sum() or 1.0
        by_feature += size.sum(axis=0) / total
        np.add.at(by_tenth, np.arange(len(size)) * TENTHS // len(size), size.sum(axis=1) / total)
    return Looked(by_feature / len(kept), by_tenth / len(kept), len(kept), len(weights) - len(kept))
