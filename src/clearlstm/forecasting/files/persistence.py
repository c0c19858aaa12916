"""A fitted forecaster as one safetensors file, and back: it predicts the same to the bit. There is no pickle in it.

The file holds the arguments, the nets with their scalers and sizes, what the intervals were calibrated by, and of each
series the last rows that a forecast is made from (all of them, where the forecast depends on all).
"""

import inspect
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.data.frames import FrameStyle
from clearlstm.data.panel import Panel
from clearlstm.errors import ModelFileError
from clearlstm.files import check_target, door
from clearlstm.forecasting.files.archive import Tensors, pack, unpack
from clearlstm.forecasting.files.checks import check_arguments, check_inputs, check_model, check_panel
from clearlstm.forecasting.files.foreign import Damaged
from clearlstm.forecasting.model.forecast import asked
from clearlstm.forecasting.loading import FORECASTER, read_whole
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.network import storage
from clearlstm.version import __version__

if TYPE_CHECKING:
    from clearlstm.forecasting.forecaster import LSTMForecaster


class State(NamedTuple):
    """What fitting leaves behind in a forecaster."""

    panel: Panel
    style: FrameStyle
    model: ForecastModel


def save(forecaster: "LSTMForecaster", path: str | os.PathLike[str]) -> None:
    """Write a fitted forecaster to ``path``; what stood there stays until the new file is whole."""
    check_target(path)
    state = State(last_rows_needed(forecaster.model_, forecaster.panel_), forecaster.style_, forecaster.model_)
    tensors: Tensors = {}
    description = {"format_version": storage.FORMAT_VERSION, "kind": FORECASTER, "clearlstm": __version__}
    parts = {"arguments": arguments(forecaster), **state._asdict()}
    tree = {name: pack(value, tensors, name) for name, value in parts.items()}
    storage.write_tensors(path, tensors, description | tree)


def arguments(forecaster: "LSTMForecaster") -> dict[str, Any]:
    """What the forecaster was made with; a folder for checkpoints is a matter of the machine and left out."""
    names = list(inspect.signature(type(forecaster)).parameters)
    return {name: getattr(forecaster, name) for name in names if name != "checkpoint"}


def load_forecaster(path: str | os.PathLike[str]) -> "LSTMForecaster":
    """Read what :func:`save` wrote; a foreign, cut-off, damaged or newer file is a :class:`ModelFileError`."""
    from clearlstm.forecasting.forecaster import LSTMForecaster

    tensors, description = read_whole(path)
    if description["kind"] != FORECASTER:
        raise ModelFileError(f"{path}: holds a {description['kind']}, not a forecaster: clearlstm.load reads it")
    with door(path, ModelFileError):
        try:
            given, state = _unpacked(tensors, description)
            forecaster = LSTMForecaster(**given)
        except (Damaged, KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelFileError(f"{path}: the forecaster in it is damaged ({error})") from error
    forecaster.panel_, forecaster.style_, forecaster.model_ = state
    forecaster.loaded_ = True
    return forecaster


def _unpacked(tensors: Tensors, description: dict[str, Any]) -> tuple[dict[str, Any], State]:
    given = unpack(dict[str, Any], description["arguments"], tensors, "arguments")
    check_arguments(given)
    state = State(
        *(unpack(kind, description[name], tensors, name) for name, kind in inspect.get_annotations(State).items())
    )
    check_panel(state.panel)
    check_model(state.model)
    check_inputs(state.model, state.panel)
    return given, state


def last_rows_needed(model: ForecastModel, panel: Panel) -> Panel:
    """The last rows of each series from which the net is asked the same to the bit; all rows where that takes all.

    h more than a forecast needs are kept: ``update`` looks back at what was forecast from them.
    """
    ends, settings = panel.offsets[1:], model.settings
    longest = settings.input_size + 2 * max(settings.seasons, default=0) + model.base.before
    reach = np.arange(len(panel.times)) >= ends[panel.row_series] - longest - 2 * settings.h
    # A base such as drift looks at the first row too: the series whose question would change are kept whole.
    same = _same_question(model, panel, panel.where(reach))
    return panel.where(reach | ~same[panel.row_series])


def _same_question(model: ForecastModel, panel: Panel, tail: Panel) -> npt.NDArray[np.bool_]:
    """Of which series the net is asked, and answers, the same from ``panel`` as from ``tail``, (S,).

    Where it isn't asked, the answer is taken to depend on all rows.
    """
    (one, rows), (other, others) = (asked(model, _with_some_future(model, each)) for each in (panel, tail))
    same = one.askable(rows, 0) & other.askable(others, 0)
    rows, others = rows[same], others[same]
    equal = (one.x(rows) == other.x(others)).all(axis=(1, 2))
    for correction in (0.0, 1.0):
        answer = np.full((len(rows), model.settings.h, 1), correction)
        equal &= (one.values(rows, answer) == other.values(others, answer)).all(axis=(1, 2))
    same[same] = equal
    return np.asarray(same)


def _with_some_future(model: ForecastModel, panel: Panel) -> Panel:
    """Any rows to come will do for a comparison: the last ones repeated."""
    last = np.repeat(panel.offsets[1:] - 1, model.settings.h)
    return replace(panel, ahead={name: panel.covariates[name].at(last) for name in model.settings.futr_exog})
