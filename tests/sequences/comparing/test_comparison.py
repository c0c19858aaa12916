"""Estimators beside simple models: the numbers, and that nothing leaks."""

import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clearlstm.errors import InputError, MissingExtraError
from clearlstm.sequences import scikit_learn
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.sequences.comparing import warping
from clearlstm.sequences.comparing.baselines import baselines_of, neighbour
from clearlstm.sequences.comparing.comparison import SequenceComparison, compare
from clearlstm.sequences.comparing.folds import Fold, Plan
from clearlstm.sequences.inputs import Sequences, read_sequences
from clearlstm.sequences.regressor import LSTMRegressor
from clearlstm.shapes import FloatArray
from tests.sequences.made import QUICK, ragged, starts
from tests.training.bars import kept

pytest.importorskip("sklearn")
from sklearn import metrics
from sklearn.base import clone


def noise(seed: int, n: int = 60) -> tuple[list[FloatArray], npt.NDArray[Any]]:
    """Labels that have nothing to do with the sequences."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rng.integers(3, 9), 2)) for _ in range(n)], rng.choice(["a", "b"], n, p=[0.55, 0.45])


@pytest.mark.parametrize("seed", range(3))
def test_on_noise_nothing_beats_the_majority(seed: int) -> None:
    X, y = noise(seed)
    model = LSTMClassifier(8, max_steps=50)
    comparison = model.compare(X, y)
    assert not comparison.shows_anything
    assert model.verdict_.headline.startswith("Nothing here demonstrably beats the commonest class")
    assert comparison.recommended == "Majority"


@pytest.mark.parametrize("seed", range(3))
def test_on_noise_nothing_beats_the_mean(seed: int) -> None:
    X, _ = noise(seed)
    y = np.random.default_rng(seed).normal(size=len(X))
    model = LSTMRegressor(8, max_steps=50)
    assert not model.compare(X, y).shows_anything
    assert model.verdict_.headline.startswith("Nothing here demonstrably beats the mean")


def test_what_only_an_lstm_can_tell_it_is_said_to_have_told() -> None:
    """Was the number above 0 that the mark stood at? Points and summaries don't line up with it."""
    rng = np.random.default_rng(0)
    X = [np.stack([rng.normal(size=n), np.zeros(n)], axis=1) for n in rng.integers(5, 15, 250)]
    at = [int(rng.integers(len(x))) for x in X]
    for x, k in zip(X, at, strict=True):
        x[k, 1] = 1
    y = np.array([x[k, 0] > 0 for x, k in zip(X, at, strict=True)])
    model = LSTMClassifier(16, max_steps=400, learning_rate=0.02, validation_share=None)
    comparison = model.compare(X, y)
    assert comparison.recommended == "LSTM"
    assert model.verdict_.headline.startswith("The LSTM beat")


def test_what_a_line_tells_is_the_line_s() -> None:
    """A net of two steps of training can't keep up with logistic regression, and the first words say who won."""
    X = np.random.default_rng(0).normal(size=(120, 6, 1))
    model = LSTMClassifier(4, max_steps=2, validation_share=None)
    model.compare(X, X[:, 2, 0] + X[:, 4, 0] > 0)
    assert model.verdict_.headline.startswith("Logistic regression on resampled points won: ")


def test_every_number_is_scikit_learn_s() -> None:
    X = ragged(60)
    y = starts(X)
    model = LSTMClassifier(**QUICK)
    comparison = model.compare(X, y, folds=3)
    tests = comparison.tests
    np.testing.assert_array_equal(model.comparison_.classes, ["down", "up"])
    np.testing.assert_array_equal(y[tests.sequence], np.array(["down", "up"])[tests.truth])
    for score in comparison.scores:
        shares = tests.answers[score.name]
        assert shares.sum(axis=1) == pytest.approx(1)
        answer = shares.argmax(axis=1)
        assert score.score == pytest.approx(metrics.accuracy_score(tests.truth, answer))
        assert score.balanced == pytest.approx(metrics.balanced_accuracy_score(tests.truth, answer))
        assert score.loss == pytest.approx(2 * metrics.brier_score_loss(tests.truth, shares[:, 1]))
    expected = metrics.confusion_matrix(tests.truth, tests.answers["LSTM"].argmax(axis=1))
    np.testing.assert_array_equal(comparison.confusion, expected)
    assert repr(comparison).startswith(f"SequenceComparison(LSTM {comparison.score('LSTM').score:.3f}, Majority ")
    assert str(comparison).split()[:3] == ["model", "accuracy", "brier"]
    frame = comparison.to_frame()
    assert frame["model"].tolist() == [score.name for score in comparison.scores]
    assert frame["accuracy"][0] - frame["accuracy"][1] == pytest.approx(frame["gain"][1])


def test_numbers_are_scored_by_r2_the_mean_over_outputs() -> None:
    X = ragged(40)
    y = np.array([[x[0, 0], 100 * x[-1, 1]] for x in X])
    comparison = LSTMRegressor(**QUICK).compare(X, y, folds=4)
    tests = comparison.tests
    for score in comparison.scores:
        assert score.score == pytest.approx(metrics.r2_score(tests.truth, tests.answers[score.name]))
        assert score.loss == pytest.approx(metrics.root_mean_squared_error(tests.truth, tests.answers[score.name]))
    assert comparison.score("Mean").score < 0


def test_the_lstm_s_answers_are_those_of_the_estimator_on_the_folds() -> None:
    X = ragged(60)
    y = starts(X)
    model: Any = LSTMClassifier(**QUICK)
    comparison = model.compare(X, y, folds=3)
    fold = comparison.plan.folds[1]
    alone = clone(model).fit([X[n] for n in fold.training], y[fold.training])
    expected = alone.predict_proba([X[n] for n in fold.test])
    np.testing.assert_array_equal(comparison.tests.answers["LSTM"][comparison.tests.fold == 1], expected)


