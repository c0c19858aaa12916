"""Covariates as inputs of the net: numbers centred and scaled, categories one-hot, calendar parts as circles.

At a step s of the window of an origin t the net sees, beside its series' own past,

    of past covariates (hist_exog)      their values at s,
    of known ones (futr_exog)           their values at s; and at s = t those at t + 1 … t + h as well,
    of static ones                      the values of the series, at every step,
    of the calendar                     the parts of the date of s.

Before the start of a series all of them are 0, save the static ones.

An empty cell is filled in with nothing: a number enters as 0, the mean, and a further input says whether it is known (1
or 0), if there are such cells in the training part; a category is none of the known ones, all 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.data.calendar import calendar_features
from clearlstm.data.covariates import EMPTY, Covariate
from clearlstm.data.panel import Panel
from clearlstm.errors import DataError
from clearlstm.forecasting.settings import Settings

Features = npt.NDArray[np.float32]

MAX_CATEGORIES = 100
ENOUGH_TO_SCALE = 10
"""Known values from which a scale is taken, where cells are empty; with fewer in the training part, of all rows."""


@dataclass(frozen=True)
class Scale:
    """How numbers become inputs: (x − mean) / size, where the size is the standard deviation (1 if that is 0)."""

    mean: float
    size: float

    @classmethod
    def of(cls, values: npt.NDArray[np.number[Any]]) -> "Scale":
        """From the values of the training part."""
        size = float(np.std(values, dtype=np.float64)) if len(values) else 0.0
        return cls(float(np.mean(values, dtype=np.float64)) if len(values) else 0.0, size or 1.0)


@dataclass(frozen=True)
class Inputs:
    """Covariates ready for the net.

    stepwise (rows, K): what is seen at each step; known (rows, J): what is known of steps to come; static (S, I).
    ``names`` are those of K, then J for each of the h steps, then I.
    """

    stepwise: Features
    known: Features
    static: Features
    names: tuple[str, ...]


@dataclass(frozen=True)
class Encoding:
    """How covariates become inputs, learnt from the rows of a fit: scales from its training part, categories from all.

    ``scales`` and ``categories`` are by column. ``still`` are the columns that never change in the training part.
    ``gaps`` are those with empty cells there; ``late_gaps`` have some elsewhere in the table alone, so that the net
    can't learn what they mean.
    """

    hist_exog: tuple[str, ...]
    futr_exog: tuple[str, ...]
    static: tuple[str, ...]
    calendar: tuple[str, ...]
    scales: dict[str, Scale]
    categories: dict[str, tuple[str, ...]]
    still: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    late_gaps: tuple[str, ...] = ()

    @classmethod
    def of(cls, panel: Panel, settings: Settings, start: Any = None) -> "Encoding | None":
        """From a panel whose training part ends before the time ``start`` (None: is all of it); None if not needed."""
        names = (settings.hist_exog, settings.futr_exog, settings.static, settings.calendar)
        if not any(names):
            return None
        early = np.ones(len(panel.times), bool) if start is None else panel.times < start
        scales, categories, still, gaps, late_gaps = {}, {}, [], [], []
        for name, column in panel.covariates.items():
            _check_not_empty(name, column)
            seen = column.at(panel.offsets[:-1] if name in settings.static else early)
            missing = seen.missing
            if (seen.values == seen.values[:1]).all() or missing.all():
                still.append(name)
            if missing.any():
                gaps.append(name)
            elif column.has_gaps:
                late_gaps.append(name)
            if column.categories is not None:
                categories[name] = _checked_categories(name, column)
            else:
                few = missing.any() and (~missing).sum() < ENOUGH_TO_SCALE
                scales[name] = Scale.of((column if few else seen).known_values)
        return cls(*names, scales, categories, tuple(still), tuple(gaps), tuple(late_gaps))

    def unknown(self, panel: Panel) -> dict[str, list[str]]:
        """The categories of static columns that the fit has not seen, by column; the net is shown none of its own."""
        first, unseen = panel.offsets[:-1], {}
        for name in set(self.static) & set(self.categories) & set(panel.covariates):
            seen = (*self.categories[name], *([EMPTY] if name in self.gaps else []))
            unseen[name] = sorted(set(panel.covariates[name].at(first).texts()).difference(seen))
        return {name: each for name, each in sorted(unseen.items()) if each}

    def inputs(self, panel: Panel, h: int) -> Inputs:
        """The covariates of ``panel`` for a horizon of ``h`` steps."""
        self._check_columns(panel)
        self._check_gaps(panel)
        first = panel.offsets[:-1]
        static = {name: panel.covariates[name].at(first) for name in self.static}
        for name, column in static.items():
            _check_constant(name, panel, column)
        n = len(panel.times)
        futr = self._encoded(panel.covariates, self.futr_exog, n)
        parts = [self._encoded(panel.covariates, self.hist_exog, n), futr]
        if self.calendar:
            parts.append(calendar_features(panel.wall_times, self.calendar))
        return Inputs(
            stepwise=np.concatenate(parts, axis=1),
            known=futr,
            static=self._encoded(static, self.static, len(panel)),
            names=self.input_names(h),
        )

    def _encoded(self, columns: dict[str, Covariate], names: Sequence[str], n: int) -> Features:
        """The columns ``names`` side by side, (n, …)."""
        parts = [self._encode(name, columns[name]) for name in names]
        return np.concatenate(parts, axis=1) if parts else np.zeros((n, 0), np.float32)

    def _encode(self, name: str, column: Covariate) -> Features:
        if name in self.categories:
            return _one_hot(name, column, self.categories[name], static=name in self.static)
        if column.categories is not None:
            raise DataError(
                f"column {name!r} holds {_first_text(column.categories)!r} and held numbers when it was fitted: give "
                "numbers"
            )
        scale, known = self.scales[name], ~column.missing
        # (x − mean) / size, 0 where x is missing
        z = np.where(known, (column.values - scale.mean) / scale.size, 0.0)
        if np.abs(z).max(initial=0) > np.finfo(np.float32).max:
            raise DataError(
                f"column {name!r} holds {column.values[np.argmax(np.abs(z))]:g}, too far from the values that it was "
                f"fitted on (mean {scale.mean:g}, standard deviation {scale.size:g}): correct it"
            )
        inputs = [z, known] if name in self.gaps else [z]
        return np.stack(inputs, axis=1).astype(np.float32)

    def input_names(self, h: int) -> tuple[str, ...]:
        """What each input is, with the h steps to come."""
        hist, futr, static = ([one for name in names for one in self._names_of(name)] for names in self._groups)
        calendar = [f"{wave} of {part.replace('_', ' ')}" for part in self.calendar for wave in ("sine", "cosine")]
        ahead = [f"{name}, {k} step{'s' * (k > 1)} ahead" for k in range(1, h + 1) for name in futr]
        return (*hist, *futr, *calendar, *ahead, *static)

    @property
    def _groups(self) -> tuple[tuple[str, ...], ...]:
        return self.hist_exog, self.futr_exog, self.static

    def _names_of(self, name: str) -> list[str]:
        if name in self.categories:
            return [f"{name} = {category}" for category in self.categories[name]]
        return [name, f"{name} known"] if name in self.gaps else [name]

    def _check_columns(self, panel: Panel) -> None:
        for name in (name for group in self._groups for name in group):
            if name not in panel.covariates:
                raise DataError(f"the data have no column {name!r}, which the forecaster was fitted with: add it")

    def _check_gaps(self, panel: Panel) -> None:
        """Refuse an empty cell of a column that had none in fitting: the mean in its place might be far off."""
        for name in (name for group in self._groups for name in group):
            missing = panel.covariates[name].missing
            if name in (*self.gaps, *self.late_gaps) or not missing.any():
                continue
            if name in self.static and name in self.categories:  # one more kind of series that the fit has not seen
                continue
            row = int(np.argmax(missing))
            raise DataError(
                f"column {name!r} is empty in series {str(panel.ids[panel.row_series[row]])!r} at "
                f"{panel.text(panel.times[row])}, and was in no row that the forecaster was fitted on, so it can't "
                "know what that means: fill it in, or fit again with rows in which it is empty"
            )


def _first_text(categories: tuple[str, ...]) -> str:
    """The first that is no number, if there is one."""
    texts = [text for text in categories if text != EMPTY] or [EMPTY]
    return next((text for text in texts if not text.replace(".", "", 1).lstrip("-").isdigit()), texts[0])


def _check_not_empty(name: str, column: Covariate) -> None:
    if column.missing.all():
        raise DataError(f"column {name!r} is empty in every row that there is to learn from: leave it out")


def _checked_categories(name: str, column: Covariate) -> tuple[str, ...]:
    """Those that occur; so many that each hardly occurs are refused."""
    assert column.categories is not None
    texts = [column.categories[code] for code in np.unique(column.values).astype(int)]
    used = tuple(text for text in texts if text != EMPTY)
    if len(used) > MAX_CATEGORIES:
        raise DataError(
            f"column {name!r} has {len(used)} categories ({', '.join(used[:3])}, …); an input for each of more than "
            f"{MAX_CATEGORIES} would drown all else: group them, or leave the column out"
        )
    return used


def _one_hot(name: str, column: Covariate, categories: tuple[str, ...], *, static: bool) -> Features:
    """A 1 in the place of each row's category, (n, categories), if it has one; one that was never seen is refused.

    What a series is may be new with the series, and has no place then; what happens at a step must have been seen to
    mean anything.
    """
    texts = column if column.categories is not None else Covariate.of_texts(column.texts())
    assert texts.categories is not None
    place = {category: k for k, category in enumerate(categories)}
    places = np.array([place.get(category, -1) for category in texts.categories], dtype=np.int64)[texts.values]
    unknown = (places < 0) & ~texts.missing
    if unknown.any() and not static:
        unseen = texts.categories[int(texts.values[np.argmax(unknown)])]
        raise DataError(
            f"column {name!r} holds the category {unseen!r}, which was never seen in fitting (seen: "
            f"{', '.join(categories)}): correct it, or fit again with data that hold it"
        )
    features = np.zeros((len(places), len(categories)), np.float32)
    known = np.flatnonzero(places >= 0)
    features[known, places[known]] = 1
    return features


def _check_constant(name: str, panel: Panel, first: Covariate) -> None:
    """Refuse a static column that changes within a series."""
    column = panel.covariates[name]
    firsts = np.repeat(first.values, panel.lengths)
    changed = (column.values != firsts) & ~(column.missing & np.isnan(firsts))
    if changed.any():
        k = int(panel.row_series[np.argmax(changed)])
        raise DataError(
            f"column {name!r} is static, but changes within series {str(panel.ids[k])!r}: make it the same in all rows "
            "of a series, or name it in hist_exog or futr_exog"
        )
