"""What the net is shown and what it is asked: the correction to a simple forecast, scaled.

At an origin t the *base* (:mod:`~.bases`) says ẑ_{t+k}. The net is asked for the quantiles of

    (z_{t+k} − ẑ_{t+k}) / size_k        k = 1 … h,

where size_k is how far the base was usually off, k steps ahead, for that series. With z = log y and the last value as
the base, that is the scaled log(y_{t+k} / y_t). In each step s of its window the net sees

    (z_s − z_{s−1}) / size of a change,  (z_s − z_t) / size of a level,
    for each season m (z_s − z_{s−m}) / size of such changes,
    and whether z_s is known: 1, or 0 where it is missing;
    in the last h steps (ẑ_{t+k} − z_t) / size of a level, k = 1 … h, so that it knows what it corrects;
    beside them the covariates and the calendar, if asked for (:mod:`~.covariates`).

Nothing is filled in: what can't be told for want of a value enters as 0, and the last input says so. A window that
reaches beyond the start of its series is padded on the left with such steps. Where z_t is missing, the last known
value takes its place.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transformed
from clearlstm.data.windows import Known, Rows, blocks
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.blend import BaseForecasts, Blend
from clearlstm.forecasting.model.covariates import Inputs
from clearlstm.forecasting.model.sizes import Sizes
from clearlstm.forecasting.settings import Settings
from clearlstm.shapes import FloatArray

MIN_KNOWN = 2
"""Known values that a window needs: one change."""


def can_be_asked(known: Known, rows: Rows, input_size: int, after: int) -> npt.NDArray[np.bool_]:
    """Whether enough is known in the window of each of ``rows`` (n,), and all of the ``after`` rows beyond, (n,)."""
    series = known.series(rows)
    first, end = known.offsets[series], known.offsets[series + 1]
    inside = rows + after < end
    seen = known.count(np.maximum(rows - input_size + 1, first), rows) >= min(MIN_KNOWN, input_size)
    complete = known.count(rows, np.where(inside, rows + after, rows)) - known.count(rows, rows) == after
    return np.asarray(inside & seen & complete)


@dataclass(frozen=True)
class Problem:
    """A panel as the net meets it: ``x`` and ``y`` of any origins are read from the long table when asked for."""

    table: Transformed
    settings: Settings
    base: Base | Blend
    sizes: Sizes
    inputs: Inputs | None = None
    base_forecasts: BaseForecasts | None = None

    @property
    def panel(self) -> Panel:
        """The series as they were given."""
        return self.table.panel

    @property
    def z(self) -> FloatArray:
        """Their values, transformed, (rows,)."""
        return self.table.z

    @property
    def known(self) -> Known:
        """Which rows hold a value."""
        return self.table.known

    @cached_property
    def row_series(self) -> Rows:
        """The series that each row belongs to, (rows,)."""
        return self.panel.row_series

    @cached_property
    def _loggable(self) -> Known:
        missing = self.known.missing
        if missing is None:
            return Known(self.panel.offsets)
        lost = missing & ~np.isnan(self.panel.values)
        return Known(self.panel.offsets, lost if lost.any() else None)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs of a step, in order; F of them."""
        return input_names(self.settings, self.base, () if self.inputs is None else self.inputs.names)

    def askable(self, rows: Rows, after: int) -> npt.NDArray[np.bool_]:
        """Whether the net can be asked at each of ``rows`` (n,), with ``after`` known rows beyond it, (n,)."""
        first = np.maximum(rows - self.settings.input_size + 1, self.known.first(rows))
        able = can_be_asked(self.known, rows, self.settings.input_size, after) & self.loggable(first, rows)
        able &= self.sizes.usable[self.known.series(rows)] & self.base.available(self.known, rows)
        if self.settings.futr_exog:
            able &= rows + self.settings.h < self.panel.offsets[self.known.series(rows) + 1]
        return able

    def loggable(self, first: Rows, last: Rows) -> npt.NDArray[np.bool_]:
        """Whether the rows from ``first`` (n,) to ``last`` (n,) are free of values that turned up without a logarithm.

        Such a series is no longer what it was when the logarithm was chosen.
        """
        return np.asarray(self._loggable.count(first, last) == last - first + 1)

    def origins(self, after: int) -> Rows:
        """The rows at which the net can be asked, with ``after`` known rows beyond them."""
        each = (np.arange(part.start, part.stop) for part in blocks(len(self.panel.values)))
        return np.concatenate([rows[self.askable(rows, after)] for rows in each])

    def x(self, rows: Rows) -> npt.NDArray[np.float32]:
        """The windows that end with the origins ``rows`` (n,): (n, T, F)."""
        window, M = _Window(self, rows, max((1, *self.settings.seasons))), len(self.settings.seasons)
        x = np.zeros((len(rows), self.settings.input_size, len(self.input_names)), dtype=np.float32)
        x[:, :, 0] = window.change(1, self.sizes.change)
        x[:, :, 1] = window.level(self.sizes.level)
        for m, season in enumerate(self.settings.seasons):
            x[:, :, 2 + m] = window.change(season, self.sizes.season[:, m])
        x[:, :, 2 + M] = window.known
        begin = 3 + M
        if isinstance(self.base, Blend):
            self._add_path(x[:, :, begin], rows)
            begin += 1
        if self.inputs is not None:
            self._add_covariates(x[:, :, begin:], window, rows, self.inputs)
        return x

    def _add_path(self, x: npt.NDArray[np.float32], rows: Rows) -> None:
        """Fill ``x`` (n, T): the last h steps hold what the base says of the h to come, less z_t, in level sizes."""
        steps = min(self.settings.h, self.settings.input_size)
        path = self.base_says(rows) - self.z[self.known.last(rows)][:, None]
        x[:, -steps:] = (path / divisor(self.sizes.level[self.known.series(rows)])[:, None])[:, -steps:]

    def _add_covariates(self, x: npt.NDArray[np.float32], window: "_Window", rows: Rows, inputs: Inputs) -> None:
        """Fill ``x`` (n, T, …): what is seen at each step; at the last, what is known of the next h; what is static."""
        h, K = self.settings.h, inputs.stepwise.shape[1]
        J = h * inputs.known.shape[1]
        x[:, :, :K] = np.where(window.real[:, :, None], inputs.stepwise[window.rows], 0)
        if J:
            x[:, -1, K : K + J] = inputs.known[rows[:, None] + np.arange(1, h + 1)].reshape(len(rows), J)
        x[:, :, K + J :] = inputs.static[self.known.series(rows)][:, None, :]

    def y(self, rows: Rows) -> npt.NDArray[np.float32]:
        """The scaled corrections that were needed at the origins ``rows`` (n,): (n, h)."""
        future = self.z[rows[:, None] + np.arange(1, self.settings.h + 1)]
        missed = future - self.base_says(rows)
        return np.asarray((missed / divisor(self.sizes.target[self.known.series(rows)])).astype(np.float32))

    def prepared(self, rows: Rows) -> "Problem":
        """The same, with the base's forecasts from ``rows`` (n,) worked out once."""
        return replace(self, base_forecasts=BaseForecasts.of(self.base, self.z, self.known, rows))

    def base_says(self, rows: Rows) -> FloatArray:
        """The base's forecasts ẑ from ``rows`` (n,): (n, h)."""
        ready = None if self.base_forecasts is None else self.base_forecasts.at(rows)
        return self.base.says(self.z, self.known, rows) if ready is None else ready

    def values(self, rows: Rows, corrections: FloatArray) -> FloatArray:
        """The values that scaled corrections (n, h, Q) mean: (n, h, Q)."""
        series = self.known.series(rows)
        anchors, shifts = self._from_known(rows)
        # z_{t+k} = ẑ_{t+k} + size_k · correction, and ẑ_{t+k} is a known value and what the base adds to it
        changes = shifts[:, :, None] + corrections * self.sizes.target[series, :, None]
        values = self.table.transform.move(self.panel.values[anchors][:, :, None], changes, series)
        return np.maximum(values, 0) if self.settings.nonnegative else values

    def _from_known(self, rows: Rows) -> tuple[Rows, FloatArray]:
        """The rows whose values the base starts from, and what it adds to their z, both (n, h)."""
        if isinstance(self.base, Base):
            return self.base.anchors(self.known, rows), self.base.shifts(self.z, self.known, rows)
        forecasts = self.base_says(rows)
        anchors = self.base.anchors(self.z, self.known, rows, forecasts)
        return anchors, forecasts - self.z[anchors]

    def weight(self, rows: Rows) -> FloatArray | None:
        """How much each of the origins ``rows`` (n,) counts, the mean weight of its targets; None: all the same."""
        if self.panel.weight is None:
            return None
        return np.asarray(self.panel.weight[rows[:, None] + np.arange(1, self.settings.h + 1)].mean(axis=1))

    def fingerprint(self, rows: Rows) -> str:
        """A hash of all that training on ``rows`` reads."""
        sizes, inputs, weight = self.sizes, self.inputs, self.panel.weight
        arrays = [self.panel.offsets, self.z, sizes.change, sizes.level, sizes.season, sizes.target, rows]
        arrays += [] if weight is None else [weight]
        arrays += [] if inputs is None else [inputs.stepwise, inputs.known, inputs.static]
        digest = hashlib.blake2b(repr(self.base).encode(), digest_size=16)
        for array in arrays:
            for part in blocks(len(array)):
                digest.update(np.ascontiguousarray(array[part]).data)
        return digest.hexdigest()


