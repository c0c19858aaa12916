"""Small Keras models in each of their kinds of file."""

import os
import tempfile
from pathlib import Path
from typing import Any


def keras_files() -> list[bytes]:
    """As Keras 3 writes them: zips."""
    return [_saved(model, "m.keras") for model in _models()]


def legacy_files() -> list[bytes]:
    """As Keras 2 wrote them, and 3 still can: HDF5. And weights alone, in both layouts."""
    whole = [_saved(model, "m.h5") for model in _models()]
    return [*whole, *(_saved(model, "m.weights.h5") for model in _models()), *map(_weights_of, whole)]


def _models() -> list[Any]:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from keras import layers as kl

    stack = [kl.LSTMCell(2), kl.GRUCell(3)]
    return [
        keras.Sequential([keras.Input((5, 2)), *layers])
        for layers in (
            [kl.Bidirectional(kl.LSTM(3, return_sequences=True)), kl.LSTM(2), kl.Dense(1)],
            [kl.Bidirectional(kl.RNN(stack, return_sequences=True), merge_mode="sum"), kl.RNN(kl.SimpleRNNCell(2))],
            [kl.GRU(3, go_backwards=True, return_sequences=True), kl.GRU(2, reset_after=False)],
        )
    ]


def _saved(model: Any, name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        (model.save_weights if ".weights." in name else model.save)(path)
        return path.read_bytes()


def _weights_of(whole: bytes) -> bytes:
    """The weights of an .h5 file, as Keras 2 kept them by themselves."""
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "whole.h5"), Path(folder, "weights.h5")
        old.write_bytes(whole)
        with h5py.File(old) as source, h5py.File(new, "w") as file:
            for key, group in source["model_weights"].items():
                source.copy(group, file, key)
            file.attrs.update(source["model_weights"].attrs)
        return new.read_bytes()
