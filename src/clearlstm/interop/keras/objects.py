"""A Keras model that is there as an object: its description and weights through its public methods, and its answers."""

import json
import sys
from types import ModuleType
from typing import Any, Final

import numpy as np

from clearlstm.errors import InputError
from clearlstm.interop.keras.files import Arrays
from clearlstm.interop.keras.graph import MODELS, Graph, Node, Place, own_kind, read_graph
from clearlstm.shapes import FloatArray

LIBRARIES: Final = ("keras", "tf_keras")


class ModelObject:
    """The model; ``version`` is that of the Keras that it belongs to."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._library = _library(model)
        self.version: str | None = self._library.__version__

    def graph(self) -> Graph:
        """Its layers. What a class of the user's own does with them isn't known, so they are no chain."""
        if own_kind(_class_entry(self.model)) in MODELS:
            return read_graph(json.loads(self.model.to_json()))
        nodes = tuple(_node(layer) for layer in self.model.layers)
        return Graph(nodes, None, f"it is a {type(self.model).__name__}, a class of its own")

    def arrays(self, node: Node, place: Place, names: tuple[str, ...]) -> Arrays:
        """The weights at that place in the layer."""
        layer = self._layer(node)
        for attribute in place.way:
            layer = getattr(layer, attribute)
        if place.number is not None:
            layer = layer.cell.cells[place.number]
        return {name: self._numbers(values) for name, values in zip(names, layer.weights, strict=False)}

    def answer(self, node: Node | None, x: FloatArray) -> FloatArray:
        """What the model, or one of its layers, gives for x."""
        called = self.model if node is None else self._layer(node)
        given = called(x, training=False)
        given = given[0] if isinstance(given, (list, tuple)) else given
        return self._numbers(given)

    def _numbers(self, values: Any) -> FloatArray:
        """A variable or tensor of any backend as an array; Keras 2 knows TensorFlow's only."""
        operations = getattr(self._library, "ops", None)
        return np.asarray(values if operations is None else operations.convert_to_numpy(values))

    def _layer(self, node: Node) -> Any:
        layer = self.model
        for name in node.path:
            layer = layer.get_layer(name)
        return layer


def _library(model: Any) -> ModuleType:
    for parent in type(model).__mro__:
        root = parent.__module__.partition(".")[0]
        if root in LIBRARIES and hasattr(model, "layers"):
            return sys.modules[root]
    raise InputError(
        f"src is a {type(model).__name__}; a Keras model, or the path of a .keras or .h5 file, is needed "
        "(from_torch and from_onnx open the others)"
    )


def _class_entry(thing: Any) -> dict[str, Any]:
    return {"module": type(thing).__module__, "class_name": type(thing).__name__}


def _node(layer: Any) -> Node:
    kind = own_kind(_class_entry(layer))
    return Node(kind, layer.get_config() if "." not in kind else {}, (layer.name,))
