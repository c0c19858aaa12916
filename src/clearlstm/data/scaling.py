"""How values become what a net can learn from, and back.

A series is first mapped to z (its logarithm, or itself); forecasts are changes of z. Each series has a size for its
changes over one step, and over each horizon, so that series of any unit look alike. Sizes come from the rows that
they are given and from no others: the caller passes the training part.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray


@dataclass(frozen=True)
class Transform:
    """z = log(y) where ``log`` (S,) says so, else z = y."""

    log: npt.NDArray[np.bool_]

    @classmethod
    def choose(cls, values: FloatArray, offsets: npt.NDArray[np.int64]) -> "Transform":
        """Logarithms for the series whose values (missing ones aside) are all positive."""
        positive = (values > 0) | np.isnan(values)
        return cls(np.array([positive[a:b].all() for a, b in pairwise(offsets)], dtype=bool))

    def forward(self, values: FloatArray, series: npt.NDArray[np.int64]) -> FloatArray:
        """Z of ``values`` (rows, …) of ``series`` (rows,); a value ≤ 0 under a logarithm becomes missing."""
        log = _along(self.log[series], values)
        usable = np.where(log & ~(values > 0), np.nan, values)
        return np.where(log, np.log(np.where(log, usable, 1.0)), usable)

    def move(self, values: FloatArray, changes: FloatArray, series: npt.NDArray[np.int64]) -> FloatArray:
        """Where ``values`` (rows, …) of ``series`` (rows,) come to when their z changes by ``changes`` (rows, …).

        A change of 0 gives the value itself, to the bit.
        """
        log = _along(self.log[series], changes)
        return np.where(log, values * np.exp(np.where(log, changes, 0.0)), values + changes)


def _along(flags: npt.NDArray[np.bool_], values: FloatArray) -> npt.NDArray[np.bool_]:
    return flags.reshape(flags.shape + (1,) * (values.ndim - flags.ndim))


def change_size(z: FloatArray, lag: int) -> float:
    """The root mean square of z_t − z_{t−lag} over the pairs without a missing value; not-a-number if there is none.

    >>> change_size(np.array([0.0, 1.0, 8.0]), 1)
    5.0
    """
    changes = z[lag:] - z[:-lag] if lag else z
    changes = changes[~np.isnan(changes)]
    return float(np.sqrt(np.mean(changes**2))) if len(changes) else float("nan")
