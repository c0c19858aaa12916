"""Gradient flow of wide layers over a few lags, by products with single vectors instead of whole Jacobians.

The Jacobian of the state over L steps is a product of L steps' own. To carry all of it through one step costs 2H times
what one vector does; its largest singular value takes some ten vectors forth and back (:mod:`.lanczos`), all lags,
sequences and paths at once, so that each step is a product of many rows.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.insight.jacobians import Walk, last_steps, walk
from clearlstm.insight.lanczos import FEWEST, Rows, largest_singular_values
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray

TOLERANCE: Final = 1e-6
"""Relative, of a norm that is found so."""

COARSE: Final = 1e-4
"""From this tolerance on float32 is exact enough."""

ROUNDS: Final = 30
"""Vectors forth and back that a norm takes, about, and more than most do."""

LIKELY: Final = 2
"""Rounds that a likely first vector takes at least."""

DOUBT: Final = 0.1
"""The random part of a first vector that was made from a shorter lag's: so that it holds a part of every direction."""

WIDE: Final = 128
"""Units, below which whole Jacobians are as quick, and exact."""

_NUMBERS: Final = 2**27  # that are held at a time, about: 1 GB


def is_quicker(layer: LayerTrace, lags: Sequence[int], n_paths: int) -> bool:
    """Whether vectors take less work than the whole Jacobians, whose every step carries a row for each unit."""
    H = layer.h.shape[-1]
    if H < WIDE or (layer.cell.walk_back is not None and layer.cell.walk_on is None):
        return False
    return bool(ROUNDS * n_paths * sum(lags) < len(layer.cell.states) * H * max(lags))


def norms_by_vectors(
    layer: LayerTrace,
    lags: Sequence[int],
    paths: Sequence[str],
    tolerance: float = TOLERANCE,
    *,
    least: float = 0.0,
) -> dict[str, FloatArray]:
    """The spectral norms over each lag (L,), by path, each (N, L); nan where a sequence is too short.

    Paths are those of :class:`~clearlstm.insight.flow.LSTMFlow`: "h", "c" and "joint"; of a cell with one state "h".
    A tolerance of 1e-4 or more is computed in float32. Where all norms have fallen below ``least``, longer lags are
    left out, and read nan.
    """
    result = {path: np.full((len(layer.h), len(lags)), np.nan) for path in paths}
    dtype = np.float32 if tolerance >= COARSE else np.float64
    for rows in _chunks(layer, lags, len(paths)):
        part, _ = last_steps(layer, rows, max(lags) + 1)
        steps, left = walk(part, dtype), None
        for some in _groups(lags):
            problems = _Problems.of(part, steps, some, paths)
            norms, left = problems.norms(left, tolerance, dtype)
            for norm, n, lag, path in zip(norms, problems.sequence, problems.lag, problems.path, strict=True):
                result[paths[path]][rows.start + n, lags.index(lag)] = norm
            if len(norms) and norms[problems.lag == problems.lag.max()].max() < least:
                break
    return result


def _groups(lags: Sequence[int]) -> list[list[int]]:
    """The lags up to 10, 32, 100, 316, and so on: what was found over the longest of some begins the next."""
    groups: dict[int, list[int]] = {}
    for lag in sorted(set(lags)):
        groups.setdefault(max(2, math.ceil(2 * math.log10(max(lag, 1)))), []).append(lag)
    return list(groups.values())


