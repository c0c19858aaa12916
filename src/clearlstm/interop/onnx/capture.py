"""Watching the recurrent nodes of an ONNX model while it runs: what they get and give is made an output of the model.

A node may stand in a branch of an ``If``. What is wanted of it then becomes an output of that branch, and of the other
one an empty array in its place, up to the model's own outputs.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.interop import chain
from clearlstm.interop.apart import Broke, run_apart
from clearlstm.interop.captured import Captured, named
from clearlstm.interop.onnx.files import check_self_contained, door_for, library, read_model
from clearlstm.interop.onnx.graph import Graph, declared_inputs, input_dtype
from clearlstm.interop.onnx.nodes import Node, required_nodes
from clearlstm.interop.onnx.run import of_age, session_for
from clearlstm.interop.onnx.scope import Scope
from clearlstm.interop.onnx.tensors import attributes, type_name
from clearlstm.network.model import Network, States
from clearlstm.shapes import counted

Values = dict[str, npt.NDArray[Any]]

SECONDS: Final = 600.0
MARK: Final = "clearlstm:"
OUTPUT: Final = "Y"
TYPES: Final = {"sequence_lens": "INT32"}
"""Of what is watched and has not the type of the weights."""


def capture_onnx(src: Any, inputs: Sequence[Any], name: str | None) -> dict[str, Captured]:
    """The recurrent nodes that run when the model in ``src`` runs on ``inputs``, by name."""
    with door_for(src), chain.naming(src):
        graph = Graph(_copy(read_model(src)))
        check_self_contained(graph.model)  # else running it would open the files that it names
        nodes = required_nodes(graph)
        if name is not None:
            chain.choose(nodes, name)
        fed = _fed(graph, inputs)
        watched = {label: _watch(graph, node) for label, node in nodes.items() if name in (None, label)}
    values = _run(graph, fed, [output for outputs in watched.values() for output in outputs.values()])
    got = {label: _of_node(outputs, values) for label, outputs in watched.items()}
    ran = {label: _captured(nodes[label], one) for label, one in got.items() if one[OUTPUT].ndim == 4}
    if watched and not ran:
        raise InputError(
            f"of {', '.join(map(repr, watched))} none ran on these inputs: they stand in branches that were not taken"
        )
    return named(ran, name)


def _copy(model: Any) -> Any:
    copy = type(model)()
    copy.CopyFrom(model)
    return copy


def _fed(graph: Graph, inputs: Sequence[Any]) -> Values:
    """The inputs by name, each of the type that the model declares."""
    by_name = len(inputs) == 1 and isinstance(inputs[0], Mapping)
    given = dict(inputs[0]) if by_name else dict(zip(graph.inputs, inputs, strict=False))
    if set(given) != set(graph.inputs) or (not by_name and len(inputs) != len(graph.inputs)):
        wanted = "; ".join(f"{name} {kind}" for name, kind in declared_inputs(graph).items())
        raise InputError(
            f"the model takes {counted(len(graph.inputs), 'input')}, in this order or by name: {wanted}. Given are "
            f"{', '.join(map(repr, given)) if by_name else len(inputs)}"
        )
    values = {value.name: value for value in graph.model.graph.input}
    return {name: np.asarray(array).astype(input_dtype(values[name])) for name, array in given.items()}


def _watch(graph: Graph, node: Node) -> dict[str, str]:
    """The model's new outputs that hold what the node gets (X, sequence_lens, initial_h …) and gives (Y), by place."""
    if not node.node.output:
        node.node.output.append("")
    if not node.node.output[0]:
        node.node.output[0] = f"{MARK}{node.name}:Y"
    states = [f"initial_{state}" for state in node.cell.states]
    places = {place: node.given(place) for place in ("X", "sequence_lens", *states)} | {OUTPUT: node.node.output[0]}
    types = defaultdict(lambda: _float_type(node), TYPES)
    return {
        place: _bring_out(graph, node.scope, value, f"{MARK}{node.name}:out:{place}", types[place])
        for place, value in places.items()
        if value
    }


def _float_type(node: Node) -> str:
    """What the node computes in: the type of its weights."""
    if node.is_quantized:
        return "FLOAT"
    scope, name = node.scope, node.given("W")
    source = scope.source(name)
    while source.tensor is None and source.node is not None and source.node.input:
        source = source.scope.source(source.node.input[0])
    return "DOUBLE" if source.tensor is not None and type_name(source.tensor) == "DOUBLE" else "FLOAT"


