"""``LSTMRegressor``: numbers, several numbers, numbers a step; in the units of y."""

import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clearlstm.errors import InputError
from clearlstm.sequences.regressor import LSTMRegressor
from clearlstm.shapes import FloatArray
from tests.sequences.made import QUICK, padded, ragged


def first_values(X: list[FloatArray]) -> FloatArray:
    return np.array([1000 + 50 * x[0, 0] for x in X])


def r_squared(y: FloatArray, answers: FloatArray) -> float:
    return float(1 - ((y - answers) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def running_sums(X: list[FloatArray]) -> list[FloatArray]:
    return [np.cumsum(x[:, 0]) for x in X]


@pytest.fixture(scope="module")
def fitted() -> LSTMRegressor:
    X = ragged(400)
    return LSTMRegressor(**{**QUICK, "max_steps": 600}).fit(X, first_values(X))


def test_it_answers_in_the_units_of_y(fitted: LSTMRegressor) -> None:
    X = ragged(80, seed=9)
    answers = fitted.predict(X)
    assert answers.shape == (80,)
    assert fitted.score(X, first_values(X)) > 0.9
    assert fitted.score(X, first_values(X)) == pytest.approx(r_squared(first_values(X), answers))


def test_several_outputs_each_have_their_own_unit() -> None:
    X, unseen = ragged(300), ragged(80, seed=9)

    def targets(of: list[FloatArray]) -> FloatArray:
        return np.array([[1e6 * x[0, 0], 1e-6 * x[-1, 1]] for x in of])

    model = LSTMRegressor(**{**QUICK, "max_steps": 600}).fit(X, targets(X))
    answers = model.predict(unseen)
    assert answers.shape == (80, 2)
    assert min(each := [r_squared(*column) for column in zip(targets(unseen).T, answers.T, strict=True)]) > 0.85
    assert model.score(unseen, targets(unseen)) == pytest.approx(np.mean(each))


def test_numbers_for_each_step() -> None:
    X, unseen = ragged(120), ragged(60, seed=9)
    x, lengths = padded(unseen)
    model = LSTMRegressor(**{**QUICK, "max_steps": 400}, pool=None).fit(X, running_sums(X))
    answers = model.predict(unseen)
    assert [one.shape for one in answers] == [(len(one),) for one in unseen]
    score = r_squared(np.concatenate(running_sums(unseen)), np.concatenate(answers))
    assert score > 0.9
    assert model.score(unseen, running_sums(unseen)) == pytest.approx(score)
    y_padded = padded([one[:, None] for one in running_sums(unseen)])[0][:, :, 0]
    assert model.score(x, y_padded, lengths=lengths) == pytest.approx(score)
    assert model.predict(x[:, :3]).shape == (60, 3)


def test_a_column_for_each_step_comes_back_as_one() -> None:
    X = ragged()
    model = LSTMRegressor(4, max_steps=5, pool=None).fit(X, [one[:, None] for one in running_sums(X)])
    assert [one.shape for one in model.predict(X)] == [(len(one), 1) for one in X]


def test_a_constant_target_is_answered() -> None:
    X = ragged()
    np.testing.assert_allclose(LSTMRegressor(**QUICK).fit(X, np.full(60, 7.0)).predict(X), 7, atol=0.05)


def test_targets_are_scaled_by_the_training_part_alone() -> None:
    X, y = ragged(), np.arange(60.0)
    weight = np.where(np.arange(60) < 30, 1.0, 3.0)
    model = LSTMRegressor(4, max_steps=1, validation_share=None).fit(X, y, sample_weight=weight)
    assert model.target_scaling_.mean == pytest.approx(np.average(y, weights=weight))
    held = LSTMRegressor(4, max_steps=1, validation_share=0.4).fit(X, y)
    assert held.target_scaling_.mean != pytest.approx(y.mean())


def test_weights_decide_between_answers_that_contradict() -> None:
    """Equal sequences with different answers: the best is their weighted mean."""
    X, y = np.zeros((40, 3, 1)), np.repeat([0.0, 10.0], 20)
    model = LSTMRegressor(2, max_steps=400, learning_rate=0.05, batch_size=40, validation_share=None)
    model.fit(X, y, sample_weight=np.repeat([1.0, 3.0], 20))
    assert model.predict(X[:1])[0] == pytest.approx(7.5, abs=0.05)


def test_copies_answer_the_same(fitted: LSTMRegressor) -> None:
    X = ragged()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(59), "y has 59 answers for 60 sequences"),
        (np.full(60, np.inf), "y contains infinity"),
        (["high"] * 60, "y holds str"),
        (None, "requires y"),
    ],
)
def test_bad_targets_are_refused(y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LSTMRegressor().fit(ragged(), y)


def test_a_score_needs_as_many_outputs_as_fit_had(fitted: LSTMRegressor) -> None:
    y: npt.NDArray[np.float64] = np.zeros((60, 2))
    with pytest.raises(InputError, match=r"y has shape \(2,\) for each answer; in fit it was \(\)"):
        fitted.score(ragged(), y)
