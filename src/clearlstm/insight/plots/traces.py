"""``trace.plot(kind)`` and ``trace.layer(k).plot(kind)``: one sequence of one layer, seen in one way."""

from collections.abc import Callable
from inspect import signature
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clearlstm.errors import InputError
from clearlstm.insight.gradient_flow import gradient_flow
from clearlstm.insight.ledger import ledger
from clearlstm.insight.plots.flow import plot_flow
from clearlstm.insight.plots.gates import plot_gates, plot_memory
from clearlstm.insight.plots.heat import plot_heat
from clearlstm.insight.plots.ledger import plot_ledger
from clearlstm.insight.plots.ribbon import plot_ribbon
from clearlstm.insight.plots.view import Layer, View, check_index, view
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.model import NetworkTrace
from clearlstm.network.parameters import DIRECTIONS
from clearlstm.network.trace import Trace


def _plot_ledger(seen: View, *, unit: int | None = None, ax: Axes | None = None) -> Figure:
    if not isinstance(seen.layer, LSTMLayerTrace):
        raise InputError("a plain recurrent layer has no long-term memory to split: plot its 'memory' or 'heat'")
    return plot_ledger(ledger(seen.layer), sequence=seen.sequence, unit=unit, ax=ax)


def _plot_flow(seen: View, *, ax: Axes | None = None) -> Figure:
    """Of all sequences: a flow is looked at over many."""
    return plot_flow(gradient_flow(seen.layer), ax=ax)


KINDS: Final[dict[str, Callable[..., Figure]]] = {
    "gates": plot_gates,
    "memory": plot_memory,
    "ribbon": plot_ribbon,
    "heat": plot_heat,
    "ledger": _plot_ledger,
    "flow": _plot_flow,
}


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


def plot_layer(layer: Layer, kind: str = "gates", *, sequence: int = 0, where: str = "", **options: Any) -> Figure:
    """Draw one sequence of a layer in one way, ``kind``; some take options of their own.

    | kind | what it shows | options |
    |---|---|---|
    | "gates" | the input, each gate, and both memories of one unit | ``unit`` |
    | "memory" | both memories of one unit, in one panel | ``unit``, ``ax`` |
    | "ribbon" | c over time, split into what each step wrote | ``unit``, ``ax`` |
    | "heat" | all units over time | ``show``, ``ax`` |
    | "ledger" | who wrote the memory at the end, as bars | ``unit``, ``ax`` |
    | "flow" | the gradient's reach, over all sequences | ``ax`` |

    Raises InputError for a kind, a sequence or a unit that there isn't, and for an option that the kind doesn't take.
    """
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    taken = [name for name, option in signature(KINDS[kind]).parameters.items() if option.kind is option.KEYWORD_ONLY]
    if unknown := [name for name in options if name not in taken]:
        raise InputError(f"{kind!r} takes no {unknown[0]}; its options are sequence, {', '.join(taken)}")
    return KINDS[kind](view(layer, sequence, where), **options)
