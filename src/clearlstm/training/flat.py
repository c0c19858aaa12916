"""All parameters as one vector, so that an update costs the same few calls for three arrays or for thirty."""

import hashlib
from collections.abc import Mapping
from typing import final

import numpy as np

from clearlstm.shapes import FloatArray


@final
class FlatParameters:
    """Reads and writes the live arrays of a model as one vector (P,), in the order of their names."""

    def __init__(self, parameters: Mapping[str, FloatArray]) -> None:
        self.names = tuple(parameters)
        self.arrays = tuple(parameters.values())
        self.dtype = np.result_type(*self.arrays)
        self.size = sum(array.size for array in self.arrays)

    def empty(self) -> FloatArray:
        """A vector (P,) to read into."""
        return np.empty(self.size, self.dtype)

    def read(self, out: FloatArray | None = None) -> FloatArray:
        """The parameters as they are now, (P,)."""
        return np.concatenate(self.arrays, axis=None, out=self.empty() if out is None else out)

    def gather(self, arrays: Mapping[str, FloatArray], out: FloatArray) -> FloatArray:
        """Arrays named and shaped like the parameters, such as their gradients, as one vector (P,)."""
        return np.concatenate([arrays[name] for name in self.names], axis=None, out=out)

    def views(self, vector: FloatArray) -> list[FloatArray]:
        """The parts of a vector (P,), shaped as the parameters that they stand for; nothing is copied."""
        ends = np.cumsum([array.size for array in self.arrays])
        return [part.reshape(array.shape) for part, array in zip(np.split(vector, ends[:-1]), self.arrays, strict=True)]

    def write(self, views: list[FloatArray]) -> None:
        """Put the values behind ``views`` (see :meth:`views`) into the model, in place."""
        for array, view in zip(self.arrays, views, strict=True):
            np.copyto(array, view)

    def fingerprint(self) -> str:
        """A short text that differs when any bit of any parameter does."""
        return hashlib.blake2b(self.read().tobytes(), digest_size=16).hexdigest()
