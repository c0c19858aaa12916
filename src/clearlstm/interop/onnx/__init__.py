"""LSTMs, GRUs and plain nets from ONNX models and files, and networks as ONNX files."""

import os
from typing import Any

import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.files import atomic_write, door
from clearlstm.interop import chain
from clearlstm.interop.onnx.absent import why_none
from clearlstm.interop.onnx.files import door_for, read_model
from clearlstm.interop.onnx.graph import Graph, declared_inputs
from clearlstm.interop.onnx.heads import linear_layers
from clearlstm.interop.onnx.nodes import Node, distinct, name_to_capture, recurrent_nodes, required_nodes
from clearlstm.interop.onnx.run import runner
from clearlstm.interop.onnx.writer import onnx_model
from clearlstm.network.head import Linear
from clearlstm.network.model import Network, Pool
from clearlstm.shapes import FloatArray


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
        The path of an ``.onnx`` file, or a ``ModelProto``. Weights may be in a file beside it, in the same folder, as
        torch.onnx.export writes them; a ``ModelProto`` must hold them, as after ``onnx.load``.
    name
        Of the LSTM node to take, where there are several; without it, the only one. One in a branch, a loop's body or a
        function is named by its way: "then/lstm", "body/lstm", "encoder/lstm". :func:`contents` lists them all.
    head
        The name of a linear layer (Gemm, or MatMul and Add, also with weights of 8 bits), or a :class:`Linear`, to put
        on top; None: the answer is h.
    pool
        What is read off the layer: "last", "mean", or None for an answer a step.
    example
        An input as the model takes it, with at least 2 steps. The model then comes over whole, with its head and its
        pool, if a plain chain gives ONNX Runtime's answers (its reference evaluator's, where the runtime can't run the
        model); name, head and pool are found and must not be given.

    Inputs are (N, T, F) here, whatever the node's ``layout``; ``sequence_lens`` are ``lengths``. Initial states are 0:
    those of a graph's input go to ``model.nets[0](x, lengths, state)``, and of constant ones a warning tells, which
    :func:`initial_states` reads. A node that only reads backwards becomes the reverse half of a net whose forward half
    is silent. Peepholes and other activations run on the reference. Weights may be computed from constants (cast,
    transposed, sliced, dequantised …). Those of ONNX Runtime's DynamicQuantizeLSTM come over as the numbers that they
    stand for, with a warning: that runtime rounds x and h to 8 bits, too. Half precision is computed in float32.

    Raises
    ------
    InputError
        if nothing fits, or several things do (it lists them), or for what can't be taken over: clip, input_forget
    ModelFileError
        if a file is broken, foreign or hostile
    MissingExtraError
        if onnx isn't installed

    >>> import tempfile
    >>> import numpy as np
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
    with door_for(src):
        graph = Graph(read_model(src))
        nodes = required_nodes(graph)
        if example is None:
            node = _chosen(nodes, name)
            with chain.naming(src):
                layer = node.layer
            node.warn()
            return chain.build([layer], _named_head(src, graph, head), pool)
        with chain.naming(src):
            layers = [node.layer for node in distinct(nodes).values()]
            heads = dict(linear_layers(graph))
        run = runner(graph, list(nodes))
    return chain.whole(layers, heads, run, example)


def contents(src: Any) -> chain.Contents:
    """What an ONNX model holds: each recurrent layer alone, those that can't come over, and the linear layers.

    Only a ``src`` that is no model at all, or can't be read as one, is an error, as in :func:`from_onnx`.
    """
    nets: dict[str, Network] = {}
    refused: dict[str, str] = {}
    with door_for(src):
        graph = Graph(read_model(src))
        for name, node in recurrent_nodes(graph).items():
            try:
                with door(name, InputError):
                    nets[name] = chain.build([node.layer])
            except InputError as error:
                refused[name] = str(error)
        heads = {name: (dense.W.shape[0], dense.W.shape[1]) for name, dense in linear_layers(graph)}
        inputs, captured = declared_inputs(graph), name_to_capture(graph)
        absent = "" if nets or refused else why_none(graph)
    return chain.Contents(nets, refused, heads, inputs, captured=captured, absent=absent)


def example_for(path: str | os.PathLike[str]) -> FloatArray:
    """An input to try the model in a file with: random numbers of the shape that it takes."""
    with door_for(path), chain.naming(path):
        graph = Graph(read_model(path))
        return graph.example(next(iter(required_nodes(graph).values())).input_size)


def initial_states(src: Any, *, name: str | None = None) -> tuple[FloatArray, ...]:
    """The constant h_0, and c_0 of an LSTM, that a node starts from: (D, N, H) or, with N = 1, for all sequences."""
    with door_for(src), chain.naming(src):
        node = _chosen(required_nodes(Graph(read_model(src))), name)
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


def _chosen(nodes: dict[str, Node], name: str | None) -> Node:
    """The one called ``name``; without it the only one, where the same one in several branches counts once."""
    return chain.choose(nodes if name is not None else distinct(nodes), name)


def _named_head(src: Any, graph: Graph, head: str | Linear | None) -> chain.Dense | Linear | None:
    if head is None or isinstance(head, Linear):
        return head
    with chain.naming(src):
        heads = dict(linear_layers(graph))
    return chain.choose(heads, head, "linear layer", "head")
