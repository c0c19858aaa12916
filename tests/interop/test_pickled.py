"""Keras models in pickles, which are opened without unpickling them."""

import os
import pickle
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clearlstm.errors import ModelFileError
from clearlstm.interop.content import maker_of
from clearlstm.interop.open import load
from clearlstm.interop.torch import from_torch
from clearlstm.network.model import Network

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")
pytest.importorskip("h5py")

import keras

from tests.interop.keras_models import assert_same, saved, sequential

pytestmark = [
    pytest.mark.torch,  # Keras's backend here
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _forgets_names() -> Iterator[None]:
    yield
    keras.utils.clear_session(free_memory=False)


def _called(what: bytes, content: bytes) -> bytes:
    """A pickle of a call of ``what`` with these bytes."""
    return b"\x80\x04" + what + b"B" + struct.pack("<I", len(content)) + content + b"\x85R."


def _by_method(content: bytes) -> bytes:
    """As newer Keras has it: of a method, by getattr, and a BytesIO."""
    method = b"cbuiltins\ngetattr\nckeras.src.models.sequential\nSequential\nV_unpickle_model\n\x86R"
    state = b"B" + struct.pack("<I", len(content)) + content + b"J" + struct.pack("<i", 9) + b"N\x87b"
    return b"\x80\x04" + method + b"c_io\nBytesIO\n)\x81" + state + b"\x85R."


BYTECODE = b"ckeras.src.saving.pickle_utils\ndeserialize_model_from_bytecode\n"
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "a function": lambda content: _called(BYTECODE, content),
    "a method": _by_method,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_pickled_keras_model_is_opened_and_not_unpickled(way: str, tmp_path: Path) -> None:
    model = sequential(keras.layers.LSTM(4), keras.layers.Dense(2))
    path = tmp_path / "model.pkl"
    path.write_bytes(WAYS[way](saved(model, tmp_path / "m.keras").read_bytes()))
    assert maker_of(path) == "keras"
    opened = load(path)
    assert isinstance(opened, Network)
    assert_same(opened, model)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ModelFileError, match="damaged"):
        load(path)


def test_what_this_keras_pickles_is_opened(tmp_path: Path) -> None:
    model = sequential(keras.layers.GRU(4))
    (tmp_path / "m").write_bytes(pickle.dumps(model))
    opened = load(tmp_path / "m")
    assert isinstance(opened, Network)
    assert_same(opened, model)


def test_what_cannot_be_opened_of_keras_is_said(tmp_path: Path) -> None:
    advice = r"open it in Keras and save it by model\.save\('model\.keras'\), which opens here"
    (tmp_path / "m").write_bytes(_called(BYTECODE, b"ram://a tar of a SavedModel"))
    with pytest.raises(ModelFileError, match=rf"a Keras model, pickled, and not as a \.keras file: {advice}"):
        load(tmp_path / "m")
    for write in WAYS.values():
        (tmp_path / "m").write_bytes(write(b"PK\x03\x04"))
        with pytest.raises(ModelFileError, match=f"holds a Keras model, pickled: {advice}"):
            from_torch(tmp_path / "m")


def test_a_single_tensor_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(pickle.dumps(np.ones((3, 4))))
    with pytest.raises(ModelFileError, match="holds a single tensor, and nothing says what it is of"):
        from_torch(tmp_path / "m")
