"""Long tables of labelled sequences: a row a step, with the sequence that it belongs to, its features and a label."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias, final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.cells import is_missing, numbers
from clearlstm.data.decimals import to_numbers
from clearlstm.data.frames import Columns, Table, names_of, read_times
from clearlstm.data.guess import ID_NAMES, TIME_NAMES, by_name, free_columns, reads_as_numbers, reads_as_times
from clearlstm.data.ids import read_ids
from clearlstm.data.times import format_time
from clearlstm.errors import DataError
from clearlstm.shapes import FloatArray, IntArray, counted

LABEL_NAMES: Final = ("label", "class", "target", "category", "y", "kind", "activity", "gesture", "outcome")
OWN_ID_NAMES: Final = ("sequence", "sequence_id", "seq", "sample", "case", "recording", "episode", *ID_NAMES)
MOST_CLASSES: Final = 20
"""Whole numbers of more values than this are taken for numbers, not for classes."""

Kind: TypeAlias = Literal["classes", "numbers"]


class Roles(NamedTuple):
    """What the user said of a table's columns."""

    label: str | None = None
    id: str | Sequence[str] | None = None
    time: str | None = None
    features: tuple[str, ...] = ()


@final
@dataclass(frozen=True, eq=False)
class Labelled:
    """Sequences (T_n, F) with a label each, N of them; ``notes`` say how they were read.

    labels (N,): None where there is none. ids (N,), as the file has them. names (F,) of the features.
    """

    source: str
    X: list[FloatArray]
    labels: npt.NDArray[np.object_]
    ids: npt.NDArray[np.object_]
    names: tuple[str, ...]
    label: str
    notes: list[str] = field(default_factory=list)

    def take(self, chosen: npt.NDArray[Any]) -> "Labelled":
        """Some of them."""
        X = [self.X[n] for n in chosen]
        return Labelled(self.source, X, self.labels[chosen], self.ids[chosen], self.names, self.label, self.notes)

    @property
    def is_labelled(self) -> npt.NDArray[np.bool_]:
        """Which have a label, (N,)."""
        return np.array([label is not None for label in self.labels], dtype=bool)


def read_labelled(table: Table, roles: Roles) -> Labelled:
    """The sequences of a long table, rows in order of time where it has a column of times.

    Raises :class:`DataError` that names column and row: where a column isn't plain, a feature is missing or no number,
    a time stands twice in a sequence, or the label changes within one.
    """
    time, ids, label, features, notes = _find(table, roles)
    names, series = read_ids(table, Columns(time="", target="", id=ids if len(ids) > 1 else ids[0]))
    order = _in_order(table, time, names, series)
    values = np.stack([_feature(table, name)[order] for name in features], axis=1)
    steps = np.bincount(series, minlength=len(names))
    starts = np.cumsum(steps) - steps
    labels = _labels(table, label, names, order, starts)
    least, most = int(steps.min()), int(steps.max())
    spread = counted(least, "step") if least == most else f"{least:,} to {most:,} steps"
    size = f"{counted(len(names), 'sequence')} of {spread} and {counted(len(features), 'feature')}"
    notes.append(f"{size} ({', '.join(features)}) from {table.source}.")
    return Labelled(table.source, np.split(values, starts[1:]), labels, names, tuple(features), label, notes)


def _find(table: Table, roles: Roles) -> tuple[str | None, tuple[str, ...], str, list[str], list[str]]:
    """The columns of time, ids, label and features, and what was guessed."""
    ids = names_of(roles.id)
    for name in (roles.label, roles.time, *ids, *roles.features):
        if name is not None:
            table.raw(name)  # refuses a name that isn't there
    taken = {name for name in (roles.label, roles.time, *ids, *roles.features) if name is not None}
    free = free_columns(table, taken)
    label = roles.label or _need(table, by_name(free, LABEL_NAMES), "the label of each sequence", "label")
    free = [name for name in free if name != label]
    chosen = ids or (_need(table, _guess_id(free), "which sequence a row belongs to", "id"),)
    free = [name for name in free if name not in chosen]
    readable = [name for name in free if reads_as_times(table, name)]
    dates = [name for name in readable if not reads_as_numbers(table, name)]
    time = roles.time or by_name(readable, TIME_NAMES) or (dates[0] if len(dates) == 1 else None)
    free = [name for name in free if name != time]
    left_out = [] if roles.features else [name for name in free if not reads_as_numbers(table, name)]
    features = list(roles.features) or [name for name in free if name not in left_out]
    if not features:
        raise DataError(f"{table.source} has no column of numbers that could be a feature: name them with --feature")
    guesses = [("label", roles.label, label), ("sequence", ids, " and ".join(chosen)), ("time", roles.time, time)]
    guessed = [f"{what} = {name!r}" for what, given, name in guesses if not given and name is not None]
    notes = [*table.notes, *([f"Columns guessed: {', '.join(guessed)}."] if guessed else [])]
    if time is None:
        notes.append("There is no column of times: rows count in the order in which they stand.")
    if left_out:
        notes.append(f"Not numbers, so left out: {', '.join(left_out)}.")
    return time, tuple(chosen), label, features, notes


