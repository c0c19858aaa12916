"""LSTMs, GRUs and plain nets from ONNX models and files.

ONNX packs the gates in rows, W (D, kH, F) and R (D, kH, H), with both biases in one row, B (D, 2kH), and an LSTM's
peepholes in P (D, 3H). Here W is (F, kH) and U (H, kH); the order, and what becomes of the biases, each cell says.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cell import Cell
from clearlstm.cell.cells import CELLS
from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.files import atomic_write, door
from clearlstm.interop import chain
from clearlstm.interop.apart import run_apart
from clearlstm.interop.onnx_graph import Graph, attributes, library, read_model
from clearlstm.interop.onnx_writer import onnx_model
from clearlstm.network.head import Linear
from clearlstm.network.model import Network, Pool
from clearlstm.shapes import FloatArray, check_array

DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}
SCALED = {
    "hardsigmoid": [("hard_sigmoid", 0.2, 0.5), ("hard_sigmoid_6", 1 / 6, 0.5)],
    "affine": [("linear", 1.0, 0.0)],
}
"""clearlstm's names of the activations that have an alpha and a beta."""

INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
KINDS = {cell.formats["onnx"].name: cell for cell in CELLS.values() if "onnx" in cell.formats}


def from_onnx(
    src: Any,
    *,
    name: str | None = None,
    head: str | Linear | None = None,
    pool: Pool = None,
    example: npt.ArrayLike | None = None,
) -> Network:
    """A Network with the weights, and the answers, of the LSTMs, GRUs or plain nets in an ONNX model.

    Parameters
    ----------
    src
        The path of an ``.onnx`` file, or a ``ModelProto``. The weights must be in it, not in files beside it.
    name
        Of the LSTM node to take, where there are several; without it, the only one.
    head
        The name of a linear layer (Gemm, or MatMul and Add), or a :class:`Linear`, to put on top; None: the answer is
        h.
    pool
        What is read off the layer: "last", "mean", or None for an answer a step.
    example
        An input as the model takes it, with at least 2 steps. The model then comes over whole, with its head and its
        pool, if a plain chain gives ONNX Runtime's answers (its reference evaluator's, where the runtime can't run the
        model); name, head and pool are found and must not be given.

    Inputs are (N, T, F) here, whatever the node's ``layout``; ``sequence_lens`` are ``lengths``. Initial states are 0:
    those of a graph's input go to ``model.nets[0](x, lengths, state)``, and of constant ones a warning tells, which
    :func:`initial_states` reads. A node that only reads backwards becomes the reverse half of a net whose forward half
    is silent. Peepholes and other activations run on the reference.

    Raises
    ------
    InputError
        if nothing fits, or several things do (it lists them), or for what can't be taken over: clip, input_forget
    ModelFileError
        if a file is broken, foreign or hostile
    MissingExtraError
        if onnx isn't installed

    >>> import tempfile
    >>> from clearlstm.network.lstm import LSTM
    >>> model, x = Network(LSTM(3, 4, seed=0), head=2, seed=0), np.ones((2, 5, 3), "float32")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.to_onnx(f"{folder}/m.onnx")
    ...     twin = from_onnx(f"{folder}/m.onnx", example=x)
    >>> twin.pool, twin.head, bool(np.allclose(twin(x), model(x)))
    ('last', Linear(4, 2, dtype='float32'), True)
    """
    if example is not None and (name is not None or head is not None or pool is not None):
        raise InputError("with an example, name, head and pool are found: leave them out")
    with _door(src):
        graph = read_model(src)
        if example is None:
            node = _Node(graph, *chain.choose(_named_nodes(graph), name))
            with chain.naming(src):
                layer = node.layer()
            node.warn_of_states()
            return chain.build([layer], _named_head(src, graph, head), pool)
        with chain.naming(src):
            layers = [_Node(graph, *named).layer() for named in _named_nodes(graph).values()]
            heads = graph.linear_layers
        run = _runner(graph)
    return chain.whole(layers, heads, run, example)


def example_for(path: str | os.PathLike[str]) -> FloatArray:
    """An input to try the model in a file with: random numbers of the shape that it takes."""
    with _door(path), chain.naming(path):
        graph = read_model(path)
        nodes = [_Node(graph, *named) for named in _named_nodes(graph).values()]
        if not nodes:
            raise InputError("no recurrent layer is in the source")
        return graph.example(nodes[0].array("W", (None, None, None)).shape[2])


def initial_states(src: Any, *, name: str | None = None) -> tuple[FloatArray, ...]:
    """The constant h_0, and c_0 of an LSTM, that a node starts from: (D, N, H) or, with N = 1, for all sequences."""
    with _door(src), chain.naming(src):
        graph = read_model(src)
        node = _Node(graph, *chain.choose(_named_nodes(graph), name))
        states = [node.state(f"initial_{state}") for state in node.cell.states]
    if all(state is None for state in states):
        raise InputError(f"{node.name!r} has no constant initial states: the model's caller gives them, or they are 0")
    return tuple(node.zero_state() if state is None else state for state in states)


def to_onnx(model: Network, path: str | os.PathLike[str]) -> None:
    """Write the model as an ONNX file: input ``x`` (N, T, F), output ``y`` (N, M), or (N, T, M) without a pool.

    All sequences run over all T steps. The file appears whole or not at all. ONNX Runtime runs it in float32; its LSTM
    knows no float64, for which the file is right all the same.
    """
    made = onnx_model(model)
    with atomic_write(path) as temporary:
        temporary.write_bytes(made)


