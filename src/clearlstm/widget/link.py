"""What a reader has chosen and changed in a drawing: the text that stands behind the # of the lab's links.

``static/link.js`` reads and writes the same; what is as it was at the start doesn't stand there. What can't be read,
and what names something that isn't there, is passed over, as in the page.
"""

import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote

import numpy as np

from clearlstm.cell.layout import GATES, split_gates
from clearlstm.insight.layers import Place, places
from clearlstm.network.model import Network
from clearlstm.network.parameters import prefix
from clearlstm.shapes import FloatArray

CHANGES: Final = "yours-change"
PLACE: Final = "yours-place"
SERIES: Final = "yours-series"
LAYER: Final = "yours-layer"
UNIT_X, UNIT_WEIGHTS, UNIT_H, UNIT_C, UNIT_DAY = "unit-x", "unit-w", "unit-h", "unit-c", "unit-day"

_KEY: Final = re.compile(
    r"(x\.\d{1,5}\.\d{1,5}|[WU]\.\d{1,3}\.[figo]\.\d{1,5}\.\d{1,5}|[bG]\.\d{1,3}\.[figo]\.0\.\d{1,5}):([^_]+)"
)
_PLACE: Final = re.compile(r"(\d{1,6})_(\d{1,6})")

Held = dict[tuple[int, str, int], float]
"""Values of gates that are held: by layer (as the page counts them), gate and unit."""


def read(address: str) -> dict[str, str]:
    """The parts of an address by name.

    >>> read("yours-place=3_1&words=video")
    {'yours-place': '3_1', 'words': 'video'}
    """
    return dict(parse_qsl(address, keep_blank_values=True))


def write(parts: Mapping[str, str]) -> str:
    """The address with these parts."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parts.items())


def numbers(text: str) -> list[float] | None:
    """Numbers as the page writes them; None for what they can't be.

    >>> numbers("0_0.5_-1e-7")
    [0.0, 0.5, -1e-07]
    """
    values = [_number(part) for part in text.split("_")]
    return None if None in values else [value for value in values if value is not None]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def place_of(parts: Mapping[str, str]) -> tuple[int, int] | None:
    """Step and unit that the reader stopped at."""
    read_place = _PLACE.fullmatch(parts.get(PLACE, ""))
    return None if read_place is None else (int(read_place[1]), int(read_place[2]))


def joined(values: FloatArray) -> str:
    """The same the other way round; every number to its last bit.

    >>> joined(np.array([0.1, 2]))
    '0.1_2.0'
    """
    return "_".join(repr(value) for value in np.asarray(values, np.float64).ravel().tolist())


class Changes(NamedTuple):
    """What was changed by hand, as ``static/what-if.js`` names it."""

    values: dict[str, float]

    @classmethod
    def read(cls, parts: Mapping[str, str]) -> "Changes":
        """Those of an address."""
        pairs = [_KEY.fullmatch(one) for one in parts.get(CHANGES, "").split("_")]
        values = {pair[1]: _number(pair[2]) for pair in pairs if pair is not None}
        if None in (*pairs, *values.values()):
            return cls({})
        return cls({key: value for key, value in values.items() if value is not None})

    def write(self) -> str:
        """As they stand in an address."""
        return "_".join(f"{key}:{value!r}" for key, value in self.values.items())

    def without(self, *kinds: str) -> "Changes":
        """Only those of other kinds: "x", "W", "U", "b", or "G" for held gates."""
        return Changes({key: value for key, value in self.values.items() if key[0] not in kinds})

    def inputs(self, x: FloatArray) -> FloatArray:
        """x (T, F) with the inputs that were changed."""
        changed = x.copy()
        for key, value in self.values.items():
            if key[0] == "x":
                step, feature = map(int, key.split(".")[1:])
                if step < len(changed) and feature < changed.shape[1]:
                    changed[step, feature] = value
        return changed

    def weights(self, network: Network) -> dict[str, FloatArray]:
        """Copies of the network's parameters, by name, with those that were changed."""
        changed = {name: values.copy() for name, values in network.parameters.items()}
        layers = places(network)
        for key, value in self.values.items():
            if key[0] in "WUb" and _is_there(network, layers, key):
                kind, layer, gate, source, unit = key.split(".")
                part = split_gates(np.atleast_2d(changed[f"{_prefix(layers[int(layer)])}{kind}"]))[gate]
                if int(source) < len(part):
                    part[int(source), int(unit)] = value
        return changed

    def held(self, network: Network) -> Held:
        """The gates that are held."""
        held: Held = {}
        layers = places(network)
        for key, value in self.values.items():
            if key[0] == "G" and _is_there(network, layers, key):
                _, layer, gate, _, unit = key.split(".")
                held[int(layer), gate, int(unit)] = value
        return held

    def holding(self, held: Held) -> "Changes":
        """These gates held, and no others."""
        gates = {f"G.{layer}.{gate}.0.{unit}": value for (layer, gate, unit), value in held.items()}
        return Changes(self.without("G").values | gates)


def _is_there(network: Network, layers: list[Place], key: str) -> bool:
    """Whether there is the unit that a key names, with gates."""
    _, layer, _, _, unit = key.split(".")
    if int(layer) >= len(layers):
        return False
    net = network.nets[layers[int(layer)].net]
    return net.cell.gates == GATES and int(unit) < net.hidden_size


def _prefix(place: Place) -> str:
    return f"net{place.net}.{prefix(place.layer, place.direction)}"


def unit_weights(values: Mapping[str, FloatArray]) -> list[float]:
    """Of a net of one unit with one input: of each gate the weight on h, that on x and the bias, as in room 3."""
    parts = {part: split_gates(values[f"net0.layer0.forward.{part}"]) for part in "UWb"}
    return [float(parts[part][gate].item()) for gate in GATES for part in "UWb"]


def set_unit_weights(values: dict[str, FloatArray], twelve: list[float]) -> None:
    """Write these numbers into the parameters."""
    places_of = [(gate, part) for gate in GATES for part in "UWb"]
    for (gate, part), value in zip(places_of, twelve, strict=True):
        split_gates(values[f"net0.layer0.forward.{part}"])[gate][...] = value
