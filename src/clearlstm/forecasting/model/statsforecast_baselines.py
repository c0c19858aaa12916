"""AutoETS, AutoARIMA and AutoTheta as baselines, from the library statsforecast (extra ``baselines``).

Those that are asked for are fitted anew to the whole history of each series up to each origin: the strongest that usual
practice has, and slow. Those of the default comparison are fitted once a series, before the first origin that is
compared, and the others are forecast with the parameters of that fit, even where the net is fitted again. The fits are
independent jobs of joblib: one process, unless a ``joblib.parallel_config`` asks for more.
"""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.errors import InputError, MissingExtraError
from clearlstm.forecasting.jobs import side_by_side
from clearlstm.forecasting.model.baselines import Rows, at_rows, last_known_rows
from clearlstm.shapes import FloatArray
from clearlstm.training.progress import is_shown, part, task

AUTO_MODELS = ("AutoETS", "AutoARIMA", "AutoTheta")
JOBS_IN_A_BATCH = 16

AUTO: Final = "auto"
BY_DEFAULT: Final = ("AutoETS", "AutoTheta")
"""Those of :data:`AUTO`; AutoARIMA takes minutes a series."""

MOST_SECONDS: Final = 20.0
"""A model that would take longer has no place in a default comparison."""

SECONDS_A_FIT: Final = 0.02
SEASONAL_ETS: Final = 6e-4
PLAIN_ETS: Final = 5e-5
THETA: Final = 7e-8
"""Seconds of a fit on a processor of 2023: AutoETS' by row, with a season and without; AutoTheta's by row squared."""

Baselines: TypeAlias = Sequence[str] | Literal["auto"]


class Models(NamedTuple):
    """Which models are compared, whether they are fitted ``once`` a series, and those ``too_slow``: name to seconds."""

    names: tuple[str, ...]
    once: bool = False
    too_slow: Mapping[str, float] = MappingProxyType({})


def choose_models(baselines: Baselines, panel: Panel, season: int) -> Models:
    """Those that are asked for; with "auto" AutoETS and AutoTheta, where they are installed and don't take long."""
    if baselines != AUTO:
        return Models(_checked(baselines))
    if not installed():
        return Models(())
    seconds = {name: _seconds(name, panel, season) for name in BY_DEFAULT}
    slow = {name: needed for name, needed in seconds.items() if needed > MOST_SECONDS}
    return Models(tuple(name for name in BY_DEFAULT if name not in slow), once=True, too_slow=slow)


def installed() -> bool:
    """Whether statsforecast is there."""
    return find_spec("statsforecast") is not None


def _checked(baselines: Sequence[str]) -> tuple[str, ...]:
    wanted = (baselines,) if isinstance(baselines, str) or not np.iterable(baselines) else tuple(baselines)
    for name in wanted:
        if name not in AUTO_MODELS:
            raise InputError(
                f'baselines holds {name!r}; what can be asked for is {", ".join(AUTO_MODELS)}, or "auto"; '
                "the simple ones are always there"
            )
    return tuple(dict.fromkeys(wanted))


def _seconds(name: str, panel: Panel, season: int) -> float:
    """About how long a fit to each series takes, and as long again for the forecast that follows."""
    rows = panel.lengths.astype(np.float64)
    work = THETA * rows**2 if name == "AutoTheta" else (SEASONAL_ETS if season > 1 else PLAIN_ETS) * rows
    return float(2 * (SECONDS_A_FIT + work).sum())


class AutoForecasts(NamedTuple):
    """By name: forecasts (n, h), for which of them there was no fit, (n,), and the seconds that they took."""

    forecasts: dict[str, FloatArray]
    failed: dict[str, npt.NDArray[np.bool_]]
    seconds: dict[str, float]