def _door(src: Any) -> AbstractContextManager[None]:
    if isinstance(src, (str, os.PathLike)):
        return door(src, ModelFileError)
    return door("the ONNX model", InputError)


def _named_nodes(graph: Graph) -> dict[str, tuple[str, Any]]:
    return {name: (name, node) for name, node in graph.nodes(*KINDS).items()}


@dataclass(frozen=True)
class _Node:
    """One recurrent node of a graph."""

    graph: Graph
    name: str
    node: Any

    @property
    def cell(self) -> Cell:
        return KINDS[self.node.op_type]

    def layer(self) -> chain.Layer:
        given = attributes(self.node)
        self._refuse(given)
        direction = given.get("direction", "forward")
        if direction not in DIRECTIONS:
            raise InputError(f"{self.name!r} has direction {direction!r}; it must be one of {', '.join(DIRECTIONS)}")
        D, k = DIRECTIONS[direction], len(self.cell.gates)
        R = self.array("R", (D, None, None))
        H = R.shape[2]
        if R.shape[1] != k * H or given.get("hidden_size", H) != H:
            raise InputError(f"{self.name!r}: R has shape {R.shape}; (D, {k}H, H) is needed, with H the hidden_size")
        W = self.array("W", (D, k * H, None))
        B = self.array("B", (D, 2 * k * H)) if self.given("B") else np.zeros((D, 2 * k * H), R.dtype)
        P = self.array("P", (D, 3 * H)) if self.given("P") else None
        options = _options(self.name, self.cell, given, D)
        weights = tuple(
            self.cell.read("onnx", W[d].T, R[d].T, B[d, : k * H], B[d, k * H :], options, None if P is None else P[d])
            for d in range(D)
        )
        return chain.Layer(self.name, weights, options, reverse=direction == "reverse")

    def given(self, place: str) -> str:
        """The name of an input; "" if it is left out."""
        at = INPUTS.index(place)
        return self.node.input[at] if at < len(self.node.input) else ""

    def array(self, place: str, shape: tuple[int | None, ...]) -> FloatArray:
        return self.graph.array(f"{self.name}: {place}", self.given(place), shape)

    def state(self, place: str) -> FloatArray | None:
        """A constant initial state, (D, N, H); None if it isn't one. With layout 1 the model holds (N, D, H)."""
        if not self.given(place):
            return None
        values = self.graph.origin(self.given(place))[1]
        if values is None:
            return None
        shape = self.zero_state().shape
        if values.size == 1:
            return np.full(shape, values.item(), values.dtype)
        if attributes(self.node).get("layout", 0) and values.ndim == 3:
            values = values.swapaxes(0, 1)
        return check_array(f"{self.name}: {place}", values, (shape[0], None, shape[2]), values.dtype)

    def zero_state(self) -> FloatArray:
        R = self.array("R", (None, None, None))
        return np.zeros((R.shape[0], 1, R.shape[2]), R.dtype)

    def warn_of_states(self) -> None:
        """Initial states that aren't 0 are no part of a Network: whoever runs it must know of them."""
        for place in (f"initial_{state}" for state in self.cell.states):
            kind, values = self.graph.origin(self.given(place)) if self.given(place) else ("input", None)
            if kind == "computed" or (values is not None and np.any(values)):
                warnings.warn(
                    f"{self.name!r}: {place} is {kind} and may not be 0, as it is here unless given: "
                    "model.nets[0](x, lengths, state); constants are read by clearlstm.interop.onnx.initial_states",
                    ClearLSTMWarning,
                    stacklevel=3,
                )

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


def _named_head(src: Any, graph: Graph, head: str | Linear | None) -> chain.Dense | Linear | None:
    if head is None or isinstance(head, Linear):
        return head
    with chain.naming(src):
        heads = graph.linear_layers
    return chain.choose(heads, head, "linear layer", "head")


def _runner(graph: Graph) -> Callable[[FloatArray], FloatArray]:
    """The model's first answer to its one input."""
    if len(graph.inputs) != 1:
        raise InputError(
            f"the model has the inputs {graph.inputs}; an example is for one: pick an LSTM by name=… instead"
        )
    graph.check_self_contained()  # else running it would open the files that it names
    model, name = np.frombuffer(graph.model.SerializeToString(), np.uint8), graph.inputs[0]
    return lambda x: run_apart(f"{__name__}.run", name, {"model": model, "x": x})[1]["y"]


def run(name: str, arrays: dict[str, Any]) -> tuple[None, dict[str, Any]]:
    """The first answer ``y`` of the bytes ``model`` to the input ``x`` called ``name``.

    A model may hold loops that never end: this is to be called by :func:`run_apart`.
    """
    return None, {"y": _run(arrays["model"].tobytes(), {name: arrays["x"]})}


def _run(model: bytes, fed: dict[str, FloatArray]) -> FloatArray:
    """By ONNX Runtime, or by onnx's reference evaluator where that can't."""
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what fails here is tried again below
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return np.asarray(session.run(None, fed)[0])
    except Exception:  # it isn't installed, or has not this operator in this type
        from onnx.reference import ReferenceEvaluator

        answers: Any = ReferenceEvaluator(library().load_model_from_string(model)).run(None, fed)
        return np.asarray(answers[0])
