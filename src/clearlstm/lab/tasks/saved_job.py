"""What a finished job saves in its folder for questions that come later: the model, and what it was fed."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from clearlstm.errors import InputError
from clearlstm.interop.open import load
from clearlstm.shapes import FloatArray

MODEL, WINDOWS = "model.safetensors", "windows.npy"


class Saved(Protocol):
    """A net, a network or a forecaster."""

    def save(self, path: Path) -> None:
        """Write it to a file."""


def write(model: Saved, x: FloatArray, folder: Path) -> None:
    """Save a model and what it was fed, x (N, T, F): the sequences of the traces first."""
    model.save(folder / MODEL)
    np.save(folder / WINDOWS, np.ascontiguousarray(x), allow_pickle=False)


def read(folder: Path) -> tuple[Any, FloatArray]:
    """What :func:`write` saved."""
    try:
        x = np.load(folder / WINDOWS, allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError("the job kept nothing that could be asked: run it again") from error
    return load(folder / MODEL), np.asarray(x)
