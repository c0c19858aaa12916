"""The linear layers of an ONNX model, y = h W + b, also those that quantisation has taken apart."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from clearlstm.errors import InputError
from clearlstm.files import door
from clearlstm.interop.chain import Dense
from clearlstm.interop.onnx.graph import Graph, Located
from clearlstm.interop.onnx.quantized import dequantized
from clearlstm.interop.onnx.scope import Scope
from clearlstm.interop.onnx.tensors import attributes
from clearlstm.shapes import FloatArray

MICROSOFT = ("com.microsoft",)
FUSED = {"DynamicQuantizeMatMul": (1, 2, 3, 4), "MatMulIntegerToFloat": (1, 3, 5, 6)}
"""Products with whole numbers: which inputs are the weights, their scale, their zero point, and the bias."""


def linear_layers(graph: Graph) -> Iterator[tuple[str, Dense]]:
    """Each Gemm, or MatMul with the Add after it, whose weights are constants that can be read, by its name."""
    for kinds, domains, read in READERS:
        for name, located in graph.nodes(*kinds, domains=domains).items():
            with suppress(InputError), door(name, InputError):  # such a one is no layer that could be taken
                dense = read(graph, located)
                if dense is not None:
                    graph.constants.take_room(repr(name), dense.W.size)
                    yield name, dense


def _of_gemm(graph: Graph, located: Located) -> Dense | None:
    name, node, scope = located
    options = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0} | attributes(node)
    if not graph.is_constant(scope, node.input[1]) or options["transA"]:
        return None
    W = graph.array(f"{name}: B", scope, node.input[1], (None, None))
    W = (W.T if options["transB"] else W) * np.float32(options["alpha"])
    b = _bias(graph, scope, node.input[2], W) if len(node.input) > 2 else np.zeros(W.shape[1], W.dtype)
    return None if b is None else Dense(W, b * np.float32(options["beta"]))


def _of_product(graph: Graph, located: Located) -> Dense | None:
    name, node, scope = located
    if not graph.is_constant(scope, node.input[1]):
        return None
    W = graph.array(f"{name}: B", scope, node.input[1], (None, None))
    return Dense(W, _bias_after(graph, scope, node.output[0], W))


def _of_fused(graph: Graph, located: Located) -> Dense | None:
    name, node, scope = located
    values, scale, zero, bias = (_given(node, at) for at in FUSED[node.op_type])
    W = dequantized(graph, f"{name}: B", scope, (values, scale, zero))
    b = _bias(graph, scope, bias, W) if bias else _bias_after(graph, scope, node.output[0], W)
    return None if b is None else Dense(W, b)


def _of_integers(graph: Graph, located: Located) -> Dense | None:
    """Of MatMulInteger, Cast, and Mul by the product of both scales, of which that of the weights is a constant."""
    name, node, scope = located
    cast = next(_users(scope, node.output[0], "Cast"), None)
    scaled = None if cast is None else next(_users(scope, cast.output[0], "Mul"), None)
    if cast is None or scaled is None:
        return None
    product = scope.source(next(name for name in scaled.input if name != cast.output[0])).node
    constant = [name for name in product.input if graph.is_constant(scope, name)] if product is not None else []
    if product is None or product.op_type != "Mul" or len(constant) != 1:
        return None
    W = dequantized(graph, f"{name}: B", scope, (_given(node, 1), constant[0], _given(node, 3)))
    return Dense(W, _bias_after(graph, scope, scaled.output[0], W))


READERS = [
    (("Gemm",), ("", "ai.onnx"), _of_gemm),
    (("MatMul",), ("", "ai.onnx"), _of_product),
    (("MatMulInteger",), ("", "ai.onnx"), _of_integers),
    (tuple(FUSED), MICROSOFT, _of_fused),
]


def _users(scope: Scope, name: str, kind: str) -> Iterator[Any]:
    return (node for node in scope.users.get(name, []) if node.op_type == kind)


def _given(node: Any, at: int) -> str:
    """The name of an input; "" if it is left out."""
    return str(node.input[at]) if at < len(node.input) else ""


def _bias_after(graph: Graph, scope: Scope, output: str, W: FloatArray) -> FloatArray:
    """What an Add puts on a product, if that is one number for each column of W; else zeros."""
    others = ([name for name in add.input if name != output] for add in _users(scope, output, "Add"))
    biases = (_bias(graph, scope, names[0], W) for names in others if len(names) == 1)
    return next((b for b in biases if b is not None), np.zeros(W.shape[1], W.dtype))


def _bias(graph: Graph, scope: Scope, name: str, W: FloatArray) -> FloatArray | None:
    """A constant (M,), (1, M) or scalar as (M,); None if it is no such thing."""
    if not graph.is_constant(scope, name):
        return None
    shape = graph.numbers(name, scope, name).shape
    values = graph.array(name, scope, name, (None,) * len(shape))
    return np.asarray(np.broadcast_to(values.reshape(-1), W.shape[1])) if values.size in (1, W.shape[1]) else None
