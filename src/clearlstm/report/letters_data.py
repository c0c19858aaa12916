"""The net of letters for the page: its weights to the last bit, its alphabet, and what was measured of it."""

from typing import Any, Final

import numpy as np

from clearlstm import examples
from clearlstm.cell.layout import split_gates
from clearlstm.data.bundled import letters_measured
from clearlstm.letters import ALPHABET
from clearlstm.report.packing import with_packed

PARTS: Final = ("W", "U", "b")


def letters_data() -> dict[str, Any]:
    """What JSON holds: the type ``Net`` of ``static/rooms/letters/net.js``."""
    # The file holds float16, and so does the page: half the size, and the same numbers.
    halves = {name: values.astype(np.float16) for name, values in examples.letters_net().parameters.items()}
    split = {part: split_gates(halves[f"net0.layer0.forward.{part}"]) for part in PARTS}
    data = {
        "alphabet": ALPHABET,
        "gates": {gate: {part: split[part][gate] for part in PARTS} for gate in split["b"]},
        "head": {"W": halves["head.W"], "b": halves["head.b"]},
        "measured": letters_measured(),
    }
    return dict(with_packed(data))
