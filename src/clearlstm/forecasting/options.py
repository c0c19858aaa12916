"""The options of a forecast, declared once: what each is called, means, counts, may be, and is where it's left out.

The command line, the lab's form, the file of a run, the search and the docs' table are made of this list, and a test
holds the signature of :class:`~.forecaster.LSTMForecaster` to it.
"""

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np

from clearlstm.errors import InputError
from clearlstm.shapes import check_positive, check_whole

if TYPE_CHECKING:
    from clearlstm.data.scaling import TransformName

IntervalMethod = Literal["conformal", "adaptive", "quantile"]
METHODS: Final = get_args(IntervalMethod)


@dataclass(frozen=True)
class Option:
    """What is known of an option besides its name, its type and its default.

    kind: its type where it is given as text, on the command line and in the lab's form; several: more than one may be.
    key: its name in the file of a run, and flag that on the command line, "" where it has none there. unit: what its
    number counts. low, high: its range; a whole number may be ``low``, other numbers lie between. unset: what takes its
    place where it's left open. form: whether the lab's form takes it, and up to which number. searchable: it changes
    how is forecast, but not what, nor from which columns.
    """

    help: str
    kind: type = int
    key: str = ""
    flag: str = ""
    several: bool = False
    unit: str = ""
    low: float | None = None
    high: float | None = None
    unset: str = ""
    form: float | bool = False
    searchable: bool = False

    def number(self, name: str, value: Any) -> Any:
        """``value``, a number within the range, as an int or a float; :class:`InputError` tells of what it is not."""
        if self.kind is int:
            return check_positive(name, value) if self.low == 1 else check_whole(name, value)
        low, high = self.low or 0.0, math.inf if self.high is None else self.high
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not number or not low < value < high:
            raise InputError(f"{name} is {value!r}; it must lie between {low:g} and {high:g}")
        return float(value)


def option(default: Any, words: str, kind: type = int, key: str = "", **facts: Any) -> Any:
    """A field of :class:`Options`."""
    facts.setdefault("flag", f"--{key.replace('_', '-')}" if key else "")
    return field(default=default, metadata={"option": Option(words, kind, key, **facts)})


