"""``trace.plot(kind)`` and ``trace.layer(k).plot(kind)``: one sequence of one layer, seen in one way."""

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clearlstm.errors import InputError
from clearlstm.insight.gradient_flow import gradient_flow
from clearlstm.insight.ledger import ledger
from clearlstm.insight.plots.flow import plot_flow
from clearlstm.insight.plots.ledger import plot_ledger
from clearlstm.insight.plots.view import View, check_index, view
from clearlstm.insight.views import VIEWS
from clearlstm.network.model import NetworkTrace
from clearlstm.network.parameters import DIRECTIONS
from clearlstm.network.trace import LayerTrace, Trace


def plot_layer_ledger(seen: View, *, unit: int | None = None, ax: Axes | None = None) -> Figure:
    """Who wrote the memory at the end."""
    if seen.layer.cell.memory is None:
        raise InputError("a plain recurrent layer has no long-term memory to split: plot its 'memory' or 'heat'")
    return plot_ledger(ledger(seen.layer), sequence=seen.sequence, unit=unit, ax=ax)


def plot_layer_flow(seen: View, *, ax: Axes | None = None) -> Figure:
    """The gradient's reach, over all sequences: a flow is looked at over many."""
    return plot_flow(gradient_flow(seen.layer), ax=ax)


def _function(name: str) -> Callable[..., Figure]:
    module, _, function = name.partition(".")
    draw: Callable[..., Figure] = getattr(import_module(f"clearlstm.insight.plots.{module}"), function)
    return draw


KINDS: Final = {view.kind: view for view in VIEWS.values() if view.kind is not None}
"""The views of a layer by what ``trace.plot`` calls them."""


def plot_network(trace: NetworkTrace, kind: str = "gates", *, net: int = 0, **options: Any) -> Figure:
    """Draw one net of a model's trace: :func:`plot_trace`."""
    check_index("net", net, len(trace.nets), "nets")
    where = f"net {net % len(trace.nets)}" if len(trace.nets) > 1 else ""
    return plot_trace(trace.nets[net], kind, where=where, **options)


def plot_trace(
    trace: Trace[Any],
    kind: str = "gates",
    *,
    sequence: int = 0,
    layer: int = 0,
    direction: int = 0,
    where: str = "",
    **options: Any,
) -> Figure:
    """Draw one layer of a trace in one direction: :func:`plot_layer`."""
    chosen = trace.layer(layer, direction)
    parts = [where] if where else []
    parts += [f"layer {layer % len(trace.layers)}"] if len(trace.layers) > 1 else []
    parts += [DIRECTIONS[direction]] if len(trace.layers[0]) > 1 else []
    return plot_layer(chosen, kind, sequence=sequence, where=", ".join(parts), **options)


def plot_layer(layer: LayerTrace, kind: str = "gates", *, sequence: int = 0, where: str = "", **options: Any) -> Figure:
    """Draw one sequence of a layer in one way, ``kind``: one of :data:`KINDS`; docs/inside/plots.md shows them.

    Some take options of their own, such as ``unit`` and ``ax``. Raises InputError for a kind, a sequence or a unit that
    there isn't, and for an option that the kind doesn't take.
    """
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    draw, taken = _function(str(KINDS[kind].draw)), options_of(kind)
    if unknown := [name for name in options if name not in taken]:
        raise InputError(f"{kind!r} takes no {unknown[0]}; its options are sequence, {', '.join(taken)}")
    return draw(view(layer, sequence, where), **options)


def options_of(kind: str) -> list[str]:
    """The options that a kind of picture takes of its own."""
    parameters = signature(_function(str(KINDS[kind].draw))).parameters
    return [name for name, option in parameters.items() if option.kind is option.KEYWORD_ONLY]
