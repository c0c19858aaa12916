"""What the user asked for, checked; and what is chosen, from the data, where the user left it open."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearlstm.data.calendar import DAY, PARTS, fitting_parts, usual_step
from clearlstm.data.frames import names_of
from clearlstm.data.panel import Panel
from clearlstm.data.scaling import TransformName
from clearlstm.data.windows import blocks
from clearlstm.errors import DataError, InputError
from clearlstm.forecasting.options import METHODS, OPTIONS, IntervalMethod, Options
from clearlstm.shapes import check_positive

MIN_INPUT_SIZE = 20
MIN_SEASONS = 3
USUAL_HORIZON = 5
SHORTEST = 0.1
MAX_TRIED = 2**22
"""Rows of a table with which the calendar is tried."""

NUMBERS = ("hidden_size", "batch_size", "learning_rate", "max_steps", "validation_share", "seed", "n_models")
COVARIATES = ("hist_exog", "futr_exog", "static")
"""The arguments that name columns beside the target."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides what a fit becomes, besides the data; two equal ones give equal fits to the bit."""

    h: int
    input_size: int
    levels: tuple[float, ...]
    interval_method: IntervalMethod
    seasons: tuple[int, ...]
    hidden_size: int
    batch_size: int
    learning_rate: float
    max_steps: int
    validation_share: float
    seed: int
    n_models: int = 1
    transform: TransformName = None
    nonnegative: bool = False
    hist_exog: tuple[str, ...] = ()
    futr_exog: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    val_size: int | None = None
    calendar_tried: tuple[str, ...] = ()
    """Parts of the calendar that the fit is to try, and to take if they make forecasts surely better."""

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The quantile levels, rising, the median among them: (0.025, 0.1, 0.5, 0.9, 0.975) for levels 80 and 95."""
        tails = [(100 - level) / 200 for level in self.levels]
        return tuple(sorted({0.5, *tails, *(1 - tail for tail in tails)}))

    def interval(self, level: float) -> tuple[int, int]:
        """Where the two ends of the interval of ``level`` stand in :attr:`quantiles`."""
        tail = (100 - level) / 200
        return self.quantiles.index(tail), self.quantiles.index(1 - tail)


def resolve(panel: Panel, options: Options) -> Settings:
    """Settle what was left open (None) from the data; what was given is taken as it is, or refused."""
    h = options.number("h")
    seasons = _seasons(panel, options.season_length, h)
    wanted = options.input_size
    input_size = _default_input_size(panel.lengths, h, seasons) if wanted is None else options.number("input_size")
    _check_long_enough(panel, input_size, h)
    _check_choices(options)
    _check_values(panel, options.transform, options.nonnegative)
    decided: dict[str, Any] = {name: options.number(name) for name in NUMBERS} | check_covariates(options)
    return Settings(
        h=h,
        input_size=input_size,
        levels=check_levels(options.level),
        interval_method=options.interval_method,
        seasons=seasons,
        transform=options.transform,
        nonnegative=_are_counts(panel) if options.nonnegative is None else bool(options.nonnegative),
        calendar=_calendar(panel, options.calendar),
        calendar_tried=_worth_trying(panel) if options.calendar is None else (),
        **decided,
    )


def _check_choices(options: Options) -> None:
    """Refuse what is none of the choices that there are."""
    method, transform, nonnegative = options.interval_method, options.transform, options.nonnegative
    if method not in METHODS:
        raise InputError(f"interval_method is {method!r}; it must be one of {', '.join(map(repr, METHODS))}")
    if transform not in (None, "log", "none"):
        raise InputError(f"transform is {transform!r}; use 'log', 'none', or None to choose by series")
    if nonnegative is not None and not isinstance(nonnegative, (bool, np.bool_)):
        raise InputError(f"nonnegative is {nonnegative!r}; use True, False, or None to choose by the values")
    _check_jobs(options.n_jobs)


def _check_jobs(n_jobs: Any) -> None:
    """As joblib takes it: so many, or with −1 one for each core."""
    whole = isinstance(n_jobs, (int, np.integer)) and not isinstance(n_jobs, bool)
    if n_jobs is not None and (not whole or n_jobs == 0):
        raise InputError(f"n_jobs is {n_jobs!r}; use a whole number of at least 1, -1 for all cores, or None")


def _are_counts(panel: Panel) -> bool:
    """Whether all values are whole and none is below 0, as counts are."""
    some = False
    for part in blocks(len(panel.values)):
        known = panel.values[part]
        known = known[~np.isnan(known)]
        some |= bool(known.size)
        if not ((known >= 0).all() and (known == np.floor(known)).all()):
            return False
    return some


def _check_values(panel: Panel, transform: TransformName, nonnegative: bool | None) -> None:
    """Refuse values that have no logarithm, or lie below 0, where that was asked for."""
    worst = min(np.nanmin(panel.values[part], initial=np.inf) for part in blocks(len(panel.values)))
    if worst > 0 or (worst == 0 and transform != "log") or (transform != "log" and not nonnegative):
        return
    row = int(np.nanargmin(panel.values))
    where = f"series {str(panel.ids[panel.row_series[row]])!r} has {worst:g} at {panel.text(panel.times[row])}"
    if transform == "log":
        raise DataError(f"{where}, which has no logarithm: use transform=None or 'none', or correct the value")
    raise DataError(f"{where}, and nonnegative=True: correct the value, or leave nonnegative out")


def check_covariates(options: Options) -> dict[str, tuple[str, ...]]:
    """The names of covariates by argument; one that stands twice, or is another column's, is refused."""
    covariates: dict[str, tuple[str, ...]] = {}
    seen = {getattr(options, name): name for name in ("time_col", "target_col", "weight_col")}
    seen |= dict.fromkeys(names_of(options.id_col), "id_col")
    for argument in COVARIATES:
        given = getattr(options, argument)
        if not np.iterable(given):
            raise InputError(f"{argument} is {given!r}; names of columns are needed")
        covariates[argument] = (given,) if isinstance(given, str) else tuple(given)
        for name in covariates[argument]:
            if not isinstance(name, str):
                raise InputError(f"{argument} holds {name!r}; names of columns are needed")
            if name in seen:
                raise InputError(f"{argument} holds {name!r}, which {seen[name]} names too: name it once")
            seen[name] = argument
    return covariates


