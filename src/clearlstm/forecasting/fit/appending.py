"""New rows after those that are known: :meth:`LSTMForecaster.update`."""

from dataclasses import replace

import numpy as np

from clearlstm.data.covariates import Covariate
from clearlstm.data.panel import Panel
from clearlstm.data.windows import Rows
from clearlstm.errors import DataError
from clearlstm.forecasting.fit.calibrating import newly_known, observe
from clearlstm.forecasting.model.net import ForecastModel


def appended(panel: Panel, new: Panel) -> Panel:
    """``panel`` with the rows of ``new`` that follow those of their series; a series that wasn't there is added.

    Rows that are known already must agree. Those older than all that is kept of a series are passed over.
    """
    _check_alike(panel, new)
    place = {series_id: k for k, series_id in enumerate(panel.ids)}
    at = np.array([place.get(series_id, -1) for series_id in new.ids], dtype=np.int64)[new.row_series]
    known = at >= 0
    later = ~known
    later[known] = new.times[known] > panel.times[panel.offsets[at[known] + 1] - 1]
    inside = known & ~later
    inside[known] &= new.times[known] >= panel.times[panel.offsets[at[known]]]
    for row in np.flatnonzero(inside):
        _check_agrees(panel, int(at[row]), new, int(row))
    return joined(panel, new.where(later))


def _check_alike(panel: Panel, new: Panel) -> None:
    if panel.times.dtype != new.times.dtype:
        was, now = ("dates" if one.times.dtype.kind == "M" else "whole numbers" for one in (panel, new))
        raise DataError(f"the new rows have {now} for times, the known ones {was}: give them alike")
    types, wanted = ({type(one).__name__ for one in each.ids} for each in (new, panel))
    if types.isdisjoint(wanted):
        raise DataError(
            f"the new rows have ids of type {' and '.join(sorted(types))}, the known ones "
            f"{' and '.join(sorted(wanted))}, so no series could be found again: give ids of the same type"
        )


def _check_agrees(panel: Panel, k: int, new: Panel, row: int) -> None:
    """Refuse a row that is not what it was, or that stands between known ones."""
    part, time = panel.rows(k), new.times[row]
    at = part.start + int(np.searchsorted(panel.times[part], time))
    which = f"series {str(panel.ids[k])!r}"
    if panel.times[at] != time:
        last = panel.text(panel.times[part.stop - 1])
        raise DataError(
            f"{which} gets a new row for {panel.text(time)}, which lies between rows that are known (up to {last}): "
            "new rows follow the known ones; to change the past, fit again"
        )
    was, now = panel.values[at], new.values[row]
    if was != now and not (np.isnan(was) and np.isnan(now)):
        raise DataError(
            f"{which} has {now:g} for {panel.text(time)}, which is known as {was:g}: leave out the rows that are "
            "known or, to change the past, fit again"
        )


def joined(panel: Panel, new: Panel) -> Panel:
    """The rows of each series of ``panel``, then those of ``new``; series of ``new`` alone come last."""
    place = {series_id: k for k, series_id in enumerate(panel.ids)}
    fresh = [k for k, series_id in enumerate(new.ids) if series_id not in place and new.lengths[k]]
    place |= {new.ids[k]: len(panel) + n for n, k in enumerate(fresh)}
    series = np.array([place.get(series_id, -1) for series_id in new.ids], dtype=np.int64)[new.row_series]
    order = np.argsort(np.concatenate([panel.row_series, series]), kind="stable")
    lengths = np.bincount(np.concatenate([panel.row_series, series]), minlength=len(place))
    weights = None if panel.weight is None or new.weight is None else np.concatenate([panel.weight, new.weight])[order]
    covariates = {
        name: Covariate.joined([column, new.covariates[name]]).at(order) for name, column in panel.covariates.items()
    }
    return replace(
        panel,
        ids=np.concatenate([panel.ids, new.ids[fresh]]),
        times=np.concatenate([panel.times, new.times])[order],
        values=np.concatenate([panel.values, new.values])[order],
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        weight=weights,
        covariates=covariates,
        ahead={},
    )


def caught_up(model: ForecastModel, before: Panel, now: Panel) -> ForecastModel:
    """``model`` with intervals that have taken in what ``now`` knows beyond ``before``."""
    problem, h = model.problem(now), model.settings.h
    grown = now.lengths - np.append(before.lengths, np.zeros(len(now) - len(before), dtype=np.int64))
    ends, series = now.offsets[1:], now.row_series
    recent: Rows = np.flatnonzero(np.arange(len(series)) >= (ends - grown - h)[series])
    origins = recent[problem.askable(recent, h)]
    last_before = now.times[np.maximum(ends - grown - 1, now.offsets[:-1])]
    return observe(model, problem, newly_known(problem, origins, last_before, now.times[ends - 1]))


def new_gaps(before: Panel, now: Panel) -> Panel:
    """The rows of ``now`` from the last that ``before`` knew on: where gaps may be new."""
    known = np.append(before.lengths, np.zeros(len(now) - len(before), dtype=np.int64))
    position = np.arange(len(now.times)) - now.offsets[now.row_series]
    return now.where(position >= known[now.row_series] - 1)