def divisor(size: FloatArray) -> FloatArray:
    """Sizes that can be divided by: 1 where a series never differs, so that what is scaled by it stays 0."""
    return np.where(np.isfinite(size) & (size > 0), size, 1.0)


class _Window:
    """The z of the windows that end with the origins ``rows`` (n,), and what is computed of them, each (n, T).

    ``rows`` are the rows of the steps; where a step is not ``real`` but padding, the series' first. Changes are over
    ``longest`` steps at most.
    """

    def __init__(self, problem: Problem, rows: Rows, longest: int) -> None:
        self._series, self._longest = problem.known.series(rows), longest
        steps = rows[:, None] + np.arange(1 - problem.settings.input_size - longest, 1)
        first = problem.panel.offsets[self._series][:, None]
        # Steps before the series' start read its first row, and are then blanked.
        real, inside = steps >= first, np.maximum(steps, first)
        self._z = np.where(real, problem.z[inside], np.nan)
        self.real, self.rows, self._now = real[:, longest:], inside[:, longest:], self._z[:, longest:]
        self._last = problem.z[problem.known.last(rows)][:, None]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Where there is a value."""
        return ~np.isnan(self._now)

    def change(self, lag: int, size: FloatArray) -> FloatArray:
        """The scaled z_s − z_{s−lag}, 0 where either is missing."""
        begin = self._longest - lag
        return self._scaled(self._now - self._z[:, begin : begin + self._now.shape[1]], size)

    def level(self, size: FloatArray) -> FloatArray:
        """The scaled z_s − z_t, 0 where z_s is missing."""
        return self._scaled(self._now - self._last, size)

    def _scaled(self, differences: FloatArray, size: FloatArray) -> FloatArray:
        return np.nan_to_num(differences / divisor(size[self._series])[:, None], nan=0.0)


def input_names(settings: Settings, base: Base | Blend, of_covariates: tuple[str, ...]) -> tuple[str, ...]:
    """The inputs of a step, in order: those of the series itself, then those of its covariates."""
    seasons = (f"change over {season} steps" for season in settings.seasons)
    path = ("base ahead",) if isinstance(base, Blend) else ()
    return ("change", "level", *seasons, "known", *path, *of_covariates)
