"""Files of weights alone, in the layouts of Keras 3 and 2; and the formats of TensorFlow's that aren't opened."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.interop.keras import contents, from_keras
from tests.cell.cases import assert_close

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")
pytest.importorskip("h5py")

import h5py
import keras
from keras import layers as kl

from tests.interop.keras_models import F, T, answer, as_keras_2, randomised, saved, sequential, x_for

pytestmark = [
    pytest.mark.torch,  # Keras's backend here
    # Keras itself hands torch's tensors to NumPy in the old way when it saves and loads.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
]


def placed(model: Any, folder: Path) -> Path:
    """As Keras 3's ``save_weights`` writes them."""
    path = folder / "m.weights.h5"
    model.save_weights(path)
    return path


def named(model: Any, folder: Path, version: str = "2.11.0") -> Path:
    """As the ``save_weights`` of Keras 2 did: the groups of a whole model's file, at its root."""
    whole, path = as_keras_2(saved(model, folder / "whole.h5")), folder / "weights.h5"
    with h5py.File(whole) as source, h5py.File(path, "w") as file:
        for key, group in source["model_weights"].items():
            source.copy(group, file, key)
        file.attrs.update(source["model_weights"].attrs)
        file.attrs["keras_version"] = version
    return path


WRITERS = [placed, named]
Writer = Callable[[Any, Path], Path]


@pytest.mark.parametrize("write", WRITERS)
class TestWhatTheShapesTell:
    @pytest.mark.parametrize(
        "layer",
        [
            lambda: kl.LSTM(4, return_sequences=True, name="it"),
            lambda: kl.LSTM(4, return_sequences=True, use_bias=False, name="it"),
            lambda: kl.GRU(4, return_sequences=True, name="it"),
            lambda: kl.GRU(4, return_sequences=True, reset_after=False, name="it"),
            lambda: kl.SimpleRNN(4, return_sequences=True, name="it"),
            lambda: kl.RNN(kl.LSTMCell(4), return_sequences=True, name="it"),
            lambda: kl.Bidirectional(kl.GRU(4, return_sequences=True), name="it"),
        ],
    )
    def test_the_only_recurrent_layer(self, write: Writer, layer: Callable[[], Any], tmp_path: Path) -> None:
        model = sequential(layer(), kl.TimeDistributed(kl.Dense(2)))
        path = write(model, tmp_path)
        with pytest.warns(ClearLSTMWarning, match=r"no description.*sigmoid gates and tanh.*nothing shows it"):
            network = from_keras(path)
        x = x_for(model)
        assert_close("h", network(x), answer(model.layers[0], x), 1e-5)
        name = next(iter(contents_of(path).nets))
        with pytest.warns(ClearLSTMWarning, match="no description"):
            headed = from_keras(path, name=name, head=next(iter(contents_of(path).heads)))
        assert_close("answer", headed(x), answer(model, x), 1e-5)

    def test_several_are_listed(self, write: Writer, tmp_path: Path) -> None:
        model = sequential(kl.LSTM(4, return_sequences=True, name="a"), kl.LSTM(3, name="b"), kl.Dense(2, name="out"))
        path = write(model, tmp_path)
        with pytest.raises(InputError, match=r"'a', 'b'; several could be meant"):
            from_keras(path)
        listed = contents_of(path)
        assert list(listed.nets) == ["a", "b"]
        assert listed.heads == {"out": (3, 2)}
        assert_close("a", listed.nets["a"](x_for(model)), answer(model.get_layer("a"), x_for(model)), 1e-5)

    def test_a_gru_without_a_bias_is_ambiguous(self, write: Writer, tmp_path: Path) -> None:
        path = write(sequential(kl.GRU(4, use_bias=False, name="it")), tmp_path)
        with pytest.raises(InputError, match=r"may reset before the product or after it: load the weights with"):
            from_keras(path)

    def test_stacks_of_cells_have_no_order(self, write: Writer, tmp_path: Path) -> None:
        path = write(sequential(kl.RNN([kl.LSTMCell(4), kl.LSTMCell(4)], name="it")), tmp_path)
        with pytest.raises(InputError, match="whose order the weights don't tell"):
            from_keras(path, name="it")
        assert list(contents(path).refused) == ["it"]

    def test_nothing_that_is_known(self, write: Writer, tmp_path: Path) -> None:
        path = write(sequential(kl.Conv1D(4, 3)), tmp_path)
        with pytest.raises(ModelFileError, match="holds no model of Keras, nor weights of layers that are known"):
            from_keras(path)


