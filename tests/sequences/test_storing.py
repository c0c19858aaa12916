"""Estimators in files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError, ModelFileError
from clearlstm.network.storage import read_tensors, write_tensors
from tests.sequences.made import QUICK, ragged, starts


@pytest.mark.parametrize(
    "labels",
    [
        lambda y: y,
        lambda y: (y == "up").astype(int) + 3,
        lambda y: y == "up",
        lambda y: y.astype(object),
        lambda y: (y == "up") * 1.0,
    ],
)
def test_a_classifier_comes_back_as_it_was(labels: Any, tmp_path: Path) -> None:
    X = ragged()
    y = labels(starts(X))
    model = cl.LSTMClassifier(**QUICK, steps_at_once=2, class_weight={y[0]: 2.0}).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    again: Any = cl.load(tmp_path / "m.safetensors")
    assert type(again) is cl.LSTMClassifier
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.classes_.dtype == model.classes_.dtype
    assert vars(again)["class_weight"] == vars(model)["class_weight"]
    np.testing.assert_array_equal(again.subject().read(X).x, model.subject().read(X).x)


@pytest.mark.parametrize("pool", ["last", None])
def test_a_regressor_comes_back_as_it_was(pool: Any, tmp_path: Path) -> None:
    X = ragged()
    y: Any = [x[:, :2] for x in X] if pool is None else np.array([x[0] for x in X])
    model = cl.LSTMRegressor(**QUICK, pool=pool).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    again: Any = cl.load(tmp_path / "m.safetensors")
    for one, other in zip(again.predict(X), model.predict(X), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_table_s_columns_are_still_held_to(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(40, 6))
    cl.LSTMClassifier(**QUICK).fit(X, X[:, 0] > 0).save(tmp_path / "m.safetensors")
    again: Any = cl.load(tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="X has 5 features, but LSTMClassifier is expecting 6"):
        again.predict(X[:, :5])


def test_what_isn_t_fitted_or_can_t_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not fitted yet"):
        cl.LSTMClassifier().save(tmp_path / "m.safetensors")
    X = ragged(20)
    model = cl.LSTMClassifier(2, max_steps=1).fit(X, np.arange(20) % 2)
    model.classes_ = np.array([1, 2.5], dtype=object)
    with pytest.raises(InputError, match="classes of type float and int can't be saved"):
        model.save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace('"steps_at_once": 2, "n_features', '"steps_at_once": 3, "n_features'),
            "does not read",
        ),
        (lambda text: text.replace('["down", "up"]', '["down", "up", "zero"]'), "gives 2 answers, and 3"),
        (lambda text: text.replace('["down", "up"]', '["up", "down"]'), "in order"),
        (lambda text: text.replace('"patience"', '"patiense"'), "'patiense', which isn't known"),
        (lambda text: text.replace('"classes"', '"clases"'), "classes"),
    ],
)
def test_a_damaged_description_is_refused(change: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    X = ragged()
    cl.LSTMClassifier(**QUICK, steps_at_once=2).fit(X, starts(X)).save(path)
    tensors, description = read_tensors(path)
    text = json.dumps(description)
    assert change(text) != text
    write_tensors(path, tensors, json.loads(change(text)))
    with pytest.raises(ModelFileError, match=message):
        cl.load(path)
