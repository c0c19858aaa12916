"""The simple forecasts by which :mod:`~.blend` is explained; in older files the net corrects one of them alone.

At an origin t, with m steps in a season and z the (transformed) values, they say for k = 1 … h

    last value                   ẑ_{t+k} = z_t
    season                       ẑ_{t+k} = z_{t+k−m⌈k/m⌉}                       the last known season repeated
    season and change            ẑ_{t+k} = z_{t+k−m⌈k/m⌉} + (z_t − z_{t−m})     moved by the last change over it
    usual change                 ẑ_{t+k} = z_t + mean_j (z_{t+k−jm} − z_{t−jm})  what followed at this time of year
    drift                        ẑ_{t+k} = z_t + k (z_t − z_1) / (t − 1)        the line through first and last

The usual change is taken from up to 5 seasons, j = ⌈k/m⌉ …, whose h steps lie before the origin. Where z_t (or
z_{t−m} …) is missing, the last known value before it stands in, as in :mod:`~.baselines`. Drift goes no further than
the history that its slope was taken from: at least h steps.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from clearlstm.data.windows import Known, Rows
from clearlstm.forecasting.model.baselines import seasonal_lags
from clearlstm.shapes import FloatArray

Kind = Literal["last", "season", "season and change", "usual change", "drift"]

SEASONS_AVERAGED = 5


@dataclass(frozen=True)
class Base:
    """One of the simple forecasts, ``h`` steps ahead; ``season`` in steps, 0 where it has none."""

    kind: Kind
    h: int
    season: int = 0

    @property
    def name(self) -> str:
        """In words."""
        if self.kind == "drift":
            return "drift (a straight line through the first and the last known value)"
        if self.kind == "last":
            return "the last known value"
        if self.kind == "usual change":
            return f"the last known value, plus what usually follows at that time of the season ({self.season} steps)"
        season = f"the value one season ({self.season} steps) before"
        return season if self.kind == "season" else f"{season}, plus the last change over the season"

    @property
    def lags(self) -> Rows:
        """The rows that it starts from, counted from the origin, (h,), all ≤ 0."""
        repeats = self.kind in ("season", "season and change")
        return seasonal_lags(self.h, self.season) if repeats else np.zeros(self.h, dtype=np.int64)

    @property
    def before(self) -> int:
        """Rows that it needs, the origin's own included."""
        if self.kind == "usual change":
            return self.season * -(-self.h // self.season) + 1
        return {"last": 1, "season": self.season, "season and change": self.season + 1, "drift": self.h + 1}[self.kind]

    def available(self, known: Known, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether it can be told at the origins ``rows`` (n,)."""
        last, first = known.last(rows), known.first(rows)
        enough = (rows - first + 1 >= self.before) & (last >= 0)
        if self.lags.any():
            enough &= (self.anchors(known, rows) >= 0).all(axis=1)
        if self.kind == "season and change":
            enough &= self._season_ago(known, rows) >= 0
        if self.kind == "drift":
            enough &= last - known.next(first) >= self.h
        return np.asarray(enough)

    def anchors(self, known: Known, rows: Rows) -> Rows:
        """The rows whose values it starts from, (n, h); −1 where nothing is known."""
        if not self.lags.any():
            return np.repeat(known.last(rows)[:, None], self.h, axis=1)
        return known.last(np.maximum(rows[:, None] + self.lags, known.first(rows)[:, None]))

    def shifts(self, z: FloatArray, known: Known, rows: Rows) -> FloatArray:
        """What it adds to the values there, (n, h)."""
        last = known.last(rows)
        if self.kind == "season and change":
            # z_t − z_{t−m}
            change = z[last] - z[self._season_ago(known, rows)]
            return np.repeat(change[:, None], self.h, axis=1)
        if self.kind == "drift":
            # k (z_t − z_1) / (t − 1), k counted from the last known value
            first = known.next(known.first(rows))
            slope = (z[last] - z[first]) / np.maximum(last - first, 1)
            ahead = (rows - last)[:, None] + np.arange(1, self.h + 1)
            return np.asarray(slope[:, None] * ahead)
        if self.kind == "usual change":
            return self._usual_change(z, known, rows)
        return np.zeros((len(rows), self.h))

    def _usual_change(self, z: FloatArray, known: Known, rows: Rows) -> FloatArray:
        """mean_j (z_{t+k−jm} − z_{t−jm}), (n, h); 0 where values are missing in all of those seasons."""
        k, first = np.arange(1, self.h + 1), known.first(rows)[:, None]
        total, count = np.zeros((len(rows), self.h)), np.zeros((len(rows), self.h))
        for more in range(SEASONS_AVERAGED):
            start = rows[:, None] - self.season * (-(-k // self.season) + more)
            inside = np.maximum(start, first)
            change = z[np.minimum(inside + k, rows[:, None])] - z[inside]
            shown = (start >= first) & np.isfinite(change)
            total += np.where(shown, change, 0.0)
            count += shown
        return np.asarray(total / np.maximum(count, 1))

    def says(self, z: FloatArray, known: Known, rows: Rows) -> FloatArray:
        """The forecasts ẑ from the origins ``rows`` (n,): (n, h), not-a-number where there is none."""
        forecasts = z[self.anchors(known, rows)] + self.shifts(z, known, rows)
        forecasts[~self.available(known, rows)] = np.nan
        return forecasts

    def _season_ago(self, known: Known, rows: Rows) -> Rows:
        return known.last(np.maximum(rows - self.season, known.first(rows)))
