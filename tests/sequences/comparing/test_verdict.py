"""Every kind of outcome in words, of estimators that are made up."""

from typing import Any

import numpy as np
import pytest

from clearlstm.sequences.comparing import warping
from clearlstm.sequences.comparing.baselines import Answer, baselines_of
from clearlstm.sequences.comparing.comparison import SequenceComparison, compare
from clearlstm.sequences.comparing.folds import plan
from clearlstm.sequences.comparing.verdict import verdict
from clearlstm.sequences.inputs import Sequences, read_sequences
from clearlstm.shapes import FloatArray

pytest.importorskip("sklearn")

N = 300


@pytest.fixture(autouse=True)
def _without_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warping, "is_installed", lambda: False)


def compared(ours: Answer, *, weak: float = 1.0) -> SequenceComparison:
    """Of 300 sequences whose third value shows their class, but for noise of size ``weak``."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N)
    X = rng.normal(size=(N, 4, 1))
    X[:, 2, 0] = 2 * y - 1 + weak * rng.normal(size=N)
    X[:, 3, 0] = y  # known to the oracle below, and spoilt for the others by the noise of the first
    X[:, 3, 0] += 1000 * rng.permutation(N)
    sequences = read_sequences(X)
    return compare("classes", sequences, y, plan(y, N, None, 0), ours, classes=np.array(["no", "yes"]))


def right_in(share: float) -> Answer:
    """Right for that share of the sequences, and as sure of it."""

    def answer(_training: Sequences, _target: Any, test: Sequences, _K: int) -> FloatArray:
        last = test.values.reshape(len(test), -1)[:, 3]
        truth, place = (last % 1000).astype(int), last // 1000
        answers = np.where(place < share * N, truth, 1 - truth)
        return np.where(np.eye(2)[answers] == 1, share, 1 - share)

    return answer


@pytest.mark.parametrize(
    ("share", "begins", "recommended"),
    [
        (1.0, "The LSTM beat logistic regression on resampled points: 100.0 % right against ", "LSTM"),
        (0.6, "Logistic regression on resampled points won: ", "Points"),
        (
            0.86,
            "The LSTM did not demonstrably beat logistic regression on resampled points: 86.0 % right against ",
            "Points",
        ),
        (0.82, "Logistic regression on resampled points did better than the LSTM: ", "Points"),
    ],
)
def test_the_first_words_say_who_won(share: float, begins: str, recommended: str) -> None:
    comparison = compared(right_in(share))
    assert 0.83 < comparison.score("Points").score < 0.87
    result = verdict(comparison)
    assert result.headline.startswith(begins)
    assert comparison.recommended == recommended
    assert str(result).startswith(result.headline)


def test_the_same_answers_are_equivalent_and_the_simpler_is_recommended() -> None:
    points = next(one for one in baselines_of("classes") if one.name == "Points")
    comparison = compared(points.answer)
    assert comparison.duel("Points").judgement == "is equivalent to"
    assert "did not beat logistic regression on resampled points, nor lose to it" in verdict(comparison).headline
    assert comparison.recommended == "Points"


@pytest.mark.parametrize(
    ("sure", "words"),
    [
        (0.99, "it is too sure of itself"),
        (0.8, "it is about as sure as it should be"),
        (0.55, "it is less sure than it could be"),
    ],
)
def test_how_sure_it_is_is_held_to_how_right_it_is(sure: float, words: str) -> None:
    def answer(training: Sequences, target: Any, test: Sequences, K: int) -> FloatArray:
        best = right_in(0.8)(training, target, test, K).argmax(axis=1)
        return np.where(np.eye(2)[best] == 1, sure, 1 - sure)

    text = str(verdict(compared(answer)))
    assert f"The LSTM was {100 * sure:.1f} % sure of its answers on average, and right in 80.0 %: {words}." in text


def test_what_was_left_out_and_how_it_was_compared_is_said() -> None:
    text = str(verdict(compared(right_in(1.0))))
    assert "Cross-validation in 5 folds, 2 times over, the same for every model" in text
    assert "1-NN DTW is left out" in text
