"""Simple forecasts of every series, and their mean, weighted by how little each was off before: compiled.

The same as ``blends_reference``, which says what each function is for. A thread takes every ``n_parts``-th series.

What the B simple forecasts have of one kind stands side by side, so that a register takes several of them: forecasts
are (h, B) here, what describes them (6, B), the states of smoothing (3, B), and a seasonal profile (longest season, B).
``groups`` (G, 3) are smoothings of one season that stand together: the first, one past the last, and the season.
"""

from typing import Any

import numpy as np

from clearlstm.kernels.blends_reference import (
    ALPHA,
    BETA,
    DENSE,
    DOUBLINGS,
    DOUBT,
    DRIFT,
    EVIDENCE,
    FLOOR,
    GAMMA,
    LAST,
    MEMORY,
    MOVED_SEASON,
    NEGLIGIBLE,
    PERIOD,
    PHI,
    SEASON,
    SEASONS_AVERAGED,
    SHORTEST,
    SLOPE,
    SMOOTH,
    START,
    STILL,
    USUAL,
)
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled, inlined
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.vector import absolute, lanes_of, load, start, store, where_known
from clearlstm.shapes import FloatArray, IntArray

# Where the sums of a regression line stand.
N, AT, SQUARES, SUMS, PRODUCTS, PLACE = range(6)

# The states of smoothing: l, b and (1 − α)ⁿ.
LEVEL, TREND, FADED = range(3)


