"""Simple forecasts of every series, and their mean, weighted by how little each was off before: in NumPy.

The equations stand in ``forecasting/model/blend.py``. This is what the compiled ``blends`` is held to, and what answers
where nothing can be compiled. At a row, everything is known from the rows up to it alone.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from clearlstm.shapes import FloatArray, IntArray

LAST, DRIFT, SEASON, MOVED_SEASON, USUAL, SMOOTH = range(6)
"""Kinds of simple forecasts."""

PERIOD, ALPHA, BETA, PHI, GAMMA, SLOPE = range(6)
"""What describes one, in columns: its season in steps (1 for none), the gains, and the share of the line's slope."""

SEASONS_AVERAGED: Final = 5

START: Final = 2
"""Seasons that a seasonal profile starts from."""

SHORTEST: Final = 12
"""Steps of a horizon, at least, where evidence is counted in horizons."""

EVIDENCE: Final = 5.0
"""So many horizons of a series' own errors count as much as what is usual."""

MEMORY: Final = 24.0
"""Horizons of errors after which an error counts 1/e of what it did."""

DOUBLINGS: Final = 5
"""Weights are errors to the power of −2⁵."""

DOUBT: Final = 1.04
"""By so much the errors of all but the last value are taken for larger than they were: ties go to the simplest."""

NEGLIGIBLE: Final = 1e-6
STILL: Final = 1e-9
"""Errors of the last value below which a series doesn't change."""

FLOOR: Final = 1e-18
"""Added to errors, so that one that is 0 takes the whole weight."""

DENSE: Final = 64
"""So many rows are looked at one by one; twice as many by every second one, and so on up to half a horizon.

That end is odd, so that not all origins lie at the same hours of a day.
"""


class Members(NamedTuple):
    """B simple forecasts: kinds (B,), about (B, 6) by the columns above, and their usual errors, prior (B,).

    The first is the last value. A prior is in units of the last value's errors, not-a-number where there is none.
    """

    kinds: IntArray
    about: FloatArray
    prior: FloatArray


