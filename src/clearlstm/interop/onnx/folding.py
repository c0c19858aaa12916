"""Constants that an ONNX model computes from others: weights behind a Transpose, a Cast, a DequantizeLinear and such.

onnx's reference evaluator computes them, a node at a time. What a node would make is counted before it is made: a few
bytes may claim 2^40 numbers.
"""

import math
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any, Final

import numpy as np

from clearlstm.errors import InputError
from clearlstm.interop.onnx.files import library
from clearlstm.interop.onnx.scope import Scope, Source
from clearlstm.interop.onnx.tensors import Numbers, attributes, numbers

LEAST_ROOM: Final = 4_000_000
NUMBERS_A_BYTE: Final = 8
MOST_ROOM: Final = 2**29
A_NODE: Final = 1_000
"""What computing a node costs at least, in numbers."""

LONGEST_WAY: Final = 100
"""Nodes one after the other, from a constant to where it is used."""

MOST_AXES: Final = 32
STANDARD: Final = ("", "ai.onnx")
DOMAINS: Final = dict.fromkeys(("DequantizeLinear", "QuantizeLinear"), (*STANDARD, "com.microsoft"))
OPSET_OF_BLOCKS: Final = 21
"""The first in which DequantizeLinear does all that it did before and that com.microsoft's does."""


def _first(_: Mapping[str, Any], inputs: list[Numbers]) -> int:
    return inputs[0].size


def _together(_: Mapping[str, Any], inputs: list[Numbers]) -> int:
    return sum(values.size for values in inputs)


def _broadcast(_: Mapping[str, Any], inputs: list[Numbers]) -> int:
    return _spread([values.shape for values in inputs])


def _expanded(_: Mapping[str, Any], inputs: list[Numbers]) -> int:
    return _spread([inputs[0].shape, _axes(inputs[1])])


def _spread(shapes: list[tuple[int, ...]]) -> int:
    sizes: list[int] = [max(along) for along in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)]
    return math.prod(sizes)


def _filled(_: Mapping[str, Any], inputs: list[Numbers]) -> int:
    return math.prod(_axes(inputs[0]))


def _tiled(_: Mapping[str, Any], inputs: list[Numbers]) -> int:
    return math.prod((inputs[0].size, *_axes(inputs[1])))


def _gathered(given: Mapping[str, Any], inputs: list[Numbers]) -> int:
    along: int = inputs[0].shape[given.get("axis", 0)]
    return inputs[1].size * inputs[0].size // max(along, 1)


def _axes(sizes: Numbers) -> tuple[int, ...]:
    """A shape, or how often along each axis, that is told by an array."""
    if sizes.dtype.kind not in "iu" or sizes.size > MOST_AXES:
        raise InputError(f"{sizes.size} sizes of type {sizes.dtype.name} are given where a shape of axes is needed")
    return tuple(max(int(size), 0) for size in sizes.ravel())


SIZES: Final[dict[str, Callable[[Mapping[str, Any], list[Numbers]], int]]] = {
    **dict.fromkeys(("Cast", "Flatten", "Identity", "Neg", "Reshape", "Sqrt", "Squeeze", "Transpose"), _first),
    **dict.fromkeys(("DequantizeLinear", "QuantizeLinear", "Shape", "Slice", "Split", "Unsqueeze"), _first),
    **dict.fromkeys(("Add", "Div", "Mul", "Sub", "Where"), _broadcast),
    **{"Concat": _together, "ConstantOfShape": _filled, "Expand": _expanded, "Gather": _gathered, "Tile": _tiled},
}
"""The operators that are computed, and how many numbers each makes at most, of its attributes and inputs."""


