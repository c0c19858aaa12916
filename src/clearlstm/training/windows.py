"""Windows over a long table, read by index when a batch asks for them: the table is never copied out into windows."""

import hashlib
from functools import cached_property
from itertools import pairwise
from typing import Any, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.shapes import FLOAT_DTYPES, FloatArray, IntArray, check_positive
from clearlstm.training.batches import Batch

ROWS_AT_A_TIME = 2**20


def gather(table: FloatArray, starts: IntArray, steps: int, out: FloatArray | None = None) -> FloatArray:
    """Read ``table`` (rows, F) or (rows,) from each of ``starts`` (n,) on: (n, steps, F) or (n, steps).

    ``out`` is a buffer of that shape to fill again.

    >>> gather(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0, 2]), 2)
    array([[0., 1.],
           [2., 3.]])
    """
    index = starts[:, None] + np.arange(steps)
    # mode "clip" writes into `out` directly; every index is inside the table, so nothing is clipped
    return np.take(table, index, axis=0, out=out, mode="clip")


@final
class TableWindows:
    """All windows of many series that stand end to end in one long table: what ``train`` takes instead of arrays.

    A window's x is ``steps`` rows, its y the ``horizon`` values of column ``target`` that follow; both lie in one
    series. The table is kept, not copied, and no list of the windows is made, so memory stays that of the table
    however many windows there are (100,000 series of 1,000 rows have about 10⁸).

    Parameters
    ----------
    table
        (rows, F), or (rows,) for one feature; float32 or float64, finite.
    offsets
        (S+1,): series k is the rows ``offsets[k]:offsets[k + 1]``. Series shorter than steps + horizon have no window.
    steps, horizon, target
        T rows in, h values out, and the column that they are read from.

    Rows count from the oldest window to the newest, series being taken to end together.

    >>> source = TableWindows(np.arange(10.0), [0, 6, 10], steps=2, horizon=1)
    >>> source.n_rows
    6
    >>> source.batch(np.array([0, 5])).y.ravel()
    array([2., 9.])
    """

    def __init__(
        self, table: npt.ArrayLike, offsets: npt.ArrayLike, *, steps: int, horizon: int = 1, target: int = 0
    ) -> None:
        self._table = _check_table(table)
        self._offsets = _check_offsets(offsets, len(self._table))
        self._steps, self._horizon = check_positive("steps", steps), check_positive("horizon", horizon)
        self._target = _check_target(target, self._table.shape[1])
        counts = np.maximum(np.diff(self._offsets) - self._steps - self._horizon + 1, 0)
        if not counts.any():
            raise InputError(
                f"the longest series has {np.diff(self._offsets).max()} rows; a window of {self._steps} steps and a "
                f"horizon of {self._horizon} need {self._steps + self._horizon}: lower them or give longer series"
            )
        # The longest series first: then those that reach back to an age are the first so many.
        self._longest = np.argsort(-counts, kind="stable")
        reaching = np.searchsorted(-counts[self._longest], -np.arange(counts.max(), 0, -1), side="right")
        self._before = np.concatenate([[0], np.cumsum(reaching)])

    @property
    def n_rows(self) -> int:
        """How many windows there are."""
        return int(self._before[-1])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the table and of how it is read."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(f"{self._table.dtype} {self._steps} {self._horizon} {self._target}".encode())
        digest.update(self._offsets.tobytes())
        for part in _parts(self._table):
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()

    def batch(self, rows: IntArray) -> Batch:
        """x (n, T, F) and y (n, h) of the given windows (n,)."""
        starts = self.starts(rows)
        x = gather(self._table, starts, self._steps)
        return Batch(x, gather(self._table[:, self._target], starts + self._steps, self._horizon))

    def starts(self, rows: IntArray) -> npt.NDArray[np.int64]:
        """The rows of the table at which the given windows (n,) begin."""
        age = np.searchsorted(self._before, rows, side="right") - 1
        series = self._longest[rows - self._before[age]]
        newest = self._offsets[series + 1] - self._steps - self._horizon
        return np.asarray(newest - (len(self._before) - 2 - age))


def _check_table(table: npt.ArrayLike) -> FloatArray:
    array = np.asarray(table)
    if array.ndim not in (1, 2) or array.dtype.name not in FLOAT_DTYPES or array.size == 0:
        raise InputError(
            f"table is {array.shape} of {array.dtype.name}; (rows, features) of float32 or float64 is needed"
        )
    array = array.reshape(len(array), -1)
    for first, part in zip(range(0, len(array), ROWS_AT_A_TIME), _parts(array), strict=True):
        if not np.isfinite(part).all():
            row = first + int(np.argwhere(~np.isfinite(part))[0, 0])
            raise InputError(f"table holds a value that isn't finite in row {row}: fill it, or leave such series out")
    return array


def _parts(table: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """The table in views of so many rows that what is computed of them stays small."""
    bounds = [*range(0, len(table), ROWS_AT_A_TIME), len(table)]
    return [table[first:last] for first, last in pairwise(bounds)]


def _check_offsets(offsets: npt.ArrayLike, n_rows: int) -> npt.NDArray[np.int64]:
    array = np.asarray(offsets)
    whole = array.ndim == 1 and array.dtype.kind in "iu" and len(array) >= 2
    if not whole or array[0] != 0 or array[-1] != n_rows or (np.diff(array.astype(np.int64)) < 0).any():
        raise InputError(f"offsets must be whole numbers that rise from 0 to {n_rows}, the rows of the table")
    return array.astype(np.int64)


def _check_target(target: int, n_features: int) -> int:
    if isinstance(target, bool) or not isinstance(target, (int, np.integer)) or not 0 <= target < n_features:
        raise InputError(f"target is {target!r}; it must be a column of the table, 0..{n_features - 1}")
    return int(target)
