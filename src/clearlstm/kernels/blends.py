"""Simple forecasts of every series, and their mean, weighted by how little each was off before: compiled.

The same as ``blends_reference``, which says what each function is for. A thread takes every ``n_parts``-th series.
"""

from typing import Any

import numpy as np

from clearlstm.kernels.blends_reference import (
    DENSE,
    DOUBLINGS,
    DOUBT,
    DRIFT,
    EVIDENCE,
    FLOOR,
    LAST,
    MEMORY,
    MOVED_SEASON,
    NEGLIGIBLE,
    SEASON,
    SEASONS_AVERAGED,
    SHORTEST,
    SMOOTH,
    START,
    STILL,
    USUAL,
)
from clearlstm.kernels.compiling import Kernel, compiled
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.shapes import FloatArray, IntArray

# Where the sums of a regression line stand.
N, AT, SQUARES, SUMS, PRODUCTS, PLACE = range(6)


@compiled
def spacing(position: int, h: int) -> int:
    """How many rows lie between one origin whose errors are noted and the next."""
    sparse = 1
    while position >= 2 * sparse * DENSE:
        sparse *= 2
    return max(1, h // 8, min(sparse, max(h, SHORTEST) // 2 | 1))


@compiled
def start(z: FloatArray, first: int, end: int, m: int, profile: FloatArray) -> float:
    """Fill the profile (m,); returns the level before the first row."""
    sums, counts = np.zeros(START), np.zeros(START)
    for k in range(min(START * m, end - first)):
        if not np.isnan(z[first + k]):
            sums[k // m] += z[first + k]
            counts[k // m] += 1
    mean = sums[0] / counts[0] if counts[0] > 0 else 0.0
    slope = (sums[1] / counts[1] - mean) / m if counts[1] > 0 else 0.0
    middle, total = 0.5 * (m - 1), 0.0
    for phase in range(m):
        off, shown = 0.0, 0
        for k in range(phase, min(START * m, end - first), m):
            if not np.isnan(z[first + k]):
                off += z[first + k] - (mean + slope * (k - middle))
                shown += 1
        profile[phase] = off / max(shown, 1)
        total += profile[phase]
    for phase in range(m):
        profile[phase] -= total / m
    return mean + slope * (-1 - middle)


@compiled
def advance(position: int, value: float, about: Any, level: Any, trend: Any, profile: Any, faded: Any) -> None:
    """Take in the value of a row."""
    for b in range(len(about)):
        m, alpha, beta, phi, gamma = int(about[b, 0]), about[b, 1], about[b, 2], about[b, 3], about[b, 4]
        if alpha > 0:
            phase, ahead = position % m, level[b] + phi * trend[b]
            error = 0.0 if np.isnan(value) else value - (ahead + profile[b, phase])
            level[b] = ahead + alpha * error
            trend[b] = phi * trend[b] + beta * error
            profile[b, phase] += gamma * error
            faded[b] *= 1 - alpha


@compiled
def extend(line: FloatArray, position: int, value: float) -> None:
    """Take a known value, less the first, into the sums of the regression line."""
    x = float(position)
    line[N] += 1
    line[AT] += x
    line[SQUARES] += x * x
    line[SUMS] += value
    line[PRODUCTS] += x * value
    line[PLACE] = x


@compiled
def slope_of(line: FloatArray) -> float:
    """The slope of the regression line."""
    spread = line[N] * line[SQUARES] - line[AT] * line[AT]
    if line[N] <= 2 or spread <= 0:
        return 0.0
    return (line[N] * line[PRODUCTS] - line[AT] * line[SUMS]) / spread  # type: ignore[no-any-return]


@compiled
def can(kind: int, m: int, row: int, position: int, line: FloatArray, h: int) -> bool:
    """Whether there is enough at ``row``, counted from the series' start, for a forecast of this kind."""
    if kind == DRIFT:
        return row >= h and bool(line[PLACE] >= h)
    if kind == SEASON:
        return position + 1 >= m
    if kind == MOVED_SEASON:
        return position >= m
    if kind == USUAL:
        return row >= m * -(-h // m)
    if kind == SMOOTH:
        return position + 1 >= START * m if m > 1 else bool(line[N] > 2)
    return kind == LAST


@compiled
def usual_change(z: FloatArray, begin: int, row: int, m: int, k: int) -> float:
    """What followed in k steps, on average over up to five seasons."""
    total, count = 0.0, 0
    for more in range(SEASONS_AVERAGED):
        at = row - m * (-(-k // m) + more)
        if at >= begin:
            change = z[at + k] - z[at]
            if not np.isnan(change):
                total += change
                count += 1
    return total / max(count, 1)


@compiled
def say_plain(kind: int, m: int, z: Any, filled: Any, begin: int, row: int, line: Any, first: int, out: Any) -> None:
    """What a forecast that needs no smoothing says after ``row``, into out (h,)."""
    last, chord = filled[row - begin], 0.0
    if kind == DRIFT:
        place = first + int(line[PLACE])
        chord = (z[place] - z[first]) / max(line[PLACE], 1.0)
        last += (row - place) * chord
    moved = last - filled[row - begin - m] if kind == MOVED_SEASON else 0.0
    for k in range(1, len(out) + 1):
        if kind in (SEASON, MOVED_SEASON):
            out[k - 1] = filled[row - begin + k - m * -(-k // m)] + moved
        elif kind == USUAL:
            out[k - 1] = last + usual_change(z, begin, row, m, k)
        else:
            out[k - 1] = last + k * chord


@compiled
def say_smooth(
    about: Any, position: int, slope: float, level: float, trend: float, profile: Any, faded: float, out: Any
) -> None:
    """What smoothing says after the row at ``position``, into out (h,)."""
    m, alpha, phi, share = int(about[0]), about[1], about[3], about[5]
    total, power = 0.0, 1.0
    for k in range(len(out)):
        power *= phi
        total += power
        line = share * slope * (k + (1 - faded) / alpha)
        out[k] = level + total * trend + profile[(position + 1 + k) % m] + line


@compiled
def note(z: FloatArray, origin: int, weight: float, forecasts: FloatArray, record: FloatArray) -> None:
    """Add the errors of forecasts (B, h) from ``origin`` to the record (3, B), which fades by as much."""
    B, h = forecasts.shape
    known = 0
    for k in range(h):
        known += not np.isnan(z[origin + 1 + k])
    if known == 0:
        return
    kept = 1 - min(weight / (MEMORY * max(h, SHORTEST)), 0.5)
    for b in range(B):
        own, plain = 0.0, 0.0
        for k in range(h):
            value = z[origin + 1 + k]
            if not np.isnan(value):
                own += abs(value - forecasts[b, k])
                plain += abs(value - forecasts[0, k])
        able = not np.isnan(forecasts[b, 0])
        record[0, b] = kept * record[0, b] + (weight * (own / known) if able else 0.0)
        record[1, b] = kept * record[1, b] + (weight * (plain / known) if able else 0.0)
        record[2, b] = kept * record[2, b] + (weight if able else 0.0)


@compiled
def ratio(own: float, plain: float, n: float) -> float:
    """Errors in units of the last value's."""
    if n == 0:
        return np.nan
    if plain <= STILL * n:
        return 1.0 if own <= STILL * n else 1 / STILL
    return own / plain


@compiled
def weigh(forecasts: FloatArray, record: FloatArray, prior: FloatArray, weights: FloatArray) -> None:
    """The weight of each forecast, into weights (B,)."""
    B, h = forecasts.shape
    least, total = np.inf, 0.0
    for b in range(B):
        own, n = ratio(record[0, b], record[1, b], record[2, b]), record[2, b] / max(h, SHORTEST)
        if np.isnan(own) or np.isnan(forecasts[b, 0]):
            weights[b] = np.nan if np.isnan(forecasts[b, 0]) else prior[b]
        else:
            weights[b] = own if np.isnan(prior[b]) else (n * own + EVIDENCE * prior[b]) / (n + EVIDENCE)
        if b > 0:
            weights[b] *= DOUBT
        if weights[b] < least:
            least = weights[b]
    for b in range(B):
        share = (least + FLOOR) / (weights[b] + FLOOR)
        for _ in range(DOUBLINGS):
            share *= share
        weights[b] = share if share > NEGLIGIBLE else 0.0  # where there is none, it is not-a-number
        total += weights[b]
    for b in range(B):
        weights[b] = weights[b] / total if total > 0 else (1.0 if b == 0 else 0.0)


@compiled
def mean(forecasts: FloatArray, weights: FloatArray, out: FloatArray) -> None:
    """The weighted mean of forecasts (B, h), into out (h,): of equal ones exactly that."""
    first = 0
    while weights[first] == 0:
        first += 1
    out[:] = forecasts[first]
    for b in range(first + 1, len(weights)):
        if weights[b] > 0:
            for k in range(len(out)):
                out[k] += weights[b] * (forecasts[b, k] - forecasts[first, k])


@compiled
def walk(
    z: FloatArray,
    begin: int,
    end: int,
    wanted: IntArray,
    kinds: IntArray,
    about: FloatArray,
    prior: FloatArray,
    out: FloatArray,
    weights: FloatArray,
    record: FloatArray,
) -> None:
    """One series, the rows begin … end − 1: fill out (n, h) and weights (n, B) at the rows ``wanted`` (n,)."""
    B, h, first = len(kinds), out.shape[1], begin
    while first < end and np.isnan(z[first]):
        first += 1
    if first == end:
        return
    level, trend, faded = np.full(B, z[first]), np.zeros(B), np.ones(B)
    profile = np.zeros((B, int(about[:, 0].max())))
    for b in range(B):
        if about[b, 1] > 0 and about[b, 0] > 1:
            level[b] = start(z, first, end, int(about[b, 0]), profile[b])
    filled, line, forecasts = np.full(end - begin, np.nan), np.zeros(6), np.empty((B, h))
    pending, origins = np.empty((h + 1, B, h)), np.empty(h + 1, np.int64)
    oldest, newest, at = 0, 0, 0
    while at < len(wanted) and wanted[at] < first:
        at += 1
    for row in range(first, end):
        position, value = row - first, z[row]
        filled[row - begin] = filled[max(row - begin - 1, 0)] if np.isnan(value) else value
        advance(position, value, about, level, trend, profile, faded)
        if not np.isnan(value):
            extend(line, position, value - z[first])
        if oldest < newest and origins[oldest % (h + 1)] + h == row:
            origin = origins[oldest % (h + 1)]
            note(z, origin, float(spacing(origin - first, h)), pending[oldest % (h + 1)], record)
            oldest += 1
        is_wanted = at < len(wanted) and wanted[at] == row
        is_noted = position % spacing(position, h) == 0 and row + h < end
        if not (is_wanted or is_noted):
            continue
        slope = slope_of(line)
        for b in range(B):
            m = int(about[b, 0])
            if not can(kinds[b], m, row - begin, position, line, h):
                forecasts[b] = np.nan
            elif kinds[b] == SMOOTH:
                say_smooth(about[b], position, slope, level[b], trend[b], profile[b], faded[b], forecasts[b])
            else:
                say_plain(kinds[b], m, z, filled, begin, row, line, first, forecasts[b])
        if is_wanted:
            weigh(forecasts, record, prior, weights[at])
            mean(forecasts, weights[at], out[at])
            at += 1
        if is_noted:
            pending[newest % (h + 1)], origins[newest % (h + 1)] = forecasts, row
            newest += 1


@compiled
def walk_part(
    z: FloatArray,
    begins: IntArray,
    ends: IntArray,
    wanted: IntArray,
    bounds: IntArray,
    kinds: IntArray,
    about: FloatArray,
    prior: FloatArray,
    out: FloatArray,
    weights: FloatArray,
    records: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Every ``n_parts``-th series."""
    for k in range(part, len(begins), n_parts):
        a, b = bounds[k], bounds[k + 1]
        walk(z, begins[k], ends[k], wanted[a:b], kinds, about, prior, out[a:b], weights[a:b], records[k])


@Kernel
def blend(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`walk_part` for all parts."""
    share(mailboxes, n_parts, walk_part, arguments)
