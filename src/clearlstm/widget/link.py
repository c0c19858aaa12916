"""What a reader has chosen and changed in a drawing: the text that stands behind the # of the lab's links.

``static/link.js`` reads and writes the same; what is as it was at the start doesn't stand there.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote

import numpy as np

from clearlstm.cell.layout import GATES, split_gates
from clearlstm.insight.layers import places
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray

CHANGES: Final = "yours-change"
PLACE: Final = "yours-place"
SERIES: Final = "yours-series"
UNIT_X, UNIT_WEIGHTS, UNIT_H, UNIT_C, UNIT_DAY = "unit-x", "unit-w", "unit-h", "unit-c", "unit-day"

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


def numbers(text: str) -> list[float]:
    """Numbers as the page writes them.

    >>> numbers("0_0.5_-1e-7")
    [0.0, 0.5, -1e-07]
    """
    return [float(part) for part in text.split("_")]


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
        text = parts.get(CHANGES, "")
        pairs = (one.split(":") for one in text.split("_")) if text else ()
        return cls({key: float(value) for key, value in pairs})

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
                changed[step, feature] = value
        return changed

    def weights(self, network: Network) -> dict[str, FloatArray]:
        """Copies of the network's parameters, by name, with those that were changed."""
        changed = {name: values.copy() for name, values in network.parameters.items()}
        layers = places(network)
        for key, value in self.values.items():
            if key[0] in "WUb":
                kind, layer, gate, source, unit = key.split(".")
                name = f"{_prefix(layers[int(layer)])}{kind}"
                split_gates(np.atleast_2d(changed[name]))[gate][int(source), int(unit)] = value
        return changed

    def held(self) -> Held:
        """The gates that are held."""
        held: Held = {}
        for key, value in self.values.items():
            if key[0] == "G":
                _, layer, gate, _, unit = key.split(".")
                held[int(layer), gate, int(unit)] = value
        return held

    def holding(self, held: Held) -> "Changes":
        """These gates held, and no others."""
        gates = {f"G.{layer}.{gate}.0.{unit}": value for (layer, gate, unit), value in held.items()}
        return Changes(self.without("G").values | gates)


def _prefix(place: tuple[int, int, int, int]) -> str:
    net, layer, direction, _ = place
    return f"net{net}.layer{layer}.{'reverse' if direction else 'forward'}."


def unit_weights(values: Mapping[str, FloatArray]) -> list[float]:
    """Of a net of one unit with one input: of each gate the weight on h, that on x and the bias, as in room 3."""
    parts = {part: split_gates(values[f"net0.layer0.forward.{part}"]) for part in "UWb"}
    return [float(parts[part][gate].item()) for gate in GATES for part in "UWb"]


def set_unit_weights(values: dict[str, FloatArray], twelve: list[float]) -> None:
    """Write these numbers into the parameters."""
    places_of = [(gate, part) for gate in GATES for part in "UWb"]
    for (gate, part), value in zip(places_of, twelve, strict=True):
        split_gates(values[f"net0.layer0.forward.{part}"])[gate][...] = value
