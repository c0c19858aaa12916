"""The forecast that the net corrects: a mean of simple ones, each weighted by how little it was off before.

No training makes it: at an origin t of a series its weights come from what each simple forecast got wrong, h steps
ahead, from earlier origins whose h values are known by t. With m steps in a season and z the (transformed) values,

    last value, drift, season, season and change, usual change     as in :mod:`~.bases`
    smoothing                                     ẑ_{t+k} = l_t + (φ + … + φᵏ) b_t + s_{t+k−m⌈k/m⌉}
                                                            + c · slope_t · (k − 1 + (1 − (1−α)ⁿ) / α)
        with e_t = z_t − (l_{t−1} + φ b_{t−1} + s_{t−m})
             l_t = l_{t−1} + φ b_{t−1} + α e_t,  b_t = φ b_{t−1} + β e_t,  s_t = s_{t−m} + γ e_t

where slope_t is that of the regression line through z_1 … z_t, n of them. With c = ½ and no trend of its own it is the
Theta method (Assimakopoulos & Nikolopoulos 2000; Hyndman & Billah 2003), with c = 0 and φ = 0.95 a damped trend
(Gardner & McKenzie 1985); each stands there with several α and γ, instead of one that is fitted. A missing value
changes no state. The profile s starts from the first two seasons.

A forecast's error r is its mean absolute error in units of the last value's, later origins counting more than earlier
ones (1/e as much after 24 horizons). It is shrunk towards r̄, the median of all series that were fitted, as if that was
another five horizons of errors:

    r̃ = (n r + 5 r̄) / (n + 5)          n: horizons' worth of origins; a horizon counts as 12 steps at least
    weight ∝ (1.04 r̃)⁻³²                 near the best where one is much better, near the mean where they are alike

with no 1.04 for the last value, so that ties go to the simplest. That means do better than choices, and better still
when shrunk towards each other, is old experience (Bates & Granger 1969, Stock & Watson 2004, the M4 competition). The
5, the 12, the 24, the 32, the 1.04 and the list of forecasts were chosen on series of the M3 competition and on the
development series of ``benchmarks/accuracy_data.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.data.windows import Known, Rows, blocks_of_series
from clearlstm.forecasting.model.baselines import seasonal_lags
from clearlstm.forecasting.model.bases import Base
from clearlstm.kernels.blends_reference import DRIFT, LAST, MOVED_SEASON, SEASON, SMOOTH, STILL, USUAL, ratios
from clearlstm.shapes import FloatArray

LEVELS: Final = (0.1, 0.2, 0.4, 0.8, 1.0)
"""α of each smoothing: how much of a surprise stays in the level."""

SEASONAL: Final = (0.1, 0.3)
"""γ: how much of it goes into the season's profile."""

TREND: Final = 0.2
"""β in units of α, of a damped trend."""

DAMPING: Final = 0.95

SLOPE_SHARE: Final = 0.5
"""The share of the regression line's slope that the Theta method keeps."""


@dataclass(frozen=True)
class Member:
    """One of the simple forecasts."""

    name: str
    kind: int
    season: int = 1
    alpha: float = 0.0
    beta: float = 0.0
    phi: float = 1.0
    gamma: float = 0.0
    slope: float = 0.0


def members_for(seasons: tuple[int, ...]) -> tuple[Member, ...]:
    """The simple forecasts for data with these seasons, the last value first."""
    members = [Member("the last value", LAST), Member("drift", DRIFT)]
    for m in seasons:
        members += [
            Member(f"the season before ({m} steps)", SEASON, m),
            Member(f"the same, moved by the last change over it ({m} steps)", MOVED_SEASON, m),
            Member(f"the usual change ({m} steps)", USUAL, m),
        ]
    for m in seasons or (1,):
        for gamma in SEASONAL if m > 1 else (0.0,):
            for alpha in LEVELS:
                about = f"level {alpha:g}" + (f", season {gamma:g}, {m} steps" if m > 1 else "")
                members += [
                    Member(f"Theta ({about})", SMOOTH, m, alpha, 0.0, 1.0, gamma, SLOPE_SHARE),
                    Member(f"damped trend ({about})", SMOOTH, m, alpha, TREND * alpha, DAMPING, gamma),
                ]
    return tuple(members)


