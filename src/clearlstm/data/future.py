"""The rows to come: covariates of the h steps after each series' last row, from a table of their own."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.cells import read_covariate
from clearlstm.data.covariates import Covariate
from clearlstm.data.frames import Columns, Table, read_times
from clearlstm.data.ids import read_ids
from clearlstm.data.panel import Panel
from clearlstm.data.times import TimeArray
from clearlstm.data.windows import Rows
from clearlstm.errors import DataError


def read_future(table: Table, columns: Columns, panel: Panel, names: Sequence[str], h: int) -> dict[str, Covariate]:
    """The columns ``names`` at the h times after the last row of each series of ``panel``, S · h rows each.

    Other rows of ``table`` aren't needed and aren't looked at. Raises :class:`DataError` that names series and time
    where a row is missing or stands twice.
    """
    times = read_times(table, columns.time, panel.reading_of_others, like=panel).values
    wanted = panel.future(h)
    if times.dtype.kind != wanted.dtype.kind:
        raise DataError(
            f"column {columns.time!r} of {table.source} holds {times.dtype.name}, and that of the history "
            f"{wanted.dtype.name}: give times of the same kind"
        )
    ids, series = read_ids(table, columns)
    places = np.zeros(1, np.int64) if columns.id is None else pd.Index(panel.ids).get_indexer(pd.Index(ids))
    rows = _place(panel, wanted, np.asarray(places)[series], times, table)
    return {name: read_covariate(table, name).at(rows) for name in names}


def _place(panel: Panel, wanted: TimeArray, series: Rows, times: TimeArray, table: Table) -> Rows:
    """The rows of the table that hold the ``wanted`` times (S, h), (S · h,); ``series`` and ``times`` are the rows'."""
    S = len(wanted)
    moments = np.unique(wanted)
    moment = np.searchsorted(moments, times)
    needed = np.flatnonzero((series >= 0) & (moments[np.minimum(moment, len(moments) - 1)] == times))
    keys = series[needed] * len(moments) + moment[needed]
    order = np.argsort(keys, kind="stable")
    wanted_keys = (np.arange(S)[:, None] * len(moments) + np.searchsorted(moments, wanted)).ravel()
    at = np.searchsorted(keys[order], wanted_keys)
    place = order[np.minimum(at, len(order) - 1)] if len(order) else np.zeros(len(wanted_keys), np.int64)
    absent = np.ones(len(wanted_keys), bool) if not len(order) else keys[place] != wanted_keys
    twice = np.searchsorted(keys[order], wanted_keys, side="right") - at > 1
    for bad, what in ((absent, "has no row for"), (twice, "has several rows for")):
        if bad.any():
            raise DataError(_message(panel, wanted, bad, what, table))
    return needed[place]


def _message(panel: Panel, wanted: TimeArray, bad: npt.NDArray[np.bool_], what: str, table: Table) -> str:
    S, h = wanted.shape
    k, step = divmod(int(np.argmax(bad)), h)
    return (
        f"{table.source} {what} series {str(panel.ids[k])!r} at {panel.text(wanted[k, step])}; it needs one for each "
        f"of the {h} steps after the last row of each series ({int(bad.sum())} of {S * h} are not as they should be)"
    )
