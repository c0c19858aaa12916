"""Checks of values that came as JSON or as text: each with what it takes, in words."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

Check = Callable[[Any], bool]
Fields = Mapping[str, tuple[Check, str]]
"""A field's check, and what it takes, in words."""

LONGEST_TEXT: Final = 1000
LONGEST_LIST: Final = 100_000


def whole(low: int, high: int) -> tuple[Check, str]:
    """Whole numbers from ``low`` to ``high``."""

    def check(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return check, f"a whole number from {low} to {high}"


def one_of(*values: str) -> tuple[Check, str]:
    """One of some texts."""
    return (lambda value: isinstance(value, str) and value in values), f"one of {', '.join(values)}"


def list_of(field: tuple[Check, str], name: str) -> tuple[Check, str]:
    """A list whose items pass a check; ``name`` says what they are."""

    def check(value: Any) -> bool:
        return isinstance(value, list) and len(value) <= LONGEST_LIST and all(map(field[0], value))

    return check, f"a list of {name}"


def record(fields: Fields, needed: frozenset[str]) -> tuple[Check, str]:
    """An object of such fields, some of them needed."""

    def check(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and needed <= set(value) <= set(fields)
            and all(fields[name][0](part) for name, part in value.items())
        )

    return check, "an object with " + ", ".join(fields)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


TEXT: Final = (lambda value: isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT), "a text"
NUMBER: Final = _is_number, "a number"
FLAG: Final = (lambda value: isinstance(value, bool)), "true or false"
