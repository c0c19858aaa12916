"""``LSTMClassifier``: what it learns, what it hands back, what it refuses."""

import copy
import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.sequences import inputs
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.sequences.splitting import split
from clearlstm.shapes import FloatArray
from clearlstm.training.batches import ArrayBatches
from clearlstm.training.loop import train
from tests.sequences.made import QUICK, padded, ragged, starts
from tests.training.runs import weights


@pytest.fixture(scope="module")
def fitted() -> LSTMClassifier:
    X = ragged(300)
    return LSTMClassifier(**QUICK).fit(X, starts(X))


def signs_of_last(X: list[FloatArray]) -> list[npt.NDArray[np.int64]]:
    """A class for each step: whether the last one will be above 0."""
    return [np.full(len(x), int(x[-1, 0] > 0)) for x in X]


def test_it_learns_how_sequences_started(fitted: LSTMClassifier) -> None:
    X = ragged(200, seed=9)
    assert fitted.score(X, starts(X)) > 0.85
    assert fitted.classes_.tolist() == ["down", "up"]
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (fitted.classes_[probabilities.argmax(axis=1)] == fitted.predict(X)).all()


def test_a_list_and_a_padded_array_give_the_same_to_the_bit(fitted: LSTMClassifier) -> None:
    X = ragged(300)
    x, lengths = padded(X)
    other = LSTMClassifier(**QUICK).fit(x, starts(X), lengths=lengths)
    np.testing.assert_array_equal(other.predict_proba(x, lengths=lengths), fitted.predict_proba(X))


