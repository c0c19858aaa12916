"""Sequences as training reads them: each batch padded to its own longest."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from clearlstm.sequences.inputs import Sequences
from clearlstm.shapes import FloatArray, IntArray
from clearlstm.training.batches import Batch


@final
@dataclass(frozen=True, eq=False)
class SequenceBatches:
    """Scaled sequences with their answers; what :func:`clearlstm.train` takes instead of arrays.

    target
        (N, …), one answer a sequence; with ``per_step`` (R, …), one for each row of ``sequences.values``.
    weight
        (N,), how much each sequence counts.
    """

    sequences: Sequences
    target: npt.NDArray[Any]
    weight: FloatArray
    per_step: bool

    @property
    def n_rows(self) -> int:
        """N."""
        return len(self.sequences)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every array."""
        digest = hashlib.blake2b(digest_size=16)
        for array in (self.sequences.values, self.sequences.offsets, self.target, self.weight):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def batch(self, rows: IntArray) -> Batch:
        """The given sequences (n,), in that order."""
        x = self.sequences.padded(rows, self.sequences.values)
        y = self.sequences.padded(rows, self.target) if self.per_step else self.target[rows]
        return Batch(x, y, self.sequences.lengths[rows], self.weight[rows])

    def take(self, chosen: IntArray) -> "SequenceBatches":
        """The sequences ``chosen`` (n,) with all that belongs to them."""
        target = self.target[self.sequences.rows(chosen) if self.per_step else chosen]
        return SequenceBatches(self.sequences.take(chosen), target, self.weight[chosen], self.per_step)