def _guess_id(free: Sequence[str]) -> str | None:
    """A column of a known name, or the only one whose name ends in id."""
    ending = [name for name in free if name.lower().endswith(("_id", " id", "id_"))]
    return by_name(free, OWN_ID_NAMES) or (ending[0] if len(ending) == 1 else None)


def _need(table: Table, name: str | None, what: str, option: str) -> str:
    if name is None:
        raise DataError(
            f"it isn't plain which column of {table.source} says {what} (it has {', '.join(table.frame.columns)}): "
            f"name it with --{option}"
        )
    return name


def _in_order(
    table: Table, time: str | None, names: npt.NDArray[np.object_], series: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The rows by sequence and time."""
    if time is None:
        return np.argsort(series, kind="stable")
    times = read_times(table, time).values
    order = np.lexsort((times, series))
    same = (np.diff(series[order]) == 0) & (times[order][1:] == times[order][:-1])
    if same.any():
        k = int(np.argmax(same))
        one, other = sorted(order[k : k + 2].tolist())
        raise DataError(
            f"sequence {str(names[series[one]])!r} has two rows for {format_time(times[one])} ({table.row(one)} and "
            f"{table.row(other)}): keep one of them, or name all columns that tell sequences apart with --id"
        )
    return order


def _feature(table: Table, name: str) -> npt.NDArray[np.float64]:
    values = numbers(table, name)
    missing = np.isnan(values)
    if missing.any():
        raise DataError(
            f"column {name!r} is empty in {table.row(int(np.argmax(missing)))}; every step needs a value: fill it in, "
            "leave such sequences out, or name the features to take with --feature"
        )
    return values


def _labels(
    table: Table, column: str, names: npt.NDArray[np.object_], order: npt.NDArray[np.int64], starts: IntArray
) -> npt.NDArray[np.object_]:
    """The label of each sequence, whose rows begin at ``starts`` of ``order``; None where its cells are empty."""
    raw = table.raw(column)
    cells = pd.Series(raw, dtype=object)
    cells = cells.mask(cells.map(is_missing).to_numpy(bool))
    codes = pd.factorize(cells)[0][order]
    first = np.repeat(codes[starts], np.diff(np.append(starts, len(order))))
    if (codes != first).any():
        at = int(np.argmax(codes != first))
        k = int(np.searchsorted(starts, at, side="right")) - 1
        one, other = int(order[starts[k]]), int(order[at])
        raise DataError(
            f"column {column!r} has two labels in sequence {str(names[k])!r}: {_shown(raw[one])} in {table.row(one)} "
            f"and {_shown(raw[other])} in {table.row(other)}. A sequence has one label; for a label at each step use "
            "LSTMClassifier(pool=None) from Python"
        )
    labels = np.empty(len(starts), dtype=object)
    labels[:] = [None if codes[row] < 0 else raw[order[row]] for row in starts]
    return labels


def _shown(cell: Any) -> str:
    return "nothing" if is_missing(cell) else repr(cell.item() if isinstance(cell, np.generic) else cell)


def targets(labels: npt.NDArray[np.object_], kind: Kind | None, name: str) -> tuple[Kind, npt.NDArray[Any], list[str]]:
    """Labels (N,), none missing, as classes or as numbers; ``kind`` None: by what they are, and a note says so.

    Texts are classes, and so are whole numbers of up to ``MOST_CLASSES`` different values that stand for two sequences
    each, on average; other numbers are numbers.
    """
    texts = np.array([str(label).strip() if isinstance(label, str) else label for label in labels], dtype=object)
    values = _as_numbers(texts)
    if kind == "numbers" and values is None:
        bad = next(text for text in texts if _as_numbers(np.array([text], dtype=object)) is None)
        raise DataError(f"column {name!r} holds {bad!r}, which is no number, and --numbers asks for numbers")
    distinct = len(set(texts.tolist()))
    few = distinct <= MOST_CLASSES and 2 * distinct <= len(texts)
    whole = values is not None and bool((values == np.round(values)).all())
    chosen: Kind = kind or ("numbers" if values is not None and not (whole and few) else "classes")
    notes = []
    if kind is None and values is not None:
        other = "numbers" if chosen == "classes" else "classes"
        notes.append(
            f"Column {name!r} holds {counted(distinct, 'different number')}: they are taken for {chosen}. If they are "
            f"{other}, say so with --{other}."
        )
    if chosen == "numbers":
        assert values is not None
        return chosen, values, notes
    if values is not None and whole:
        return chosen, values.astype(np.int64), notes
    return chosen, texts.astype(str), notes


def _as_numbers(labels: npt.NDArray[np.object_]) -> FloatArray | None:
    """The labels as finite numbers, or None if one isn't one."""
    if any(isinstance(label, (bool, np.bool_)) for label in labels):
        return None
    values = to_numbers(pd.Series(labels, dtype=object)).to_numpy(np.float64, na_value=np.nan)
    return values if np.isfinite(values).all() else None
