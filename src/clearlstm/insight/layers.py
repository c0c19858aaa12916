"""The layers of a network in every direction, one after the other: where each stands, and what went on in it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from clearlstm.insight.ledger import ledger
from clearlstm.network.model import Network, NetworkTrace
from clearlstm.network.trace import LayerTrace


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
    layers: list[Place] = []
    depth = 0
    for k, net in enumerate(network.nets):
        for layer in range(net.num_layers):
            layers += [Place(k, layer, direction, depth) for direction in range(net.num_directions)]
            depth += 1
    return layers


def layers_data(network: Network, trace: NetworkTrace) -> list[list[dict[str, Any]]]:
    """The layers of each sequence, in the order of :func:`places`: arrays (T, H) over its real steps, by name.

    ``h_0`` and ``c_0`` (H,) are what it began with; the rest are the layers' names.
    """
    layers = [_layer_data(layer, place) for place, layer in layers_of(network, trace)]
    return [[_of_sequence(layer, n, T) for layer in layers] for n, T in enumerate(trace.lengths.tolist())]


def _of_sequence(layer: dict[str, Any], n: int, T: int) -> dict[str, Any]:
    arrays = {name: v[n, :T] if v.ndim == 3 else v[n] for name, v in layer.items() if isinstance(v, np.ndarray)}
    return layer | arrays


def layers_of(network: Network, trace: NetworkTrace) -> Iterator[tuple[Place, LayerTrace]]:
    """Every layer's own trace, in the order of :func:`places`."""
    for place in places(network):
        yield place, trace.layer(place.layer, place.direction, net=place.net)


def _layer_data(layer: LayerTrace, place: Place) -> dict[str, Any]:
    """Arrays (N, T, H) and (N, H) by name, and what the page calls the layer."""
    known: dict[str, Any] = {"name": place.name, "reverse": place.direction == 1, "h_0": layer.record.h_0}
    if "c" not in layer.cell.states:
        return known | {"h": layer.h}
    last = 0 if place.direction else -1  # backwards, the last step that is taken is step 0
    parts = {gate: layer.record.gate(gate) for gate in layer.cell.gates} | {"c": layer.record.c, "h": layer.h}
    return known | parts | {"c_0": layer.record.c_0, "ledger": ledger(layer, last).entries}
