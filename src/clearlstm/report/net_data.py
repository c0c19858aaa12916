"""A network and what went on in it as the page wants them: weights gate by gate, traces layer by layer, unrounded."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import PEEPHOLES, split_gates
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.insight.layers import Place, layers_data, places
from clearlstm.network.model import Net, Network, States
from clearlstm.network.options import plain
from clearlstm.report.packing import packed, with_packed
from clearlstm.shapes import FloatArray


def net_data(network: Network) -> dict[str, Any]:
    """The network's shape and weights."""
    head = network.head
    return {
        "words": words_of(network),
        "dtype": network.dtype.name,
        "layers": [_layer(network.nets[place.net], place) for place in places(network)],
        "head": None if head is None else {"W": packed(head.W), "b": packed(head.b)},
        "pool": network.pool,
        "parameters": sum(values.size for values in network.parameters.values()),
    }


def words_of(network: Network) -> str:
    """The network's parts and their sizes, such as "LSTM(3 → 32) → linear(1)"."""
    head = network.head
    return " → ".join(map(_words, network.nets)) + ("" if head is None else f" → linear({head.output_size})")


def _words(net: Net) -> str:
    both = ", both directions" if net.bidirectional else ""
    layers = f", {net.num_layers} layers" if net.num_layers > 1 else ""
    return f"{type(net).__name__}({net.input_size} → {net.hidden_size}{layers}{both})"


def _layer(net: Net, place: Place) -> dict[str, Any]:
    weights = net.weights(place.layer, place.direction)
    sizes = {"input_size": len(weights.W), "hidden_size": net.hidden_size}
    known = {"name": place.name, "reverse": place.direction == 1, "depth": place.depth, **sizes}
    if "c" in net.cell.states:
        return known | {"kind": net.cell.name, "gates": _gates(weights), "activations": plain(net.functions)}
    own = {name: packed(getattr(weights, name)) for name in net.cell.shapes(1, 1, net.options)}
    return known | {"kind": net.cell.name, "weights": own, "activation": plain(net.functions)}


def _gates(weights: LSTMWeights) -> dict[str, dict[str, Any]]:
    """W (F, H), U (H, H) and b (H,) of each gate, and its peepholes p (H,) if it has some."""
    parts = {"W": weights.W, "U": weights.U, "b": weights.b}
    split = {name: split_gates(values) for name, values in parts.items()}
    gates: dict[str, dict[str, Any]] = {gate: {n: packed(split[n][gate]) for n in parts} for gate in split["b"]}
    if weights.p is not None:
        for gate, peepholes in split_gates(weights.p, PEEPHOLES).items():
            gates[gate]["p"] = packed(peepholes)
    return gates


def traces_data(
    network: Network,
    x: FloatArray,
    ids: Sequence[str],
    ds: Sequence[Sequence[str]],
    inputs: Sequence[str],
    lengths: npt.NDArray[np.int64] | None = None,
    state: States | None = None,
) -> list[dict[str, Any]]:
    """What each sequence of x (N, T, F) did in the network, its layers in the order of :func:`places`.

    ids (N), ds (N, T) and inputs (F) are the names of sequences, steps and features; lengths (N,) and state as
    :meth:`Network.trace` takes them.
    """
    trace = network.trace(x, lengths, state)
    layers = with_packed(layers_data(network, trace))
    return [
        {
            "id": ids[n],
            "ds": list(ds[n][:T]),
            "inputs": [{"name": name, "values": packed(x[n, :T, k])} for k, name in enumerate(inputs)],
            "x": packed(x[n, :T]),
            "y": packed(trace.y[n] if network.pool is not None else trace.y[n, :T]),
            "layers": layers[n],
        }
        for n, T in enumerate(trace.lengths.tolist())
    ]
