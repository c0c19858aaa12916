"""A network and what went on in it as the page wants them: weights gate by gate, traces layer by layer, unrounded."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from clearlstm.cell.layout import PEEPHOLES, split_gates
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cell.rnn import RNNWeights
from clearlstm.insight.ledger import ledger
from clearlstm.network.lstm import LSTM, LSTMLayerTrace
from clearlstm.network.model import Net, Network, NetworkTrace
from clearlstm.network.rnn import RNNLayerTrace
from clearlstm.report.packing import packed
from clearlstm.shapes import FloatArray


class Place(NamedTuple):
    """Where a layer stands: net, layer in it and direction; ``depth`` counts the layers below, over all nets."""

    net: int
    layer: int
    direction: int
    depth: int

    @property
    def name(self) -> str:
        """What readers call it."""
        return f"layer {self.depth}, {'backward' if self.direction else 'forward'}"


def places(network: Network) -> list[Place]:
    """Every layer in every direction, from the lowest up."""
    found, depth = [], 0
    for k, net in enumerate(network.nets):
        for layer in range(net.num_layers):
            found += [Place(k, layer, direction, depth) for direction in range(net.num_directions)]
            depth += 1
    return found


def net_data(network: Network) -> dict[str, Any]:
    """The network's shape and weights."""
    head = network.head
    return {
        "words": " → ".join(map(_words, network.nets)) + ("" if head is None else f" → linear({head.output_size})"),
        "dtype": network.dtype.name,
        "layers": [_layer(network.nets[place.net], place) for place in places(network)],
        "head": None if head is None else {"W": packed(head.W), "b": packed(head.b)},
        "pool": network.pool,
        "parameters": sum(values.size for values in network.parameters.values()),
    }


def _words(net: Net) -> str:
    both = ", both directions" if net.bidirectional else ""
    layers = f", {net.num_layers} layers" if net.num_layers > 1 else ""
    return f"{type(net).__name__}({net.input_size} → {net.hidden_size}{layers}{both})"


def _layer(net: Net, place: Place) -> dict[str, Any]:
    weights = net.weights(place.layer, place.direction)
    sizes = {"input_size": len(weights.W), "hidden_size": net.hidden_size}
    known = {"name": place.name, "reverse": place.direction == 1, "depth": place.depth, **sizes}
    if isinstance(net, LSTM):
        assert isinstance(weights, LSTMWeights)
        return known | {"kind": "LSTM", "gates": _gates(weights), "activations": asdict(net.activations)}
    assert isinstance(weights, RNNWeights)
    own = {"W": packed(weights.W), "U": packed(weights.U), "b": packed(weights.b)}
    return known | {"kind": "RNN", "weights": own, "activation": net.functions}


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
    network: Network, x: FloatArray, ids: Sequence[str], ds: Sequence[Sequence[str]], inputs: Sequence[str]
) -> list[dict[str, Any]]:
    """What each sequence of x (N, T, F) did in the network, its layers in the order of :func:`places`.

    ids (N), ds (N, T) and inputs (F) are the names of sequences, steps and features.
    """
    trace = network.trace(x)
    layers = layers_data(network, trace)
    return [
        {
            "id": ids[n],
            "ds": list(ds[n]),
            "inputs": [{"name": name, "values": packed(x[n, :, k])} for k, name in enumerate(inputs)],
            "x": packed(x[n]),
            "y": packed(trace.y[n]),
            "layers": layers[n],
        }
        for n in range(len(x))
    ]


def layers_data(network: Network, trace: NetworkTrace) -> list[list[dict[str, Any]]]:
    """The layers of each sequence, in the order of :func:`places`."""
    found = [_layer_data(layer, place) for place, layer in layers_of(network, trace)]
    return [
        [{name: packed(v[n]) if isinstance(v, np.ndarray) else v for name, v in layer.items()} for layer in found]
        for n in range(len(trace.lengths))
    ]


def layers_of(network: Network, trace: NetworkTrace) -> Iterator[tuple[Place, LSTMLayerTrace | RNNLayerTrace]]:
    """Every layer's own trace, in the order of :func:`places`."""
    for place in places(network):
        yield place, trace.nets[place.net].layer(place.layer, place.direction)


def _layer_data(layer: LSTMLayerTrace | RNNLayerTrace, place: Place) -> dict[str, Any]:
    """Arrays (N, T, H) by name, and what the page calls the layer."""
    known: dict[str, Any] = {"name": place.name, "reverse": place.direction == 1}
    if isinstance(layer, RNNLayerTrace):
        return known | {"h": layer.h}
    last = 0 if place.direction else -1  # backwards, the last step that is taken is step 0
    parts = {name: getattr(layer, name) for name in ("f", "i", "g", "o", "c", "h")}
    return known | parts | {"ledger": ledger(layer, last).entries}
