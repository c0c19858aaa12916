"""What a user should know of the data and of the result, said as warnings."""

import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.times import format_time
from clearlstm.errors import ClearLSTMWarning
from clearlstm.forecasting.evaluate.backtest import Backtest
from clearlstm.forecasting.evaluate.leakage import Suspicion

NAMED_SERIES: Final = 5


def warn_gaps(panel: Panel) -> None:
    """Missing values and missing rows, and what becomes of them."""
    missing = np.bincount(panel.row_series, weights=np.isnan(panel.values), minlength=len(panel)).astype(int)
    if missing.any():
        said = [f"{str(panel.ids[k])!r} ({missing[k]})" for k in np.flatnonzero(missing)]
        warn(
            f"missing values in series {_listed(said)}: they enter a window as nothing, and no window is trained on "
            "whose targets they are"
        )
    broken = panel.skipped_rows()
    if broken:
        said = [f"{series_id!r} ({count}, the first after {format_time(after)})" for series_id, count, after in broken]
        warn(
            f"rows are missing in series {_listed(said)}: a step is a row, so the time that they cover is skipped; "
            "add rows with an empty target to have them treated as missing"
        )


def warn_comparison(backtest: Backtest, suspicions: Sequence[Suspicion]) -> None:
    """What was left out of a comparison, and what may be too good to be true."""
    if backtest.left_out:
        said = _listed([repr(one) for one in backtest.left_out])
        warn(f"not compared, since they couldn't be forecast from the cutoffs: series {said}")
    for name, count in backtest.unfitted.items():
        warn(f"{name} could not be fitted in {count} of {len(backtest.y)} windows: there it is the last known value")
    for suspicion in suspicions:
        warn(str(suspicion))


def warn_left_out(left_out: dict[Any, str]) -> None:
    """Series that can't have a net of their own."""
    said = _listed([f"{str(series_id)!r} ({why})" for series_id, why in left_out.items()])
    warn(f"left out, since they can't be fitted alone: {said}")


def warn_fallbacks(fallbacks: dict[str, str]) -> None:
    """Series that the net could not be asked about."""
    if fallbacks:
        said = _listed([f"{series_id!r} {why}" for series_id, why in fallbacks.items()])
        warn(f"forecast by the last known value, with intervals from their own changes: series {said}")


def _listed(said: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = f"; and {len(said) - NAMED_SERIES} more" if len(said) > NAMED_SERIES else ""
    return "; ".join(said[:NAMED_SERIES]) + more


def warn(message: str) -> None:
    """Say ``message`` as one of clearlstm's own warnings."""
    warnings.warn(message, ClearLSTMWarning, stacklevel=3)