@compiled
def spacing(position: int, h: int) -> int:
    """How many rows lie between one origin whose errors are noted and the next."""
    sparse = 1
    while position >= 2 * sparse * DENSE:
        sparse *= 2
    return max(1, h // 8, min(sparse, max(h, SHORTEST) // 2 | 1))


@compiled
def before_first(z: FloatArray, first: int, end: int, m: int, profile: FloatArray) -> float:
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
def advance(position: int, value: float, groups: IntArray, about: Any, states: Any, profile: Any) -> None:
    """Take in the value of a row."""
    B, V = states.shape[1], lanes_of(start(states))
    of, state, seasonal = start(about), start(states), start(profile)
    for g in range(len(groups)):
        first, end, phase = groups[g, 0], groups[g, 1], position % groups[g, 2]
        for b in range(first, end, V):
            n = end - b
            alpha, beta = load(of, ALPHA * B + b, n), load(of, BETA * B + b, n)
            phi, gamma = load(of, PHI * B + b, n), load(of, GAMMA * B + b, n)
            level, trend = load(state, LEVEL * B + b, n), load(state, TREND * B + b, n)
            faded, season = load(state, FADED * B + b, n), load(seasonal, phase * B + b, n)
            ahead = level + phi * trend
            error = alpha * 0.0 if np.isnan(value) else value - (ahead + season)
            store(state, LEVEL * B + b, ahead + alpha * error, n)
            store(state, TREND * B + b, phi * trend + beta * error, n)
            store(state, FADED * B + b, faded * (1.0 - alpha), n)
            store(seasonal, phase * B + b, season + gamma * error, n)


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
def say_plain(kind: int, m: int, filled: Any, begin: int, row: int, chord: float, gap: int, out: Any, b: int) -> None:
    """What a forecast that needs no smoothing says after ``row``, into column ``b`` of out (h, B).

    ``chord`` is the slope of the line through the first and the last known value, ``gap`` the rows since the latter.
    """
    at, back = row - begin, m
    last, slope = filled[at], 0.0
    if kind == DRIFT:
        last, slope = last + gap * chord, chord
    moved = last - filled[at - m] if kind == MOVED_SEASON else 0.0
    for k in range(1, len(out) + 1):
        if k > back:
            back += m  # m ⌈k/m⌉
        out[k - 1, b] = filled[at + k - back] + moved if kind in (SEASON, MOVED_SEASON) else last + k * slope


@compiled
def say_usual(m: int, z: FloatArray, begin: int, row: int, last: float, sums: Any, out: Any, b: int) -> None:
    """What followed on average over up to five seasons, after ``last``, into column ``b`` of out (h, B).

    ``sums`` (2, h) is for the sums of what followed, and how many there were.
    """
    h, total, count = len(out), start(sums[0]), start(sums[1])
    for first in range(0, h, m):  # the steps whose season begins at the same rows
        end = min(first + m, h)
        for k in range(first, end, lanes_of(total)):
            followed, times = load(total, 0, 0), load(total, 0, 0)  # zeros
            for more in range(1, SEASONS_AVERAGED + 1):
                at = row - first - m * more
                if at < begin:
                    break
                change = load(start(z), at + 1 + k, end - k) - z[at]
                followed = followed + where_known(change, change, 0.0)
                times = times + where_known(change, 1.0, 0.0)
            store(total, k, followed, end - k)
            store(count, k, times, end - k)
    for k in range(h):
        out[k, b] = last + sums[0, k] / max(sums[1, k], 1.0)


@compiled
def say_smooth(group: Any, position: int, slope: float, about: Any, states: Any, profile: Any, out: Any) -> None:
    """What a group of smoothings says after the row at ``position``, into its columns of out (h, B)."""
    h, B = out.shape
    first, end, m = group[0], group[1], group[2]
    of, state, seasonal = start(about), start(states), start(profile)
    for b in range(first, end, lanes_of(state)):
        n = end - b
        alpha, phi = load(of, ALPHA * B + b, n), load(of, PHI * B + b, n)
        level, trend = load(state, LEVEL * B + b, n), load(state, TREND * B + b, n)
        tilt = load(of, SLOPE * B + b, n) * slope
        reach = (1.0 - load(state, FADED * B + b, n)) / alpha
        total, power = phi * 0.0, phi * 0.0 + 1.0
        phase = position % m
        for k in range(h):
            phase = phase + 1 if phase + 1 < m else 0
            power = power * phi
            total = total + power
            season = load(seasonal, phase * B + b, n)
            store(start(out), k * B + b, level + total * trend + season + tilt * (k + reach), n)


@inlined
def say_all(
    z: FloatArray,
    begin: int,
    first: int,
    row: int,
    kinds: IntArray,
    about: FloatArray,
    groups: IntArray,
    states: FloatArray,
    profile: FloatArray,
    filled: FloatArray,
    line: FloatArray,
    sums: FloatArray,
    out: FloatArray,
) -> None:
    """What every forecast says after ``row``, into out (h, B); not-a-number where it can't."""
    h, B = out.shape
    position, last = row - first, first + int(line[PLACE])
    chord = (z[last] - z[first]) / max(line[PLACE], 1.0)
    for b in range(B):
        m = int(about[PERIOD, b])
        if kinds[b] == SMOOTH:
            continue
        if not can(kinds[b], m, row - begin, position, line, h):
            out[:, b] = np.nan
        elif kinds[b] == USUAL:
            say_usual(m, z, begin, row, z[last], sums, out, b)
        else:
            say_plain(kinds[b], m, filled, begin, row, chord, row - last, out, b)
    for g in range(len(groups)):
        if can(SMOOTH, groups[g, 2], row - begin, position, line, h):
            say_smooth(groups[g], position, slope_of(line), about, states, profile, out)
        else:
            out[:, groups[g, 0] : groups[g, 1]] = np.nan


@compiled
def note(z: FloatArray, origin: int, weight: float, forecasts: FloatArray, record: FloatArray) -> None:
    """Add the errors of forecasts (h, B) from ``origin`` to the record (3, B), which fades by as much."""
    h, B = forecasts.shape
    known, plain = 0, 0.0
    for k in range(h):
        if not np.isnan(z[origin + 1 + k]):
            known += 1
            plain += abs(z[origin + 1 + k] - forecasts[k, 0])
    if known == 0:
        return
    kept = 1 - min(weight / (MEMORY * max(h, SHORTEST)), 0.5)
    sums, each = start(record), start(forecasts)
    for b in range(0, B, lanes_of(sums)):
        n = B - b
        first = load(each, b, n)  # not-a-number where there is no forecast
        own = load(each, b, 0)  # zeros
        for k in range(h):
            if not np.isnan(z[origin + 1 + k]):
                own = own + absolute(z[origin + 1 + k] - load(each, k * B + b, n))
        store(sums, b, kept * load(sums, b, n) + where_known(first, weight * (own / known), 0.0), n)
        store(sums, B + b, kept * load(sums, B + b, n) + where_known(first, weight * (plain / known), 0.0), n)
        store(sums, 2 * B + b, kept * load(sums, 2 * B + b, n) + where_known(first, weight, 0.0), n)


@compiled
def ratio(own: float, plain: float, n: float) -> float:
    """Errors in units of the last value's."""
    if n == 0:
        return np.nan
    if plain <= STILL * n:
        return 1.0 if own <= STILL * n else 1 / STILL
    return own / plain


@compiled
def expect(record: FloatArray, prior: FloatArray, h: int, errors: FloatArray) -> None:
    """How far off each forecast will be, from its record and what is usual, into errors (B,)."""
    for b in range(len(errors)):
        own, n = ratio(record[0, b], record[1, b], record[2, b]), record[2, b] / max(h, SHORTEST)
        if np.isnan(own):
            errors[b] = prior[b]
        else:
            errors[b] = own if np.isnan(prior[b]) else (n * own + EVIDENCE * prior[b]) / (n + EVIDENCE)
        if b > 0:
            errors[b] *= DOUBT


@compiled
def weigh(forecasts: FloatArray, errors: FloatArray, weights: FloatArray) -> None:
    """The weight of each forecast, into weights (B,)."""
    B, least, total = len(errors), np.inf, 0.0
    for b in range(B):
        weights[b] = np.nan if np.isnan(forecasts[0, b]) else errors[b]
        if weights[b] < least:
            least = weights[b]
    each = start(weights)
    for b in range(0, B, lanes_of(each)):
        share = (least + FLOOR) / (load(each, b, B - b) + FLOOR)
        for _ in range(DOUBLINGS):
            share = share * share
        store(each, b, share, B - b)
    for b in range(B):
        weights[b] = weights[b] if weights[b] > NEGLIGIBLE else 0.0  # where there is none, it is not-a-number
        total += weights[b]
    if total == 0:
        weights[0] = total = 1.0
    for b in range(B):
        if weights[b] > 0:
            weights[b] /= total


@compiled
def mean(forecasts: FloatArray, weights: FloatArray, out: FloatArray) -> None:
    """The weighted mean of forecasts (h, B), into out (h,): of equal ones exactly that."""
    first = 0
    while weights[first] == 0:
        first += 1
    out[:] = forecasts[:, first]
    for b in range(first + 1, len(weights)):
        if weights[b] > 0:
            for k in range(len(out)):
                out[k] += weights[b] * (forecasts[k, b] - forecasts[k, first])


@compiled
def begun(z: FloatArray, first: int, end: int, groups: IntArray, B: int) -> Any:
    """The states (3, B) and the profile (longest season, B) before the first row."""
    states, profile = np.zeros((3, B)), np.zeros((max(1, groups[:, 2].max()) if len(groups) else 1, B))
    states[LEVEL], states[FADED] = z[first], 1.0
    shape = np.zeros(len(profile))
    for g in range(len(groups)):
        begin, last, m = groups[g, 0], groups[g, 1], groups[g, 2]
        if m > 1:
            states[LEVEL, begin:last] = before_first(z, first, end, m, shape[:m])
            for phase in range(m):
                profile[phase, begin:last] = shape[phase]
    return states, profile


@compiled
def walk(
    z: FloatArray,
    begin: int,
    end: int,
    wanted: IntArray,
    kinds: IntArray,
    about: FloatArray,
    prior: FloatArray,
    groups: IntArray,
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
    states, profile = begun(z, first, end, groups, B)
    filled, line, errors, sums = np.full(end - begin, np.nan), np.zeros(6), np.empty(B), np.empty((2, h))
    # In turn for the h rows from an origin to its last target, and the next: what was forecast there, if it is noted.
    pending, origins = np.empty((h + 1, h, B)), np.full(h + 1, -1)
    at, due, is_new = np.searchsorted(wanted, first), 0, True
    for row in range(first, end):
        position, value = row - first, z[row]
        filled[row - begin] = filled[max(row - begin - 1, 0)] if np.isnan(value) else value
        advance(position, value, groups, about, states, profile)
        if not np.isnan(value):
            extend(line, position, value - z[first])
        here = due
        due = here + 1 if here < h else 0
        if origins[due] >= 0:
            note(z, origins[due], float(spacing(origins[due] - first, h)), pending[due], record)
            origins[due], is_new = -1, True
        is_wanted = at < len(wanted) and wanted[at] == row
        if position % spacing(position, h) == 0 and row + h < end:
            origins[here] = row
        elif not is_wanted:
            continue
        say_all(z, begin, first, row, kinds, about, groups, states, profile, filled, line, sums, pending[here])
        if is_wanted:
            if is_new:
                expect(record, prior, h, errors)
                is_new = False
            weigh(pending[here], errors, weights[at])
            mean(pending[here], weights[at], out[at])
            at += 1


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
    groups: IntArray,
    out: FloatArray,
    weights: FloatArray,
    records: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Every ``n_parts``-th series."""
    for k in range(part, len(begins), n_parts):
        a, b = bounds[k], bounds[k + 1]
        walk(z, begins[k], ends[k], wanted[a:b], kinds, about, prior, groups, out[a:b], weights[a:b], records[k])


@Kernel
def blend(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`walk_part` for all parts."""
    share(mailboxes, n_parts, walk_part, arguments)