def _bring_out(graph: Graph, scope: Scope, value: str, output: str, kind: str) -> str:
    """Make ``value``, as it is called in ``scope``, an output of the model."""
    while scope.outer is not None:
        if scope.holder.op_type != "If":
            raise InputError(
                f"{value!r} stands in the body of a {scope.holder.op_type}, which runs many times; only what runs once "
                "can be watched, in the graph or in a branch"
            )
        value = _out_of_branch(scope, value, f"{output}:{scope.path}", kind)
        scope = scope.outer
    if scope is not graph.main:
        raise InputError(f"{value!r} stands in a function of the model's own: inline it first, with onnx.inliner")
    _give_out(scope.part, library().helper.make_node("Identity", [value], [output]), kind)
    return output


def _out_of_branch(scope: Scope, value: str, fresh: str, kind: str) -> str:
    """Make ``value`` of one branch an output of its If; the other branch gives nothing, an empty array."""
    helper, inside = library().helper, f"{fresh}:inside"
    for attribute in scope.holder.attribute:
        if attribute.name == scope.attribute:
            node = helper.make_node("Identity", [value], [inside])
        else:
            nothing = helper.make_tensor(inside, library().TensorProto.DataType.Value(kind), [0], [])
            node = helper.make_node("Constant", [], [inside], value=nothing)
        _give_out(attribute.g, node, kind)
    scope.holder.output.append(fresh)
    return fresh


def _give_out(part: Any, node: Any, kind: str) -> None:
    """Add a node to a graph, and its answer to the graph's outputs."""
    part.node.append(node)
    elem_type = library().TensorProto.DataType.Value(kind)
    part.output.append(library().helper.make_tensor_value_info(node.output[0], elem_type, None))


def _run(graph: Graph, fed: Values, outputs: list[str]) -> Values:
    arrays = {f"in:{name}": array for name, array in fed.items()}
    arrays["model"] = np.frombuffer(graph.model.SerializeToString(), np.uint8)
    try:
        return run_apart(f"{__name__}.run", outputs, arrays, seconds=SECONDS)[1]
    except Broke as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in fed.items())
        told = f"the model can't be run on inputs of {shapes}: {error}. {of_age(graph)}"
        raise InputError(told.rstrip(". ")) from error


def run(outputs: list[str], arrays: Values) -> tuple[None, Values]:
    """These outputs of the bytes ``model``, given its inputs: to be called by :func:`run_apart`."""
    fed = {name.removeprefix("in:"): array for name, array in arrays.items() if name != "model"}
    answers = session_for(arrays["model"].tobytes()).run(outputs, fed)
    return None, dict(zip(outputs, answers, strict=True))


def _of_node(outputs: Mapping[str, str], values: Values) -> Values:
    return {place: values[output] for place, output in outputs.items()}


def _captured(node: Node, got: Values) -> Captured:
    network, time_first = chain.build([node.layer]), not attributes(node.node).get("layout", 0)
    x = got["X"].swapaxes(0, 1) if time_first else got["X"]
    Y = got[OUTPUT].transpose(2, 0, 1, 3) if time_first else got[OUTPUT]  # (N, T, D, H)
    lengths = got.get("sequence_lens", np.full(len(x), x.shape[1])).astype(np.int64)
    states = tuple([got.get(f"initial_{state}") for state in node.cell.states])
    state = _first_state(network, states, len(x), time_first, node.layer.reverse)
    return Captured(
        node.name, network, np.ascontiguousarray(x, network.dtype), lengths, state, Y.reshape(*x.shape[:2], -1)
    )


def _first_state(
    network: Network, states: tuple[npt.NDArray[Any] | None, ...], N: int, time_first: bool, reverse: bool
) -> States:
    """The states (D, N, H) as the net has them; of a layer that only reads backwards, beside zeros."""
    [net] = network.nets
    zeros, full = net.first_state(None, N), []
    for values, zero in zip(states, zeros, strict=True):
        if values is None:
            full.append(zero)
            continue
        values = np.ascontiguousarray(values if time_first else values.swapaxes(0, 1), net.dtype)
        full.append(np.concatenate([np.zeros_like(values), values]) if reverse else values)
    return (net.first_state(tuple(full), N),)
