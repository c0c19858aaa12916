"""Which rows of a table belong to which series: by the column, or the columns together, that tell series apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.windows import Rows, blocks
from clearlstm.errors import DataError

if TYPE_CHECKING:
    from clearlstm.data.frames import Columns, Table

JOINED_BY = " / "
"""What stands between the parts of an id that several columns make up."""

Ids = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Runs:
    """Rows of one series that stand one after the other: run r is the rows ``bounds[r]:bounds[r + 1]`` of a table.

    ids (S,) in order; series (R,), the number of each run's.
    """

    ids: Ids
    series: Rows
    bounds: Rows

    @property
    def row_series(self) -> Rows:
        """The number of each row's series, (rows,)."""
        return np.repeat(self.series, np.diff(self.bounds))

    @property
    def together(self) -> bool:
        """Whether all rows of each series stand together."""
        return len(self.series) == len(self.ids)


def read_ids(table: "Table", columns: "Columns") -> tuple[Ids, Rows]:
    """The ids in order, (S,), and the number of each row's series, (rows,)."""
    runs = read_runs(table, columns)
    return runs.ids, runs.row_series


def read_runs(table: "Table", columns: "Columns") -> Runs:
    """The ids, and where the rows of each stand; an empty id is refused with its row."""
    n = len(table.frame)
    if columns.id is None:
        return Runs(np.array([columns.target], dtype=object), np.zeros(1, np.int64), np.array([0, n]))
    first = _first_rows(table, columns.ids)
    parts = {name: _read_id(table, name, first) for name in columns.ids}
    ids, series = _joined_ids(parts) if len(parts) > 1 else parts[columns.ids[0]]
    return Runs(ids, series, np.append(first, n))


def _first_rows(table: "Table", names: Sequence[str]) -> Rows:
    """The rows whose id isn't that of the row before, (R,), the first among them."""
    n, first = len(table.frame), [np.zeros(1, np.int64)]
    for part in blocks(n):
        begin = max(part.start - 1, 0)
        differs = np.any([_differs(table.labels(name, slice(begin, part.stop))) for name in names], axis=0)
        first.append(begin + 1 + np.flatnonzero(differs))
    return np.concatenate(first)


def _differs(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each of ``labels`` (n,) but the first differs from the one before, (n − 1,)."""
    try:
        return np.asarray(labels[1:] != labels[:-1], bool)
    except (TypeError, ValueError):  # of cells that can't be compared, such as pandas' NA
        return np.ones(len(labels) - 1, bool)


def _joined_ids(parts: dict[str, tuple[Ids, Rows]]) -> tuple[Ids, Rows]:
    """The ids of several columns, with the numbers of the rows' ids, as one: their texts, joined, in their order."""
    sizes = [len(ids) for ids, _ in parts.values()]
    used, series = np.unique(np.ravel_multi_index([at for _, at in parts.values()], sizes), return_inverse=True)
    texts = []
    for (name, (ids, _)), places in zip(parts.items(), np.unravel_index(used, sizes), strict=True):
        texts.append(ids.astype(str)[places])
        unclear = next((text for text in texts[-1] if JOINED_BY in text), None)
        if unclear is not None:
            raise DataError(
                f"column {name!r} holds {str(unclear)!r}, and {JOINED_BY!r} is what joins the ids of several columns: "
                "write it otherwise"
            )
    joined = np.empty(len(used), dtype=object)
    joined[:] = [JOINED_BY.join(each) for each in zip(*texts, strict=True)]
    return joined, series.astype(np.int64)


def _read_id(table: "Table", column: str, rows: Rows) -> tuple[Ids, Rows]:
    """The distinct cells of a column in ``rows`` (n,), in order, (S,), and the number of each, (n,)."""
    try:
        codes, distinct = pd.factorize(pd.Series(table.cells(column, rows), dtype=object))
    except TypeError as error:
        raise DataError(f"column {column!r} holds lists; ids are texts or numbers") from error
    empty = np.isin(codes, np.flatnonzero(distinct == "")) | (codes < 0)
    if empty.any():
        raise DataError(
            f"column {column!r} is empty in {table.row(int(rows[np.argmax(empty)]))}; every row must say which series "
            "it belongs to: fill it in or remove the row"
        )
    ids = np.empty(len(distinct), dtype=object)
    ids[:] = list(distinct)
    try:
        rank = np.argsort(ids, kind="stable")
    except TypeError:  # ids of several types have no order of their own
        rank = np.argsort(ids.astype(str), kind="stable")
    place = np.empty(len(rank), dtype=np.int64)
    place[rank] = np.arange(len(rank))
    return ids[rank], place[codes]
