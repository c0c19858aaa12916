"""Both passes of a layer, by the kernels or by the reference, as arrays by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, Literal, TypeAlias

from clearlstm import kernels
from clearlstm.cell import reference, vanilla
from clearlstm.check.layers import Layer
from clearlstm.shapes import FloatArray

Arrays: TypeAlias = Mapping[str, FloatArray]
Way: TypeAlias = Literal["kernels", "reference"]


@dataclass(frozen=True)
class Cell:
    """A kind of cell: its reference, what its passes take besides x and weights, and the names of what they give."""

    name: str
    reference: ModuleType
    initial: tuple[str, ...]
    """The states before the first step."""

    final: tuple[str, ...]
    """Gradients by the states after the last."""

    recorded: tuple[str, ...]
    differentiated: tuple[str, ...]

    def forward(self, layer: Layer, way: Way) -> Arrays:
        """What a forward pass records."""
        record = self._record(layer, way)
        return {name: getattr(record, name) for name in self.recorded}

    def backward(self, layer: Layer, way: Way) -> Arrays:
        """The gradients that a backward pass gives, as ``dW`` and so on."""
        backward = getattr(kernels, f"{self.name}_backward") if way == "kernels" else self.reference.backward
        last = [getattr(layer, name) for name in self.final]
        gradients = backward(layer.x, self._weights(layer), self._record(layer, way), layer.dh, *last)
        return {f"d{name}": getattr(gradients, name) for name in self.differentiated}

    def _record(self, layer: Layer, way: Way) -> Any:
        forward = getattr(kernels, f"{self.name}_forward") if way == "kernels" else self.reference.forward
        first = [getattr(layer, name) for name in self.initial]
        return forward(layer.x, self._weights(layer), *first, layer.lengths, reverse=layer.shape.reverse)

    def _weights(self, layer: Layer) -> Any:
        return getattr(layer, self.name)


LSTM: Final = Cell(
    "lstm",
    reference,
    ("h_0", "c_0"),
    ("dh_n", "dc_n"),
    ("gates", "c", "h", "h_n", "c_n"),
    ("x", "W", "U", "b", "h_0", "c_0"),
)
RNN: Final = Cell("rnn", vanilla, ("h_0",), ("dh_n",), ("h", "h_n"), ("x", "W", "U", "b", "h_0"))
CELLS: Final = (LSTM, RNN)
