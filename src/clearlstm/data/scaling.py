"""How values become what a net can learn from, and back.

A series is first mapped to z (its logarithm, or itself); forecasts are changes of z. Each series has a size for its
changes over one step, and over each horizon, so that series of any unit look alike. Sizes come from the rows that
they are given and from no others: the caller passes the training part.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

from clearlstm import elementary
from clearlstm.data.columns import Column, as_array, is_long
from clearlstm.data.panel import Panel
from clearlstm.data.windows import Known, blocks, series_between
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
            for part in blocks(len(values)):
                log[Known(offsets).series(part.start + np.flatnonzero(values[part] <= 0))] = False
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
        """The transformed values, (rows,); those of a very long table are worked out where they are read."""
        z = _Transformed(self.panel.values, self.panel.offsets, self.transform)
        return as_array(z) if is_long(len(z)) else np.asarray(z)

    @cached_property
    def known(self) -> Known:
        """Which rows hold a z."""
        return Known.of(self.panel.values, self.panel.offsets, positive=self.transform.log)


@final
class _Transformed(Column):
    """The z of ``values`` (rows,), whose series are bounded by ``offsets`` (S+1,)."""

    dtype = np.dtype(np.float64)

    def __init__(self, values: FloatArray, offsets: npt.NDArray[np.int64], transform: Transform) -> None:
        self._values, self._offsets, self._transform = values, offsets, transform

    def __len__(self) -> int:
        return len(self._values)

    def _at(self, rows: Any) -> FloatArray:
        if isinstance(rows, slice):
            series = series_between(self._offsets, *rows.indices(len(self))[:2])
        else:
            series = Known(self._offsets).series(np.asarray(rows))
        return self._transform.forward(self._values[rows], series)


def _along(flags: npt.NDArray[np.bool_], values: FloatArray) -> npt.NDArray[np.bool_]:
    return flags.reshape(flags.shape + (1,) * (values.ndim - flags.ndim))
