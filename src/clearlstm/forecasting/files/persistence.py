"""A fitted forecaster as one safetensors file, and back: it predicts the same to the bit. There is no pickle in it.

The file holds the arguments, the nets with their scalers and sizes, what the intervals were calibrated by, all rows of
the series (what the simple forecasts got wrong before decides how they count) and what weighs the statistical models in
``Combined``. Older files have the last rows and no such weights.
"""

import inspect
import math
import os
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.data.frame_style import FrameStyle
from clearlstm.data.frames import names_of
from clearlstm.data.ids import JOINED_BY
from clearlstm.data.panel import Panel
from clearlstm.data.zones import is_known
from clearlstm.errors import ModelFileError
from clearlstm.files import check_target, door
from clearlstm.forecasting.evaluate.combination import Combination
from clearlstm.forecasting.files.archive import Tensors, pack, unpack
from clearlstm.forecasting.files.foreign import Damaged
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.blend import Blend
from clearlstm.forecasting.model.intervals import Calibration
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.statsforecast_baselines import AUTO_MODELS
from clearlstm.forecasting.options import Options
from clearlstm.forecasting.settings import Settings
from clearlstm.network import storage
from clearlstm.version import __version__

FORECASTER: Final = "LSTMForecaster"
"""What the description of such a file says that it holds."""

MAX_STEPS: Final = 1_000_000
"""A window, horizon or season longer than this is no one's: a file that names one asks for memory, not forecasts."""


class State(NamedTuple):
    """What fitting leaves behind in a forecaster."""

    panel: Panel
    style: FrameStyle
    model: ForecastModel
    combination: Combination | None = None


def write_forecaster(path: str | os.PathLike[str], options: Options, state: State) -> None:
    """Write a fitted forecaster to ``path``; what stood there stays until the new file is whole.

    A folder for checkpoints is a matter of the machine and left out.
    """
    check_target(path)
    tensors: Tensors = {}
    description = {"format_version": storage.FORMAT_VERSION, "kind": FORECASTER, "clearlstm": __version__}
    arguments = {name: value for name, value in options.arguments().items() if name != "checkpoint"}
    parts = {"arguments": arguments, **state._asdict()}
    tree = {name: pack(value, tensors, name) for name, value in parts.items()}
    storage.write_tensors(path, tensors, description | tree)


