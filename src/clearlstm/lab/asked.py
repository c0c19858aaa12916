"""What a page may ask for, checked before any work: each field by name, with a sentence for what doesn't fit."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from clearlstm.forecasting.options import OPTIONS, Option
from clearlstm.lab.refusal import Refused
from clearlstm.lab.tasks import ROLES

Check = Callable[[Any], bool]
Fields = Mapping[str, tuple[Check, str]]
"""A field's check, and what it takes, in words."""

QUESTIONS: Final = ("gradient_flow", "ledger", "memory", "attribution", "what_if", "units", "audit")
LONGEST_TEXT: Final = 1000
LONGEST_LIST: Final = 100_000


def _whole(low: int, high: int) -> tuple[Check, str]:
    def check(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return check, f"a whole number from {low} to {high}"


def _one_of(*values: str) -> tuple[Check, str]:
    return (lambda value: isinstance(value, str) and value in values), f"one of {', '.join(values)}"


def _list_of(field: tuple[Check, str], name: str) -> tuple[Check, str]:
    def check(value: Any) -> bool:
        return isinstance(value, list) and len(value) <= LONGEST_LIST and all(map(field[0], value))

    return check, f"a list of {name}"


def _record(fields: Fields, needed: frozenset[str]) -> tuple[Check, str]:
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
ADDRESS: Final = (lambda value: isinstance(value, str) and len(value) <= 100_000), "a text"
ROLE_FIELDS: Final[Fields] = {
    role: ((lambda value: value is None or TEXT[0](value)), "a column's name") for role in ROLES
}
STEP: Final = _whole(-1_000_000, 1_000_000)
NATURAL: Final = _whole(0, 1_000_000)

KINDS: Final = {str: TEXT, bool: FLAG, float: NUMBER}


def _option(option: Option) -> tuple[Check, str]:
    """What a form may give of an option of the forecaster's."""
    one = _whole(int(option.low or 0), int(option.form)) if option.kind is int else KINDS[option.kind]
    names = "percentages" if option.unit == "%" else "whole numbers"
    return _list_of(one, names) if option.several else one


FORECAST: Final[Fields] = {
    "table": TEXT,
    "roles": _record(ROLE_FIELDS, frozenset()),
    "windows": _whole(0, 10_000),
    **{name: _option(option) for name, option in OPTIONS.items() if option.form},
}
OPEN: Final[Fields] = {
    "model": TEXT,
    "name": TEXT,
    "head": TEXT,
    "pool": _one_of("last", "mean", "none"),
    "table": TEXT,
    "features": _list_of(TEXT, "columns' names"),
    "x": _list_of(_list_of(NUMBER, "numbers"), "rows of numbers"),
    "steps": _whole(1, 500),
}
_CHANGE: Final = _record({"step": STEP, "feature": NATURAL, "value": NUMBER}, frozenset(["step", "feature", "value"]))
_HOLD: Final = _record(
    {"gate": _one_of("f", "i", "g", "o"), "value": NUMBER, "unit": NATURAL, "start": NATURAL},
    frozenset(["gate", "value"]),
)
INSIDE: Final[Fields] = {
    "job": TEXT,
    "question": _one_of(*QUESTIONS),
    "trace": NATURAL,
    "layer": NATURAL,
    "step": STEP,
    "output": NATURAL,
    "change": _list_of(_CHANGE, "changes, each with step, feature and value"),
    "hold": _list_of(_HOLD, "holds, each with gate and value"),
    "zero": _list_of(NATURAL, "units' numbers"),
}
TASKS: Final[Mapping[str, tuple[Fields, tuple[str, ...]]]] = {
    "forecast": (FORECAST, ("table",)),
    "open": (OPEN, ("model",)),
    "inside": (INSIDE, ("job", "question")),
}


def checked_task(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The kind of task that is asked for, and its fields."""
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in TASKS:
        raise Refused(400, f"kind is {_shown(kind)}; it must be one of {', '.join(TASKS)}")
    fields, needed = TASKS[kind]
    return kind, checked({name: value for name, value in body.items() if name != "kind"}, fields, needed)


def checked(body: Mapping[str, Any], fields: Fields, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields that are given; null counts as left out."""
    given = {name: value for name, value in body.items() if value is not None}
    if unknown := sorted(set(given) - set(fields)):
        raise Refused(400, f"{_shown(unknown[0])} is not known here; these are: {', '.join(fields)}")
    if missing := [name for name in needed if name not in given]:
        raise Refused(400, f"{missing[0]} is missing: give {fields[missing[0]][1]}")
    for name, value in given.items():
        check, words = fields[name]
        if not check(value):
            raise Refused(400, f"{name} is {_shown(value)}; it must be {words}")
    return given


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
