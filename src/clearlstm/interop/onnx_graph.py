"""What an ONNX model holds that matters here: its LSTM nodes, its linear layers and their constants."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from clearlstm.errors import InputError, MissingExtraError, ModelFileError
from clearlstm.files import check_plain
from clearlstm.interop.chain import Dense
from clearlstm.shapes import FloatArray, check_array

SHAPING = {"Expand", "Identity", "Reshape", "Slice", "Squeeze", "Tile", "Transpose", "Unsqueeze"}
"""Operators that only move or repeat the numbers of their first input."""

MOST_VALUES = 1_000_000

STORES = {"FLOAT": "float_data", "DOUBLE": "double_data", "FLOAT16": "int32_data", "BFLOAT16": "int32_data"}
"""The types that weights may have, and where a tensor keeps them if not as raw bytes."""


@dataclass(frozen=True)
class Graph:
    """An ONNX model, and ways to look into it."""

    model: Any

    def nodes(self, *kinds: str) -> dict[str, Any]:
        """The nodes of some operators in their order, by their names; a nameless one by its output's."""
        nodes: dict[str, Any] = {}
        for node in self.model.graph.node:
            if node.op_type in kinds and node.domain in ("", "ai.onnx"):
                name = node.name if node.name and node.name not in nodes else next(filter(None, node.output), "")
                nodes[name] = node
        return nodes

    @cached_property
    def inputs(self) -> list[str]:
        """What the caller gives; older models name their constants among the inputs too."""
        return [value.name for value in self.model.graph.input if value.name not in self._tensors]

    def example(self, n_features: int) -> FloatArray:
        """Random numbers that the model takes: of the shape that its first input declares, where it does."""
        value = next((value for value in self.model.graph.input if value.name in self.inputs), None)
        declared = [] if value is None else [size.dim_value for size in value.type.tensor_type.shape.dim]
        usual = (2, 8, n_features)
        shape = [known or size for known, size in zip(declared, usual, strict=True)] if len(declared) == 3 else usual
        if min(shape) < 1 or math.prod(shape) > MOST_VALUES:
            raise InputError(
                f"the model's input claims shape {tuple(declared)}; up to {MOST_VALUES:,} numbers are tried"
            )
        return np.random.default_rng(0).standard_normal(shape)

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        constants = {
            node.output[0]: attribute.t
            for node in self.nodes("Constant").values()
            for attribute in node.attribute
            if attribute.name == "value"
        }
        return constants | {tensor.name: tensor for tensor in self.model.graph.initializer}

    @cached_property
    def _makers(self) -> dict[str, Any]:
        return {output: node for node in self.model.graph.node for output in node.output}

    def is_constant(self, name: str) -> bool:
        """Whether the value of that name stands in the model."""
        return name in self._tensors

    def array(self, what: str, name: str, shape: tuple[int | None, ...]) -> FloatArray:
        """A constant as float32 or float64, its type, size, shape and numbers checked."""
        if name not in self._tensors:
            raise InputError(
                f"{what} ({name!r}) is computed or given by the caller; it must be a constant of the model"
            )
        values = _numbers(what, self._tensors[name])
        return check_array(what, values, shape, "float64" if values.dtype == np.float64 else "float32")

    def origin(self, name: str) -> tuple[str, FloatArray | None]:
        """Where a value comes from: "constant" (with its numbers), "input" or "computed"."""
        for _ in self._makers:
            node = self._makers.get(name)
            if node is None or node.op_type not in SHAPING:
                break
            name = node.input[0]
        node = self._makers.get(name)
        if name in self._tensors:
            return "constant", _numbers(name, self._tensors[name])
        if node is not None and node.op_type == "ConstantOfShape":
            values = attributes(node).get("value")
            return "constant", np.zeros(1, "float32") if values is None else _numbers(name, values)
        return ("input" if name in self.inputs else "computed"), None

    def check_self_contained(self) -> None:
        """Refuse a model with any tensor, in whatever part of it, that is kept in another file."""
        parts = [self.model.graph, *self.model.functions]
        for tensor in (tensor for part in parts for tensor in _tensors_in(part)):
            _refuse_external(repr(tensor.name), tensor)

    @cached_property
    def linear_layers(self) -> dict[str, Dense]:
        """y = h W + b: a Gemm with constant weights, or a MatMul by a constant and maybe the Add after it."""
        return dict([*self._gemms(), *self._products()])

    def _gemms(self) -> Iterator[tuple[str, Dense]]:
        for name, node in self.nodes("Gemm").items():
            options = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0} | attributes(node)
            if self.is_constant(node.input[1]) and not options["transA"]:
                W = self.array(f"{name}: B", node.input[1], (None, None)) * np.float32(options["alpha"])
                W = W.T if options["transB"] else W
                b = self._bias(node.input[2], W) if len(node.input) > 2 else np.zeros(W.shape[1], W.dtype)
                if b is not None:
                    yield name, Dense(W, b * np.float32(options["beta"]))

    def _products(self) -> Iterator[tuple[str, Dense]]:
        sums = [set(node.input) for node in self.nodes("Add").values()]
        for name, node in self.nodes("MatMul").items():
            if not self.is_constant(node.input[1]) or len(self._tensors[node.input[1]].dims) != 2:
                continue
            W = self.array(f"{name}: B", node.input[1], (None, None))
            after = [inputs - {node.output[0]} for inputs in sums if node.output[0] in inputs]
            biases = [self._bias(next(iter(others)), W) for others in after if len(others) == 1]
            b = next((values for values in biases if values is not None), None)
            yield name, Dense(W, np.zeros(W.shape[1], W.dtype) if b is None else b)

    def _bias(self, name: str, W: FloatArray) -> FloatArray | None:
        """A constant (M,), (1, M) or scalar as (M,); None if it is no such thing."""
        if not self.is_constant(name) or math.prod(self._tensors[name].dims) not in (1, W.shape[1]):
            return None
        return np.asarray(np.broadcast_to(_numbers(name, self._tensors[name]).reshape(-1), W.shape[1]))


