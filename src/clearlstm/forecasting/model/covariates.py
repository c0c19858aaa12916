"""Covariates as inputs of the net: numbers centred and scaled, categories one-hot, calendar parts as circles.

At a step s of the window of an origin t the net sees, beside its series' own past,

    of past covariates (hist_exog)      their values at s,
    of known ones (futr_exog)           their values at s; and at s = t those at t + 1 … t + h as well,
    of static ones                      the values of the series, at every step,
    of the calendar                     the parts of the date of s.

Before the start of a series all of them are 0, save the static ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.data.calendar import calendar_features
from clearlstm.data.covariates import Covariate
from clearlstm.data.panel import Panel
from clearlstm.errors import DataError
from clearlstm.forecasting.settings import Settings

Features = npt.NDArray[np.float32]

MAX_CATEGORIES = 100


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
    """

    hist_exog: tuple[str, ...]
    futr_exog: tuple[str, ...]
    static: tuple[str, ...]
    calendar: tuple[str, ...]
    scales: dict[str, Scale]
    categories: dict[str, tuple[str, ...]]
    still: tuple[str, ...] = ()

    @classmethod
    def of(cls, panel: Panel, settings: Settings, start: Any = None) -> "Encoding | None":
        """From a panel whose training part ends before the time ``start`` (None: is all of it); None if not needed."""
        names = (settings.hist_exog, settings.futr_exog, settings.static, settings.calendar)
        if not any(names):
            return None
        early = np.ones(len(panel.times), bool) if start is None else panel.times < start
        scales, categories, still = {}, {}, []
        for name, column in panel.covariates.items():
            values = column.values[panel.offsets[:-1] if name in settings.static else early]
            if (values == values[:1]).all():
                still.append(name)
            if column.categories is not None:
                categories[name] = _checked_categories(name, column)
            else:
                scales[name] = Scale.of(values)
        return cls(*names, scales, categories, tuple(still))

    def unknown(self, panel: Panel) -> dict[str, list[str]]:
        """The categories of static columns that the fit has not seen, by column; the net is shown none of its own."""
        first, unseen = panel.offsets[:-1], {}
        for name in set(self.static) & set(self.categories) & set(panel.covariates):
            unseen[name] = sorted(set(panel.covariates[name].at(first).texts()).difference(self.categories[name]))
        return {name: each for name, each in sorted(unseen.items()) if each}

    def inputs(self, panel: Panel, h: int) -> Inputs:
        """The covariates of ``panel`` for a horizon of ``h`` steps."""
        self._check_columns(panel)
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
        scale = self.scales[name]
        # (x − mean) / size
        z = (column.values - scale.mean) / scale.size
        if np.abs(z).max(initial=0) > np.finfo(np.float32).max:
            raise DataError(
                f"column {name!r} holds {column.values[np.argmax(np.abs(z))]:g}, too far from the values that it was "
                f"fitted on (mean {scale.mean:g}, standard deviation {scale.size:g}): correct it"
            )
        return z.astype(np.float32)[:, None]

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
        return [f"{name} = {category}" for category in self.categories[name]] if name in self.categories else [name]

    def _check_columns(self, panel: Panel) -> None:
        for name in (name for group in self._groups for name in group):
            if name not in panel.covariates:
                raise DataError(f"the data have no column {name!r}, which the forecaster was fitted with: add it")


def _first_text(categories: tuple[str, ...]) -> str:
    """The first that is no number, if there is one."""
    return next((text for text in categories if not text.replace(".", "", 1).lstrip("-").isdigit()), categories[0])


def _checked_categories(name: str, column: Covariate) -> tuple[str, ...]:
    """Those that occur; so many that each hardly occurs are refused."""
    assert column.categories is not None
    used = tuple(column.categories[code] for code in np.unique(column.values).astype(int))
    if len(used) > MAX_CATEGORIES:
        raise DataError(
            f"column {name!r} has {len(used)} categories ({', '.join(used[:3])}, …); an input for each of more than "
            f"{MAX_CATEGORIES} would drown all else: group them, or leave the column out"
        )
    return used


def _one_hot(name: str, column: Covariate, categories: tuple[str, ...], *, static: bool) -> Features:
    """A 1 in the place of each row's category, (n, categories); for one that was never seen none, or it is refused.

    What a series is may be new with the series; what happens at a step must have been seen to mean anything.
    """
    texts = column if column.categories is not None else Covariate.of_texts(column.texts())
    assert texts.categories is not None
    place = {category: k for k, category in enumerate(categories)}
    places = np.array([place.get(category, -1) for category in texts.categories], dtype=np.int64)[texts.values]
    if (places < 0).any() and not static:
        unseen = texts.categories[int(texts.values[np.argmax(places < 0)])]
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
    changed = column.values != np.repeat(first.values, panel.lengths)
    if changed.any():
        k = int(panel.row_series[np.argmax(changed)])
        raise DataError(
            f"column {name!r} is static, but changes within series {str(panel.ids[k])!r}: make it the same in all rows "
            "of a series, or name it in hist_exog or futr_exog"
        )
