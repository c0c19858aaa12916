"""Requests: what a page may ask for, checked before any work, with a sentence for what doesn't fit."""

from collections.abc import Mapping
from typing import Any, Final

from clearlstm.checks import FLAG, NUMBER, TEXT, Check, Fields, list_of, one_of, record, whole
from clearlstm.forecasting.options import OPTIONS, Option
from clearlstm.insight.views import QUESTIONS, fields_of
from clearlstm.lab.tasks import ROLES


class Refused(Exception):  # noqa: N818 - it isn't an error of the server's
    """A request that can't be met: an HTTP status, and a sentence that says what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


ADDRESS: Final = (lambda value: isinstance(value, str) and len(value) <= 100_000), "a text"


def _or_none(field: tuple[Check, str]) -> tuple[Check, str]:
    """What passes the check, or null, which stands for "as the table tells"."""
    return (lambda value: value is None or field[0](value)), field[1]


COLUMN: Final = TEXT[0], "a column's name"
COLUMNS: Final = list_of(COLUMN, "columns' names")
ROLE_FIELDS: Final[Fields] = {
    **{role: _or_none(COLUMN) for role in ROLES},
    "id": _or_none((lambda value: COLUMN[0](value) or COLUMNS[0](value), "a column's name or a list of them")),
    "dayfirst": _or_none(FLAG),
    "wide": _or_none(FLAG),
}

KINDS: Final = {str: TEXT, bool: FLAG, float: NUMBER}


def _option(option: Option) -> tuple[Check, str]:
    """What a form may give of an option of the forecaster's."""
    one = whole(int(option.low or 0), int(option.form)) if option.kind is int else KINDS[option.kind]
    names = "percentages" if option.unit == "%" else "whole numbers"
    return list_of(one, names) if option.several else one


FORECAST: Final[Fields] = {
    "table": TEXT,
    "roles": record(ROLE_FIELDS, frozenset()),
    "windows": whole(0, 10_000),
    **{name: _option(option) for name, option in OPTIONS.items() if option.form},
}
OPEN: Final[Fields] = {
    "model": TEXT,
    "name": TEXT,
    "head": TEXT,
    "pool": one_of("last", "mean", "none"),
    "table": TEXT,
    "features": list_of(TEXT, "columns' names"),
    "x": list_of(list_of(NUMBER, "numbers"), "rows of numbers"),
    "steps": whole(1, 500),
}
INSIDE: Final[Fields] = {
    "job": TEXT,
    "question": one_of(*QUESTIONS),
    **{field.name: (field.check, field.accepts) for field in fields_of(*QUESTIONS.values())},
}
TASKS: Final[Mapping[str, tuple[Fields, tuple[str, ...]]]] = {
    "forecast": (FORECAST, ("table",)),
    "open": (OPEN, ("model",)),
    "inside": (INSIDE, ("job", "question")),
}


def checked_task(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The kind of task that is requested, and its fields."""
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
