"""Both passes of a layer of any cell, by the kernels or by the reference, as arrays by name."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from clearlstm import kernels
from clearlstm.cell.cell import Cell
from clearlstm.check.layers import Layer
from clearlstm.shapes import FloatArray

Arrays: TypeAlias = Mapping[str, FloatArray]
Way: TypeAlias = Literal["kernels", "reference"]


def forward(cell: Cell, layer: Layer, way: Way) -> Arrays:
    """What a forward pass records."""
    record = _record(cell, layer, way)
    return {name: getattr(record, name) for name in (*cell.recorded, *cell.last_names)}


def backward(cell: Cell, layer: Layer, way: Way) -> Arrays:
    """The gradients that a backward pass gives, as ``dW`` and so on."""
    record, weights = _record(cell, layer, way), layer.weights(cell)
    if way == "kernels":
        gradients = kernels.backward(cell, layer.x, weights, record, layer.dh, layer.by_last(cell))
    else:
        gradients = cell.backward(layer.x, weights, record, layer.dh, *layer.by_last(cell))
    given = {name for name, values in vars(gradients).items() if values is not None}
    names = ("x", "W", "U", "b", *cell.first_names, *cell.optional)
    return {f"d{name}": getattr(gradients, name) for name in names if name in given}


def _record(cell: Cell, layer: Layer, way: Way) -> Any:
    weights, first, reverse = layer.weights(cell), layer.first(cell), layer.shape.reverse
    if way == "kernels":
        return kernels.forward(cell, layer.x, weights, first, layer.lengths, reverse=reverse)
    return cell.forward(layer.x, weights, *first, layer.lengths, reverse=reverse)
