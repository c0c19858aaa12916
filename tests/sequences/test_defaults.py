"""What is left to the data, and that explicit arguments and earlier files win over it."""

import base64
import json
import pickle
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.sequences.inputs import read_padded, read_sequences
from clearlstm.sequences.regressor import LSTMRegressor
from clearlstm.sequences.sizes import READS, max_steps_for, steps_at_once_for
from clearlstm.shapes import FloatArray
from tests.sequences.made import ragged, starts

SAVED: Final = json.loads((Path(__file__).parents[1] / "golden" / "saved_estimators.json").read_text("utf-8"))


def long(n: int = 30, seed: int = 0) -> list[FloatArray]:
    """Sequences of 150 to 250 steps of two features."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rng.integers(150, 251), 2)) for _ in range(n)]


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=30))
def test_nine_of_ten_sequences_are_read_at_few_times(lengths: list[int]) -> None:
    at_once = steps_at_once_for(np.array(lengths))
    assert np.mean(np.ceil(np.array(lengths) / at_once) <= READS) >= 0.9
    assert at_once == 1 or np.mean(np.ceil(np.array(lengths) / (at_once - 1)) <= READS) < 0.9


@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), st.integers(1, 5))
def test_steps_joined_are_the_steps_in_order_and_the_last_again(lengths: list[int], at_once: int) -> None:
    X = [np.arange(2.0 * n).reshape(n, 2) + 100 * k for k, n in enumerate(lengths)]
    joined = read_sequences(X).joined(at_once)
    assert joined.n_features == 2 * at_once
    for x, read in zip(X, joined.arrays(), strict=True):
        steps = read.reshape(-1, 2)
        np.testing.assert_array_equal(steps[: len(x)], x)
        np.testing.assert_array_equal(steps[len(x) :], np.broadcast_to(x[-1], (len(steps) - len(x), 2)))
        assert len(read) == -(-len(x) // at_once)


def test_the_size_of_the_data_decides_what_is_left_open() -> None:
    X = long()
    model = LSTMClassifier(4).fit(X, np.arange(30) % 2)
    assert (model.steps_at_once_, model.network_.nets[0].input_size, model.network_.nets[0].bidirectional) == (
        3,
        6,
        True,
    )
    assert model.history_.steps == max_steps_for(30, 32)
    assert model.predict_proba(X).shape == (30, 2)


def test_explicit_arguments_win() -> None:
    X = long()
    model = LSTMRegressor(4, bidirectional=False, steps_at_once=1, max_steps=3).fit(X, np.arange(30.0))
    assert (model.steps_at_once_, model.network_.nets[0].bidirectional, model.history_.steps) == (1, False, 3)


def test_an_answer_a_step_reads_forward_and_step_by_step() -> None:
    X = long(6)
    model = LSTMRegressor(4, pool=None, max_steps=3).fit(X, [x[:, 0] for x in X])
    assert (model.steps_at_once_, model.network_.nets[0].bidirectional) == (1, False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps_at_once": 0}, "steps_at_once is 0"),
        ({"steps_at_once": 2.0}, "steps_at_once is 2.0"),
        ({"steps_at_once": 2, "pool": None}, "with pool=None each step has its own answer"),
        ({"schedule": "stairs"}, "schedule is 'stairs'"),
    ],
)
def test_what_can_t_be_is_refused(options: dict[str, Any], message: str) -> None:
    X = ragged(10)
    y: Any = [x[:, 0] for x in X] if "pool" in options else [x[0, 0] for x in X]
    with pytest.raises(InputError, match=message):
        LSTMRegressor(4, **options).fit(X, y)


def test_joined_steps_are_looked_into_as_the_net_reads_them() -> None:
    X = long()
    model = LSTMClassifier(4, max_steps=5).fit(X, np.arange(30) % 2)
    read = model.subject().read(X)
    expected = model.feature_scaling_.forward(X[3])
    np.testing.assert_allclose(read.x[3, :2].reshape(-1, 2), expected[:6], rtol=1e-5, atol=1e-6)
    answers = model.network_(read.x, read.lengths).argmax(axis=1)
    np.testing.assert_array_equal(model.classes_[answers], model.predict(X))
    assert attribute(model, X[:2]).values.shape[2] == 6


def test_padding_is_joined_to_padding() -> None:
    x = np.zeros((2, 9, 1))
    values, lengths = read_padded(x, [9, 2], steps_at_once=4)
    assert values.shape == (2, 3, 4)
    assert lengths.tolist() == [3, 1]


@pytest.mark.parametrize("name", ["classifier", "regressor"])
def test_what_an_earlier_version_pickled_answers_as_it_did(name: str) -> None:
    """Of 40 sequences as below; it read step by step, in one direction, and had fewer parameters."""
    rng = np.random.default_rng(0)
    X: list[FloatArray] = [rng.normal(size=(rng.integers(3, 9), 2)) for _ in range(40)]
    model = pickle.loads(base64.b64decode(SAVED[name]["pickle"]))
    answers = model.predict_proba(X[:3]) if name == "classifier" else model.predict(X[:3])
    np.testing.assert_allclose(answers, SAVED[name]["answers"], rtol=1e-6)
    assert model.get_params()["steps_at_once"] == 1
    assert model.get_params()["schedule"] == "constant"
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    refitted = model.fit(X, starts(X) if name == "classifier" else [x[0, 0] for x in X])
    assert not refitted.network_.nets[0].bidirectional
