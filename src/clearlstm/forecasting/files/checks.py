"""Whether the parts of a forecaster that was read from a file fit together: a file may hold anything."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.forecasting.files.foreign import Damaged
from clearlstm.forecasting.model.intervals import Calibration
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.options import Options

MAX_STEPS: Final = 1_000_000
"""A window, horizon or season longer than this is no one's: a file that names one asks for memory, not forecasts."""


def check_panel(panel: Panel) -> None:
    """Refuse offsets that don't bound the rows, and series that are empty or not in order of time."""
    S, rows = len(panel.ids), len(panel.values)
    _check(S > 0 and panel.times.shape == panel.values.shape == (rows,), "rows")
    _check_offsets(panel.offsets, S, rows)
    _check(bool((np.diff(panel.offsets) > 0).all()), "offsets")
    inside = np.ones(max(rows - 1, 0), dtype=bool)
    inside[panel.offsets[1:-1] - 1] = False
    _check(bool((np.diff(panel.times)[inside].astype(np.int64) > 0).all()), "times")
    _check(len(set(panel.ids.tolist())) == S, "ids")
    _check(panel.weight is None or panel.weight.shape == (rows,), "weights")
    for column in panel.covariates.values():
        _check_shape(column.values, (rows,))
        if column.categories is not None:
            codes = column.values
            _check(codes.dtype.kind == "i" and codes.min() >= 0 and codes.max() < len(column.categories), "categories")
    _check(not panel.ahead, "covariates")


def check_model(model: ForecastModel) -> None:
    """Refuse settings, sizes, nets and a calibration of different shapes."""
    settings, S = model.settings, len(model.ids)
    h, M, L = settings.h, len(settings.seasons), len(settings.levels)
    for steps in (h, settings.input_size, *settings.seasons, model.base.h):
        _check(0 < steps <= MAX_STEPS, "steps")
    _check(all(0 < level < 100 for level in settings.levels), "levels")
    _check(model.base.h == h and 0 <= model.base.season <= MAX_STEPS, "base")
    _check(model.base.season > 0 or model.base.kind in ("last", "drift"), "base")
    _check_shape(model.transform.log, (S,))
    for array, shape in (
        (model.sizes.change, (S,)),
        (model.sizes.level, (S,)),
        (model.sizes.season, (S, M)),
        (model.sizes.target, (S, h)),
    ):
        _check_shape(array, shape)
    _check(len(model.members) > 0 and 0 <= model.trust <= 1, "nets")
    for member in model.members:
        head = member.network.head
        _check(head is not None and head.b.shape == (h * len(settings.quantiles),), "head")
        _check(member.history is None or member.history.losses.ndim == 1, "losses")
    if model.calibration is not None:
        _check_calibration(model.calibration, S, h, L)
        _check(model.calibration.levels == settings.levels, "levels")


def check_options(options: Options) -> None:
    """Refuse names of columns that are no texts."""
    for name in ("id_col", "time_col", "target_col"):
        column = getattr(options, name)
        _check(isinstance(column, str) or (name == "id_col" and column is None), "columns")


def check_inputs(model: ForecastModel, panel: Panel) -> None:
    """Refuse nets that take another number of inputs than the settings and columns make."""
    names = model.problem(panel.take(np.array([0]))).input_names
    for member in model.members:
        _check(member.network.nets[0].input_size == len(names), "inputs")


def _check_calibration(calibration: Calibration, S: int, h: int, L: int) -> None:
    n = len(calibration.scores)
    _check(n > 0, "scores")
    _check_shape(calibration.scores, (n, h, L))
    _check_shape(calibration.alphas, (S, h, L))
    _check_offsets(calibration.offsets, S, n)
    _check(bool(((calibration.alphas >= 0) & (calibration.alphas <= 1)).all()), "alphas")


def _check_offsets(offsets: npt.NDArray[np.int64], S: int, rows: int) -> None:
    _check(offsets.shape == (S + 1,), "offsets")
    _check(offsets[0] == 0 and offsets[-1] == rows and bool((np.diff(offsets) >= 0).all()), "offsets")


def _check_shape(array: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    _check(array.shape == shape, f"an array of shape {array.shape} where {shape} is needed:")


def _check(right: bool, what: str) -> None:
    if not right:
        raise Damaged(f"its {what} don't fit together")