@dataclass(frozen=True)
class Blend:
    """The weighted mean, h steps ahead, for data with these ``seasons``; ``usual`` (B,) are the errors r̄.

    Where it is asked for, it starts from the last known value.
    """

    h: int
    seasons: tuple[int, ...]
    usual: npt.NDArray[np.float64]

    @classmethod
    def of(cls, z: FloatArray, h: int, seasons: tuple[int, ...], begins: Rows, ends: Rows) -> "Blend":
        """With what is usual among series that have the rows begins[k] … ends[k] − 1 of z, (S,) each."""
        blank = cls(h, seasons, np.full(len(members_for(seasons)), np.nan))
        bounds = np.zeros(len(begins) + 1, dtype=np.int64)
        walks = blank._walks(z, begins, ends, bounds[:0], bounds)
        records = np.concatenate([records for _, _, records in walks])
        errors = ratios(records)
        errors[records[:, 1, 0] <= STILL * records[:, 2, 0]] = np.nan  # of series that never change
        some = ~np.isnan(errors).all(axis=0)
        usual = np.full(errors.shape[1], np.nan)
        usual[some] = np.nanmedian(errors[:, some], axis=0)
        return cls(h, seasons, usual)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The simple forecasts, B of them."""
        return members_for(self.seasons)

    @property
    def name(self) -> str:
        """In words."""
        return f"a mean of {len(self.members)} simple forecasts, weighted by their errors before"

    @property
    def before(self) -> int:
        """Rows that it needs, the origin's own included."""
        return 1

    def available(self, known: Known, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether it can be told at the origins ``rows`` (n,)."""
        return np.asarray(known.last(rows) >= 0)

    def anchors(self, z: FloatArray, known: Known, rows: Rows, forecasts: FloatArray) -> Rows:
        """The rows that ``forecasts`` (n, h) start from, (n, h): those of just that z, a season ago; else the last.

        So forecasts that repeat values do so to the bit.
        """
        anchors = np.repeat(known.last(rows)[:, None], self.h, axis=1)
        for season in self.seasons:
            ago = known.last(np.maximum(rows[:, None] + seasonal_lags(self.h, season), known.first(rows)[:, None]))
            anchors = np.where(z[ago] == forecasts, ago, anchors)
        return anchors

    def says(self, z: FloatArray, known: Known, rows: Rows) -> FloatArray:
        """The forecasts ẑ from the origins ``rows`` (n,): (n, h), not-a-number where there is none."""
        wanted, where = np.unique(rows, return_inverse=True)
        forecasts = np.empty((len(wanted), self.h))
        begin = 0
        for some, _, _ in self._walks(z, *_up_to(known, wanted)):
            forecasts[begin : begin + len(some)] = some
            begin += len(some)
        return forecasts if len(wanted) == len(rows) and (where[1:] > where[:-1]).all() else forecasts[where]

    def weights(self, z: FloatArray, known: Known, rows: Rows) -> FloatArray:
        """How much each simple forecast counts at ``rows`` (n,): (n, B), 1 together."""
        wanted, where = np.unique(rows, return_inverse=True)
        return np.concatenate([weights for _, weights, _ in self._walks(z, *_up_to(known, wanted))])[where]

    def _walks(
        self, z: FloatArray, begins: Rows, ends: Rows, wanted: Rows, bounds: Rows
    ) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
        """What ``kernels.blend`` answers, for some series after others: z is read as far as they need it at a time."""
        for part in blocks_of_series(begins, ends):
            rows, moved = _side_by_side(begins[part], ends[part])
            here = bounds[part.start : part.start + len(moved) + 1]
            rows_wanted = wanted[here[0] : here[-1]] - np.repeat(moved, here[1:] - here[:-1])
            bounded = (begins[part] - moved, ends[part] - moved, rows_wanted, here - here[0])
            yield kernels.blend(z[rows], *bounded, self._arrays, self.h)

    @cached_property
    def _arrays(self) -> kernels.Members:
        about = [(one.season, one.alpha, one.beta, one.phi, one.gamma, one.slope) for one in self.members]
        kinds = np.array([one.kind for one in self.members], dtype=np.int64)
        return kernels.Members(kinds, np.array(about, dtype=np.float64), self.usual)


def _side_by_side(begins: Rows, ends: Rows) -> tuple[slice | Rows, Rows]:
    """The rows of series that have those from begins[k] to ends[k] − 1, and by how much each moves among them, (S,).

    Those between are read too if they are no more than these.
    """
    lengths = ends - begins
    if ends.max() - begins[0] <= 2 * lengths.sum():
        return slice(begins[0], ends.max()), np.full(len(begins), begins[0])
    moved = begins - (np.cumsum(lengths) - lengths)
    return np.arange(lengths.sum()) + np.repeat(moved, lengths), moved


def _up_to(known: Known, wanted: Rows) -> tuple[Rows, Rows, Rows, Rows]:
    """The walks to the rows ``wanted`` (n,), which rise: begins and ends (S,); the rows; which are whose (S+1,)."""
    places, starts = np.unique(known.series(wanted), return_index=True)
    bounds = np.append(starts, len(wanted)).astype(np.int64)
    return known.offsets[places], wanted[bounds[1:] - 1] + 1, wanted, bounds


@dataclass(frozen=True)
class BaseForecasts:
    """A base's forecasts (n, h) from some rows, rising (n,)."""

    rows: Rows
    forecasts: FloatArray

    @classmethod
    def of(cls, base: Base | Blend, z: FloatArray, known: Known, rows: Rows) -> "BaseForecasts":
        """From ``rows`` (n,) in any order."""
        rows = np.unique(rows)
        return cls(rows, base.says(z, known, rows))

    def at(self, rows: Rows) -> FloatArray | None:
        """Those from ``rows`` (n,), (n, h); None if any of them isn't there."""
        if not len(self.rows):
            return None
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return self.forecasts[places] if bool((self.rows[places] == rows).all()) else None
