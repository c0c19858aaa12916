"""How gates stand when nothing comes in: what the biases alone say of a layer's memory, before any data are seen."""

from dataclasses import dataclass
from typing import final

import numpy as np

from clearlstm.cell.activations import activation
from clearlstm.cell.layout import gate_slice
from clearlstm.insight.layers import Place, places
from clearlstm.insight.memory import typical_half_life
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray


@final
@dataclass(frozen=True)
class AtRest:
    """One layer in one direction with x and h at 0.

    place
        Where it stands in its network.
    gates
        The value of each gate by unit, (H,): a sigmoid of its bias. Empty for a plain net.
    half_life
        The steps until half of a memory is gone if the gate that keeps it stayed there, (H,); None without one.
    """

    place: Place
    gates: dict[str, FloatArray]
    half_life: FloatArray | None


def at_rest(network: Network) -> list[AtRest]:
    """Every layer of ``network`` in every direction. What comes in moves the gates away from there.

    >>> from clearlstm.network.lstm import LSTM
    >>> net = LSTM(1, 2, seed=0)
    >>> net.parameters["layer0.forward.b"][:2] = 3       # the forget gates
    >>> [layer] = at_rest(Network(net))
    >>> layer.gates["f"].round(2).tolist(), layer.half_life.round(1).tolist()
    ([0.95, 0.95], [14.3, 14.3])
    """
    return [_at_rest(network, place) for place in places(network)]


def _at_rest(network: Network, place: Place) -> AtRest:
    net = network.nets[place.net]
    memory, weights, H = net.cell.memory, net.weights(place.layer, place.direction), net.hidden_size
    if memory is None:
        return AtRest(place, {}, None)
    gate = activation(net.functions.gate)
    sums = {name: weights.b[gate_slice(name, H, net.cell.gates)].astype(np.float64) for name in net.cell.gates}
    gates = {name: gate.value(z) for name, z in sums.items() if name != "g"}
    kept = gates[memory.keep]
    with np.errstate(divide="ignore", invalid="ignore"):
        half_life = np.where((kept >= 0) & (kept <= 1), typical_half_life(-np.log(kept)), np.nan)
    return AtRest(place, gates, half_life)
