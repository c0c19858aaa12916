"""Frames of any library as narwhals knows them: eager ones as they are, lazy ones computed, with their size told."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import narwhals as nw

from clearlstm.errors import ClearLSTMError, DataError
from clearlstm.shapes import counted

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Eager = tuple["nw.DataFrame[Any]", tuple[str, ...]]


def eager(frame: "IntoFrame", source: str) -> Eager:
    """``frame`` with its rows, and a sentence on how many they are if it was lazy.

    polars' LazyFrame comes to a frame of polars, every other (a DuckDB relation, a frame of dask) to one of pandas.
    Raises :class:`TypeError` for what is no frame, :class:`DataError` where it can't be computed.
    """
    native: Any = frame
    if type(native).__module__.partition(".")[0] == "dask":  # which narwhals leaves to a package of its own
        return _computed("dask", lambda: nw.from_native(native.compute(), eager_only=True), source)
    known = nw.from_native(frame)
    if isinstance(known, nw.DataFrame):
        return known, ()
    library = known.implementation
    return _computed(library.value, lambda: known.collect("polars" if library.is_polars() else "pandas"), source)


def _computed(library: str, compute: Callable[[], "nw.DataFrame[Any]"], source: str) -> Eager:
    try:
        table = compute()
    except (ClearLSTMError, ImportError, MemoryError):
        raise
    except Exception as error:  # each library has errors of its own
        reason = str(error).strip().partition("\n")[0]
        raise DataError(f"{source} is a lazy frame of {library}, which can't be computed: {reason}") from error
    size = f"{counted(len(table), 'row')}, {counted(len(table.columns), 'column')}, {table.estimated_size('mb'):.1f} MB"
    return table, (f"{source} is a lazy frame of {library}, and was collected: {size}",)