def read_forecaster(path: str | os.PathLike[str]) -> tuple[Options, State]:
    """What :func:`write_forecaster` wrote; a foreign, cut-off, damaged or newer file is a :class:`ModelFileError`."""
    tensors, description = storage.read_tensors(path)
    if (kind := description.get("kind")) != FORECASTER:
        raise ModelFileError(f"{path}: holds a {kind}, not a forecaster: clearlstm.load reads it")
    with door(path, ModelFileError):
        try:
            return _unpacked(tensors, description)
        except (Damaged, KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelFileError(f"{path}: the forecaster in it is damaged ({error})") from error


def _unpacked(tensors: Tensors, description: dict[str, Any]) -> tuple[Options, State]:
    options = Options(**unpack(dict[str, Any], description["arguments"], tensors, "arguments"))
    _in_todays_form(description["model"], options.h)
    _check_options(options)
    parts = {"combination": None} | description  # older files have none
    state = State(*(unpack(kind, parts[name], tensors, name) for name, kind in inspect.get_annotations(State).items()))
    _check_panel(state.panel)
    for clock in (state.panel.reading.clock, state.style.clock):
        _check(clock is None or is_known(clock.zone), "time zones")
    _check_ids(state.panel, state.style)
    _check_model(state.model)
    _check_inputs(state.model, state.panel)
    if state.combination is not None:
        _check_combination(state.combination)
    return options, state


def _in_todays_form(model: Any, h: Any) -> None:
    """In older files one share counts for all steps."""
    if isinstance(model, dict) and "trust" in model and isinstance(h, int) and 0 < h <= MAX_STEPS:
        model["earned"] = [model.pop("trust")] * h


def _check_panel(panel: Panel) -> None:
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


def _check_model(model: ForecastModel) -> None:
    """Refuse settings, sizes, nets and a calibration of different shapes."""
    settings, S = model.settings, len(model.ids)
    h, M, L = settings.h, len(settings.seasons), len(settings.levels)
    for steps in (h, settings.input_size, *settings.seasons, model.base.h):
        _check(0 < steps <= MAX_STEPS, "steps")
    _check(all(0 < level < 100 for level in settings.levels), "levels")
    _check_base(model.base, settings)
    _check_shape(model.transform.log, (S,))
    for array, shape in (
        (model.sizes.change, (S,)),
        (model.sizes.level, (S,)),
        (model.sizes.season, (S, M)),
        (model.sizes.target, (S, h)),
    ):
        _check_shape(array, shape)
    _check(len(model.members) > 0 and len(model.earned) == h, "nets")
    _check(all(0 <= share <= 1 for share in model.earned), "shares")
    _check(model.calendar_gain is None or math.isfinite(model.calendar_gain), "gains")
    for member in model.members:
        head = member.network.head
        _check(head is not None and head.b.shape == (h * len(settings.quantiles),), "head")
        _check(member.history is None or member.history.losses.ndim == 1, "losses")
    if model.calibration is not None:
        _check_calibration(model.calibration, S, h, L)
        _check(model.calibration.levels == settings.levels, "levels")


def _check_base(base: Base | Blend, settings: Settings) -> None:
    """Refuse a base for other steps or seasons, and usual errors that are none."""
    _check(base.h == settings.h, "base")
    if isinstance(base, Base):
        _check(0 <= base.season <= MAX_STEPS and (base.season > 0 or base.kind in ("last", "drift")), "base")
        return
    _check(base.seasons == settings.seasons, "base")
    _check_shape(base.usual, (len(base.members),))
    _check(bool((np.isnan(base.usual) | (base.usual >= 0)).all()), "usual errors")


def _check_options(options: Options) -> None:
    """Refuse names of columns that are no texts."""
    ids = options.id_col
    for column in (options.time_col, options.target_col, *(ids if isinstance(ids, (list, tuple)) else names_of(ids))):
        _check(isinstance(column, str), "columns")


def _check_ids(panel: Panel, style: FrameStyle) -> None:
    """Refuse ids that have not as many parts as there are columns for them, and columns of several types."""
    parts, kinds = len(style.columns.ids), style.id_dtype
    several = isinstance(kinds, tuple)
    _check(several == (parts > 1) and not isinstance(style.time_dtype, tuple), "types of columns")
    if several:
        _check(len(kinds) == parts and not any(kind is None or isinstance(kind, tuple) for kind in kinds), "ids")
    _check(parts < 2 or all(str(one).count(JOINED_BY) == parts - 1 for one in panel.ids), "ids")


def _check_inputs(model: ForecastModel, panel: Panel) -> None:
    """Refuse nets that take another number of inputs than the settings and columns make."""
    names = model.problem(panel.take(np.array([0]))).input_names
    for member in model.members:
        _check(member.network.nets[0].input_size == len(names), "inputs")


def _check_combination(combination: Combination) -> None:
    """Refuse other models than there are, and sums of errors that are none."""
    S, M = len(combination.ids), len(combination.names)
    names, others = combination.names[:1], set(combination.names[1:])
    _check(names == ("LSTM",) and others <= set(AUTO_MODELS) and len(others) == M - 1, "models")
    sums = ((combination.errors, (S, M)), (combination.counts, (S,)), (combination.shared, (M,)))
    for array, shape in sums:
        _check_shape(array, shape)
        _check(bool((np.isfinite(array) & (array >= 0)).all()), "errors")
    _check(combination.n_cutoffs >= 0, "cutoffs")


def _check_calibration(calibration: Calibration, S: int, h: int, L: int) -> None:
    n = len(calibration.scores)
    _check(n > 0, "scores")
    _check_shape(calibration.scores, (n, h, L))
    _check_shape(calibration.alphas, (S, h, L))
    _check_offsets(calibration.offsets, S, n)
    _check(bool(((calibration.alphas >= 0) & (calibration.alphas <= 1)).all()), "alphas")
    if calibration.usual is not None:
        _check_shape(calibration.usual, (h,))
        _check(bool((calibration.usual >= 0).all()), "usual errors")


def _check_offsets(offsets: npt.NDArray[np.int64], S: int, rows: int) -> None:
    _check(offsets.shape == (S + 1,), "offsets")
    _check(offsets[0] == 0 and offsets[-1] == rows and bool((np.diff(offsets) >= 0).all()), "offsets")


def _check_shape(array: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    _check(array.shape == shape, f"an array of shape {array.shape} where {shape} is needed:")


def _check(right: bool, what: str) -> None:
    if not right:
        raise Damaged(f"its {what} don't fit together")