def contents_of(path: Path) -> Any:
    with pytest.warns(ClearLSTMWarning, match="no description"):
        return contents(path)


class TestPlaces:
    def test_models_in_models(self, tmp_path: Path) -> None:
        inner = keras.Sequential([keras.Input((T, F)), kl.LSTM(4, return_sequences=True, name="a")], name="inner")
        model = randomised(keras.Sequential([keras.Input((T, F)), inner, kl.LSTM(3, name="a")]))
        listed = contents_of(placed(model, tmp_path))
        assert set(listed.nets) == {"inner/a", "a"}
        assert_close("inner", listed.nets["inner/a"](x_for(model)), answer(inner, x_for(model)), 1e-5)

    def test_a_class_of_the_users_own_keeps_them_by_attribute(self, tmp_path: Path) -> None:
        class Mine(keras.Model):  # type: ignore[misc]  # Keras has no types
            def __init__(self) -> None:
                super().__init__()
                self.memory = kl.LSTM(4, return_sequences=True, name="memory")
                self.out = kl.Dense(2, name="out")

            def call(self, x: Any) -> Any:
                return self.out(self.memory(x))

        model, x = Mine(), np.random.default_rng(0).normal(size=(4, T, F)).astype(np.float32)
        model(x)
        randomised(model)
        with pytest.warns(ClearLSTMWarning, match="no description"):
            network = from_keras(placed(model, tmp_path), name="memory", head="out")
        assert_close("answer", network(x), answer(model, x), 1e-5)


class TestVersions:
    def test_the_gates_of_the_first_keras_2(self, tmp_path: Path) -> None:
        model = sequential(kl.LSTM(4, return_sequences=True, name="it"))
        with pytest.warns(ClearLSTMWarning, match="hard_sigmoid gates"):
            network = from_keras(named(model, tmp_path, "2.2.4"))
        old = kl.LSTM(4, return_sequences=True, recurrent_activation=lambda z: keras.ops.clip(0.2 * z + 0.5, 0, 1))
        oracle = keras.Sequential([keras.Input((T, F)), old])
        oracle.set_weights(model.get_weights())
        assert_close("h", network(x_for(model)), answer(oracle, x_for(model)), 1e-5)

    def test_of_tensorflow_1_and_2_under_one_number(self, tmp_path: Path) -> None:
        path = named(sequential(kl.LSTM(4, name="it")), tmp_path, "2.2.4-tf")
        with pytest.raises(InputError, match=r"may have sigmoid or hard_sigmoid gates, as Keras 2\.2\.4-tf had both"):
            from_keras(path)
        plain = named(sequential(kl.SimpleRNN(4, name="it")), tmp_path, "2.2.4-tf")
        assert list(contents_of(plain).nets) == ["it"]

    def test_keras_1(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match=r"written by Keras 1\.2\.2.*load it with Keras 2"):
            from_keras(named(sequential(kl.LSTM(4)), tmp_path, "1.2.2"))


def test_groups_in_a_loop(tmp_path: Path) -> None:
    path = placed(sequential(kl.LSTM(4, name="it")), tmp_path)
    with h5py.File(path, "r+") as file:
        file["layers/more"] = file["layers"]
    with pytest.raises(ModelFileError, match="hold each other"):
        from_keras(path)


FOREIGN = {
    "TensorFlow Lite": ("model.tflite", b"\x1c\0\0\0TFL3" + bytes(40)),
    "graph of a TensorFlow SavedModel": ("saved_model.pb", b"\x08\x01\x12\x80\x01" + bytes(40)),
    "frozen graph of TensorFlow's": ("model.pb", b"\n<\n\x07Const_1\x12\x05Const*\x1d\n\x05value" + bytes(40)),
    "checkpoint in TensorFlow's own format": ("model.index", bytes(40) + bytes.fromhex("57fb808b247547db")),
    "weights without a model": ("model.data-00000-of-00001", bytes(range(7, 40))),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("opener", [cl.load, from_keras])
def test_formats_of_tensorflow_are_named(kind: str, opener: Callable[[Path], Any], tmp_path: Path) -> None:
    name, content = FOREIGN[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=rf"{kind}.*as \.keras"):
        opener(tmp_path / name)
