"""The cells of a column of a table as numbers or categories; what can't be read is refused with its row."""

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.columns import is_long
from clearlstm.data.covariates import EMPTY, Covariate
from clearlstm.data.decimals import has_decimal_commas, has_thousands_commas, is_ambiguous, to_numbers
from clearlstm.data.windows import blocks
from clearlstm.errors import DataError

if TYPE_CHECKING:
    from clearlstm.data.frames import Table

LARGEST = 1e100
"""Squares of larger numbers, and their sums, would soon be infinite."""
TWO_MEANINGS = "may have thousands or a decimal sign in it"
TOO_LARGE = f"is beyond ±{LARGEST:g} and can't be computed with"

MISSING_TEXT = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "<na>"})


def numbers(table: "Table", column: str, *, narrow: bool = False) -> npt.NDArray[Any]:
    """A column as float64, missing cells as not-a-number; text and infinities are refused with their row.

    With ``narrow`` a very long one of float32 stays float32. It is a copy in any case.
    """
    raw = table.raw(column)
    if raw.dtype.kind not in "iufOUT":
        raise DataError(f"column {column!r} holds {raw.dtype.name} values; numbers are needed")
    if raw.dtype.kind in "iuf":
        stays = narrow and raw.dtype == np.float32 and is_long(len(raw))
        values = raw.astype(np.float32 if stays else np.float64)
    else:
        text = pd.Series(raw, dtype=object)
        missing = text.map(is_missing).to_numpy(bool)
        endless = text.map(lambda value: isinstance(value, int) and abs(value) > LARGEST).to_numpy(bool)
        refuse(table, column, raw, endless, TOO_LARGE)  # such an int need not fit into a float
        values = to_numbers(text.mask(missing)).to_numpy(np.float64, na_value=np.nan)
        booleans = text.map(lambda value: isinstance(value, bool)).to_numpy(bool)
        bad = (np.isnan(values) & ~missing) | booleans
        refuse(table, column, raw, bad & text.map(is_ambiguous).to_numpy(bool), TWO_MEANINGS)
        refuse(table, column, raw, bad, "is not a number")
        refuse(table, column, raw, _perhaps_thousands(table, text), TWO_MEANINGS)
    for part in blocks(len(raw)):
        refuse(table, column, raw, np.isinf(values[part]), "is not finite", part.start)
        refuse(table, column, raw, np.abs(values[part]) > np.float64(LARGEST), TOO_LARGE, part.start)
    return values


def notes_on_commas(table: "Table", columns: tuple[str, ...]) -> list[str]:
    """What is said of columns whose commas are decimal signs, or stand between thousands."""
    notes = [(name, _role_of_commas(table.raw(name))) for name in columns]
    return [f"Column {name!r}: commas were read as {role}." for name, role in notes if role is not None]


def _role_of_commas(raw: npt.NDArray[Any]) -> str | None:
    if raw.dtype.kind not in "OUT":
        return None
    cells = pd.Series(raw, dtype=object)
    if has_decimal_commas(cells):
        return "decimal signs"
    return "separators of thousands" if has_thousands_commas(cells) else None


def _by_comma(raw: npt.NDArray[Any]) -> bool:
    return raw.dtype.kind in "OUT" and has_decimal_commas(pd.Series(raw, dtype=object))


def _perhaps_thousands(table: "Table", text: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Which cells (rows,) have a point that may mean thousands: 1.234, all through, where other columns have commas."""
    pointed = text.map(lambda value: isinstance(value, str) and "." in value).to_numpy(bool)
    doubtful = text.map(is_ambiguous).to_numpy(bool)
    if pointed.any() and (doubtful == pointed).all() and not has_decimal_commas(text):
        return pointed & any(_by_comma(table.raw(name)) for name in table.frame.columns)
    return np.zeros(len(text), bool)


def weights_of(table: "Table", column: str) -> npt.NDArray[np.float64]:
    """A column of weights, none below 0 and not all 0."""
    weights = numbers(table, column)
    refuse(table, column, table.raw(column), ~(weights >= 0), "is no weight")
    if not weights.any():
        raise DataError(f"column {column!r} holds nothing but 0, so no row would count: give some a weight above 0")
    return weights


def read_covariate(table: "Table", column: str) -> Covariate:
    """A column as numbers, if all its cells are (True counts 1) that aren't empty; else as categories."""
    raw = table.raw(column)
    if raw.dtype.kind in "mM":
        raise DataError(f"column {column!r} holds {raw.dtype.name} values; a covariate holds numbers or categories")
    if raw.dtype.kind == "b":
        return Covariate(raw.astype(np.float64))
    categorical = table.frame.schema[column] in (nw.Categorical, nw.Enum)
    if raw.dtype.kind not in "OUT":
        column_of_numbers = Covariate.of_numbers(numbers(table, column))
        return Covariate.of_texts(column_of_numbers.texts()) if categorical else column_of_numbers
    cells = pd.Series(raw, dtype=object)
    empty = cells.map(is_missing)
    known = cells[~empty]
    if len(known) and known.map(lambda cell: isinstance(cell, (bool, np.bool_))).all():
        return Covariate.of_numbers(cells.mask(empty, np.nan).to_numpy(np.float64))
    if categorical or (to_numbers(known).isna() & ~known.map(is_ambiguous)).any():
        return Covariate.of_texts(cells.mask(empty, EMPTY).astype(str).to_numpy(object))
    return Covariate.of_numbers(numbers(table, column))


def is_missing(value: Any) -> bool:
    """Whether a cell is empty, or a text that says so."""
    if isinstance(value, str):
        return value.strip().lower() in MISSING_TEXT
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def refuse(
    table: "Table", column: str, raw: npt.NDArray[Any], bad: npt.NDArray[np.bool_], why: str, first: int = 0
) -> None:
    """Refuse the first ``bad`` cell of the rows from ``first`` on, saying ``why`` and where it is."""
    if bad.any():
        position = first + int(np.argmax(bad))
        value = raw[position]
        shown = repr(value) if isinstance(value, str) else str(value)
        comma = isinstance(value, str) and ("," in value or why == TWO_MEANINGS)
        hint = " (write decimals with a point and no separators for thousands)" if comma else ""
        raise DataError(
            f"column {table.column_at(column, position)!r} holds {shown}, which {why}, in {table.row(position)}{hint}: "
            "correct it, or leave the cell empty to mark it as missing"
        )
