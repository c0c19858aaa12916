"""Signs that a comparison is too good to be true: suspicions with their evidence. None of them is proof.

Two things are looked for: a covariate that knows what the target will do, and windows of the test part whose content
stands in the training part too. (A forecast that copies the last value is seen in :mod:`~.comparison`.)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.forecasting.evaluate.backtest import Backtest
from clearlstm.forecasting.model.baselines import Rows
from clearlstm.shapes import FloatArray

EXPLAINS = 0.25
"""A covariate is suspected if it explains so much of what the target's own past leaves open."""
EXPLAINS_KNOWN = 0.98
"""The same for one that is said to be known ahead: weather or a holiday may explain much, but hardly everything."""
CHANCE = 0.001
PAST_CHANGES = 8
MOST_ROWS, MOST_ROWS_TO_COMPARE = 100_000, 2_000_000
"""Of larger panels, series taken evenly from all are looked at."""
MIN_TIMES = 30
NOTHING_LEFT = 1e-9
"""The share of a variance below which what is left is rounding."""


@dataclass(frozen=True)
class Suspicion:
    """What is suspected, and the numbers that speak for it."""

    what: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.what}: {self.evidence}"


def look_for_leaks(backtest: Backtest) -> tuple[Suspicion, ...]:
    """What looks too good in the windows of a backtest, and in the covariates that it was given."""
    panel, settings = backtest.panel, backtest.settings
    first, T, h = backtest.cutoffs[0], settings.input_size, settings.h
    suspicions = repeated_windows(panel, backtest.rows, first, T, h, settings.seasons)
    for name, column in panel.covariates.items():
        if column.categories is None and name not in settings.static:
            ahead = name in settings.futr_exog
            values = column.values.astype(np.float64)
            suspicions += foreseeing(panel, name, values, h, settings.seasons, known_ahead=ahead)
    return tuple(suspicions)


@dataclass(frozen=True)
class Foresight:
    """How well a covariate tells the target's change ``lead`` steps later.

    ahead: the correlation of its change with that change, what the pasts of both explain taken out. past: its
    correlation with what those pasts explain of it. chance: what ``ahead`` reaches once in 1000 by chance.
    """

    lead: int
    ahead: float
    past: float
    chance: float


def foresight(
    panel: Panel, covariate: FloatArray, h: int, seasons: Sequence[int] = (), *, known_ahead: bool = False
) -> Foresight | None:
    """The best that a change of ``covariate`` (rows,) does at telling a change of the target 1 … h steps later.

    Taken out of both first is what the target's past and the covariate's own explain (as in Granger 1969): what is
    left is what the covariate newly knows. ``known_ahead``: a forecast is given its value at the time of the target
    itself, so that is looked at. None if there are fewer than 30 times, or the covariate has nothing new to tell.
    """
    panel, kept = _some_series(panel, MOST_ROWS)
    target, changes = (_scaled_changes(panel, values) for values in (panel.values, covariate[kept]))
    own_past = _own_past(panel, _scaled(panel, covariate[kept]), changes, seasons)
    if known_ahead:
        changes, own_past = (_lagged(panel, one, -1) for one in (changes, own_past))
    leads = [1] if known_ahead else list(range(1, h + 1))
    future = np.stack([_lagged(panel, target, -lead) for lead in leads], axis=1)
    given = np.concatenate([_past(panel, target, h, seasons), own_past], axis=1)
    correlations = _partial_correlations(panel, changes, future, given)
    if correlations is None:
        return None
    ahead, past, n = correlations
    best = int(np.argmax(np.abs(ahead)))
    return Foresight(leads[best], float(ahead[best]), past, _chance(n, len(ahead)))


def foreseeing(
    panel: Panel, name: str, covariate: FloatArray, h: int, seasons: Sequence[int] = (), *, known_ahead: bool = False
) -> list[Suspicion]:
    """Suspect ``covariate`` (rows,) of knowing the future, if :func:`foresight` finds more than is to be believed."""
    best = foresight(panel, covariate, h, seasons, known_ahead=known_ahead)
    enough = EXPLAINS_KNOWN if known_ahead else EXPLAINS
    if best is None or best.ahead**2 < enough or abs(best.ahead) <= best.chance:
        return []
    when = "at the same time" if known_ahead else f"{best.lead} step{'s' * (best.lead > 1)} later"
    return [
        Suspicion(
            f"{name!r} may know the future",
            f"what is new in it has a correlation of {best.ahead:.2f} with the target's change {when} (by chance: up "
            f"to {best.chance:.2f}; all that the past explains of it: {best.past:.2f}). "
            "Check that its values are known when a forecast is made",
        )
    ]