def auto_forecasts(
    names: Sequence[str],
    panel: Panel,
    rows: Rows,
    h: int,
    season: int,
    n_jobs: int | None = None,
    *,
    once: bool = False,
    n_earlier: int = 0,
) -> AutoForecasts:
    """Forecasts from the origins ``rows`` (n,), rising in each series, the first ``n_earlier`` of all included.

    With ``once`` a model is fitted to each series up to its first origin that isn't among the earlier ones, as the net
    is, and from all others says what follows with those parameters; else it is fitted at each. Gaps count as the last
    known value. Where a model can't be fitted (too short a history), its forecast is the last known value. Raises
    :class:`MissingExtraError` if the library isn't installed.
    """
    result = AutoForecasts({}, {}, {})
    if not names:
        return result
    _check_installed(names)
    from joblib import delayed

    histories = _histories(panel, rows)
    sharing = list(_sharing(panel.row_series[rows] if once else np.arange(len(rows))))
    for name in names:
        start = time.perf_counter()
        batches = [sharing[at : at + JOBS_IN_A_BATCH] for at in range(0, len(sharing), JOBS_IN_A_BATCH)]
        fits = [[_Fit.of([histories[k] for k in shared], shared, n_earlier) for shared in batch] for batch in batches]
        jobs = (delayed(_fit_batch)(name, batch, h, season) for batch in fits)
        with part(name), task(is_shown(), len(batches), "batch"):
            answers = side_by_side(jobs, n_jobs)
        forecasts, failed, order = np.empty((len(rows), h)), np.empty(len(rows), dtype=bool), np.concatenate(sharing)
        forecasts[order] = np.concatenate([part for part, _ in answers])
        failed[order] = np.concatenate([part for _, part in answers])
        result.forecasts[name], result.failed[name] = forecasts, failed
        result.seconds[name] = time.perf_counter() - start
    return result


def _sharing(fit: Rows) -> Iterator[Rows]:
    """The numbers of the origins that share a fit, fit after fit; fit (n,) is that of each."""
    order = np.argsort(fit, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(fit[order])) + 1)


def _check_installed(names: Sequence[str]) -> None:
    try:
        import statsforecast  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"{', '.join(names)} come from statsforecast, which isn't installed: pip install 'clearlstm[baselines]'"
        ) from error


def _histories(panel: Panel, rows: Rows) -> list[FloatArray]:
    """The known past of each origin, from its series' first known value on."""
    filled = at_rows(panel.values, last_known_rows(panel.values, panel.offsets))
    starts = np.repeat(panel.offsets[:-1], panel.lengths)[rows]
    pasts = [filled[start : row + 1] for start, row in zip(starts, rows, strict=True)]
    return [past[~np.isnan(past)] for past in pasts]


class _Fit(NamedTuple):
    """The pasts of the origins that share a fit, and which of them it is fitted to."""

    histories: Sequence[FloatArray]
    fitted: int

    @classmethod
    def of(cls, histories: Sequence[FloatArray], origins: Rows, n_earlier: int) -> "_Fit":
        """Fitted to the first that isn't earlier, of the origins' numbers (n,); to the last if all are."""
        return cls(histories, min(int((origins < n_earlier).sum()), len(origins) - 1))


def _fit_batch(name: str, fits: Sequence[_Fit], h: int, season: int) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Forecasts of the histories of some fits (n, h), and which of them are the last value for want of a fit, (n,)."""
    forecasts, failed = [], []
    for fit in fits:
        for history, forecast in zip(fit.histories, _forecasts(name, fit, h, season), strict=True):
            failed.append(forecast is None)
            last = history[-1] if len(history) else np.nan
            forecasts.append(np.full(h, last) if forecast is None else forecast)
    return np.stack(forecasts), np.array(failed)


def _forecasts(name: str, fit: _Fit, h: int, season: int) -> list[FloatArray | None]:
    """What a model says after each of the histories of a fit; None where it says nothing."""
    from statsforecast import models

    model: Any = getattr(models, name)(season_length=season)

    def mean(say: Callable[..., Mapping[str, Any]], **given: Any) -> FloatArray | None:
        try:
            answer = np.asarray(say(**given)["mean"], dtype=np.float64)
        except Exception:  # the library raises bare Exceptions on series that it finds too short
            return None
        return answer if np.isfinite(answer).all() else None

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the inside of its optimiser
        own = mean(lambda: model.fit(y=fit.histories[fit.fitted]).predict(h=h))
        if own is None:
            return [None] * len(fit.histories)
        return [
            own if k == fit.fitted else mean(model.forward, y=history, h=h) for k, history in enumerate(fit.histories)
        ]