def _chunks(layer: LayerTrace, lags: Sequence[int], n_paths: int) -> Iterator[slice]:
    H, S = layer.h.shape[-1], layer.h.shape[-1] * len(layer.cell.states)
    numbers = 6 * H * (max(lags) + 1) + 2 * ROUNDS * S * len(lags) * n_paths
    size = max(1, _NUMBERS // numbers)
    for start in range(0, len(layer.h), size):
        yield slice(start, start + size)


Left: TypeAlias = dict[tuple[int, int], FloatArray]
"""A unit vector at the last step, (S,), by sequence and path."""


@dataclass(frozen=True)
class _Problems:
    """A matrix for each sequence, lag and path, the longest lags first; all (P,).

    All vectors are as wide as the state, S; of path "h" only the first half counts, of "c" the second. ``step`` is the
    one that the lag leads to; the next one that was taken is ``later`` by 1 or, in reverse, −1.
    """

    walk: Walk
    sequence: Rows
    lag: Rows
    path: Rows
    of_h: npt.NDArray[np.bool_]
    of_c: npt.NDArray[np.bool_]
    step: Rows
    later: int
    width: int

    @classmethod
    def of(cls, layer: LayerTrace, steps: Walk, lags: Sequence[int], paths: Sequence[str]) -> "_Problems":
        record, H = layer.record, layer.h.shape[-1]
        grid = np.meshgrid(lags[::-1], np.arange(len(record.h)), np.arange(len(paths)), indexing="ij")
        lag, sequence, path = (axis.ravel() for axis in grid)
        there = lag < record.lengths[sequence]
        lag, sequence, path = lag[there], sequence[there], path[there]
        step = lag if record.reverse else record.lengths[sequence] - 1 - lag
        two = len(layer.cell.states) > 1
        of_h, of_c = (np.array([two and name == one for name in paths])[path] for one in ("h", "c"))
        later = -1 if record.reverse else 1
        return cls(steps, sequence, lag, path, of_h, of_c, step, later, H * len(layer.cell.states))

    def norms(self, left: Left | None, tolerance: float, dtype: npt.DTypeLike) -> tuple[FloatArray, Left]:
        """The norms (P,), and the left vectors over the longest lag; ``left``, those over some shorter lag."""
        start = self._start(left).astype(dtype)
        values, vectors = largest_singular_values(
            self.on, self.back, start, tolerance, fewest=FEWEST if left is None else LIKELY
        )
        places = list(zip(self.sequence.tolist(), self.path.tolist(), strict=True))
        longest = {place: vectors[row] for row, place in reversed(list(enumerate(places)))}
        return values, (left or {}) | longest

    def _start(self, left: Left | None) -> FloatArray:
        """First vectors, (P, S): drawn at random, besides what ``left`` makes likely."""
        rows = np.arange(len(self.lag))
        v = np.random.default_rng(0).normal(size=(len(rows), self.width)) / np.sqrt(self.width)
        self._cut(rows, v)
        if left is not None:
            known = np.stack([left[place] for place in zip(self.sequence.tolist(), self.path.tolist(), strict=True)])
            likely = self.back(rows, known)
            size = np.linalg.norm(likely, axis=1, keepdims=True)
            v = np.where(np.isfinite(size) & (size > 0), likely / np.where(size > 0, size, 1) + DOUBT * v, v)
        return np.asarray(v)

    def on(self, rows: Rows, v: FloatArray) -> FloatArray:
        """J v: changes of the state after step k, carried to the last step."""
        s = v.copy()
        if (c := self.of_c[rows]).any():  # h_k follows c_k
            s[c, : self._half] = self._h_by_c(rows[c]) * v[c, self._half :]
        for j in range(self.lag[rows[0]], 0, -1):
            now = rows[: self._reaching(rows, j)]
            t = self.step[now] + self.later * (self.lag[now] - j + 1)
            s[: len(now)] = self.walk.on(self.sequence[now], t, s[: len(now)])
        self._cut(rows, s)
        return s

    def back(self, rows: Rows, u: FloatArray) -> FloatArray:
        """Jᵀ u: gradients by the last state, carried back to the one after step k."""
        s = u.copy()
        for j in range(1, self.lag[rows[0]] + 1):
            now = rows[: self._reaching(rows, j)]
            t = self.step[now] + self.later * (self.lag[now] - j + 1)
            s[: len(now)] = self.walk.back(self.sequence[now], t, s[: len(now)])
        if (c := self.of_c[rows]).any():
            s[c, self._half :] += self._h_by_c(rows[c]) * s[c, : self._half]
        self._cut(rows, s)
        return s

    @property
    def _half(self) -> int:
        return self.width // 2

    def _reaching(self, rows: Rows, j: int) -> int:
        """How many of ``rows``, which stand by falling lag, reach back ``j`` steps or more."""
        return int(np.searchsorted(-self.lag[rows], -j, side="right"))

    def _h_by_c(self, rows: Rows) -> FloatArray:
        assert self.walk.h_by_c is not None
        return np.asarray(self.walk.h_by_c[self.sequence[rows], self.step[rows]])

    def _cut(self, rows: Rows, s: FloatArray) -> None:
        """What doesn't count of a vector is 0."""
        s[self.of_h[rows], self._half :] = 0
        s[self.of_c[rows], : self._half] = 0
