"""What ``show()`` of nets, traces, forecasts and results calls; it loads anywidget, which nothing else does."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clearlstm.errors import MissingExtraError
from clearlstm.insight.views import Request
from clearlstm.network.model import Network, NetworkTrace, States
from clearlstm.network.nets import net_of
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.subject import Sequences, Subject, subject_of
from clearlstm.network.trace import Trace
from clearlstm.report.net_data import words_of
from clearlstm.widget.pictures import picture_of, picture_of_forecast
from clearlstm.widget.shown import shown

if TYPE_CHECKING:
    from clearlstm.forecasting.forecaster import LSTMForecaster
    from clearlstm.forecasting.model.forecast import Forecast
    from clearlstm.widget.drawing import Drawing
    from clearlstm.widget.net_drawing import NetDrawing

_DROPPED = "The pass that was recorded dropped units at random; shown is the same net on the same input without that."


def show_model(
    model: Any,
    x: Any = None,
    lengths: npt.ArrayLike | None = None,
    state: Any = None,
    *,
    names: Sequence[str] | None = None,
) -> "NetDrawing":
    """The drawing of a net, a network, a captured layer, a classifier or a regressor on x (N, T, F)."""
    _needs_anywidget()
    subject = subject_of(model)
    sequences = subject.read(x, lengths)
    if state is not None:
        sequences = sequences._replace(state=(state,) if isinstance(model, Recurrent) else state)
    return _net_drawing(subject, sequences, names or subject.names, named_by_net=isinstance(model, Recurrent))


def show_trace(trace: Trace[Any]) -> "NetDrawing":
    """The drawing of a pass through one net, with the weights that it had then."""
    _needs_anywidget()
    network = Network(net_of(trace), pool=None)
    sequences = Sequences(trace.x, trace.lengths, (_first_state(trace),))
    return _net_drawing(Subject(network), sequences, None, named_by_net=True, notes=_notes([trace]))


def show_network_trace(trace: NetworkTrace) -> "NetDrawing":
    """The same of a pass through a chain of nets."""
    _needs_anywidget()
    network = Network([net_of(one) for one in trace.nets], head=trace.head, pool=trace.pool)
    state: States = tuple([_first_state(one) for one in trace.nets])
    sequences = Sequences(trace.nets[0].x, trace.lengths, state)
    return _net_drawing(Subject(network), sequences, None, named_by_net=False, notes=_notes(trace.nets))


def show_forecaster(forecaster: "LSTMForecaster") -> "Drawing":
    """The drawing of a fitted forecaster: its forecast, what it was compared with, and the net's last windows."""
    _needs_anywidget()
    from clearlstm.report.forecast_data import forecast_data, shown_windows
    from clearlstm.report.forecast_run import findings_so_far
    from clearlstm.widget.drawing import Drawing

    findings = findings_so_far(forecaster)
    data = forecast_data(findings, datetime.now(UTC)) | {"start": "words=field"}

    def ask(question: Any) -> Request:
        return Request(forecaster, shown_windows(findings).x, question)

    return Drawing(data, partial(picture_of_forecast, findings.forecast, findings.title), ask)


def show_forecast(forecast: "Forecast") -> "Drawing":
    """The drawing of a forecast alone."""
    _needs_anywidget()
    from clearlstm.report.forecast_data import series_data
    from clearlstm.widget.drawing import Drawing

    series, notes = series_data(forecast, None)
    title = f"Forecast of {forecast.settings.h} steps"
    data = {
        "version": 1,
        "kind": "forecast",
        "title": title,
        "season_or_step": forecast.panel.frequency.sentence(),
        "series": series,
        "notes": notes,
        "start": "words=field",
    }
    return Drawing(data, partial(picture_of_forecast, forecast, title))


def show_result(result: Any) -> "Drawing":
    """The drawing of a result of clearlstm's insight."""
    _needs_anywidget()
    from clearlstm.widget.drawing import Drawing
    from clearlstm.widget.results import result_data

    data = result_data(result)
    return Drawing(data, partial(picture_of, result, data["title"] or type(result).__name__))


def _net_drawing(
    subject: Subject,
    sequences: Sequences,
    names: Sequence[str] | None,
    *,
    named_by_net: bool,
    notes: Sequence[str] = (),
) -> "NetDrawing":
    from clearlstm.widget.net_drawing import NetDrawing

    part = shown(subject.network, sequences, names=names, notes=notes)
    return NetDrawing(part, words_of(subject.network), named_by_net=named_by_net)


def _first_state(trace: Trace[Any]) -> tuple[Any, ...]:
    """What a pass began from: of each state, (L·D, N, H)."""
    layers = [layer for directions in trace.layers for layer in directions]
    cell = layers[0].cell
    return tuple([np.array([getattr(layer.record, f"{name}_0") for layer in layers]) for name in cell.states])


def _notes(traces: Sequence[Trace[Any]]) -> list[str]:
    return [_DROPPED] if any(mask is not None for trace in traces for mask in trace.masks) else []


def _needs_anywidget() -> None:
    if find_spec("anywidget") is None:
        raise MissingExtraError("show() draws in a notebook and takes anywidget: pip install 'clearlstm[notebook]'")
