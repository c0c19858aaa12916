"""Torch's answers to fixed questions (tests/golden/torch_*.json), read once; scripts/torch_answers asked for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import GATES, reorder
from clearlstm.shapes import FloatArray
from tests.orders import TORCH_GATES

FOLDER = Path(__file__).parent / "golden"


@cache
def golden(name: str) -> dict[str, Any]:
    """What stands in tests/golden/torch_NAME.json."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"torch_{name}.json").read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class TorchNet:
    """A net of torch's that reads both ways: what it was asked, what came out, and the gradients (d…) that came back.

    x (N, T, F); h, dh (N, T, 2·H); start, end (S, 2·L, N, H) hold h and, of an LSTM, c. ``parameters`` and
    ``dparameters`` have torch's names and layout.
    """

    x: FloatArray
    lengths: npt.NDArray[np.int64]
    start: FloatArray
    parameters: dict[str, FloatArray]
    h: FloatArray
    end: FloatArray
    dh: FloatArray
    dend: FloatArray
    dx: FloatArray
    dstart: FloatArray
    dparameters: dict[str, FloatArray]

    @property
    def hidden_size(self) -> int:
        return int(self.h.shape[-1]) // 2

    @property
    def weights(self) -> dict[str, FloatArray]:
        """Our parameters. Torch adds two biases, and their sum is what counts."""
        return ours({name: self._summed(name) for name in self.parameters}, self.hidden_size)

    @property
    def dweights(self) -> dict[str, FloatArray]:
        """The gradients of our parameters."""
        return ours(self.dparameters, self.hidden_size)

    def _summed(self, name: str) -> FloatArray:
        values = self.parameters[name]
        return values + self.parameters[name.replace("_ih", "_hh")] if "bias_ih" in name else values


@cache
def net(name: str) -> TorchNet:
    told = golden("cell")["nets"][name]
    return TorchNet(**{part: _arrays(values) for part, values in told.items()})


def _arrays(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: np.array(one) for name, one in values.items()}
    return np.array(values)


def ours(arrays: Mapping[str, FloatArray], hidden_size: int) -> dict[str, FloatArray]:
    """Torch's parameters of a net by our names and in our layout, without the second bias."""
    return {
        our_name(name): from_torch_layout(values, hidden_size)
        for name, values in arrays.items()
        if "bias_hh" not in name
    }


def our_name(torch_name: str) -> str:
    """``weight_ih_l0_reverse`` → ``layer0.reverse.W``."""
    kind, rest = torch_name.split("_l")
    direction = "reverse" if rest.endswith("_reverse") else "forward"
    part = {"weight_ih": "W", "weight_hh": "U", "bias_ih": "b", "bias_hh": "b"}[kind]
    return f"layer{rest.removesuffix('_reverse')}.{direction}.{part}"


def from_torch_layout(values: FloatArray, hidden_size: int) -> FloatArray:
    """Transposed; a matrix that has four gates in our order of them."""
    ours = values.T
    return reorder(ours, TORCH_GATES, GATES) if ours.shape[-1] == 4 * hidden_size else ours