def test_it_trains_as_train_does() -> None:
    X = ragged()
    codes = (starts(X) == "up").astype(np.int64)
    settings: dict[str, Any] = {
        "max_steps": 30,
        "batch_size": 60,
        "learning_rate": 0.01,
        "weight_decay": 0.5,
        "schedule": "cosine",
        "seed": 3,
    }
    shape: dict[str, Any] = {"num_layers": 2, "bidirectional": True, "dropout": 0.3}
    model = LSTMClassifier(5, **shape, **settings, pool="mean", validation_share=None).fit(X, codes)
    steps = np.concatenate(X)
    x, lengths = padded([(one - steps.mean(axis=0)) / steps.std(axis=0) for one in X], fill=0.0)
    network = Network([LSTM(2, 5, **shape, seed=3)], head=2, pool="mean", seed=3)
    train(network, ArrayBatches(x.astype(np.float32), codes, lengths), loss="cross_entropy", **settings)
    for name, values in model.network_.parameters.items():
        np.testing.assert_allclose(values, network.parameters[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_a_class_of_a_single_sequence_is_learnt() -> None:
    """Also if that sequence was drawn to be held back."""
    X = ragged(40)
    y = [np.full(len(x), "usual") for x in X]
    n = split(np.zeros(40, np.int64), 0.15, 0)[1][0]
    X[n][:], y[n][:] = 9.0, "rare"
    model = LSTMClassifier(**QUICK, pool=None, validation_share=0.15).fit(X, y)
    assert set(model.predict(X[n : n + 1])[0]) == {"rare"}


def test_a_class_for_each_step_needs_both_directions_if_the_end_decides() -> None:
    X, unseen = ragged(120), ragged(60, seed=5)
    options = {**QUICK, "pool": None, "max_steps": 300}
    both = LSTMClassifier(**options, bidirectional=True).fit(X, signs_of_last(X))
    forward = LSTMClassifier(**options).fit(X, signs_of_last(X))
    assert both.score(unseen, signs_of_last(unseen)) > 0.85
    assert forward.score(unseen, signs_of_last(unseen)) < 0.75


def test_answers_a_step_come_back_as_x_came() -> None:
    X = ragged()
    x, lengths = padded(X)
    model = LSTMClassifier(**QUICK, pool=None).fit(X, signs_of_last(X))
    for answers in (model.predict(X), model.predict(x, lengths=lengths)):
        assert [one.shape for one in answers] == [(len(one),) for one in X]
    assert [one.shape for one in model.predict_proba(X)] == [(len(one), 2) for one in X]
    assert model.predict(x[:, :3]).shape == (60, 3)
    assert model.predict_proba(x[:, :3]).shape == (60, 3, 2)
    for n in (0, 17, 59):
        np.testing.assert_array_equal(model.predict_proba(X)[n], model.predict_proba(X[n : n + 1])[0])


def test_the_mean_over_steps_is_pooled_on_request() -> None:
    X, unseen = ragged(400), ragged(200, seed=5)
    model = LSTMClassifier(**QUICK, pool="mean").fit(X, [x[:, 0].mean() > 0 for x in X])
    assert model.network_.pool == "mean"
    assert model.score(unseen, [x[:, 0].mean() > 0 for x in unseen]) > 0.75
    assert model.classes_.tolist() == [False, True]


def test_pieces_of_any_size_give_the_same(fitted: LSTMClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    X = ragged()
    wanted = fitted.predict_proba(X)
    monkeypatch.setattr(inputs, "STEPS_AT_ONCE", 20)
    np.testing.assert_allclose(fitted.predict_proba(X), wanted, rtol=1e-5)


@pytest.mark.parametrize("pool", ["last", None])
@pytest.mark.parametrize(
    ("class_weight", "expected"), [(None, 0.2), ("balanced", 0.5), ({"b": 4.0}, 0.5), ({"a": 0.0}, 1.0)]
)
def test_class_weights_move_the_balance(pool: Any, class_weight: Any, expected: float) -> None:
    """Where nothing tells the classes apart, what is learnt is how much each counts."""
    X = np.zeros((50, 3, 1))
    y = np.where(np.arange(50) % 5 == 0, "b", "a")
    options: Any = {"pool": pool, "class_weight": class_weight, "validation_share": None}
    model = LSTMClassifier(2, max_steps=400, learning_rate=0.05, batch_size=50, **options)
    model.fit(X, y if pool else np.repeat(y[:, None], 3, axis=1))
    assert model.predict_proba(X)[..., 1].mean() == pytest.approx(expected, abs=0.02)


def test_a_sequence_of_weight_0_might_as_well_not_be_there() -> None:
    X, y = ragged(), starts(ragged())
    weight = np.arange(60) % 4
    kept = np.flatnonzero(weight)
    with_zeros = LSTMClassifier(**QUICK).fit(X, y, sample_weight=weight)
    without = LSTMClassifier(**QUICK).fit([X[n] for n in kept], y[kept], sample_weight=weight[kept])
    np.testing.assert_array_equal(with_zeros.predict_proba(X), without.predict_proba(X))


@pytest.mark.parametrize("pool", ["last", "mean", None])
def test_a_weight_of_3_counts_three_times(pool: Any) -> None:
    X = ragged(20)
    y: Any = starts(X) if pool else signs_of_last(X)
    weight = 1 + 2 * (np.arange(20) % 2)
    options = {"hidden_size": 4, "max_steps": 20, "batch_size": 100, "validation_share": None, "pool": pool}
    model = LSTMClassifier(**options, class_weight="balanced").fit(X, y, sample_weight=weight)
    again = np.repeat(np.arange(20), weight)
    repeated = LSTMClassifier(**options, class_weight="balanced").fit([X[n] for n in again], [y[n] for n in again])
    unweighted = LSTMClassifier(**options, class_weight="balanced").fit(X, y)
    result, wanted, other = (np.concatenate(list(one.predict_proba(X))) for one in (model, repeated, unweighted))
    np.testing.assert_allclose(result, wanted, atol=1e-4)
    assert np.abs(result - other).max() > 1e-3
    assert model.score(X, y, sample_weight=weight) == pytest.approx(
        repeated.score([X[n] for n in again], [y[n] for n in again])
    )


def test_noise_stops_early_and_keeps_the_best() -> None:
    X = ragged(80)
    y = np.random.default_rng(1).integers(2, size=80)
    options: dict[str, Any] = {"schedule": "constant", "validation_share": 0.15, "patience": 3}
    model = LSTMClassifier(16, max_steps=2000, learning_rate=0.02, **options).fit(X, y)
    history = model.history_
    assert history.reason == "early_stopping"
    assert history.best_step == history.validations[-4].step
    _, held_back = split(y, 0.15, 0)
    probabilities = model.predict_proba([X[n] for n in held_back])[np.arange(len(held_back)), y[held_back]]
    assert -np.log(probabilities).mean() == pytest.approx(history.validations[-4].loss, rel=1e-4)


@pytest.mark.parametrize("options", [{"validation_share": None}, {"validation_share": 0.05}])
def test_without_enough_to_hold_back_all_steps_are_taken(options: dict[str, Any]) -> None:
    X = ragged()
    model = LSTMClassifier(4, max_steps=30, **options).fit(X, starts(X))
    assert model.history_.steps == 30
    assert model.history_.validations == ()


def test_scaling_sees_neither_padding_nor_what_is_held_back() -> None:
    X = ragged()
    y = starts(X)
    x, lengths = padded(X, fill=1e6)
    model = LSTMClassifier(4, max_steps=1, validation_share=0.15, seed=7).fit(x, y, lengths=lengths)
    training, held_back = split((y == "up").astype(np.int64), 0.15, 7)
    assert len(held_back) == 9
    rows = np.concatenate([X[n] for n in training])
    np.testing.assert_allclose(model.feature_scaling_.mean, rows.mean(axis=0))
    np.testing.assert_allclose(model.feature_scaling_.scale, rows.std(axis=0))


def test_units_do_not_matter(fitted: LSTMClassifier) -> None:
    X = ragged(300)
    scaled = [1000 + 2.0**20 * x for x in X]
    other = LSTMClassifier(**QUICK).fit(scaled, starts(X))
    np.testing.assert_allclose(other.predict_proba(scaled), fitted.predict_proba(X), atol=1e-3)


def test_equal_seeds_give_equal_nets_to_the_bit(fitted: LSTMClassifier) -> None:
    X = ragged(300)
    again, other = (LSTMClassifier(**QUICK, seed=seed).fit(X, starts(X)) for seed in (0, 1))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert (other.predict_proba(X) != fitted.predict_proba(X)).any()


def test_copies_answer_the_same(fitted: LSTMClassifier) -> None:
    X = ragged()
    for twin in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(twin.predict_proba(X), fitted.predict_proba(X))
        twin.network_.parameters["head.b"][:] += 1
        assert (fitted.network_.parameters["head.b"] != twin.network_.parameters["head.b"]).all()


def test_a_failed_fit_leaves_the_last_one_whole(fitted: LSTMClassifier) -> None:
    model: Any = copy.deepcopy(fitted)
    before = weights(model.network_)
    model.max_steps = 0
    with pytest.raises(InputError, match="max_steps is 0"):
        model.fit(np.zeros((6, 3)), [1, 2] * 3)
    assert model.score(ragged(), starts(ragged())) > 0.85
    for name, values in before.items():
        np.testing.assert_array_equal(model.network_.parameters[name], values)


def test_labels_never_seen_count_as_wrong_and_are_named(fitted: LSTMClassifier) -> None:
    X = ragged()
    y = starts(X)
    right = fitted.predict(X) == y
    with pytest.warns(ClearLSTMWarning, match="y holds 'sideways'.*count as wrong"):
        score = fitted.score(X, [*y[:-1], "sideways"])
    assert score == pytest.approx(right[:-1].sum() / 60)


@pytest.mark.parametrize("y", [np.ones(60), ["same"] * 60, [True] * 60])
def test_one_class_alone_is_refused(y: Any) -> None:
    with pytest.raises(InputError, match="y has one class only"):
        LSTMClassifier().fit(ragged(), y)


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        ([1.0] * 59, "sample_weight has shape"),
        ([-1.0] + [1.0] * 59, r"sample_weight\[0\] is -1"),
        ([0.0] * 60, "sample_weight is zero for every sequence"),
        ([float("nan")] * 60, "sample_weight holds nan"),
        (np.arange(60) == 3, "y has one class only"),
    ],
)
def test_bad_sample_weights_are_refused(sample_weight: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LSTMClassifier().fit(ragged(), starts(ragged()), sample_weight=sample_weight)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"num_layers": 1.5}, "num_layers is 1.5"),
        ({"pool": "max"}, "pool is 'max'"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"validation_share": 1}, "validation_share is 1"),
        ({"patience": 0}, "patience is 0"),
        ({"class_weight": "heavy"}, "class_weight is 'heavy'"),
        ({"seed": None}, "seed is None"),
    ],
)
def test_bad_parameters_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LSTMClassifier(**options).fit(ragged(), starts(ragged()))


def test_answers_are_refused_where_x_is_of_another_kind(fitted: LSTMClassifier) -> None:
    with pytest.raises(InputError, match="not fitted yet"):
        LSTMClassifier().predict(ragged())
    with pytest.raises(InputError, match="X has 3 features, but LSTMClassifier is expecting 2"):
        fitted.predict(ragged(n_features=3))
    with pytest.raises(InputError, match=r"1e\+200 in feature 0.*check its unit"):
        fitted.predict([[[1e200, 0.0]]])


def test_a_table_is_held_to_its_columns_and_other_forms_are_not() -> None:
    X = np.random.default_rng(0).normal(size=(60, 5))
    model = LSTMClassifier(**QUICK).fit(X, X[:, 0] > 0)
    assert model.n_features_in_ == 5
    with pytest.raises(InputError, match=r"X has 4 features.*expecting 5.*X\[:, :, None\] may have any"):
        model.predict(X[:, :4])
    assert model.predict(X[:, :4, None]).shape == (60,)
    assert model.predict([X[0, :2], X[1]]).shape == (2,)
