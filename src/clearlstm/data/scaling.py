"""How values become what a net can learn from, and back.

A series is first mapped to z (its logarithm, or itself); forecasts are changes of z. Each series has a size for its
changes over one step, and over each horizon, so that series of any unit look alike. Sizes come from the rows that
they are given and from no others: the caller passes the training part.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from clearlstm import elementary
from clearlstm.data.panel import Panel
from clearlstm.data.windows import Known
from clearlstm.shapes import FloatArray

TransformName = Literal["log", "none"] | None


@dataclass(frozen=True)
class Transform:
    """z = log(y) where ``log`` (S,) says so, else z = y."""

    log: npt.NDArray[np.bool_]

    @classmethod
    def choose(cls, values: FloatArray, offsets: npt.NDArray[np.int64], name: TransformName = None) -> "Transform":
        """All series as ``name``; by default logarithms for those whose values (missing ones aside) are positive."""
        log = np.full(len(offsets) - 1, name != "none")
        if name is None:
            log[Known(offsets).series(np.flatnonzero(values <= 0))] = False
        return cls(log)

    def forward(self, values: FloatArray, series: npt.NDArray[np.integer[Any]]) -> FloatArray:
        """Z of ``values`` (rows, …) of ``series`` (rows,); a value ≤ 0 under a logarithm becomes missing."""
        if not self.log.any():
            return values
        log, positive = _along(self.log[series], values), values > 0
        logged = log & positive
        if logged.all():
            return elementary.log(values)
        z = np.where(log & ~positive, np.nan, values)
        z[logged] = elementary.log(values[logged])
        return z

    def move(self, values: FloatArray, changes: FloatArray, series: npt.NDArray[np.int64]) -> FloatArray:
        """Where ``values`` (rows, …) of ``series`` (rows,) come to when their z changes by ``changes`` (rows, …).

        A change of 0 gives the value itself, to the bit.
        """
        log = _along(self.log[series], changes)
        return np.where(log, values * elementary.exp(np.where(log, changes, 0.0)), values + changes)


@dataclass(frozen=True)
class Transformed:
    """A panel and its values as z."""

    panel: Panel
    transform: Transform

    @cached_property
    def z(self) -> FloatArray:
        """The transformed values, (rows,)."""
        return self.transform.forward(self.panel.values, self.panel.row_series)

    @cached_property
    def known(self) -> Known:
        """Which rows hold a z."""
        return Known.of(self.z, self.panel.offsets)


def _along(flags: npt.NDArray[np.bool_], values: FloatArray) -> npt.NDArray[np.bool_]:
    return flags.reshape(flags.shape + (1,) * (values.ndim - flags.ndim))
