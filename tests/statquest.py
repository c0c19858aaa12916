"""The golden numbers of the video's unit, read once, and the unit as the reference takes it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from clearlstm.cell.layout import GATES
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.shapes import FloatArray

INPUTS = {"A": [0.0, 0.5, 0.25, 1.0], "B": [1.0, 0.5, 0.25, 1.0]}
TARGETS = {"A": 0.0, "B": 1.0}


@cache
def golden() -> dict[str, Any]:
    path = Path(__file__).parent / "golden" / "statquest.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def unit(by_gate: dict[str, list[float]]) -> LSTMWeights:
    """One input, one hidden unit; ``by_gate`` holds (weight on h, weight on x, bias) of each gate."""
    U, W, b = (np.array([by_gate[gate][part] for gate in GATES]) for part in range(3))
    return LSTMWeights(W[None], U[None], b)


def inputs(company: str) -> FloatArray:
    """Days 1 to 4, (1, 4, 1)."""
    return np.array(INPUTS[company]).reshape(1, 4, 1)
