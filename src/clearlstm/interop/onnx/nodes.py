"""A recurrent node of an ONNX graph as a layer.

ONNX packs the gates in rows, W (D, kH, F) and R (D, kH, H), with both biases in one row, B (D, 2kH), and an LSTM's
peepholes in P (D, 3H). Here W is (F, kH) and U (H, kH); the order, and what becomes of the biases, each cell says.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

import numpy as np

from clearlstm.cell.cell import Cell
from clearlstm.cell.cells import CELLS
from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.chain import Layer
from clearlstm.interop.onnx.absent import why_none
from clearlstm.interop.onnx.graph import Graph, Kind
from clearlstm.interop.onnx.quantized import dequantized
from clearlstm.interop.onnx.scope import Scope
from clearlstm.interop.onnx.tensors import attributes
from clearlstm.shapes import FloatArray, check_array

DIRECTIONS: Final = {"forward": 1, "reverse": 1, "bidirectional": 2}
SCALED: Final = {
    "hardsigmoid": [("hard_sigmoid", 0.2, 0.5), ("hard_sigmoid_6", 1 / 6, 0.5)],
    "affine": [("linear", 1.0, 0.0)],
}
"""clearlstm's names of the activations that have an alpha and a beta."""

INPUTS: Final = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
QUANTIZED_INPUTS: Final = (*INPUTS, "W_scale", "W_zero_point", "R_scale", "R_zero_point")
KINDS: Final = {cell.formats["onnx"].name: cell for cell in CELLS.values() if "onnx" in cell.formats}
QUANTIZED: Final = {"DynamicQuantizeLSTM": CELLS["LSTM"]}
"""Of ONNX Runtime's own, in the domain com.microsoft."""


def recurrent_nodes(graph: Graph) -> "dict[str, Node]":
    """The LSTMs, GRUs and plain nets of a model, wherever they are, by name."""
    standard, quantized = graph.nodes(*KINDS), graph.nodes(*QUANTIZED, domains=("com.microsoft",))
    located = standard | {name: node for name, node in quantized.items() if name not in standard}
    return {name: Node(graph, name, node, scope) for name, (_, node, scope) in located.items()}


def required_nodes(graph: Graph) -> "dict[str, Node]":
    """The same; an :class:`InputError` says what is there instead if there are none."""
    nodes = recurrent_nodes(graph)
    if not nodes:
        raise InputError(f"no recurrent layer is in the source: {why_none(graph)}")
    return nodes


def name_to_capture(graph: Graph) -> str | None:
    """By which name one layer is watched while the model runs; "" if it takes none, None if none can be watched."""
    nodes = recurrent_nodes(graph)
    kept = [name for name, node in nodes.items() if node.scope is graph.main]
    in_branches = bool(nodes) and all(_in_branches(node.scope, graph.main) for node in nodes.values())
    if graph.is_too_old or not (kept or in_branches):
        return None
    return kept[0] if kept and len(nodes) > 1 else ""


def _in_branches(scope: Scope, main: Scope) -> bool:
    """Whether what stands there runs once, where it runs at all."""
    while scope.outer is not None and scope.holder.op_type == "If":
        scope = scope.outer
    return scope is main


def distinct(nodes: "dict[str, Node]") -> "dict[str, Node]":
    """Without those that another branch has too: of a check's two branches, both may hold the one LSTM of a model."""
    paths: dict[str, str] = {}
    kept = {}
    for name, node in nodes.items():
        path = paths.setdefault(node.fingerprint, node.scope.path)
        if path == node.scope.path:
            kept[name] = node
    return kept


