"""Scaling, splits, weights, labels and scores, each against an oracle."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.sequences.classifier import accuracy
from clearlstm.sequences.inputs import read_sequences
from clearlstm.sequences.regressor import r_squared
from clearlstm.sequences.scaling import Scaling
from clearlstm.sequences.splitting import MIN_VALIDATION, keep_all_classes, split
from clearlstm.sequences.targets import distinct, encode, read_labels, read_numbers
from clearlstm.sequences.weights import WeightedCrossEntropy, check_sample_weight, class_weights
from clearlstm.training.losses import CrossEntropy
from tests.sequences.made import padded, ragged

SEEDS = st.integers(0, 2**32 - 1)


@given(seed=SEEDS, size=st.sampled_from([1e-300, 1e-6, 1.0, 1e12, 1e300]))
def test_scaling_is_that_of_scikit_learn_at_any_size(seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    values, weight = rng.normal(size=(20, 3)) + rng.normal(size=3), rng.random(20)
    scaling = Scaling.of(values * size, weight)
    oracle = pytest.importorskip("sklearn.preprocessing").StandardScaler().fit(values, sample_weight=weight)
    np.testing.assert_allclose(scaling.mean / size, oracle.mean_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(scaling.scale / size, oracle.scale_, rtol=1e-9)
    np.testing.assert_allclose(scaling.back(scaling.forward(values * size)) / size, values, rtol=1e-9, atol=1e-12)


def test_a_constant_column_is_only_moved() -> None:
    scaling = Scaling.of(np.full((7, 1), 0.1), np.ones(7))
    assert scaling.scale == 1
    np.testing.assert_allclose(scaling.forward(np.array([[0.1], [0.3]])), [[0.0], [0.2]], atol=1e-15)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.floats(0.01, 0.49), SEEDS)
@example([1, 1, 1, 1, 10], 0.34375, 0)  # what four single ones can't give, the ten don't make up for
@settings(max_examples=500)
def test_a_split_gives_each_class_its_share(sizes: list[int], share: float, seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    training, held_back = split(labels, share, seed)
    assert sorted([*training, *held_back]) == list(range(len(labels)))
    assert len(held_back) == 0 or len(held_back) >= MIN_VALIDATION
    for k, size in enumerate(sizes):
        held = int((labels[held_back] == k).sum())
        assert held < size
        assert not len(held_back) or abs(held - size * share) <= 1.5


def test_a_class_of_few_is_never_held_back_whole() -> None:
    assert len(split(np.arange(40), 0.3, 0)[1]) == 0
    pairs = np.repeat(np.arange(40), 2)
    held_back = split(pairs, 0.45, 0)[1]
    assert len(held_back) == 36
    assert len(np.unique(pairs[held_back])) == 36


def test_a_split_follows_its_seed() -> None:
    labels = np.zeros(100, dtype=np.int64)
    assert split(labels, 0.2, 1)[1].tolist() == split(labels, 0.2, 1)[1].tolist()
    assert split(labels, 0.2, 1)[1].tolist() != split(labels, 0.2, 2)[1].tolist()


@pytest.mark.parametrize("share", [0, 1, 0.0, 0.5, True, "0.2", float("nan")])
def test_a_share_that_is_none_is_refused(share: Any) -> None:
    with pytest.raises(InputError, match="validation_share is"):
        split(np.zeros(10, dtype=np.int64), share, 0)


def test_training_sees_every_class_of_the_steps() -> None:
    classes = [np.array([0, 1]), np.array([0]), np.array([2]), np.array([2, 0])]
    training, held_back = keep_all_classes((np.array([1]), np.array([0, 2, 3])), classes)
    assert training.tolist() == [0, 1, 2]
    assert held_back.tolist() == [3]


@given(SEEDS)
def test_balanced_weights_are_those_of_scikit_learn(seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat([0, 1, 2], [1, 5, 14]))
    result = class_weights("balanced", np.arange(3), labels, np.ones(20))
    assert result is not None
    oracle = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight
    np.testing.assert_allclose(result, oracle("balanced", classes=np.arange(3), y=labels))


def test_balanced_weights_count_sequences_by_their_weight() -> None:
    repeated = class_weights("balanced", np.arange(2), np.array([0, 0, 0, 1]), np.ones(4))
    weighted = class_weights("balanced", np.arange(2), np.array([0, 1]), np.array([3.0, 1.0]))
    np.testing.assert_array_equal(weighted, repeated)


@pytest.mark.parametrize(
    ("given_weight", "message"),
    [
        ({"c": 1.0}, "class_weight names 'c', which is not in y"),
        ({"a": -1.0}, "at least 0"),
        ({"a": 0.0, "b": 0.0}, "not all 0"),
        ({"a": float("nan")}, "class_weight holds nan"),
        ("heavy", "class_weight is 'heavy'"),
    ],
)
def test_bad_class_weights_are_refused(given_weight: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        class_weights(given_weight, np.array(["a", "b"]), np.array([0, 1]), np.ones(2))


@pytest.mark.parametrize("rows", [(6,), (2, 3)])
@given(seed=SEEDS)
def test_a_class_weight_counts_like_a_row_weight(rows: tuple[int, ...], seed: int) -> None:
    """Up to one factor for all: the sum of the weights stands below the one, the number of rows below the other."""
    rng = np.random.default_rng(seed)
    prediction, y, w = rng.normal(size=(*rows, 3)), rng.integers(3, size=rows), rng.random(rows) + 0.1
    v = np.array([0.5, 1.0, 4.0])
    value, gradient = WeightedCrossEntropy((0.5, 1.0, 4.0)).value_and_gradient(prediction, y, w)
    wanted, wanted_gradient = CrossEntropy().value_and_gradient(prediction, y, w * v[y])
    factor = (w * v[y]).sum() / w.sum()
    assert value == pytest.approx(wanted * factor)
    np.testing.assert_allclose(gradient, wanted_gradient * factor)
    plain = WeightedCrossEntropy((1.0, 1.0, 1.0)).value_and_gradient(prediction, y)
    np.testing.assert_allclose(plain[1], CrossEntropy().value_and_gradient(prediction, y)[1])


def test_batches_of_weighted_losses_average_to_the_whole() -> None:
    rng = np.random.default_rng(0)
    prediction, y, loss = rng.normal(size=(8, 2)), np.array([0, 0, 0, 1, 0, 1, 1, 1]), WeightedCrossEntropy((1.0, 5.0))
    halves = [loss.value_and_gradient(prediction[part], y[part])[0] for part in (slice(0, 4), slice(4, 8))]
    assert np.mean(halves) == pytest.approx(loss.value_and_gradient(prediction, y)[0])


@given(seed=SEEDS, outputs=st.integers(1, 3))
def test_scores_are_those_of_scikit_learn(seed: int, outputs: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    y, predicted, weight = rng.normal(size=(9, outputs)), rng.normal(size=(9, outputs)), rng.random(9)
    assert r_squared(y, predicted, weight) == pytest.approx(metrics.r2_score(y, predicted, sample_weight=weight))
    right = rng.random(9) > 0.5
    assert accuracy(right, weight) == pytest.approx(metrics.accuracy_score(np.ones(9), right, sample_weight=weight))


@pytest.mark.parametrize("predicted", [2.0, 3.0])
def test_r_squared_of_a_constant_is_that_of_scikit_learn(predicted: float) -> None:
    y, answers = np.full((4, 1), 2.0), np.full((4, 1), predicted)
    assert r_squared(y, answers, np.ones(4)) == pytest.importorskip("sklearn.metrics").r2_score(y, answers)


def test_labels_of_different_types_are_never_taken_for_each_other() -> None:
    assert encode(np.array([1, 2]), np.array(["1", "2"])).tolist() == [-1, -1]
    assert encode(np.array([1.0, 3.0]), np.array([1, 2])).tolist() == [0, -1]


def test_answers_a_step_read_the_same_in_every_form() -> None:
    X = ragged(8)
    y = [x[:, 0] for x in X]
    wanted = np.concatenate(y)
    y_padded = padded([one[:, None] for one in y])[0]
    from_list, from_array = read_sequences(X), read_sequences(*padded(X))
    for sequences in (from_list, from_array):
        for given_y in (y, y_padded[:, :, 0], np.array(y, dtype=object)):
            np.testing.assert_array_equal(read_numbers(given_y, sequences, per_step=True), wanted)
    np.testing.assert_array_equal(read_numbers(y_padded, from_list, per_step=True), wanted[:, None])


NAN = float("nan")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1], "y has 2 answers for 3 sequences"),
        (None, "requires y to be passed"),
        (1, r"y has shape \(\)"),
        ([0.5, 1.0, 2.0], "Unknown label type: .*LSTMRegressor"),
        ([0.0, NAN, 1.0], "y contains NaN"),
        (np.array(["a", None, "b"], dtype=object), "y contains NaN or None"),
        (pd.Series(["a", None, "b"], dtype="string"), "y contains NaN or None"),
        (np.array([0, NAN, 1], dtype=object), "y contains NaN or None"),
        (np.array(["a", 1, "b"], dtype=object), "y mixes labels"),
        (np.zeros((3, 2)), r"y has \(2,\) labels for each answer"),
        (np.zeros(3, dtype="datetime64[D]"), "y holds datetime64"),
        ([[0], [1, 2], [3]], "y is ragged"),
    ],
)
def test_bad_labels_are_refused(y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        distinct(read_labels(y, read_sequences(np.zeros((3, 4))), per_step=False))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[0.0] * 4] * 2, "y has 2 answers for 3 sequences"),
        (np.zeros((3, 5)), "y has 5 steps and X has 4"),
        (np.zeros(3), r"y has shape \(3,\); an answer for each step"),
        ([np.zeros(4), np.zeros(3), np.zeros(4)], r"y\[1\] has shape \(3,\) and X\[1\] has 4 steps"),
        ([np.zeros((4, 1)), np.zeros((4, 2)), np.zeros((4, 1))], r"y\[1\] has shape \(4, 2\) and y\[0\] \(4, 1\)"),
        (np.full((3, 4), NAN), "y contains NaN"),
        (np.zeros((3, 4, 0)), "a number or a row of numbers"),
        (np.zeros((3, 4, 2, 2)), "a number or a row of numbers"),
        (np.full((3, 4), "a"), "y holds str"),
        (np.array([[10**400] * 4] * 3, dtype=object), "y holds objects"),
    ],
)
def test_bad_numbers_are_refused(y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_numbers(y, read_sequences(np.zeros((3, 4))), per_step=True)


def test_weights_whose_sum_no_number_holds_are_refused() -> None:
    assert check_sample_weight([1e307] * 4, 4).sum() == 4e307
    with pytest.raises(InputError, match=r"sample_weight adds up to more than a number can be \(one is 1e\+308\)"):
        check_sample_weight([1e308] * 4, 4)
