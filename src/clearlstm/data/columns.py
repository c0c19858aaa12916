"""Columns of very long tables that take less memory than they would as arrays, and are read like arrays.

What is asked of one, by rows or as a slice, is worked out then; what needs the whole, such as ``column <= 3`` or
``column.max()``, makes an array of it first. Short tables have plain arrays instead.
"""

from abc import ABC, abstractmethod
from typing import Any, Final, cast, final

import numpy as np
import numpy.typing as npt
from numpy.lib.mixins import NDArrayOperatorsMixin

from clearlstm.data.windows import Rows, series_between

PLAIN_ROWS: Final = 2**22
"""Rows up to which a table's columns are held as plain arrays, which are read faster."""


def is_long(n_rows: int) -> bool:
    """Whether a table has so many rows that its columns should be held in less memory."""
    return n_rows > PLAIN_ROWS


class Column(NDArrayOperatorsMixin, ABC):
    """An array (rows,) of which parts are made when they are read."""

    dtype: np.dtype[Any]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _at(self, rows: Any) -> npt.NDArray[Any]:
        """The cells of ``rows``: numbers of any shape, a mask, or a slice without a step."""

    def __getitem__(self, rows: Any) -> Any:
        return self._at(rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self._at(slice(0, len(self))), dtype=dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = (np.asarray(one) if isinstance(one, Column) else one for one in inputs)
        return getattr(ufunc, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what copying and pickling look for isn't an array's
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    @property
    def shape(self) -> tuple[int]:
        """(rows,)."""
        return (len(self),)


def as_array(column: Column) -> npt.NDArray[Any]:
    """The column itself, under the type of what it is read like."""
    return cast("npt.NDArray[Any]", column)


@final
class Widened(Column):
    """float32 numbers, read as float64.

    >>> Widened(np.array([0.5, 2.0], np.float32))[1:]
    array([2.])
    """

    dtype = np.dtype(np.float64)

    def __init__(self, numbers: npt.NDArray[np.float32]) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def _at(self, rows: Any) -> npt.NDArray[np.float64]:
        return np.asarray(self._numbers[rows], dtype=np.float64)


@final
class SharedTimes(Column):
    """Times of series that share them: those of series k are a part of ``distinct`` (n,), which begins at starts[k].

    offsets (S+1,) bound the series' rows.

    >>> days = np.arange(3) + np.datetime64("2024-01-01", "D")
    >>> times = SharedTimes(days, np.array([0, 1]), np.array([0, 3, 5]))
    >>> times[np.array([0, 3])]
    array(['2024-01-01', '2024-01-02'], dtype='datetime64[D]')
    """

    def __init__(self, distinct: npt.NDArray[Any], starts: Rows, offsets: Rows) -> None:
        self.distinct, self._starts, self._offsets = distinct, starts, offsets
        self.dtype = distinct.dtype

    @classmethod
    def of(cls, times: npt.NDArray[Any], begins: Rows, ends: Rows) -> "SharedTimes | None":
        """Of times (rows,), where series k has those from begins[k] to ends[k] − 1; None if they share too little."""
        distinct = _distinct_times(times, begins, ends)
        if distinct is None:
            return None
        starts = np.searchsorted(distinct, times[begins])
        for begin, end, start in zip(begins.tolist(), ends.tolist(), starts.tolist(), strict=True):
            if not np.array_equal(times[begin:end], distinct[start : start + end - begin]):
                return None
        return cls(distinct, starts.astype(np.int64), np.concatenate([[0], np.cumsum(ends - begins)]))

    def with_distinct(self, distinct: npt.NDArray[Any]) -> "SharedTimes":
        """The same with others in their place, (n,), which rise too."""
        return SharedTimes(distinct, self._starts, self._offsets)

    def __len__(self) -> int:
        return int(self._offsets[-1])

    def _at(self, rows: Any) -> npt.NDArray[Any]:
        if isinstance(rows, slice):
            return self._between(*rows.indices(len(self))[:2])
        rows = np.asarray(rows)
        if rows.dtype.kind == "b":
            rows = np.flatnonzero(rows)
        rows = np.where(rows < 0, rows + len(self), rows)
        series = np.searchsorted(self._offsets, rows, side="right") - 1
        cells: npt.NDArray[Any] = self.distinct[self._starts[series] + rows - self._offsets[series]]
        return cells

    def _between(self, begin: int, end: int) -> npt.NDArray[Any]:
        series = series_between(self._offsets, begin, end)
        return np.asarray(self.distinct[np.arange(begin, end) + (self._starts - self._offsets[:-1])[series]])


MOST_EXTENSIONS: Final = 100
"""Series that may bring times which those before them hadn't; more share too little."""


def _distinct_times(times: npt.NDArray[Any], begins: Rows, ends: Rows) -> npt.NDArray[Any] | None:
    """All times of the series, rising, if few of them bring new ones."""
    distinct, extensions = times[:0], 0
    bounds = zip(begins.tolist(), ends.tolist(), strict=True)
    for begin, end in bounds:
        first, last = np.searchsorted(distinct, times[[begin, end - 1]])
        if last < len(distinct) and last - first == end - 1 - begin and distinct[last] == times[end - 1]:
            continue  # whether those between are the same is seen later
        distinct, extensions = np.union1d(distinct, times[begin:end]), extensions + 1
        if extensions > MOST_EXTENSIONS:
            return None
    return distinct
