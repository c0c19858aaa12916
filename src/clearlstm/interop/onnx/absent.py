"""What an ONNX model without a recurrent node has instead."""

from collections import Counter
from typing import Final

from clearlstm.interop.onnx.graph import Graph, most_frequent
from clearlstm.interop.onnx.scope import Scope

PRODUCTS: Final = ("Gemm", "MatMul", "MatMulInteger", "Einsum")
WRITTEN_OUT: Final = (
    "{what} {where} may be a recurrent layer that is written out: that is no single LSTM, GRU or RNN node, which is "
    "what can be opened. If it came from torch, open the module or its state dict (from_torch), or export it with "
    "dynamo=False; if from Keras, open the .keras or .h5 file"
)


def why_none(graph: Graph) -> str:
    """A sentence on the operators of a model, and on what looks like a recurrent layer without being a node of one."""
    operators = graph.operators
    text = f"the most frequent of its {operators.total():,} nodes are {most_frequent(operators) or 'none'}"
    hint = _kindred(graph) or _written_out(graph)
    return f"{text}. {hint}" if hint else text


def _kindred(graph: Graph) -> str:
    """Operators of other kinds that have one in their name, such as AttnLSTM."""
    named = {
        f"{node.op_type!r} of the domain {node.domain!r}"
        for scope in graph.scopes
        for node in scope.nodes
        if any(kind in node.op_type.upper() for kind in ("LSTM", "GRU", "RNN"))
    }
    if not named:
        return ""
    return f"{', '.join(sorted(named))} can't be opened: only LSTM, GRU and RNN can, and DynamicQuantizeLSTM"


def _written_out(graph: Graph) -> str:
    """Tanh, and mostly Sigmoid, beside products: in the body of a loop, as one step, or step by step."""
    for scope in graph.scopes[::-1]:
        kinds = Counter(node.op_type for node in scope.nodes)
        there = [kind for kind in ("Sigmoid", "Tanh", *PRODUCTS) if kinds[kind]]
        in_loop = scope.path.endswith("body/") and kinds["Sigmoid"] > 0
        layers, rest = divmod(kinds["Tanh"], 2)  # a step of an LSTM has two, and three gates
        one_step = layers > 0 and not rest and kinds["Sigmoid"] >= 3 * layers
        if {"Tanh"} < set(there) - {"Sigmoid"} and (in_loop or one_step or _same_weights_again(scope)):
            where = f"in {scope.path.rstrip('/')!r}" if scope.path else "step by step"
            return WRITTEN_OUT.format(where=where, what=", ".join(there))
    return ""


def _same_weights_again(scope: Scope) -> bool:
    """Whether several products are by the same constant, as those of several steps are."""
    return any(
        sum(node.op_type in PRODUCTS for node in users) > 1
        for name, users in scope.users.items()
        if scope.source(name).tensor is not None
    )
