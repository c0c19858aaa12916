"""A model with gates held and units silenced, run by its own engine.

No second forward pass is written for this. A gate that is held at a value is one whose weighted sum no longer depends
on anything: from step ``start`` on the layer runs, from the state that it had reached, with that gate's columns of W
and U (and its peepholes) at 0, and with the bias that gives the value. A unit that nobody in its layer reads has a row
of zeros in U. So the kernels compute what the kernels computed before, and the reference what it did; a number that
nothing touches comes out bit for bit the same.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import activation
from clearlstm.cell.cell import Cell
from clearlstm.cell.layout import gate_slice
from clearlstm.cell.record import Record
from clearlstm.network.layers import run_layer
from clearlstm.network.model import AnyTrace, Net, Network, NetworkTrace
from clearlstm.network.parameters import snapshot
from clearlstm.network.states import State
from clearlstm.network.subject import Sequences
from clearlstm.network.trace import LayerTrace, Trace
from clearlstm.shapes import FloatArray

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hold:
    """A gate that stays at a value: ``gate`` is "f", "i" or "o" (0 … 1), or "g", the candidate (−1 … 1).

    Of one ``unit``, or of all units of the layer (None), at every step from ``start`` on. Steps are counted in time in
    both directions: the reverse direction takes the steps from ``start`` on first, so there the gate is free later.
    """

    gate: str
    value: float
    _: KW_ONLY
    unit: int | None = None
    start: int = 0
    net: int = 0
    layer: int = 0
    direction: int = 0


@dataclass(frozen=True)
class Zero:
    """A unit whose h reads 0 at every step.

    ``where``: "everywhere", to its own layer, the next layer and the answer; or in the "recurrence" alone, so that the
    layer starts every step without it while what comes after still reads it. Its c and its gates go on.
    """

    unit: int
    _: KW_ONLY
    where: Literal["everywhere", "recurrence"] = "everywhere"
    net: int = 0
    layer: int = 0
    direction: int = 0


def altered_trace(network: Network, sequences: Sequences, holds: Sequence[Hold], zeros: Sequence[Zero]) -> NetworkTrace:
    """``network.trace(*sequences)`` with these gates held and these units silenced; all is checked already."""
    traces: list[AnyTrace] = []
    below, lengths, states = sequences
    for k, net in enumerate(network.nets):
        ours = [hold for hold in holds if hold.net == k], [zero for zero in zeros if zero.net == k]
        first = net.first_state(None if states is None else states[k], len(below))
        traces.append(_net_trace(net, below, lengths, first, *ours) if any(ours) else net.trace(below, lengths, first))
        below = traces[-1].h
    return network.answer(tuple(traces))


def _net_trace(
    net: Net, x: FloatArray, lengths: Lengths, first: State, holds: Sequence[Hold], zeros: Sequence[Zero]
) -> AnyTrace:
    layers: list[tuple[Any, ...]] = []
    below = x
    for k in range(net.num_layers):
        ways: list[LayerTrace] = []
        for d in range(net.num_directions):
            held = [hold for hold in holds if (hold.layer, hold.direction) == (k, d)]
            silent = [zero for zero in zeros if (zero.layer, zero.direction) == (k, d)]
            states = tuple([values[k * net.num_directions + d] for values in first])
            ways.append(_layer_trace(net, (k, d), below, lengths, states, held, silent))
        layers.append(tuple(ways))
        below = np.concatenate([way.h for way in ways], axis=-1)
    records = [way.record for layer in layers for way in layer]
    state = tuple(np.stack([getattr(record, name) for record in records]) for name in net.cell.last_names)
    return Trace(x, lengths, tuple(layers), (None,) * net.num_layers, below, state)


def _layer_trace(
    net: Net,
    place: tuple[int, int],
    x: FloatArray,
    lengths: Lengths,
    states: State,
    holds: Sequence[Hold],
    zeros: Sequence[Zero],
) -> LayerTrace:
    """One layer in one direction, in pieces: whenever a hold begins, the weights change."""
    weights, T, reverse = _unread(net.weights(*place), zeros), x.shape[1], place[1] == 1
    bounds = sorted({0, T, *(hold.start for hold in holds)})
    pieces: list[Record] = []
    for begin, end in list(itertools.pairwise(bounds))[:: -1 if reverse else 1]:
        held = _held(weights, [hold for hold in holds if hold.start <= begin], net.functions)
        part, left = np.ascontiguousarray(x[:, begin:end]), np.clip(lengths - begin, 0, end - begin)
        pieces.append(run_layer(net, part, held, states, left, reverse=reverse))
        states = tuple(getattr(pieces[-1], name) for name in net.cell.last_names)
    record = _joined(net.cell, pieces, lengths)
    _silence(record, zeros)
    return net.layer_trace(x, weights, record, net.functions)


def _joined(cell: Cell, pieces: list[Record], lengths: Lengths) -> Any:
    """One record of pieces that followed each other as the steps were taken."""
    first, last = pieces[0], pieces[-1]
    in_time = pieces[::-1] if first.reverse else pieces
    recorded = [np.concatenate([getattr(piece, name) for piece in in_time], axis=1) for name in cell.recorded]
    begun, ended = (
        [getattr(first, name) for name in cell.first_names],
        [getattr(last, name) for name in cell.last_names],
    )
    return cell.record(*recorded, *begun, *ended, lengths, first.reverse)


def _unread(weights: Any, zeros: Sequence[Zero]) -> Any:
    """The weights as they are now, the rows of U through which the layer reads the zeroed units at 0."""
    now = snapshot(weights, None)
    now.U[[zero.unit for zero in zeros]] = 0
    return now


def _silence(record: Record, zeros: Sequence[Zero]) -> None:
    """Let what comes after the layer read 0, too, for the units that are 0 everywhere."""
    units = [zero.unit for zero in zeros if zero.where == "everywhere"]
    record.h[..., units] = 0
    record.h_n[:, units] = 0


def _held(weights: Any, holds: Sequence[Hold], functions: Any) -> Any:
    """Weights with which these gates have their values; of holds of the same gate the one that starts last counts."""
    if not holds:
        return weights
    held, cell, H = snapshot(weights, None), weights.cell, len(weights.U)
    for hold in sorted(holds, key=lambda hold: hold.start):
        units = slice(None) if hold.unit is None else hold.unit
        gate = gate_slice(hold.gate, H, cell.gates)
        held.W[:, gate][:, units] = 0
        held.U[:, gate][:, units] = 0
        held.b[gate][units] = preactivation(hold.gate, hold.value, functions)
        for name, (_, gates) in cell.optional.items():
            if getattr(held, name) is not None and hold.gate in gates:
                getattr(held, name)[gate_slice(hold.gate, H, gates)][units] = 0
    return held


LIMIT: Final = 1000.0
"""A weighted sum so large that sigmoid and tanh have reached their limits, in float32 and in float64."""

_INVERSES: Final[dict[str, Callable[[float], float]]] = {
    "sigmoid": lambda y: float(np.log(y) - np.log1p(-y)),
    "tanh": lambda y: float(np.arctanh(y)),
    "relu": lambda y: y,
    "hard_sigmoid": lambda y: 5 * (y - 0.5),
    "hard_sigmoid_6": lambda y: 6 * (y - 0.5),
    "linear": lambda y: y,
}


def preactivation(gate: str, value: float, functions: Any) -> float:
    """The weighted sum z that gives a gate this value; nan if none does.

    >>> from clearlstm.cell.lstm import STANDARD
    >>> preactivation("f", 0.5, STANDARD), preactivation("g", -1.0, STANDARD)
    (0.0, -1000.0)
    """
    name = functions.candidate if gate == "g" else functions.gate
    with np.errstate(divide="ignore", invalid="ignore"):
        z = float(np.clip(_INVERSES[name](value), -LIMIT, LIMIT))
        reached = float(activation(name).value(np.array(z)))
    return z if abs(reached - value) <= 1e-6 else float("nan")
