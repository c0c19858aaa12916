"""Many series in one long table: the form in which everything after the reading works."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.data.frequency import Frequency
from clearlstm.data.times import TimeArray


@dataclass(frozen=True)
class Panel:
    """S series end to end, each in time order.

    ids (S,); times and values (rows,), where a missing value is not-a-number; series k is the rows
    ``offsets[k]:offsets[k + 1]``, offsets (S+1,); ``notes`` are sentences on how the table was read.
    """

    ids: npt.NDArray[np.object_]
    times: TimeArray
    values: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.int64]
    frequency: Frequency
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Rows of each series, (S,)."""
        return np.diff(self.offsets)

    @property
    def row_series(self) -> npt.NDArray[np.int64]:
        """The number of the series that each row belongs to, (rows,)."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def rows(self, k: int) -> slice:
        """The rows of series ``k``."""
        return slice(int(self.offsets[k]), int(self.offsets[k + 1]))

    def until(self, cutoff: Any) -> "Panel":
        """The rows up to and including the time ``cutoff``; series that start later have no rows left."""
        keep = self.times <= cutoff
        counts = np.bincount(self.row_series[keep], minlength=len(self))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return replace(self, times=self.times[keep], values=self.values[keep], offsets=offsets)

    def last_rows(self, cutoff: Any) -> npt.NDArray[np.int64]:
        """The last row of each series up to and including the time ``cutoff``, (S,); −1 where there is none."""
        counts = np.bincount(self.row_series[self.times <= cutoff], minlength=len(self))
        return np.where(counts > 0, self.offsets[:-1] + counts - 1, -1)

    def skipped_rows(self) -> list[tuple[str, int, Any]]:
        """Series in which rows are missing: the id, in how many places, and the time before the first of them."""
        skips = self.frequency.skips(self.times)
        inside = np.diff(self.row_series) == 0
        rows = np.flatnonzero(skips & inside)
        series, first, counts = np.unique(self.row_series[rows], return_index=True, return_counts=True)
        return [
            (str(self.ids[k]), int(count), self.times[rows[at]])
            for k, at, count in zip(series, first, counts, strict=True)
        ]

    def future(self, h: int) -> TimeArray:
        """The h times after each series' last, (S, h)."""
        seen: dict[Any, TimeArray] = {}
        for last in np.unique(self.times[self.offsets[1:] - 1]):
            seen[last] = self.frequency.after(last, h)
        return np.stack([seen[last] for last in self.times[self.offsets[1:] - 1]])