def spacing(position: int, h: int) -> int:
    """How many rows lie between one origin whose errors are noted and the next: more, the longer the series."""
    sparse = 1 << max(0, (position // DENSE).bit_length() - 1)
    return max(1, h // 8, min(sparse, max(h, SHORTEST) // 2 | 1))


def kept(step: int, h: int) -> float:
    """The share of a record that is kept when the errors of the next origin, ``step`` rows later, are noted."""
    return 1 - min(step / (MEMORY * max(h, SHORTEST)), 0.5)


def blend(
    z: FloatArray, begins: IntArray, ends: IntArray, wanted: IntArray, bounds: IntArray, members: Members, h: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Forecasts from the rows ``wanted`` (n,), (n, h); by what weights, (n, B); and the records (S, 3, B).

    Series k has the rows begins[k] … ends[k] − 1 of z, and wants wanted[bounds[k]:bounds[k + 1]], which rise. A record
    sums up the errors of each forecast, those of the last value on the same origins, and how many origins there were.
    """
    out, weights, records = answers = empty_answers(len(wanted), len(begins), members, h)
    for k, record in enumerate(records):
        here = slice(bounds[k], bounds[k + 1])
        walk = _Walk(z[begins[k] : ends[k]], members, h, record)
        walk.through(wanted[here] - begins[k], out[here], weights[here])
    return answers


def empty_answers(n: int, S: int, members: Members, h: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What :func:`blend` fills in."""
    B = len(members.kinds)
    return np.full((n, h), np.nan), np.zeros((n, B)), np.zeros((S, 3, B))


@dataclass
class _Walk:
    """One series, row by row: z (rows,); the states of smoothing are (B,), the profiles (B, longest season)."""

    z: FloatArray
    members: Members
    h: int
    record: FloatArray
    pending: dict[int, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = np.flatnonzero(~np.isnan(self.z))
        self.first = int(known[0]) if len(known) else len(self.z)
        rows = np.maximum.accumulate(np.where(np.isnan(self.z), -1, np.arange(len(self.z))))
        self.filled = np.where(rows >= 0, self.z[rows], np.nan)
        B, about = len(self.members.kinds), self.members.about
        self.periods = about[:, PERIOD].astype(np.int64)
        self.level, self.trend, self.faded = np.zeros(B), np.zeros(B), np.ones(B)
        self.profile = np.zeros((B, int(self.periods.max())))
        if len(known):
            self.level[:] = self.z[self.first]
            for b in np.flatnonzero((about[:, ALPHA] > 0) & (self.periods > 1)):
                self.level[b] = self._start(self.periods[b], self.profile[b])

    def _start(self, m: int, profile: FloatArray) -> float:
        """The profile from the first two seasons, less their means and the line between; the line's level before."""
        rows = np.full(START * m, np.nan)
        part = self.z[self.first : self.first + START * m]
        rows[: len(part)] = part
        seasons = rows.reshape(START, m)
        counts = (~np.isnan(seasons)).sum(axis=1)
        first = np.nansum(seasons[0]) / counts[0] if counts[0] else 0.0
        second = np.nansum(seasons[1]) / counts[1] if counts[1] else first
        slope, middle = (second - first) / m, (m - 1) / 2
        line = first + slope * (np.arange(START * m) - middle)
        off = (rows - line).reshape(START, m)
        shown = (~np.isnan(off)).sum(axis=0)
        profile[:m] = np.nansum(off, axis=0) / np.maximum(shown, 1)
        profile[:m] -= profile[:m].mean()
        return float(first + slope * (-1 - middle))

    def through(self, wanted: IntArray, out: FloatArray, weights: FloatArray) -> None:
        """Walk, and fill out (n, h) and weights (n, B) at the rows ``wanted`` (n,)."""
        places = {int(row): at for at, row in enumerate(wanted)}
        for row in range(self.first, len(self.z)):
            position = row - self.first
            self._advance(position, self.z[row])
            if row - self.h in self.pending:
                self._note(row - self.h, self.pending.pop(row - self.h))
            noted = position % spacing(position, self.h) == 0 and row + self.h < len(self.z)
            if not noted and row not in places:
                continue
            forecasts = self._say(row)
            if row in places:
                shares = self._weigh(forecasts)
                weights[places[row]] = shares
                used = shares > 0
                first = forecasts[used][0]  # so that the mean of equal ones is exactly that
                out[places[row]] = first + (shares[used, None] * (forecasts[used] - first)).sum(axis=0)
            if noted:
                self.pending[row] = forecasts

    def _advance(self, position: int, value: float) -> None:
        """Take in a value; a missing one moves the states on and changes nothing."""
        _, alpha, beta, phi, gamma, _ = self.members.about.T
        at = (np.arange(len(alpha)), position % self.periods)
        ahead = self.level + phi * self.trend
        error = np.zeros_like(alpha) if np.isnan(value) else value - (ahead + self.profile[at])
        error[alpha == 0] = 0
        self.level = ahead + alpha * error
        self.trend = phi * self.trend + beta * error
        self.profile[at] += gamma * error
        self.faded = self.faded * (1 - alpha)

    def _note(self, origin: int, forecasts: FloatArray) -> None:
        future = self.z[origin + 1 : origin + 1 + self.h]
        known = ~np.isnan(future)
        if known.any():
            self.record *= kept(spacing(origin - self.first, self.h), self.h)
            errors = np.abs(future - forecasts)[:, known].mean(axis=1)
            able, weight = ~np.isnan(errors), spacing(origin - self.first, self.h)
            self.record[:, able] += (
                weight * np.stack([errors, np.full_like(errors, errors[0]), np.ones_like(errors)])[:, able]
            )

    def _say(self, row: int) -> FloatArray:
        """What each says of the h steps after ``row``, (B, h); not-a-number where it can't."""
        k, position = np.arange(1, self.h + 1), row - self.first
        line = _Line.through(self.z[self.first : row + 1])
        forecasts = np.full((len(self.members.kinds), self.h), np.nan)
        for b, (kind, m) in enumerate(zip(self.members.kinds, self.periods, strict=True)):
            seasons = -(-k // m)
            if kind == LAST:
                forecasts[b] = self.filled[row]
            elif kind == DRIFT and row >= self.h and line.last >= self.h:
                forecasts[b] = self.filled[row] + (position - line.last + k) * line.chord
            elif kind == SEASON and position + 1 >= m:
                forecasts[b] = self.filled[row + k - m * seasons]
            elif kind == MOVED_SEASON and position >= m:
                forecasts[b] = self.filled[row + k - m * seasons] + (self.filled[row] - self.filled[row - m])
            elif kind == USUAL and row >= m * seasons[-1]:
                forecasts[b] = self.filled[row] + self._usual_change(row, m)
            elif kind == SMOOTH and (position + 1 >= START * m if m > 1 else line.n > 2):
                forecasts[b] = self._smoothed(b, position, line.slope)
        return forecasts

    def _usual_change(self, row: int, m: int) -> FloatArray:
        k = np.arange(1, self.h + 1)
        starts = row - m * (-(-k // m) + np.arange(SEASONS_AVERAGED)[:, None])
        changes = np.where(starts >= 0, self.z[np.maximum(starts, 0) + k] - self.z[np.maximum(starts, 0)], np.nan)
        return np.asarray(np.nansum(changes, axis=0) / np.maximum((~np.isnan(changes)).sum(axis=0), 1))

    def _smoothed(self, b: int, position: int, slope: float) -> FloatArray:
        _, alpha, _, phi, _, share = self.members.about[b]
        k, m = np.arange(1, self.h + 1), self.periods[b]
        damped = np.cumsum(np.cumprod(np.full(self.h, phi)))
        line = share * slope * (k - 1 + (1 - self.faded[b]) / alpha)
        return np.asarray(self.level[b] + damped * self.trend[b] + self.profile[b, (position + k) % m] + line)

    def _weigh(self, forecasts: FloatArray) -> FloatArray:
        """The weight of each, (B,), from its record and what is usual."""
        own, n = ratios(self.record), self.record[2] / max(self.h, SHORTEST)
        usual = self.members.prior
        errors: FloatArray = np.where(
            np.isnan(own), usual, np.where(np.isnan(usual), own, (n * own + EVIDENCE * usual) / (n + EVIDENCE))
        )
        errors[1:] *= DOUBT
        errors[np.isnan(forecasts[:, 0])] = np.nan
        if np.isnan(errors).all():
            return np.asarray(np.arange(len(errors)) == 0, dtype=np.float64)
        shares = (np.nanmin(errors) + FLOOR) / (errors + FLOOR)
        for _ in range(DOUBLINGS):
            shares = shares * shares
        shares = np.where(shares > NEGLIGIBLE, shares, 0.0)
        return np.asarray(shares / shares.sum())


class _Line(NamedTuple):
    """The slope of the regression line through what is known; that of the chord; how many values; the last's place."""

    slope: float
    chord: float
    n: int
    last: int

    @classmethod
    def through(cls, z: FloatArray) -> "_Line":
        x = np.flatnonzero(~np.isnan(z)).astype(np.float64)
        values = z[x.astype(np.int64)] - z[0]
        n, at = len(x), x.sum()
        spread = n * (x * x).sum() - at * at
        slope = (n * (x * values).sum() - at * values.sum()) / spread if n > 2 and spread > 0 else 0.0
        return cls(float(slope), float(values[-1] / max(x[-1], 1.0)), n, int(x[-1]))


def ratios(records: FloatArray) -> FloatArray:
    """Errors in units of the last value's, (…, B), of records (…, 3, B); not-a-number where there is no origin."""
    own, plain, n = np.moveaxis(records, -2, 0)
    still = plain <= STILL * n
    errors: FloatArray = np.divide(own, plain, out=np.where(own <= STILL * n, 1.0, 1 / STILL), where=~still)
    return np.where(n > 0, errors, np.nan)
