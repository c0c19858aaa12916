"""What the user asked for, checked; and what is chosen, from the data, where the user left it open."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.errors import DataError, InputError
from clearlstm.shapes import check_positive, check_whole

MIN_INPUT_SIZE = 20
MIN_SEASONS = 3


@dataclass(frozen=True)
class Settings:
    """Everything that decides what a fit becomes, besides the data; two equal ones give equal fits to the bit."""

    h: int
    input_size: int
    levels: tuple[float, ...]
    seasons: tuple[int, ...]
    hidden_size: int
    batch_size: int
    learning_rate: float
    max_steps: int
    validation_share: float
    seed: int

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The quantile levels, rising, the median among them: (0.025, 0.1, 0.5, 0.9, 0.975) for levels 80 and 95."""
        tails = [(100 - level) / 200 for level in self.levels]
        return tuple(sorted({0.5, *tails, *(1 - tail for tail in tails)}))

    def interval(self, level: float) -> tuple[int, int]:
        """Where the two ends of the interval of ``level`` stand in :attr:`quantiles`."""
        tail = (100 - level) / 200
        return self.quantiles.index(tail), self.quantiles.index(1 - tail)


def resolve(panel: Panel, asked: dict[str, Any]) -> Settings:
    """Settle what was left open (None) from the data; what was given is taken as it is, or refused."""
    h = check_positive("h", asked["h"])
    lengths = panel.lengths
    seasons = _seasons(panel, asked["season_length"], h)
    given = asked["input_size"]
    input_size = _default_input_size(lengths, h, seasons) if given is None else check_positive("input_size", given)
    _check_long_enough(panel, input_size, h)
    return Settings(
        h=h,
        input_size=input_size,
        levels=check_levels(asked["level"]),
        seasons=seasons,
        hidden_size=check_positive("hidden_size", asked["hidden_size"]),
        batch_size=check_positive("batch_size", asked["batch_size"]),
        learning_rate=_between("learning_rate", asked["learning_rate"], 0, math.inf),
        max_steps=check_positive("max_steps", asked["max_steps"]),
        validation_share=_between("validation_share", asked["validation_share"], 0, 1),
        seed=check_whole("seed", asked["seed"]),
    )


def _default_input_size(lengths: np.ndarray[Any, Any], h: int, seasons: tuple[int, ...]) -> int:
    """Twice the horizon or the shortest season, at least 20; at most a quarter of what the median series has."""
    wanted = max(2 * h, 2 * min(seasons, default=0), MIN_INPUT_SIZE)
    room = (int(np.median(lengths)) - h) // 4
    if room < 2:  # most are too short: look at the longest
        room = (int(lengths.max()) - h) // 4
    return max(min(wanted, room), 1)


def _seasons(panel: Panel, given: Any, h: int) -> tuple[int, ...]:
    """The seasons in steps, the shortest first; without an argument, those that go with the frequency and fit."""
    longest = int(panel.lengths.max())
    if given is None:
        return tuple(season for season in panel.frequency.seasons if MIN_SEASONS * season + h <= longest)
    asked = tuple(given) if np.iterable(given) else (given,)
    seasons = tuple(sorted({check_positive("season_length", season) for season in asked} - {1}))
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
            raise InputError(f"level holds {one!r}; levels are percentages between 0 and 100, such as (80, 95)")
    return tuple(sorted({int(one) if one == int(one) else float(one) for one in levels}))


def _between(name: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low < value < high:
        raise InputError(f"{name} is {value!r}; it must lie between {low:g} and {high:g}")
    return float(value)