class Constants:
    """The constants of a model, those that it computes too, each computed once."""

    def __init__(self, opset: int, n_bytes: int) -> None:
        self.known: dict[tuple[Scope, str], Numbers] = {}
        self.are_constant: dict[tuple[Scope, str], bool] = {}
        self.opset = opset
        self.room = min(LEAST_ROOM + NUMBERS_A_BYTE * n_bytes, MOST_ROOM)

    def take_room(self, what: str, n_numbers: int) -> None:
        """Refuse what would take more numbers, all in all, than a file of this size has any use for."""
        if n_numbers > self.room:
            raise InputError(
                f"{what} claims {n_numbers:,} numbers, where {self.room:,} are left of what a file of this size may "
                "unfold to: it is damaged or made to exhaust memory"
            )
        self.room -= n_numbers

    def has(self, scope: Scope, name: str, way: int = 0) -> bool:
        """Whether a name stands for a constant, or for what is computed from constants alone."""
        source = scope.source(name)
        if source.tensor is not None:
            return True
        node, key = source.node, (source.scope, source.name)
        if node is None or not is_folded(node) or way > LONGEST_WAY:
            return False
        if key not in self.are_constant:
            self.are_constant[key] = False  # for a graph that goes in a circle
            self.are_constant[key] = all(self.has(source.scope, needed, way + 1) for needed in node.input if needed)
        return self.are_constant[key]

    def get(self, scope: Scope, name: str) -> Numbers:
        """The numbers of a constant, as they are; only of a name that :meth:`has`."""
        source = scope.source(name)
        key = (source.scope, source.name)
        if key not in self.known:
            if source.tensor is not None:
                return numbers(repr(name), source.tensor)
            self._compute(source)
        return self.known[key]

    def _compute(self, source: Source) -> None:
        node = source.node
        inputs = {needed: self.get(source.scope, needed) for needed in node.input if needed}
        given = attributes(node)
        what = f"{source.name!r} ({node.op_type})"
        _check(what, node, given, inputs)
        with np.errstate(all="ignore"):  # what isn't finite is told where it is used
            self.take_room(what, A_NODE + SIZES[node.op_type](given, [inputs[name] for name in node.input if name]))
            try:
                answers = _evaluated(node, inputs, self.opset)
            except Exception as error:  # of whatever kind that operator's code has
                raise InputError(f"{what} can't be computed: {error}") from error
        for output, values in zip(node.output, answers, strict=True):
            self.known[source.scope, output] = np.asarray(values)


def is_folded(node: Any) -> bool:
    """Whether a node is one that is computed here."""
    return node.op_type in SIZES and node.domain in DOMAINS.get(node.op_type, STANDARD)


def _check(what: str, node: Any, given: Mapping[str, Any], inputs: Mapping[str, Numbers]) -> None:
    """Refuse what would make other types than numbers, or lists without end."""
    kinds = library().TensorProto
    plain = {kinds.FLOAT, kinds.DOUBLE, kinds.FLOAT16, kinds.BFLOAT16, kinds.BOOL, *range(kinds.UINT8, kinds.INT64 + 1)}
    plain |= {kinds.UINT32, kinds.UINT64}
    if not {given.get(name, kinds.FLOAT) or kinds.FLOAT for name in ("to", "output_dtype")} <= plain:
        raise InputError(f"{what} makes numbers of a type that weights don't have")
    if node.op_type == "Split":
        sizes = inputs[node.input[1]] if len(node.input) > 1 and node.input[1] else given.get("split", node.output)
        if given.get("num_outputs", len(node.output)) != len(node.output) or len(sizes) != len(node.output):
            raise InputError(f"{what} splits into other parts than its {len(node.output)} outputs")


def _evaluated(node: Any, inputs: Mapping[str, Numbers], opset: int) -> list[Any]:
    from onnx.reference import ReferenceEvaluator

    helper = library().helper
    standard = type(node)()
    standard.CopyFrom(node)
    standard.domain = ""
    if node.op_type in DOMAINS:  # the evaluator has no older ones
        opset = max(opset, OPSET_OF_BLOCKS)
    named = [helper.make_tensor_value_info(name, 0, None) for name in inputs]
    outputs = [helper.make_tensor_value_info(name, 0, None) for name in node.output]
    graph = helper.make_graph([standard], "constant", named, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    answers: Any = ReferenceEvaluator(model).run(None, dict(inputs))
    return list(answers)
