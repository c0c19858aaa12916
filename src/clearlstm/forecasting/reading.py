"""The user's frames as panels, checked: histories, and the covariates of the steps to come."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clearlstm.data.frame_style import FrameStyle
from clearlstm.data.frames import Columns, Table, names_of, read_panel
from clearlstm.data.frequency import evenly_chosen, infer_frequency
from clearlstm.data.future import read_future
from clearlstm.data.panel import Panel
from clearlstm.errors import InputError
from clearlstm.forecasting.model.simple_forecasts import RESERVED
from clearlstm.forecasting.notices import warn
from clearlstm.forecasting.options import Options
from clearlstm.forecasting.settings import Settings, check_covariates

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


def read(
    df: "IntoFrame | Table", options: Options, like: Panel | None = None, *, weighted: bool = False
) -> tuple[Panel, FrameStyle]:
    """``df`` as one long table, and what a frame that goes back to the caller must look like.

    ``like``: the fitted table, whose step it has and whose times are read alike.
    """
    _check_names(options)
    table = _table(df, "the data frame")
    columns = _columns(options, options.weight_col if weighted else None)
    panel = read_panel(table, columns, options.freq, dayfirst=options.dayfirst, like=like)
    return panel, FrameStyle.of(table, columns, panel.reading.clock)


def read_history(df: "IntoFrame | Table", options: Options, like: Panel) -> tuple[Panel, FrameStyle]:
    """The same of a history to forecast from, whose step is that of the fitted table, ``like``.

    Where its rows tell of another step, it is given that.
    """
    panel, style = read(df, options, like)
    times, offsets = evenly_chosen(panel.times, panel.offsets)
    apart = panel.frequency.misfit(times, offsets)
    if apart is None:
        return panel, style
    warn(
        f"the rows to forecast from are mostly {apart} apart, those of the fit {panel.frequency.words}: a step is a "
        "row, so the net takes one for the other. Fit on rows such as these if that isn't meant"
    )
    return replace(panel, frequency=infer_frequency(times, offsets)), style


def with_future(panel: Panel, X_df: "IntoFrame | Table | None", options: Options, settings: Settings) -> Panel:
    """``panel`` with the covariates of the rows to come, if the forecast needs them."""
    names, h = settings.futr_exog, settings.h
    if bool(names) != (X_df is not None):
        raise InputError(
            f"X_df is needed: the {h} rows to come of each series, with {', '.join(names)}"
            if names
            else "X_df is given, but the forecaster has no futr_exog that it could hold: leave it out"
        )
    if X_df is None:
        return panel
    table = _table(X_df, "X_df")
    return replace(panel, ahead=read_future(table, _columns(options), panel, names, h))


def _table(frame: "IntoFrame | Table", name: str) -> Table:
    """``frame`` to be read; what is to be known of it is said once, here."""
    if isinstance(frame, Table):
        return frame
    table = Table.of(frame, name)
    for note in table.notes:
        warn(note)
    return table


def _columns(options: Options, weight: str | None = None) -> Columns:
    covariates = tuple(name for names in check_covariates(options).values() for name in names)
    ids = names_of(options.id_col)
    return Columns(
        options.time_col, options.target_col, ids if len(ids) > 1 else next(iter(ids), None), covariates, weight
    )


def _check_names(options: Options) -> None:
    """Refuse a column that a column of the result would replace, and one that is named twice."""
    ids: Any = options.id_col
    several = ids is None or (np.iterable(ids) and not isinstance(ids, str))
    given = [("id_col", name) for name in ((ids or ()) if several else (ids,))]
    given += [("time_col", options.time_col), ("target_col", options.target_col)]
    for place, (argument, name) in enumerate(given):
        if not isinstance(name, str):
            raise InputError(f"{argument} is {name!r}; the name of a column is needed, a text")
        if name == "cutoff" or name in RESERVED or name.startswith(tuple(f"{one}-" for one in RESERVED)):
            raise InputError(f"{argument} is {name!r}, which is the name of a column of the result: rename it")
        if name in (other for _, other in given[:place]):
            raise InputError(f"{argument} is {name!r}, which is named before it: name each column once")
