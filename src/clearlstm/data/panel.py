"""Many series in one long table: the form in which everything after the reading works."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.data.covariates import Covariate
from clearlstm.data.frequency import Frequency
from clearlstm.data.times import PLAIN, TimeArray, TimeReading, time_texts
from clearlstm.data.windows import blocks, blocks_of_series, series_between


@dataclass(frozen=True)
class Panel:
    """S series end to end, each in time order.

    ids (S,); times and values (rows,), where a missing value is not-a-number; series k is the rows
    ``offsets[k]:offsets[k + 1]``, offsets (S+1,); ``notes`` are sentences on how the table was read.

    In a very long table times and values may be columns that are read like arrays: see :mod:`~.columns`.

    Beside them, by option: weight (rows,), how much each row counts in training; ``covariates``, columns of (rows,) by
    name; and ``ahead``, those of them that are known of the future, h rows for each series.
    """

    ids: npt.NDArray[np.object_]
    times: TimeArray
    values: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.int64]
    frequency: Frequency
    notes: tuple[str, ...] = ()
    weight: npt.NDArray[np.float64] | None = None
    covariates: dict[str, Covariate] = field(default_factory=dict)
    ahead: dict[str, Covariate] = field(default_factory=dict)
    reading: TimeReading = PLAIN
    """How its times were read."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def reading_of_others(self) -> TimeReading:
        """How the times of tables are read that go with this one."""
        return replace(self.reading, months=self.times.dtype.kind == "M")

    @property
    def wall_times(self) -> TimeArray:
        """The times as the clocks of their zone show them; without a zone, as they are, (rows,)."""
        return self.wall(self.times)

    def wall(self, times: TimeArray) -> TimeArray:
        """The same of times of any shape."""
        clock = self.reading.clock
        return times if clock is None else clock.wall(times.ravel()).reshape(times.shape)

    def texts(self, times: TimeArray) -> npt.NDArray[np.object_]:
        """Times of this panel, of any shape, as people write them: on the clocks of their zone."""
        return time_texts(times, self.reading.clock)

    def text(self, time: Any) -> str:
        """One time."""
        return str(self.texts(time).item())

    @property
    def zone(self) -> str | None:
        """The zone in which its times are shown, where they are times of day."""
        clock, wall = self.reading.clock, self.wall_times
        return None if clock is None or (wall == wall.astype("datetime64[D]")).all() else clock.zone

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

    def places_in(self, ids: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
        """Which of ``ids`` each series is, (S,); −1 for one that is none of them."""
        place = {series_id: k for k, series_id in enumerate(ids)}
        return np.array([place.get(series_id, -1) for series_id in self.ids], dtype=np.int64)

    def rows_before(self, time: Any) -> npt.NDArray[np.int64]:
        """How many rows each series has before ``time``, (S,)."""
        counts = np.zeros(len(self), np.int64)
        for part in blocks(len(self.times)):
            series = series_between(self.offsets, part.start, part.stop)
            here = slice(series[0], series[-1] + 1)
            early = self.times[part] < time
            counts[here] += np.bincount(series[early] - series[0], minlength=here.stop - here.start)
        return counts

    def until(self, cutoff: Any) -> "Panel":
        """The rows up to and including the time ``cutoff``; series that start later have no rows left."""
        return self.where(self.times <= cutoff)

    def where(self, keep: npt.NDArray[np.bool_]) -> "Panel":
        """Only the rows in ``keep`` (rows,); a series may have none left."""
        counts = np.bincount(self.row_series[keep], minlength=len(self))
        return self._with_rows(np.flatnonzero(keep), counts)

    def take(self, series: npt.NDArray[np.int64]) -> "Panel":
        """The given series (n,) alone, in that order."""
        lengths, h = self.lengths[series], self._steps_ahead
        before = np.cumsum(lengths) - lengths
        rows = np.arange(lengths.sum()) + np.repeat(self.offsets[series] - before, lengths)
        ahead = (series[:, None] * h + np.arange(h)).ravel()
        taken = replace(self._with_rows(rows, lengths), ids=self.ids[series])
        return replace(taken, ahead={name: column.at(ahead) for name, column in self.ahead.items()})

    def extended(self) -> "Panel":
        """Each series with the rows to come that ``ahead`` tells of: times and covariates, but no values."""
        h = self._steps_ahead
        ends = self.offsets[1:]
        rows = np.insert(np.arange(len(self.times)), np.repeat(ends, h), np.repeat(ends - 1, h))
        longer = self._with_rows(rows, self.lengths + h)
        new = (longer.offsets[1:, None] - h + np.arange(h)).ravel()
        longer.times[new], longer.values[new] = self.future(h).ravel(), np.nan
        old = np.delete(np.arange(len(rows)), new)
        order = np.argsort(np.concatenate([old, new]), kind="stable")
        both = {name: Covariate.joined([self.covariates[name], column]) for name, column in self.ahead.items()}
        return replace(longer, covariates=longer.covariates | {name: column.at(order) for name, column in both.items()})

    @property
    def _steps_ahead(self) -> int:
        return next((len(column.values) // len(self) for column in self.ahead.values()), 0)

    def _with_rows(self, rows: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> "Panel":
        """The given rows, of which each series has so many; nothing is known of what follows them."""
        return replace(
            self,
            times=self.times[rows],
            values=self.values[rows],
            offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            weight=None if self.weight is None else self.weight[rows],
            covariates={name: column.at(rows) for name, column in self.covariates.items()},
            ahead={},
        )

    def last_rows(self, cutoff: Any) -> npt.NDArray[np.int64]:
        """The last row of each series up to and including the time ``cutoff``, (S,); −1 where there is none."""
        counts = np.bincount(self.row_series[self.times <= cutoff], minlength=len(self))
        return np.where(counts > 0, self.offsets[:-1] + counts - 1, -1)

    def skipped_rows(self) -> list[tuple[str, int, Any]]:
        """Series in which rows are missing: the id, in how many places, and the time before the first of them."""
        each = [np.zeros(0, np.int64)]
        for part in blocks_of_series(self.offsets[:-1], self.offsets[1:]):
            begin, end = self.offsets[part.start], self.offsets[part.stop]
            skips = self.frequency.skips(self.times[begin:end])
            inside = np.diff(series_between(self.offsets, begin, end)) == 0
            each.append(begin + np.flatnonzero(skips & inside))
        rows = np.concatenate(each)
        in_series = np.searchsorted(self.offsets, rows, side="right") - 1
        series, first, counts = np.unique(in_series, return_index=True, return_counts=True)
        return [
            (str(self.ids[k]), int(count), self.times[rows[at]])
            for k, at, count in zip(series, first, counts, strict=True)
        ]

    def future(self, h: int) -> TimeArray:
        """The h times after each series' last, (S, h)."""
        lasts, where = np.unique(self.times[self.offsets[1:] - 1], return_inverse=True)
        return np.stack([self.frequency.after(last, h) for last in lasts])[where]