@dataclass(frozen=True)
class Node:
    """One recurrent node of a graph, or of one inside it."""

    graph: Graph
    name: str
    node: Any
    scope: Scope

    @property
    def cell(self) -> Cell:
        """What it is a node of."""
        return KINDS.get(self.node.op_type) or QUANTIZED[self.node.op_type]

    @property
    def is_quantized(self) -> bool:
        """Whether its weights are whole numbers of 8 bits."""
        return self.node.op_type in QUANTIZED

    @cached_property
    def layer(self) -> Layer:
        """Its weights; an :class:`InputError` says what can't come over."""
        given = attributes(self.node)
        self._refuse(given)
        direction = given.get("direction", "forward")
        if direction not in DIRECTIONS:
            raise InputError(f"{self.name!r} has direction {direction!r}; it must be one of {', '.join(DIRECTIONS)}")
        D, k = DIRECTIONS[direction], len(self.cell.gates)
        R = self.weights("R", (D, None, None))
        H = R.shape[2]
        if R.shape[1] != k * H or given.get("hidden_size", H) != H:
            raise InputError(f"{self.name!r}: R has shape {R.shape}; (D, {k}H, H) is needed, with H the hidden_size")
        W = self.weights("W", (D, k * H, None))
        self.graph.constants.take_room(repr(self.name), W.size + R.size)
        B = self.array("B", (D, 2 * k * H)) if self.given("B") else np.zeros((D, 2 * k * H), R.dtype)
        P = self.array("P", (D, 3 * H)) if self.given("P") else None
        options = _options(self.name, self.cell, given, D)
        weights = tuple(
            self.cell.read("onnx", W[d].T, R[d].T, B[d, : k * H], B[d, k * H :], options, None if P is None else P[d])
            for d in range(D)
        )
        return Layer(self.name, weights, options, reverse=direction == "reverse")

    @property
    def fingerprint(self) -> str:
        """The same for nodes that compute the same; one that can't come over is like no other."""
        try:
            layer = self.layer
        except InputError:
            return self.name
        arrays = [part for weights in layer.directions for part in vars(weights).values() if part is not None]
        description = repr(
            (self.node.op_type, layer.options, layer.reverse, [(part.shape, part.dtype) for part in arrays])
        )
        digest = sha256(description.encode())
        for part in arrays:
            digest.update(part.tobytes())
        return digest.hexdigest()

    @property
    def input_size(self) -> int:
        """F."""
        return int(self.weights("W", (None, None, None)).shape[2])

    def given(self, place: str) -> str:
        """The name of an input; "" if it is left out."""
        at = (QUANTIZED_INPUTS if self.is_quantized else INPUTS).index(place)
        return self.node.input[at] if at < len(self.node.input) else ""

    def array(self, place: str, shape: tuple[int | None, ...]) -> FloatArray:
        """A constant input."""
        return self.graph.array(f"{self.name}: {place}", self.scope, self.given(place), shape)

    def weights(self, place: str, shape: tuple[int | None, ...]) -> FloatArray:
        """W (D, kH, F) or R (D, kH, H), whole numbers made floating ones."""
        if not self.is_quantized:
            return self.array(place, shape)
        parts = (self.given(place), self.given(f"{place}_scale"), self.given(f"{place}_zero_point"))
        columns = dequantized(self.graph, f"{self.name}: {place}", self.scope, parts)
        return check_array(f"{self.name}: {place}", columns.swapaxes(-1, -2), shape, "float32")

    def origin(self, place: str) -> tuple[Kind, FloatArray | None]:
        """Where an input comes from, and its numbers if it is constant; what is left out is the caller's."""
        return self.graph.origin(self.scope, self.given(place)) if self.given(place) else ("input", None)

    def state(self, place: str) -> FloatArray | None:
        """A constant initial state, (D, N, H); None if it isn't one. With layout 1 the model holds (N, D, H)."""
        values = self.origin(place)[1]
        if values is None:
            return None
        shape = self.zero_state().shape
        if values.size == 1:
            return np.full(shape, values.item(), values.dtype)
        if attributes(self.node).get("layout", 0) and values.ndim == 3:
            values = values.swapaxes(0, 1)
        return check_array(f"{self.name}: {place}", values, (shape[0], None, shape[2]), values.dtype)

    def zero_state(self) -> FloatArray:
        """(D, 1, H)."""
        R = self.weights("R", (None, None, None))
        return np.zeros((R.shape[0], 1, R.shape[2]), R.dtype)

    def warn(self) -> None:
        """Tell of what is no part of a Network, or not as the model's own runtime has it."""
        for text in self._differences():
            warnings.warn(f"{self.name!r}: {text}", ClearLSTMWarning, stacklevel=3)

    def _differences(self) -> Iterator[str]:
        for place in (f"initial_{state}" for state in self.cell.states):
            kind, values = self.origin(place)
            if kind == "computed" or (values is not None and np.any(values)):
                yield (
                    f"{place} is {kind} and may not be 0, as it is here unless given: "
                    "model.nets[0](x, lengths, state); constants are read by clearlstm.interop.onnx.initial_states"
                )
        if (lengths := self._lengths()) is not None and len(set(lengths)) > 1:
            yield f"its sequence_lens are the constants {lengths}, and here what is given: model(x, lengths)"
        if self.is_quantized:
            yield (
                "its weights are whole numbers of 8 bits, and come over as the floating-point numbers that they stand "
                "for. ONNX Runtime rounds x and h to 8 bits as well, which is not done here: answers differ by that"
            )

    def _lengths(self) -> list[int] | None:
        name = self.given("sequence_lens")
        if not name or not self.graph.is_constant(self.scope, name):
            return None
        lengths: list[int] = self.graph.numbers(f"{self.name}: sequence_lens", self.scope, name).ravel().tolist()
        return lengths

    def _refuse(self, options: dict[str, Any]) -> None:
        if "clip" in options:
            raise InputError(
                f"{self.name!r} has clip={options['clip']}, on which runtimes disagree: it can't come over"
            )
        if options.get("input_forget", 0):
            raise InputError(f"{self.name!r} has input_forget=1, on which runtimes disagree: it can't come over")


def _options(name: str, cell: Cell, given: dict[str, Any], D: int) -> dict[str, Any]:
    """What the node's net is to be made with; both directions must have the same activations."""
    usual = cell.names_of(cell.options)
    kinds = [str(kind).lower() for kind in given.get("activations", usual * D)]
    alphas, betas = iter(given.get("activation_alpha", [])), iter(given.get("activation_beta", []))
    names = [_activation(name, kind, alphas, betas) for kind in kinds]
    if len(names) != len(usual) * D or names != names[: len(usual)] * D:
        raise InputError(
            f"{name!r} has activations {kinds}; {len(usual)} are needed, the same for each of {D} directions"
        )
    options = {ours: bool(given.get(theirs, 0)) for ours, theirs in cell.formats["onnx"].options.items()}
    return options | {cell.activations: cell.functions(*names[: len(usual)])}


def _activation(name: str, kind: str, alphas: Iterator[float], betas: Iterator[float]) -> str:
    """Our name for one; alpha and beta are used up by those that have them, in the order of the activations."""
    if kind in ("sigmoid", "tanh", "relu"):
        return kind
    if kind in ("hardsigmoid", "affine"):
        standard = (0.2, 0.5) if kind == "hardsigmoid" else (1.0, 0.0)
        alpha, beta = next(alphas, standard[0]), next(betas, standard[1])
        for known, *values in SCALED[kind]:
            if np.allclose((alpha, beta), values, rtol=1e-6, atol=0):
                return str(known)
        raise InputError(f"{name!r} has {kind} with alpha {alpha:g} and beta {beta:g}, which clearlstm doesn't know")
    raise InputError(f"{name!r} has the activation {kind!r}, which clearlstm doesn't know")
