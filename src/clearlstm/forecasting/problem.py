"""What the net is shown and what it is asked: the correction to a simple forecast, scaled.

At an origin t the *base* says ẑ_{t+k} = z_{t+lag_k}: the last value (lag_k = 0) or the same step of the last season.
The net is asked for the quantiles of

    (z_{t+k} − z_{t+lag_k}) / size_k        k = 1 … h,

where size_k is how far the base was usually off, k steps ahead, for that series. With z = log y and the last value as
the base, that is the scaled log(y_{t+k} / y_t). In each step s of its window the net sees

    (z_s − z_{s−1}) / size of a change,  (z_s − z_t) / size of a level,
    and for each season m (z_s − z_{s−m}) / size of such changes.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform, change_size
from clearlstm.data.windows import origins
from clearlstm.forecasting.baselines import seasonal_lags
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray, IntArray
from clearlstm.training.windows import gather

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Base:
    """The simple forecast that the net corrects: ``season`` steps back, or the last value where it is 0."""

    season: int
    h: int

    @property
    def name(self) -> str:
        """In words."""
        return f"the value one season ({self.season} steps) before" if self.season else "the last known value"

    @property
    def lags(self) -> Rows:
        """The rows that it repeats, counted from the origin, (h,), all ≤ 0."""
        return seasonal_lags(self.h, self.season) if self.season else np.zeros(self.h, dtype=np.int64)

    @property
    def before(self) -> int:
        """Rows that it needs, the origin's own included."""
        return 1 - int(self.lags.min())


@dataclass(frozen=True)
class Sizes:
    """How large the changes of each series usually are, measured on the rows that it was given and on no others.

    change and level (S,), season (S, M) for M seasons, target (S, h). A series that never changes, or one with a size
    that isn't known, can't be modelled. The other sizes may be 0: a wave doesn't change over its own period.
    """

    change: FloatArray
    level: FloatArray
    season: FloatArray
    target: FloatArray

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Which series can be scaled, (S,)."""
        parts = [self.change[:, None], self.level[:, None], self.season, self.target]
        together = np.concatenate(parts, axis=1)
        return np.asarray(np.isfinite(together).all(axis=1) & (self.change > 0))

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


def measure(z: FloatArray, offsets: Rows, settings: Settings, base: Base) -> Sizes:
    """The sizes of every series of a long table ``z`` (rows,)."""
    half_window = max(settings.input_size // 2, 1)
    series = [z[a:b] for a, b in pairwise(offsets)]
    lags = np.arange(1, settings.h + 1) - base.lags
    return Sizes(
        change=np.array([change_size(part, 1) for part in series]),
        level=np.array([change_size(part, half_window) for part in series]),
        season=np.array([[change_size(part, m) for m in settings.seasons] for part in series]).reshape(len(series), -1),
        target=np.array([[change_size(part, int(lag)) for lag in lags] for part in series]).reshape(len(series), -1),
    )


@dataclass(frozen=True)
class Problem:
    """A panel as the net meets it: ``x`` and ``y`` of any origins are read from the long table when asked for."""

    panel: Panel
    settings: Settings
    base: Base
    transform: Transform
    sizes: Sizes

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs of a step, in order; F of them."""
        return ("change", "level", *(f"change over {season} steps" for season in self.settings.seasons))

    @cached_property
    def z(self) -> FloatArray:
        """The transformed values, (rows,)."""
        return self.transform.forward(self.panel.values, self.row_series)

    @cached_property
    def row_series(self) -> Rows:
        """The series that each row belongs to, (rows,)."""
        return self.panel.row_series

    @cached_property
    def _changes(self) -> FloatArray:
        """Scaled changes over a step and over each season, (rows, 1 + M); 0 where there is nothing to compare with."""
        sizes = [self.sizes.change, *self.sizes.season.T]
        lags = (1, *self.settings.seasons)
        return np.stack([self._scaled_change(lag, size) for lag, size in zip(lags, sizes, strict=True)], axis=1)

    def _scaled_change(self, lag: int, size: FloatArray) -> FloatArray:
        changes = np.zeros(len(self.z))
        same = self.row_series[lag:] == self.row_series[:-lag]
        changes[lag:] = np.where(same, self.z[lag:] - self.z[:-lag], 0.0)
        return np.nan_to_num(changes / self._safe(size)[self.row_series], nan=0.0)

    @staticmethod
    def _safe(size: FloatArray) -> FloatArray:
        """Sizes that can be divided by: 1 where a series never differs, so that what is scaled by it stays 0."""
        return np.where(np.isfinite(size) & (size > 0), size, 1.0)

    def origins(self, after: int) -> Rows:
        """The rows at which the net can be asked, with ``after`` known rows beyond them."""
        before = max(self.settings.input_size, self.base.before)
        rows = origins(self.panel.offsets, np.isnan(self.z), self.settings.input_size, after)
        start = self.panel.offsets[self.row_series[rows]]
        rows = rows[rows - before + 1 >= start]
        known = ~np.isnan(self.anchors(rows)).any(axis=1)
        return rows[known & self.sizes.usable[self.row_series[rows]]]

    def anchors(self, rows: IntArray) -> FloatArray:
        """What the base says, as z, (n, h)."""
        return np.asarray(self.z[rows[:, None] + self.base.lags])

    def x(self, rows: IntArray) -> npt.NDArray[np.float32]:
        """The windows that end with the origins ``rows`` (n,): (n, T, F)."""
        T = self.settings.input_size
        starts = rows - T + 1
        changes = gather(self._changes, starts, T)
        level = gather(self.z, starts, T) - self.z[rows][:, None]
        level /= self._safe(self.sizes.level)[self.row_series[rows]][:, None]
        x = np.empty((len(rows), T, 1 + changes.shape[2]), dtype=np.float32)
        x[:, :, 0], x[:, :, 1], x[:, :, 2:] = changes[:, :, 0], level, changes[:, :, 1:]
        return x

    def y(self, rows: IntArray) -> npt.NDArray[np.float32]:
        """The scaled corrections that were needed at the origins ``rows`` (n,): (n, h)."""
        future = gather(self.z, rows + 1, self.settings.h)
        return ((future - self.anchors(rows)) / self._safe(self.sizes.target)[self.row_series[rows]]).astype(np.float32)

    def values(self, rows: IntArray, corrections: FloatArray) -> FloatArray:
        """The values that scaled corrections (n, h, Q) mean: (n, h, Q)."""
        series = self.row_series[rows]
        said = self.panel.values[rows[:, None] + self.base.lags]
        changes = corrections * self.sizes.target[series][:, :, None]
        return self.transform.move(said[:, :, None], changes, series)

    def fingerprint(self, rows: IntArray) -> str:
        """A hash of all that training on ``rows`` reads."""
        digest = hashlib.blake2b(digest_size=16)
        arrays = (self._changes, self.z, self.sizes.level, self.sizes.target, self.base.lags, rows)
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
