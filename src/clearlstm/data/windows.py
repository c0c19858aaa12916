"""Where in a long table a forecast can be made, and what is known there.

An *origin* is the row at which a forecast is made. Its window is the ``T`` rows that end with it; its targets are the
``h`` rows that follow. No window holds a row of its own targets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

BLOCK_ROWS = 2**20
"""Rows of a long table that are worked on at a time, so that what is computed of them stays small."""


def blocks(n_rows: int) -> Iterator[slice]:
    """All rows in slices of :data:`BLOCK_ROWS`."""
    return (slice(begin, min(begin + BLOCK_ROWS, n_rows)) for begin in range(0, n_rows, BLOCK_ROWS))


def blocks_of_series(begins: Rows, ends: Rows) -> Iterator[slice]:
    """All series, which have the rows begins[k] … ends[k] − 1, in slices of about :data:`BLOCK_ROWS` rows, or of one.

    >>> list(blocks_of_series(np.array([0, 2**19, 2**20]), np.array([2**19, 2**20, 2**22])))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    before, first = np.concatenate([[0], np.cumsum(ends - begins)]), 0
    while first < len(begins):
        stop = int(np.searchsorted(before, before[first] + BLOCK_ROWS, side="right")) - 1
        yield slice(first, max(first + 1, stop))
        first = max(first + 1, stop)


def series_between(offsets: Rows, begin: int, end: int) -> Rows:
    """The number of the series of each row from ``begin`` to ``end`` − 1.

    >>> series_between(np.array([0, 2, 5]), 1, 4)
    array([0, 1, 1])
    """
    first, stop = np.searchsorted(offsets, begin, side="right") - 1, np.searchsorted(offsets, end)
    bounds = np.clip(offsets[first : stop + 1], begin, end)
    return np.repeat(np.arange(first, first + len(bounds) - 1), bounds[1:] - bounds[:-1])


def origins(offsets: Rows, missing: npt.NDArray[np.bool_], before: int, after: int) -> Rows:
    """All rows that have ``before`` rows up to and including themselves, and ``after`` rows beyond, none missing.

    Both in the row's own series; ``missing`` (rows,) marks rows without a usable value. In row order.
    """
    rows = np.arange(len(missing))
    lengths = np.diff(offsets)
    first, end = np.repeat(offsets[:-1], lengths), np.repeat(offsets[1:], lengths)
    fits = (rows - before + 1 >= first) & (rows + after < end)
    candidates = rows[fits]
    count = np.concatenate([[0], np.cumsum(missing)])
    gaps = count[candidates + after + 1] - count[candidates - before + 1]
    usable: Rows = candidates[gaps == 0]
    return usable


@dataclass(frozen=True)
class Known:
    """Which rows of a long table hold a value, asked by row number.

    ``offsets`` (S+1,) bound the series; ``missing`` (rows,) marks the rows without a value, None if there are none:
    then no table is kept.

    >>> known = Known(np.array([0, 4]), np.array([False, False, True, True]))
    >>> known.last(np.array([1, 3])), known.count(np.array([0]), np.array([3]))
    (array([1, 1]), array([2]))
    """

    offsets: Rows
    missing: npt.NDArray[np.bool_] | None = None

    @classmethod
    def of(
        cls, values: npt.NDArray[np.floating[Any]], offsets: Rows, positive: npt.NDArray[np.bool_] | None = None
    ) -> "Known":
        """Of values (rows,), missing where not-a-number or, in the series that ``positive`` (S,) marks, ≤ 0."""
        missing: npt.NDArray[np.bool_] | None = None
        for part in blocks(len(values)):
            here = values[part]
            lost = np.isnan(here)
            if positive is not None and (here <= 0).any():
                lost |= (here <= 0) & positive[series_between(offsets, part.start, part.stop)]
            if lost.any():
                missing = np.zeros(len(values), bool) if missing is None else missing
                missing[part] = lost
        return cls(offsets, missing)

    def within(self, part: slice) -> "Known":
        """The same of some series that stand together, whose rows are counted from the first of them."""
        offsets = self.offsets[part.start : part.stop + 1]
        missing = None if self.missing is None else self.missing[offsets[0] : offsets[-1]]
        return Known(offsets - offsets[0], None if missing is None or not missing.any() else missing)

    def series(self, rows: Rows) -> Rows:
        """The number of the series that each of ``rows`` (n,) belongs to."""
        return np.asarray(np.searchsorted(self.offsets, rows, side="right") - 1)

    def first(self, rows: Rows) -> Rows:
        """The first row of each row's series, (n,)."""
        return self.offsets[self.series(rows)]

    def count(self, first: Rows, last: Rows) -> Rows:
        """How many of the rows from ``first`` (n,) up to and including ``last`` (n,) hold a value."""
        gaps = 0 if self.missing is None else self._gaps_before[last + 1] - self._gaps_before[first]
        return np.asarray(last - first + 1 - gaps)

    @property
    def counts(self) -> Rows:
        """How many rows of each series hold a value, (S,)."""
        lengths = np.diff(self.offsets)
        if self.missing is None:
            return lengths
        gaps = np.flatnonzero(self.missing)
        return np.asarray(lengths - np.bincount(self.series(gaps), minlength=len(lengths)))

    def last(self, rows: Rows) -> Rows:
        """The last row up to each of ``rows`` (any shape) that holds a value; −1 if its series has none there."""
        if self.missing is None:
            return rows
        last = self._last[rows]
        return np.where(last >= self.offsets[self.series(rows)], last, -1)

    def next(self, rows: Rows) -> Rows:
        """The first row from each of ``rows`` (any shape) on that holds a value, of whatever series it is.

        Where there is none, the last of ``rows``.
        """
        if self.missing is None:
            return rows
        return np.append(self._present, rows.max(initial=0))[np.searchsorted(self._present, rows)]

    @cached_property
    def _gaps_before(self) -> Rows:
        assert self.missing is not None
        return np.concatenate([[0], np.cumsum(self.missing)])

    @cached_property
    def _last(self) -> Rows:
        assert self.missing is not None
        return np.asarray(np.maximum.accumulate(np.where(self.missing, -1, np.arange(len(self.missing)))))

    @cached_property
    def _present(self) -> Rows:
        assert self.missing is not None
        return np.flatnonzero(~self.missing)


def thinned(rows: Rows, share: float) -> Rows:
    """About ``share`` of ``rows`` (n,), spread evenly over every stretch of them, the same whenever it is asked for.

    >>> thinned(np.arange(20), 0.25)
    array([ 0,  2,  5, 10, 13, 18])
    """
    return rows if share >= 1 else rows[spread_evenly(np.arange(len(rows)), np.full(len(rows), share))]


ALMOST_ONE = 1 - 2.0**-53


def spread_evenly(places: Rows, shares: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which of ``places``, whole numbers from 0, (n,), belong to the share of them that ``shares`` (n,) asks for.

    The k-th does where frac(k φ) < share, φ the golden ratio: multiples of φ fill the unit interval more evenly than
    chance would (Knuth 1973, section 6.4).
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        found = places.astype(np.uint64) * golden
    return (found < (np.minimum(shares, ALMOST_ONE) * 2.0**64).astype(np.uint64)) | (shares >= 1)
