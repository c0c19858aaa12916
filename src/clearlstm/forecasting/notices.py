"""What a user should know of the data and of the result, said as warnings."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.windows import Known
from clearlstm.errors import ClearLSTMWarning

NAMED_SERIES: Final = 5
NO_VALUES: Final = (-99, 99, -999, 999, -9999, 9999, -99999, 99999)
"""What some write where a value is missing: ±99, ±999 … ±99999."""
ROWS_LOOKED_AT: Final = 250_000
"""For them, at most: a very long table is no plain array."""


def warn_gaps(panel: Panel) -> None:
    """Missing values and missing rows, and what becomes of them; numbers that look like missing ones."""
    _warn_of_no_values(panel)
    known = Known.of(panel.values, panel.offsets)
    missing = panel.lengths - known.counts
    if missing.any():
        series = [f"{str(panel.ids[k])!r} ({missing[k]})" for k in np.flatnonzero(missing)]
        warn(
            f"missing values in series {_listed(series)}: they enter a window as nothing, and no window is trained on "
            "whose targets they are"
        )
    lacking = {name: int(column.missing.sum()) for name, column in panel.covariates.items()}
    columns = [f"{name!r} ({count} rows)" for name, count in lacking.items() if 0 < count < len(panel.times)]
    if columns:
        warn(
            f"empty cells in column {_listed(columns)}: a number enters as the mean, with an input that says that it "
            "is missing; a category as none of the known ones"
        )
    broken = panel.skipped_rows()
    if broken:
        series = [f"{one!r} ({count}, the first after {panel.text(after)})" for one, count, after in broken]
        warn(
            f"rows are missing in series {_listed(series)}: a step is a row, so the time that they cover is skipped; "
            "add rows with an empty target to have them treated as missing"
        )


def _warn_of_no_values(panel: Panel) -> None:
    """Numbers that may only say that there is none."""
    values = np.asarray(panel.values[:ROWS_LOOKED_AT])
    for suspect in NO_VALUES:
        if count := int((values == suspect).sum()):
            others = values[np.isfinite(values) & (values != suspect)]
            apart = np.ptp(others) if len(others) else 0.0
            if apart and (suspect < others.min() - apart or suspect > others.max() + apart):
                warn(
                    f"{suspect} stands in {count} of the rows, far from all other values ({others.min():g} to "
                    f"{others.max():g}): where it means that there is none, leave the cell empty"
                )


def warn_comparison(
    left_out: Sequence[str], unfitted: Mapping[str, int], n_windows: int, suspicions: Sequence[object]
) -> None:
    """Series left out of a comparison, baselines that are something else there, and what may be too good to be true."""
    if left_out:
        names = _listed([repr(one) for one in left_out])
        warn(f"not compared, since they couldn't be forecast from the cutoffs: series {names}")
    for name, count in unfitted.items():
        warn(f"{name} could not be fitted in {count} of {n_windows} windows: there it is the last known value")
    for suspicion in suspicions:
        warn(str(suspicion))


def warn_too_slow(seconds: Mapping[str, float]) -> None:
    """Models that have no place in a default comparison."""
    for name, needed in seconds.items():
        about = f"{needed / 60:.0f} minutes" if needed >= 90 else f"{needed:.0f} seconds"
        warn(
            f"{name} is not compared: it would take about {about}; name it among the baselines to have it all the same"
        )


def warn_left_out(left_out: dict[Any, str]) -> None:
    """Series that can't have a net of their own."""
    series = _listed([f"{str(series_id)!r} ({why})" for series_id, why in left_out.items()])
    warn(f"left out, since they can't be fitted alone: {series}")


def warn_fallbacks(fallbacks: dict[str, str]) -> None:
    """Series that the net could not be asked about."""
    if fallbacks:
        series = _listed([f"{series_id!r} {why}" for series_id, why in fallbacks.items()])
        warn(f"forecast by the last known value, with intervals from their own changes: series {series}")


def warn_unknown(unknown: Mapping[str, Sequence[str]]) -> None:
    """Values of static columns that the fit has not seen."""
    for name, categories in unknown.items():
        values = _listed([repr(one) for one in categories])
        warn(f"column {name!r} holds {values}, never seen in fitting: the net takes it for none of those that it knows")


def warn_still(names: Sequence[str]) -> None:
    """Covariates of which nothing can be learnt."""
    if names:
        warn(
            f"never changed in the rows that were trained on: {', '.join(map(repr, names))}; what it does can't be "
            "learnt, and where it changes later the forecast may be off: leave it out, or give rows in which it changes"
        )


def warn_late_gaps(names: Sequence[str]) -> None:
    """Covariates with empty cells, but none in the rows that the net learns from."""
    if names:
        warn(
            f"never empty in the rows that were trained on, but elsewhere in the table: {', '.join(map(repr, names))}; "
            "what that means can't be learnt, so a number enters as the mean and a category as none of the known ones"
        )


def _listed(texts: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = f"; and {len(texts) - NAMED_SERIES} more" if len(texts) > NAMED_SERIES else ""
    return "; ".join(texts[:NAMED_SERIES]) + more


def warn(message: str) -> None:
    """Say ``message`` as one of clearlstm's own warnings."""
    warnings.warn(message, ClearLSTMWarning, stacklevel=3)