@dataclass(frozen=True)
class Options:
    """What the user asks for, unchecked: the arguments of the forecaster, in their order."""

    h: int = option(MISSING, "Steps to forecast.", key="horizon", unit="steps", low=1, form=10_000)
    input_size: int | None = option(
        None,
        "Steps that the net sees.",
        key="window",
        unit="steps",
        low=1,
        unset="by the data",
        form=100_000,
        searchable=True,
    )
    level: Sequence[float] = option(
        (80, 95), "An interval's level in percent.", float, "level", several=True, unit="%", low=1, high=100, form=True
    )
    freq: str | int | None = option(
        None,
        "The step: a pandas alias such as D, B, MS or 30min; a whole number for numbered rows.",
        str,
        "freq",
        unset="by the data",
        form=True,
    )
    id_col: str | Sequence[str] | None = option(
        "unique_id", "A column that tells series apart.", str, "series_id", flag="--id", several=True
    )
    time_col: str = option("ds", "The column of dates or step numbers.", str, "time")
    target_col: str = option("y", "The column to forecast.", str, "target")
    dayfirst: bool | None = option(
        None,
        "Whether 01/02/2015 is 1 February or 2 January.",
        bool,
        "dayfirst",
        flag="--dayfirst/--monthfirst",
        unset="by the data",
    )
    interval_method: IntervalMethod = option(
        "adaptive",
        "adaptive: conformal, and follows what was missed since; conformal; or quantile, the net's own.",
        str,
        "intervals",
        searchable=True,
    )
    hist_exog: Sequence[str] = option(
        (), "A column known of the past alone, to be looked at too.", str, "hist_exog", several=True
    )
    futr_exog: Sequence[str] = option(
        (), "A column known of the steps to come too, such as a holiday.", str, "futr_exog", several=True
    )
    static: Sequence[str] = option((), "A column that says what a series is.", str, "static", several=True)
    calendar: bool | Sequence[str] | None = option(
        None,
        "Look at the time of day, week and year too.",
        bool,
        "calendar",
        flag="--calendar/--no-calendar",
        unset="where rows are a day or less apart, if errors on later rows are surely smaller",
        form=True,
        searchable=True,
    )
    weight_col: str | None = option(None, "A column that says how much each row counts in training.", str, "weight")
    transform: "TransformName" = option(
        None, "log or none.", str, "transform", unset="log where all values are positive", searchable=True
    )
    nonnegative: bool | None = option(
        None,
        "Cut forecasts off at 0.",
        bool,
        "nonnegative",
        flag="--nonnegative/--no-nonnegative",
        unset="where all values are whole and none is below 0",
        searchable=True,
    )
    season_length: int | Sequence[int] | None = option(
        None,
        "A season in steps; 1 for none.",
        int,
        "season",
        several=True,
        unit="steps",
        low=1,
        unset="by the step",
        form=1_000_000,
        searchable=True,
    )
    hidden_size: int = option(
        32, "Hidden units of the net.", key="hidden", unit="units", low=1, form=4096, searchable=True
    )
    batch_size: int = option(64, "Windows that each update is computed from.", unit="windows", low=1, searchable=True)
    learning_rate: float = option(2e-3, "How far each update goes.", float, low=0, searchable=True)
    max_steps: int = option(
        1200, "The most updates in one training.", key="steps", unit="updates", low=1, form=1_000_000, searchable=True
    )
    validation_share: float = option(
        0.2, "The last share of the windows, by time, that decides when to stop.", float, low=0, high=1, searchable=True
    )
    checkpoint: str | os.PathLike[str] | None = option(
        None, "Folder for checkpoints, from which a stopped training goes on.", Path, "checkpoint"
    )
    progress: bool = option(False, "Show a progress bar, on a terminal or in a notebook.", bool)
    n_models: int = option(
        1, "Nets from as many seeds; the forecast is their mean.", key="models", unit="nets", low=1, searchable=True
    )
    n_jobs: int | None = option(None, "Nets or baselines at work side by side.", key="jobs", unit="jobs")
    seed: int = option(0, "Of everything drawn at random.", key="seed", low=0, form=2**32 - 1)

    def arguments(self) -> dict[str, Any]:
        """All by name."""
        return {name: getattr(self, name) for name in OPTIONS}

    def number(self, name: str) -> Any:
        """The number called ``name``, checked."""
        return OPTIONS[name].number(name, getattr(self, name))


OPTIONS: Final[dict[str, Option]] = {one.name: one.metadata["option"] for one in fields(Options)}
DEFAULTS: Final[dict[str, Any]] = {one.name: one.default for one in fields(Options) if one.default is not MISSING}


def form() -> dict[str, dict[str, Any]]:
    """What a form needs to know of each option that it takes, as plain values; None for no limit, or no default."""
    return {
        name: {
            **{fact: getattr(one, fact) for fact in ("help", "unit", "low", "unset")},
            "high": one.high if one.form is True else one.form,
            "default": DEFAULTS.get(name),
        }
        for name, one in OPTIONS.items()
        if one.form
    }


def renamed(message: str, names: Mapping[str, str]) -> str:
    """``message`` with the names that its reader knows options by, in the place of Python's.

    A word such as level is taken for an option where a value follows. What is quoted, or stands in brackets beside its
    flag, is left.

    >>> renamed("input_size 60 and h 7 (time_col, --time), 'h 1'", {"input_size": "--window", "h": "--horizon"})
    "--window 60 and --horizon 7 (time_col, --time), 'h 1'"
    """
    found = [re.escape(name) + ("" if "_" in name else r"(?=( is| holds|:)? -?\d)") for name in names]
    pattern = r"\([^()]*--[^()]*\)|'[^']*'|(?<![\w-])(?P<name>" + "|".join(found) + r")(?![\w=])"
    return re.sub(pattern, lambda match: names.get(match["name"], match[0]), message)


def as_freq(text: str | None) -> str | int | None:
    """A step that was given as text: a whole number for numbered rows, else an alias."""
    return int(text) if text is not None and text.isdecimal() else text