def read_model(src: Any) -> Graph:
    """The model in a file or a ``ModelProto``; of a file, no other file is opened."""
    onnx = library()
    if isinstance(src, onnx.ModelProto):
        return Graph(src)
    if not isinstance(src, (str, os.PathLike)):
        raise InputError(f"src is a {type(src).__name__}; give an onnx ModelProto or the path of an .onnx file")
    path = check_plain(src, ModelFileError)
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # protobuf's own type of error changes with its implementation
        raise ModelFileError(f"{path}: not an ONNX model, or cut short ({error})") from error
    if not model.graph.node:
        raise ModelFileError(f"{path}: not an ONNX model: it has no nodes")
    return Graph(model)


def library() -> Any:
    """The onnx library."""
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("ONNX models need onnx: pip install 'clearlstm[onnx]'") from error
    return onnx


def attributes(node: Any) -> dict[str, Any]:
    """A node's attributes by name; texts as str."""
    values = {attribute.name: library().helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: _as_text(value) for name, value in values.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return [_as_text(part) for part in value] if isinstance(value, (list, tuple)) else value


def _tensors_in(part: Any) -> Iterator[Any]:
    """All tensors of a graph or a function, those of the graphs inside it too."""
    yield from getattr(part, "initializer", [])
    for attribute in (attribute for node in part.node for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for inner in (attribute.g, *attribute.graphs):
            yield from _tensors_in(inner)


def _refuse_external(what: str, tensor: Any) -> None:
    if tensor.data_location == library().TensorProto.EXTERNAL or len(tensor.external_data):
        raise InputError(
            f"{what} is kept in another file (external data), which is not opened: save the model as one file"
        )


def _numbers(what: str, tensor: Any) -> FloatArray:
    """A tensor's numbers; half precision as float32. Nothing of a size that isn't there is made."""
    onnx = library()
    _refuse_external(what, tensor)
    known = {value: name for name, value in onnx.TensorProto.DataType.items()}
    kind = known.get(tensor.data_type, "an unknown type")
    if kind not in STORES:
        raise InputError(f"{what} holds {kind}; floating-point numbers are needed")
    item_bytes = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    stored = len(tensor.raw_data) / item_bytes if tensor.HasField("raw_data") else len(getattr(tensor, STORES[kind]))
    if any(size < 0 for size in tensor.dims) or math.prod(tensor.dims) != stored:
        raise InputError(
            f"{what} claims shape {tuple(tensor.dims)}, but holds {stored:g} numbers: the model is damaged"
        )
    values = np.asarray(onnx.numpy_helper.to_array(tensor))
    return values.astype("float64" if kind == "DOUBLE" else "float32", copy=False)
