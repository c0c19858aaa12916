"""A small Keras model in both of its kinds of file."""

import os
import tempfile
from pathlib import Path


def keras_file() -> bytes:
    """As Keras 3 writes it: a zip."""
    return _saved("m.keras")


def legacy_file() -> bytes:
    """As Keras 2 wrote it, and 3 still can: HDF5."""
    return _saved("m.h5")


def _saved(name: str) -> bytes:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    model = keras.Sequential(
        [
            keras.layers.Input((5, 2)),
            keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True)),
            keras.layers.LSTM(2),
            keras.layers.Dense(1),
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        model.save(path)
        return path.read_bytes()