def _calendar(panel: Panel, given: Any) -> tuple[str, ...]:
    """The parts of the calendar to be shown: none, those that fit the frequency (True), or those that are named."""
    if given is False or given is None:
        return ()
    if panel.times.dtype.kind != "M":
        raise InputError("calendar is asked for, but the times are whole numbers: leave it out, or give dates")
    if given is True:
        return fitting_parts(panel.times)
    names = (given,) if isinstance(given, str) or not np.iterable(given) else tuple(given)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise InputError(f"calendar holds {unknown[0]!r}; use True, False or some of {', '.join(map(repr, PARTS))}")
    return names


def _worth_trying(panel: Panel) -> tuple[str, ...]:
    """The parts of the calendar that came round often enough to learn from, if rows are a day or less apart.

    None for very long tables: what is seen at each row takes more room than the rows themselves.
    """
    if len(panel.times) > MAX_TRIED or panel.times.dtype.kind != "M":
        return ()
    step, span = usual_step(panel.times), panel.times.max() - panel.times.min()
    if step is None or step > DAY:
        return ()
    return tuple(name for name in fitting_parts(panel.times) if span >= MIN_SEASONS * PARTS[name].length)


def _default_input_size(lengths: np.ndarray[Any, Any], h: int, seasons: tuple[int, ...]) -> int:
    """Twice the horizon or the shortest season, whichever is more, at least 20: two rounds of what is to be forecast.

    But at most half of what the shortest series has before its last h rows, so that most windows are full ones. Series
    of no more than h + 1 rows, and the shortest tenth of the others, have no say: they are padded.
    """
    wanted = max(2 * h, 2 * min(seasons, default=0), MIN_INPUT_SIZE)
    usable = lengths[lengths > h + 1] if (lengths > h + 1).any() else lengths
    room = (int(np.quantile(usable, SHORTEST, method="lower")) - h) // 2
    return max(min(wanted, room), 1)


def usual_horizon(panel: Panel, season_length: Any = None) -> int:
    """How far to forecast where nobody says: one season, the shortest; 5 steps where there is none."""
    if season_length is None:
        rows = int(panel.lengths.max())
        fitting = (season for season in panel.frequency.seasons if (MIN_SEASONS + 1) * season <= rows)
        return min(fitting, default=USUAL_HORIZON)
    given = _several(season_length)
    return min((season for season in given if season != 1), default=USUAL_HORIZON)


def _several(season_length: Any) -> tuple[int, ...]:
    """Seasons that were given, checked."""
    several = tuple(season_length) if np.iterable(season_length) else (season_length,)
    return tuple(OPTIONS["season_length"].number("season_length", season) for season in several)


def _seasons(panel: Panel, given: Any, h: int) -> tuple[int, ...]:
    """The seasons in steps, the shortest first; without an argument, those that go with the frequency and fit."""
    longest = int(panel.lengths.max())
    if given is None:
        return tuple(season for season in panel.frequency.seasons if MIN_SEASONS * season + h <= longest)
    seasons = tuple(sorted({*_several(given)} - {1}))
    for season in seasons:
        if season + h >= longest:
            raise InputError(
                f"season_length is {season}; the longest series has {longest} rows, and a season and h {h} need more: "
                "lower season_length or give more data"
            )
    return seasons


def _check_long_enough(panel: Panel, input_size: int, h: int) -> None:
    longest = int(np.argmax(panel.lengths))
    rows, needed = int(panel.lengths[longest]), input_size + h
    if rows < needed:
        which = f"series {str(panel.ids[longest])!r} has {rows} rows" + (", the most of all" if len(panel) > 1 else "")
        raise DataError(
            f"{which}; input_size {input_size} and h {h} need at least {needed}: lower input_size or give more data"
        )


def check_levels(level: Any) -> tuple[float, ...]:
    """Levels of intervals in percent, rising: 80 means from the 10 % to the 90 % quantile."""
    levels = tuple(level) if np.iterable(level) else (level,)
    for one in levels:
        if isinstance(one, bool) or not isinstance(one, (int, float, np.number)) or not 0 < one < 100:
            raise InputError(f"level holds {one!r}; levels are percentages from 1 to below 100, such as (80, 95)")
        if one < 1:
            raise InputError(f"level holds {one!r}, below 1 %; levels are percentages: did you mean {100 * one:g}?")
        if float(f"{one:g}") != one:
            raise InputError(f"level holds {one!r}; a column is named after it, so give it at most 6 digits")
    return tuple(sorted({int(one) if one == int(one) else float(one) for one in levels}))


def check_val_size(val_size: int | None, h: int) -> int | None:
    """Refuse fewer rows to validate on than a window has."""
    if val_size is not None and check_positive("val_size", val_size) < h:
        raise InputError(f"val_size is {val_size}; a window to validate on has h {h} rows: give at least as many")
    return val_size
