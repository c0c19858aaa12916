"""How large the changes of each series usually are: what inputs and targets of the net are divided by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.data.scaling import Transformed
from clearlstm.data.windows import BLOCK_ROWS, Known, Rows, blocks_of_series, spread_evenly
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.blend import Blend
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray

MIN_CHANGES = 3
"""A series with fewer known changes over a step can't be modelled."""

MIN_PAIRS = 8
"""A size measured on fewer pairs of values is taken from the other series."""

MAX_MEASURED = 2**22
"""Of longer tables, an even selection of about this many rows is measured."""

LEAST_MEASURED = 32
"""But so many of each series, if it has them."""


@dataclass(frozen=True)
class Sizes:
    """Root mean squares of changes, measured on the rows that were given and on no others.

    change (S,): over a step. level (S,): over half a window. season (S, M): over each of M seasons. target (S, h): of
    the base's errors. A series that never changes, or one with a size that isn't known, can't be modelled. The other
    sizes may be 0: a wave doesn't change over its own period.
    """

    change: FloatArray
    level: FloatArray
    season: FloatArray
    target: FloatArray

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Which series can be scaled, (S,)."""
        return np.asarray(np.isfinite(self._columns()).all(axis=1) & (self.change > 0))

    @property
    def profile(self) -> FloatArray:
        """Level, season and target sizes in units of change, the median over the usable series, (1 + M + h,)."""
        if not self.usable.any():
            return np.full(self._columns().shape[1], np.nan)
        return np.asarray(np.median(self._columns()[self.usable] / self.change[self.usable][:, None], axis=0))

    def take(self, series: Rows) -> "Sizes":
        """Those of the given series (n,)."""
        return Sizes(self.change[series], self.level[series], self.season[series], self.target[series])

    def where(self, keep: npt.NDArray[np.bool_], others: "Sizes") -> "Sizes":
        """These where ``keep`` (S,), the ``others`` elsewhere."""
        column = keep[:, None]
        return Sizes(
            np.where(keep, self.change, others.change),
            np.where(keep, self.level, others.level),
            np.where(column, self.season, others.season),
            np.where(column, self.target, others.target),
        )

    def _columns(self) -> FloatArray:
        """Level, season and target sizes side by side, (S, 1 + M + h)."""
        return np.concatenate([self.level[:, None], self.season, self.target], axis=1)


def measure(
    table: Transformed, settings: Settings, base: Base | Blend, *, start: Any = None, profile: FloatArray | None = None
) -> Sizes:
    """The sizes of every series, from its rows before the time ``start`` (None: all).

    A size of which a series has fewer than 8 pairs is its change over a step times what is usual among the others
    (``profile``, see :attr:`Sizes.profile`; None: those of this table that have enough).
    """
    ends = table.panel.offsets[1:] if start is None else table.panel.offsets[:-1] + table.panel.rows_before(start)
    lags = (max(settings.input_size // 2, 1), *settings.seasons)
    parts = [
        (*_change_sizes(some, (1,)), *_change_sizes(some, lags), *_target_sizes(some, base))
        for some in _in_blocks(table, ends)
    ]
    change, n_changes, changes, n_pairs, targets, n_errors = map(np.concatenate, zip(*parts, strict=True))
    measured, counts = np.concatenate([changes, targets], axis=1), np.concatenate([n_pairs, n_errors], axis=1)
    step = np.where(n_changes[:, 0] >= MIN_CHANGES, change[:, 0], np.nan)
    usual = _profile(step, measured, counts) if profile is None else profile
    filled = np.where((counts < MIN_PAIRS) & np.isfinite(usual), step[:, None] * usual, measured)
    M = len(settings.seasons)
    return Sizes(step, filled[:, 0], filled[:, 1 : 1 + M], filled[:, 1 + M :])


def _profile(change: FloatArray, measured: FloatArray, counts: Rows) -> FloatArray:
    """What the measured sizes (S, m) usually are, in changes over a step, among series that have enough pairs, (m,)."""
    enough = (counts >= MIN_PAIRS) & (change > 0)[:, None]
    ratios = [column[those] / change[those] for column, those in zip(measured.T, enough.T, strict=True)]
    return np.array([np.median(one) if len(one) else np.nan for one in ratios])


def change_sizes(table: Transformed, lags: tuple[int, ...]) -> tuple[FloatArray, Rows]:
    """The root mean squares of z_t − z_{t−lag} of each series, (S, lags), and of how many pairs, (S, lags)."""
    parts = [_change_sizes(some, lags) for some in _in_blocks(table, table.panel.offsets[1:])]
    roots, counts = zip(*parts, strict=True)
    return np.concatenate(roots), np.concatenate(counts)


class _Some(NamedTuple):
    """Series that stand together: z (rows,), what is known, where the rows that count end, (S,); the share read."""

    z: FloatArray
    known: Known
    ends: Rows
    share: float


def _in_blocks(table: Transformed, ends: Rows) -> Iterator[_Some]:
    """All series, some after others, of whose rows those before ``ends`` (S,) count."""
    offsets, share = table.panel.offsets, MAX_MEASURED / len(table.panel.values)
    for part in blocks_of_series(offsets[:-1], offsets[1:]):
        begin, end = offsets[part.start], offsets[part.stop]
        yield _Some(table.z[begin:end], table.known.within(part), ends[part] - begin, share)


def _change_sizes(some: _Some, lags: tuple[int, ...]) -> tuple[FloatArray, Rows]:
    z, known = some.z, some.known

    def changes(rows: Rows) -> FloatArray:
        past, first = rows[:, None] - np.array(lags), known.first(rows)[:, None]
        return np.where(past < first, np.nan, z[rows][:, None] - z[np.maximum(past, first)])

    return _root_mean_squares(changes, some, len(lags))


def _target_sizes(some: _Some, base: Base | Blend) -> tuple[FloatArray, Rows]:
    """Those of what the base gets wrong, k steps ahead, from origins with a known value, (S, h)."""
    z, known = some.z, some.known

    def errors(rows: Rows) -> FloatArray:
        ahead, end = rows[:, None] + np.arange(1, base.h + 1), some.ends[known.series(rows)][:, None]
        missed = z[np.minimum(ahead, end - 1)] - base.says(z, known, rows)
        return np.where((ahead >= end) | np.isnan(z[rows])[:, None], np.nan, missed)

    return _root_mean_squares(errors, some, base.h)


def _measured(rows: Rows, some: _Some) -> Rows:
    """Those of ``rows`` (n,) that count and are measured: of long tables an even selection of each series."""
    series = some.known.series(rows)
    inside = rows < some.ends[series]
    if some.share < 1:
        lengths = some.known.offsets[1:] - some.known.offsets[:-1]
        inside &= spread_evenly(
            rows - some.known.offsets[series], np.maximum(some.share, LEAST_MEASURED / lengths)[series]
        )
    return rows[inside]


def _root_mean_squares(errors: Callable[[Rows], FloatArray], some: _Some, m: int) -> tuple[FloatArray, Rows]:
    """Root mean squares (S, m) by series of ``errors(rows)`` (n, m), not-a-number left out; and the counts (S, m)."""
    known, n, S = some.known, len(some.z), len(some.ends)
    sums, counts = np.zeros((S, m)), np.zeros((S, m), dtype=np.int64)
    block = max(1, BLOCK_ROWS // m)
    for begin in range(0, n, block):
        rows = _measured(np.arange(begin, min(begin + block, n)), some)
        if not len(rows):
            continue
        values, series = errors(rows), known.series(rows)
        here = slice(series[0], series[-1] + 1)
        for j in range(m):
            there = ~np.isnan(values[:, j])
            at = series[there] - series[0]
            sums[here, j] += np.bincount(at, weights=values[there, j] ** 2, minlength=here.stop - here.start)
            counts[here, j] += np.bincount(at, minlength=here.stop - here.start)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return np.sqrt(means), counts