def test_one_bar_shows_all_folds_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    X = ragged(40)
    how = QUICK | {"max_steps": 5}
    shown = LSTMClassifier(**how, progress=True).compare(X, starts(X), folds=3)
    assert drawn.words == ["starting", *(f"fold {k}/9" for k in range(1, 10))]  # 3, three times over
    assert drawn.last.startswith("9 folds · 9 nets · 45 steps · last loss ")
    unseen = LSTMClassifier(**how).compare(X, starts(X), folds=3)
    assert str(shown) == str(unseen)


def one_split(n: int) -> Plan:
    return Plan((Fold(np.arange(n // 2), np.arange(n // 2, n)),), 1)


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_no_model_sees_what_it_is_tested_on(kind: Any) -> None:
    """Other answers to the tested sequences, and wild ones among them, change nothing that is said of the others."""
    if not warping.is_installed():
        pytest.skip("dtaidistance, of the extra compare, isn't installed")
    X = ragged(40)
    y: Any = (starts(X) == "up").astype(np.int64) if kind == "classes" else np.array([x[:1, 0] for x in X])
    wild = [*X[:20], *(1e6 * x for x in X[20:22]), *X[22:]]
    other = np.concatenate([y[:20], y[20:][::-1]])

    def answers(sequences: list[FloatArray], target: npt.NDArray[Any]) -> dict[str, FloatArray]:
        def ours(training: Sequences, known: npt.NDArray[Any], test: Sequences, K: int) -> FloatArray:
            model: Any = LSTMClassifier(**QUICK) if kind == "classes" else LSTMRegressor(**QUICK)
            model.fit(training.arrays(), known)
            some = test.take(np.arange(2, len(test)))
            answer: FloatArray = (
                model.predict_proba(some.arrays()) if kind == "classes" else model.predict(some.arrays())
            )
            return np.concatenate([np.zeros((2, K)), answer.reshape(len(some), K)])

        classes = np.arange(2) if kind == "classes" else None
        made = compare(kind, read_sequences(sequences), target, one_split(40), ours, classes=classes)
        return made.tests.answers

    before, after = answers(X, y), answers(wild, other)
    assert set(before) == {"LSTM", "1-NN DTW", *(one.name for one in baselines_of(kind))}
    for name, answer in before.items():
        np.testing.assert_allclose(after[name][2:], answer[2:], rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_class_that_was_never_learnt_counts_as_wrong_for_all() -> None:
    X = ragged(60)
    y = starts(X)
    y[0] = "rare"
    comparison = LSTMClassifier(**QUICK).compare(X, y, folds=5)
    rare = comparison.tests.truth == 1
    assert comparison.classes is not None
    assert comparison.classes.tolist() == ["down", "rare", "up"]
    for shares in comparison.tests.answers.values():
        assert (shares[rare, 1] == 0).all()
    assert any("1 of 3 classes has fewer than 5" in note for note in comparison.notes)


def test_the_neighbour_is_left_out_where_it_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warping, "is_installed", lambda: True)
    monkeypatch.setattr(warping, "MOST_CELLS", 1.0)
    X = ragged(40)
    comparison = LSTMClassifier(**QUICK).compare(X, starts(X), folds=2)
    assert [score.name for score in comparison.scores] == ["LSTM", "Majority", "Summary", "Points"]
    assert comparison.notes[0].startswith("1-NN DTW is left out: ")


def test_the_neighbour_is_left_out_where_it_isn_t_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warping, "is_installed", lambda: False)
    X = ragged(40)
    model = LSTMClassifier(**QUICK)
    model.compare(X, starts(X), folds=2)
    assert "pip install 'clearlstm[compare]'" in str(model.verdict_)


def test_without_scikit_learn_only_the_comparison_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scikit_learn, "HAS_SKLEARN", False)
    with pytest.raises(MissingExtraError, match=r"clearlstm\[compare\]"):
        LSTMClassifier().compare(ragged(40), starts(ragged(40)))


def test_a_fitted_net_stays_and_the_comparison_pickles() -> None:
    X = ragged(40)
    model = LSTMClassifier(**QUICK).fit(X, starts(X))
    before = model.predict_proba(X)
    numbers: list[tuple[int, int, int]] = []
    model.compare(X, starts(X), folds=2, on_fit=lambda *fit: numbers.append(fit))
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert numbers == [(k, 6, 20) for k in range(1, 7)]
    again: SequenceComparison = pickle.loads(pickle.dumps(model)).comparison_
    assert again.to_frame().equals(model.comparison_.to_frame())


def test_the_same_comparison_twice_is_the_same() -> None:
    X = ragged(40)
    one, other = (LSTMClassifier(**QUICK).compare(X, starts(X), folds=2) for _ in range(2))
    assert one.duels == other.duels


@pytest.mark.parametrize(
    ("model", "y", "message"),
    [
        (LSTMClassifier(pool=None), [[0] * 5] * 30, "pool=None gives one for each"),
        (LSTMClassifier(), [0] * 30, "two classes"),
        (LSTMRegressor(), [0.5] * 29, "29 answers for 30 sequences"),
    ],
)
def test_what_can_t_be_compared_is_refused(model: Any, y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        model.compare(np.zeros((30, 5)), y)


def test_the_neighbour_answers_with_the_nearest_s_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warping, "nearest", lambda _training, test: np.arange(len(test)))
    sequences = read_sequences(ragged(4))
    answer = neighbour("classes").answer(sequences, np.array([2, 0, 1, 1]), sequences, 3)
    np.testing.assert_array_equal(answer, np.eye(3)[[2, 0, 1, 1]])
