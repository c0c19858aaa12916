"""The options of nets: checked, and as plain values for files."""

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

from clearlstm.cell.activations import activation
from clearlstm.errors import InputError

ActivationsT = TypeVar("ActivationsT")


def check_activations(names: Any, kind: type[ActivationsT]) -> ActivationsT:
    """The names of a cell's functions, given as its own class or as a mapping with its keys."""
    keys = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a data class
    if isinstance(names, Mapping):
        if unknown := set(names) - set(keys):
            raise InputError(f"activations has {sorted(unknown)}; the keys are {', '.join(keys[:-1])} and {keys[-1]}")
        names = kind(**names)
    if not isinstance(names, kind):
        raise InputError(f"activations is {names!r}; give names such as {{'gate': 'sigmoid', 'candidate': 'tanh'}}")
    for key in keys:
        activation(getattr(names, key))
    return names


def check_dropout(dropout: float) -> float:
    """The share of values dropped between layers."""
    if isinstance(dropout, bool) or not isinstance(dropout, (int, float, np.floating)) or not 0 <= dropout < 1:
        raise InputError(f"dropout is {dropout!r}; it is the share of values dropped, from 0 up to but below 1")
    return float(dropout)


def plain(value: Any) -> Any:
    """An option's value for JSON: activations as a dictionary of names."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
