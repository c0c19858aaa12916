"""The numbers that decide how a run goes; two runs with equal ones, on equal data, are equal to the bit."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from clearlstm.errors import InputError
from clearlstm.shapes import check_positive, check_whole
from clearlstm.training.schedule import SCHEDULES


@final
@dataclass(frozen=True)
class Settings:
    """The settings of :func:`clearlstm.train`, checked and turned into plain Python values."""

    batch_size: int
    max_steps: int
    learning_rate: float
    weight_decay: float
    clip_norm: float | None
    schedule: str
    warmup_steps: int
    validate_every: int
    patience: int
    shuffle: bool
    seed: int

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if self.warmup_steps > self.max_steps:
            raise InputError(f"warmup_steps is {self.warmup_steps}; it can't exceed max_steps, {self.max_steps}")


def check_number(name: str, value: object, *, zero: bool) -> float:
    """Return ``value`` as a finite float above 0, or from 0 on if ``zero``."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0 or (value == 0 and not zero):  # type: ignore[arg-type, operator]
        raise InputError(f"{name} is {value!r}; it must be a number {'of at least' if zero else 'above'} 0")
    return float(value)  # type: ignore[arg-type]


def _schedule(name: str, value: object) -> str:
    if value not in SCHEDULES:
        raise InputError(f"{name} is {value!r}; use one of {', '.join(map(repr, SCHEDULES))}")
    return str(value)


def _yes_or_no(name: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"{name} is {value!r}; it must be True or False")
    return bool(value)


_CHECKS: dict[str, Callable[[str, object], Any]] = {
    "batch_size": check_positive,
    "max_steps": check_positive,
    "learning_rate": lambda name, value: check_number(name, value, zero=False),
    "weight_decay": lambda name, value: check_number(name, value, zero=True),
    "clip_norm": lambda name, value: None if value is None else check_number(name, value, zero=False),
    "schedule": _schedule,
    "warmup_steps": check_whole,
    "validate_every": check_positive,
    "patience": check_positive,
    "shuffle": _yes_or_no,
    "seed": check_whole,
}