def _some_series(panel: Panel, most_rows: int) -> tuple[Panel, Rows]:
    """Every k-th series, so that there are about ``most_rows`` rows; and which rows of ``panel`` those are."""
    every = -(-len(panel.values) // most_rows)
    if every <= 1:
        return panel, np.arange(len(panel.values))
    series = np.arange(0, len(panel), every)
    return panel.take(series), np.flatnonzero(np.isin(panel.row_series, series))


def _chance(n: int, looks: int) -> float:
    """What |r| of n independent pairs exceeds once in 1000 in any of so many looks, by Fisher's z."""
    return math.tanh(NormalDist().inv_cdf(1 - CHANCE / (2 * looks)) / math.sqrt(max(n - 3, 1)))


def _scaled(panel: Panel, values: FloatArray) -> FloatArray:
    """Each series of ``values`` (rows,) with mean 0 and spread 1; not-a-number where it never changes."""
    series, S = panel.row_series, len(panel)
    known = np.isfinite(values)
    counts = np.bincount(series[known], minlength=S)
    mean = np.bincount(series[known], weights=values[known], minlength=S) / np.maximum(counts, 1)
    centred = np.where(known, values - mean[series], np.nan)
    variance = np.bincount(series[known], weights=centred[known] ** 2, minlength=S) / np.maximum(counts, 1)
    spread = np.sqrt(variance)
    usable = spread > 1e-9 * np.abs(mean)
    return np.asarray(centred / np.where(usable, spread, np.nan)[series])


def _scaled_changes(panel: Panel, values: FloatArray) -> FloatArray:
    """y_t − y_{t−1}, scaled by series, (rows,)."""
    return _scaled(panel, values - _lagged(panel, values, 1))


def _lagged(panel: Panel, values: FloatArray, lag: int) -> FloatArray:
    """The values ``lag`` rows before each row of ``values`` (rows, …), or after it if negative; none from elsewhere."""
    rows = np.arange(len(values)) - lag
    series = panel.row_series
    inside = (rows >= 0) & (rows < len(values))
    at = np.clip(rows, 0, len(values) - 1)
    inside &= series[at] == series
    return np.where(inside.reshape(-1, *[1] * (values.ndim - 1)), values[at], np.nan)


def _past(panel: Panel, changes: FloatArray, h: int, seasons: Sequence[int]) -> FloatArray:
    """The target's changes that a forecaster has, (rows, P): the last ones, and those a season before."""
    seasonal = {m - k for m in seasons for k in range(1, h + 1) if m > k}
    lags = sorted(set(range(max(h, PAST_CHANGES))) | seasonal)
    return np.stack([_lagged(panel, changes, lag) for lag in lags], axis=1)


def _own_past(panel: Panel, x: FloatArray, changes: FloatArray, seasons: Sequence[int]) -> FloatArray:
    """The covariate a step before, and its last changes and those a season before, (rows, P)."""
    lags = sorted({*range(1, PAST_CHANGES), *seasons})
    return np.stack([_lagged(panel, x, 1), *(_lagged(panel, changes, lag) for lag in lags)], axis=1)


def _partial_correlations(
    panel: Panel, x: FloatArray, y: FloatArray, given: FloatArray
) -> tuple[FloatArray, float, int] | None:
    """Correlations (Y,) of x (rows,) and y (rows, Y) without what ``given`` (rows, P) explains; of x with that; and n.

    n is the number of different times, less P: series that share them are not independent. None if it is below 30, or
    if x has nothing left.
    """
    rows = np.flatnonzero(np.isfinite(np.concatenate([x[:, None], y, given], axis=1)).all(axis=1))
    n = len(np.unique(panel.times[rows])) - given.shape[1]
    if n < MIN_TIMES:
        return None
    every, known = np.concatenate([x[rows, None], y[rows]], axis=1), given[rows]
    every, known = every - every.mean(axis=0), known - known.mean(axis=0)
    rest = every - known @ np.linalg.lstsq(known, every, rcond=None)[0]
    left, whole = np.sum(rest**2, axis=0), np.sum(every**2, axis=0)
    if left[0] <= NOTHING_LEFT * whole[0]:
        return None
    rest = np.where(left > NOTHING_LEFT * whole, rest / np.sqrt(np.where(left > 0, left, 1.0)), 0.0)
    return rest[:, 0] @ rest[:, 1:], math.sqrt(max(0.0, 1 - left[0] / whole[0])), n


def repeated_windows(
    panel: Panel, rows: Rows, first_cutoff: Any, before: int, after: int, seasons: Sequence[int] = ()
) -> list[Suspicion]:
    """Suspect windows of the origins ``rows`` (n,) whose content also stands before the first cutoff, to the bit.

    A window is ``before`` rows up to and including its origin and the ``after`` that follow. Windows that chance would
    repeat are left aside: from how often each value, and each change, occurs in the panel follows how many equal pairs
    to expect, and 1 in 1000 is too many. So are windows that only repeat themselves, over a step or over a season.
    """
    L = before + after
    test_rows = np.zeros(len(panel.values), dtype=bool)
    test_rows[rows + after] = True
    panel, kept = _some_series(panel, MOST_ROWS_TO_COMPARE)
    ends = _full_windows(panel, L)
    ends = ends[~_repeats_itself(panel, ends, L, seasons)]
    content = _hashes(panel.values, ends, L)
    training = panel.times[ends] <= first_cutoff
    tested = test_rows[kept][ends]
    rare = _log_chance(panel, ends, L) + math.log(max(training.sum() * tested.sum(), 1)) < math.log(CHANCE)
    tests = np.flatnonzero(tested & rare & ~training)
    order = np.flatnonzero(training)[np.argsort(content[training], kind="stable")]
    place = np.minimum(np.searchsorted(content[order], content[tests]), max(len(order) - 1, 0))
    pairs = [(ends[a], ends[order[p]]) for a, p in zip(tests, place, strict=True) if len(order)]
    repeats = [(a, b) for a, b in pairs if np.array_equal(_content(panel, a, L), _content(panel, b, L))]
    if not repeats:
        return []
    first, again = (_where(panel, end - after) for end in repeats[0])
    return [
        Suspicion(
            "rows of the test stand in the training part too",
            f"{len(repeats)} of the {int(tested.sum())} windows compared, {L} rows each, repeat one of them to the bit "
            f"(the first: {first}, which is {again}). Remove the duplicates",
        )
    ]


def _full_windows(panel: Panel, L: int) -> Rows:
    """The last rows of all stretches of L rows of one series without a gap."""
    rows = np.arange(len(panel.values))
    gaps = np.concatenate([[0], np.cumsum(np.isnan(panel.values))])
    starts = np.repeat(panel.offsets[:-1], panel.lengths)
    fits = rows - L + 1 >= starts
    return np.flatnonzero(fits & (gaps[rows + 1] == gaps[np.maximum(rows - L + 1, 0)]))


def _repeats_itself(panel: Panel, ends: Rows, L: int, seasons: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Whether every row of the windows that end at ``ends`` equals the one a step, or a season, before it."""
    repeats = np.zeros(len(ends), dtype=bool)
    for lag in (1, *seasons):
        differs = panel.values != _lagged(panel, panel.values, lag)
        count = np.concatenate([[0], np.cumsum(differs)])
        # the window's own first row may be compared with nothing
        repeats |= count[ends + 1] - count[ends - L + 2] == 0
    return repeats


def _hashes(values: FloatArray, ends: Rows, L: int) -> npt.NDArray[np.uint64]:
    """A hash of the L values up to each of ``ends`` (n,): Σ_k v_k B^(k − end) modulo 2^64, from sums over all rows."""
    with np.errstate(over="ignore"):
        bits = _mixed(np.ascontiguousarray(values + 0.0).view(np.uint64))  # adding 0 makes −0 and 0 one
        base = np.uint64(0x9E3779B97F4A7C15)
        inverse = np.uint64(pow(int(base), -1, 2**64))
        total = np.concatenate([[np.uint64(0)], np.cumsum(bits * _powers(base, len(bits)))])
        return np.asarray((total[ends + 1] - total[ends - L + 1]) * _powers(inverse, len(bits))[ends])


def _powers(base: np.uint64, n: int) -> npt.NDArray[np.uint64]:
    """base^0 … base^(n−1) modulo 2^64."""
    factors = np.full(n, base)
    factors[:1] = 1
    return np.cumprod(factors)


def _mixed(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread the bits of each value over all 64 (Steele, Lea & Flood 2014): round numbers end in zeros."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _log_chance(panel: Panel, ends: Rows, L: int) -> FloatArray:
    """The logarithm of the chance that some stretch of L rows has the content of those that end at ``ends``, (n,).

    As if values came independently, or as if changes did, as often as each is there: the larger of the two.
    """
    changes = panel.values - _lagged(panel, panel.values, 1)
    return np.maximum(*(_log_likelihood(one, ends, L) for one in (panel.values, changes)))


def _log_likelihood(values: FloatArray, ends: Rows, L: int) -> FloatArray:
    """The sum of log frequencies of the last L − 1 of ``values`` (rows,) up to each of ``ends`` (n,)."""
    known = ~np.isnan(values)
    _, which, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    logs = np.zeros(len(values))
    logs[known] = np.log(counts / max(int(known.sum()), 1))[which]
    total = np.concatenate([[0.0], np.cumsum(logs)])
    return np.asarray(total[ends + 1] - total[ends - L + 2])


def _content(panel: Panel, end: int, L: int) -> FloatArray:
    return panel.values[end - L + 1 : end + 1]


def _where(panel: Panel, row: int) -> str:
    k = int(np.searchsorted(panel.offsets, row, side="right")) - 1
    return f"{str(panel.ids[k])!r} at {panel.text(panel.times[row])}"
