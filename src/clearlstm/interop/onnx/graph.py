"""What an ONNX model holds that matters here: its nodes by name, wherever they are, and the numbers behind a name."""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from clearlstm.errors import InputError
from clearlstm.interop.onnx.files import library
from clearlstm.interop.onnx.folding import STANDARD, Constants, is_folded
from clearlstm.interop.onnx.scope import Scope, scopes_in
from clearlstm.interop.onnx.tensors import FLOATS, Numbers, attributes, numbers, type_name
from clearlstm.shapes import FloatArray, check_array

REPEATING: Final = {"Cast", "Expand", "Identity", "Reshape", "Squeeze", "Tile", "Transpose", "Unsqueeze"}
"""Operators that only move or repeat the numbers of their first input."""

CHOOSING: Final = {"Gather", "Slice", "Split"}
"""Those that take some of them."""

MOST_VALUES: Final = 1_000_000
OLDEST_OPSET: Final = 7
"""From which on ONNX Runtime has the operators."""

SHOWN: Final = 5

Kind = Literal["constant", "input", "computed"]


class Located(NamedTuple):
    """A node, the name that it goes by, and where it is."""

    name: str
    node: Any
    scope: Scope


@dataclass(frozen=True)
class Graph:
    """An ONNX model, and ways to look into it."""

    model: Any

    @cached_property
    def scopes(self) -> list[Scope]:
        """The model's graph, and those inside it."""
        return scopes_in(self.model)

    @cached_property
    def main(self) -> Scope:
        """The model's graph."""
        return self.scopes[0]

    @cached_property
    def constants(self) -> Constants:
        """Its constants, with room for as many numbers as its size lets expect."""
        return Constants(self.opset, self.model.ByteSize())

    @property
    def opset(self) -> int:
        """The version of ONNX's operators that it is made of."""
        return max((opset.version for opset in self.model.opset_import if opset.domain in STANDARD), default=1)

    @property
    def is_too_old(self) -> bool:
        """Whether ONNX Runtime has no such operators any more."""
        return self.opset < OLDEST_OPSET

    def nodes(self, *kinds: str, domains: tuple[str, ...] = STANDARD) -> dict[str, Located]:
        """The nodes of some operators in their order, by where they are and their names, or else their outputs'."""
        nodes: dict[str, Located] = {}
        for scope in self.scopes:
            for node in scope.nodes:
                if node.op_type in kinds and node.domain in domains:
                    name = _free_name(scope.path, node, nodes)
                    if name is not None:
                        nodes[name] = Located(name, node, scope)
        return nodes

    @cached_property
    def operators(self) -> Counter[str]:
        """How often each operator is there, in all graphs."""
        return Counter(node.op_type for scope in self.scopes for node in scope.nodes)

    @property
    def inputs(self) -> list[str]:
        """What the caller gives."""
        return self.main.inputs

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

    def is_constant(self, scope: Scope, name: str) -> bool:
        """Whether the value of that name stands in the model, or is computed from such values alone."""
        return self.constants.has(scope, name)

    def numbers(self, what: str, scope: Scope, name: str) -> Numbers:
        """A constant as it is, of whatever type."""
        if not self.is_constant(scope, name):
            raise InputError(f"{what} ({name!r}) {_why_not_constant(scope, name)}; it must be a constant of the model")
        return self.constants.get(scope, name)

    def array(self, what: str, scope: Scope, name: str, shape: tuple[int | None, ...]) -> FloatArray:
        """A constant as float32 or float64, its type, size, shape and numbers checked."""
        tensor = scope.source(name).tensor
        if tensor is not None and type_name(tensor) not in FLOATS:
            raise InputError(f"{what} holds {type_name(tensor)}; floating-point numbers are needed")
        values = numbers(what, tensor) if tensor is not None else self.numbers(what, scope, name)
        if values.dtype.kind not in "fV":  # V: bfloat16 is no type of NumPy's own
            raise InputError(f"{what} is {values.dtype.name}; floating-point numbers are needed")
        dtype = "float64" if values.dtype == np.float64 else "float32"
        return check_array(what, values.astype(dtype, copy=False), shape, dtype)

    def origin(self, scope: Scope, name: str) -> tuple[Kind, FloatArray | None]:
        """Where a value comes from: "constant" (with its numbers), "input" or "computed"."""
        chosen = False
        for _ in range(len(self.scopes) + len(scope.makers)):
            if self.is_constant(scope, name):
                values = self.array(repr(name), scope, name, (None,) * self.numbers(name, scope, name).ndim)
                return ("constant", values) if not chosen or not values.any() else ("computed", None)
            source = scope.source(name)
            if source.node is None:
                return ("input" if source.scope is self.main else "computed"), None
            if source.node.op_type == "ConstantOfShape":
                value = attributes(source.node).get("value")
                return "constant", np.zeros(1, "float32") if value is None else numbers(name, value)
            if source.node.op_type not in REPEATING | CHOOSING or not source.node.input:
                break
            chosen = chosen or source.node.op_type in CHOOSING
            scope, name = source.scope, source.node.input[0]
        return "computed", None


def declared_inputs(graph: Graph) -> dict[str, str]:
    """What the model takes: of each input its type and shape, such as "float32 (1, steps, 40)"."""
    values = {value.name: value for value in graph.model.graph.input}
    return {name: _declared(values[name]) for name in graph.inputs}


def _declared(value: Any) -> str:
    sizes = [size.dim_param or str(size.dim_value or "?") for size in value.type.tensor_type.shape.dim]
    try:
        return f"{input_dtype(value).name} ({', '.join(sizes)})"
    except InputError:
        return "no tensor of numbers"


def input_dtype(value: Any) -> np.dtype[Any]:
    """What an input is declared as; an :class:`InputError` for what is no tensor of numbers."""
    kind = value.type.tensor_type.elem_type
    name = library().TensorProto.DataType.Name(kind) if kind in library().TensorProto.DataType.values() else ""
    if name in ("", "UNDEFINED", "STRING"):
        raise InputError(f"the model's input {value.name!r} is no tensor of numbers, which is all that can be given")
    dtype: np.dtype[Any] = library().helper.tensor_dtype_to_np_dtype(kind)
    return dtype


def most_frequent(counts: Counter[str]) -> str:
    """Such as "Conv (12), Relu (5)"."""
    return ", ".join(f"{kind} ({count:,})" for kind, count in counts.most_common(SHOWN))


def _free_name(path: str, node: Any, taken: dict[str, Located]) -> str | None:
    """What a node is called: by its name, by its first output's, or by one of these and a number."""
    own = [name for name in (node.name, next(filter(None, node.output), "")) if name]
    names = [*own, f"{own[0] if own else node.op_type}#{len(taken) + 1}"]
    paths = (path + name.lstrip("/") if path else name for name in names)
    return next((name for name in paths if name not in taken), None)


def _why_not_constant(scope: Scope, name: str) -> str:
    """What a name stands for, that is no constant."""
    for _ in range(SHOWN):
        source = scope.source(name)
        if source.node is None:
            break
        if not is_folded(source.node):
            return f"is computed by {source.node.op_type}"
        inner = (needed for needed in source.node.input if needed and source.scope.source(needed).tensor is None)
        scope, name = source.scope, next(inner, "")
    return "is computed or given by the caller"
