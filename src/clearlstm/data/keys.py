"""Which columns tell the series of a table apart: with the time, no two rows share them all."""

from collections.abc import Sequence
from itertools import chain, combinations
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from clearlstm.data.frames import Table

MOST_TOGETHER = 3
MOST_LOOKED_AT = 8

Codes = npt.NDArray[np.int64]


def tell_apart(table: "Table", columns: Sequence[str]) -> bool:
    """Whether no two rows agree in all of ``columns``."""
    return not pd.DataFrame({name: _codes(table, name) for name in columns}).duplicated().any()


def smallest_key(table: "Table", time: str, free: Sequence[str], given: Sequence[str] = ()) -> tuple[str, ...] | None:
    """Those of ``free`` that, with ``given`` and the time, tell all rows apart; None if up to 3 of them don't.

    Of several such sets the one that makes the fewest series: a measured number tells rows apart by chance, and makes
    many. Only columns of texts or whole numbers that repeat can be meant.
    """
    codes = {name: each for name in free if name not in given and (each := _codes_of_key(table, name)) is not None}
    names = list(codes)[:MOST_LOOKED_AT]
    base = {name: _codes(table, name) for name in (time, *given)}
    fewest, key = len(table.frame), None
    for these in chain.from_iterable(combinations(names, size) for size in range(1, MOST_TOGETHER + 1)):
        frame = pd.DataFrame({name: codes[name] for name in these})
        count = int((~frame.duplicated()).sum())
        if count < fewest and not frame.assign(**base).duplicated().any():
            fewest, key = count, these
    return None if key is None else (*given, *key)


def named(columns: Sequence[str]) -> str:
    """What to write to name them: (id_col='store', --id store)."""
    python = repr(columns[0]) if len(columns) == 1 else repr(list(columns))
    return f"(id_col={python}, {' '.join(f'--id {quote(name)}' for name in columns)})"


def _codes(table: "Table", column: str) -> Codes:
    return np.asarray(pd.factorize(pd.Series(table.raw(column), dtype=object))[0], dtype=np.int64)


def _codes_of_key(table: "Table", column: str) -> Codes | None:
    """A number for each distinct cell (rows,); None where the column can't be part of a key."""
    cells = pd.Series(table.raw(column), dtype=object)
    try:
        codes, distinct = pd.factorize(cells)
    except TypeError:  # lists
        return None
    numbers = pd.to_numeric(pd.Series(distinct, dtype=object), errors="coerce")
    whole = (numbers.isna() | (numbers % 1 == 0)).all()
    return np.asarray(codes, dtype=np.int64) if whole and 2 * len(distinct) <= len(cells) else None
