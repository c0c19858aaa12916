"""ONNX models of one LSTM node, with random weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from clearlstm.shapes import FloatArray

INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")


def random_arrays(F: int, H: int, D: int, dtype: str, seed: int, peepholes: bool = False) -> dict[str, FloatArray]:
    rng = np.random.default_rng(seed)
    shapes = {"W": (D, 4 * H, F), "R": (D, 4 * H, H), "B": (D, 8 * H)} | ({"P": (D, 3 * H)} if peepholes else {})
    return {name: (rng.standard_normal(shape) * 0.5).astype(dtype) for name, shape in shapes.items()}


def lstm_model(
    arrays: Mapping[str, FloatArray],
    *,
    given: tuple[str, ...] = (),
    tensors: Mapping[str, Any] | None = None,
    typed: bool = False,
    **options: Any,
) -> Any:
    """One LSTM node called "memory": X and ``given`` come from the caller, ``arrays`` and ``tensors`` are constants."""
    constants = {name: _tensor(name, values, typed) for name, values in arrays.items()} | dict(tensors or {})
    names = [name if name in {"X", *given, *constants} else "" for name in INPUTS]
    node = helper.make_node("LSTM", names, ["Y", "Y_h", "Y_c"], name="memory", **options)
    kind = helper.np_dtype_to_tensor_dtype(arrays["R"].dtype)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT32 if name == "sequence_lens" else kind, None)
        for name in ("X", *given)
    ]
    outputs = [helper.make_tensor_value_info(name, kind, None) for name in ("Y", "Y_h", "Y_c")]
    return model_of([node], inputs, outputs, list(constants.values()))


def model_of(nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: list[Any]) -> Any:
    graph = helper.make_graph(nodes, "test", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def _tensor(name: str, values: FloatArray, typed: bool) -> Any:
    if typed:
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        return helper.make_tensor(name, kind, values.shape, values.ravel().tolist())
    return numpy_helper.from_array(values, name)


def chain_model(how: str = "last", dense: str = "Gemm", middle: str = "Identity", seed: int = 0) -> Any:
    """x (N, T, F): two LSTMs, the second bidirectional, and a head on its last, mean or every h."""
    rng = np.random.default_rng(seed)
    lower, upper = random_arrays(3, 5, 1, "float32", seed), random_arrays(5, 4, 2, "float32", seed + 1)
    head = {"fc.W": rng.standard_normal((8, 2)).astype("float32"), "fc.b": rng.standard_normal(2).astype("float32")}
    ints = {"axis": np.array([1]), "steps": np.array([0, 0, 8]), "flat": np.array([0, 8]), "first": np.array([0])}
    arrays = {f"lower.{name}": values for name, values in lower.items()} | head | ints
    arrays |= {f"upper.{name}": values for name, values in upper.items()}
    nodes = [
        helper.make_node("Transpose", ["x"], ["x_t"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["x_t", "lower.W", "lower.R", "lower.B"], ["a"], name="lower", hidden_size=5),
        helper.make_node("Squeeze", ["a", "axis"], ["a_s"]),
        helper.make_node(middle, ["a_s"], ["a_m"]),
        helper.make_node(
            "LSTM",
            ["a_m", "upper.W", "upper.R", "upper.B"],
            ["b", "b_h"],
            name="upper",
            hidden_size=4,
            direction="bidirectional",
        ),
        helper.make_node("Transpose", ["b"], ["b_t"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["b_t", "steps"], ["h"]),
        helper.make_node("Transpose", ["b_h"], ["h_n"], perm=[1, 0, 2]),
        helper.make_node("Reshape", ["h_n", "flat"], ["last"]),
        helper.make_node("ReduceMean", ["h", "first"], ["mean"], keepdims=0),
        helper.make_node("Transpose", ["h"], ["each"], perm=[1, 0, 2]),
        *_dense(dense, how),
    ]
    constants = [numpy_helper.from_array(values, name) for name, values in arrays.items()]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "T", 3])
    return model_of(nodes, [x], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)


def _dense(kind: str, below: str) -> list[Any]:
    if kind == "Gemm":
        return [helper.make_node("Gemm", [below, "fc.W", "fc.b"], ["y"], name="fc", alpha=0.5, beta=2.0)]
    return [
        helper.make_node("MatMul", [below, "fc.W"], ["product"], name="fc"),
        helper.make_node("Add", ["fc.b", "product"], ["y"]),
    ]


def external_tensor(name: str, shape: tuple[int, ...]) -> Any:
    """A tensor that says its numbers are in another file."""
    tensor = onnx.TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def folded_model(arrays: Mapping[str, FloatArray], name: str, nodes: list[Any], constants: dict[str, Any]) -> Any:
    """The LSTM of :func:`lstm_model`, one of whose weights, ``name``, the nodes make of other constants."""
    model = lstm_model(arrays, hidden_size=arrays["R"].shape[2])
    kept = [tensor for tensor in model.graph.initializer if tensor.name != name]
    made = [t if isinstance(t, onnx.TensorProto) else numpy_helper.from_array(t, key) for key, t in constants.items()]
    graph = helper.make_graph([*nodes, *model.graph.node], "test", model.graph.input, model.graph.output, kept + made)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def lstm_inside(where: str, arrays: Mapping[str, FloatArray]) -> Any:
    """X (T, N, F) and ``go`` to the Y of an LSTM that is in a branch, a loop's body or a function.

    Its W and R stand in the graph outside, without their axis of directions, and B inside, where there is one.
    """
    flat = {name: values[0] for name, values in arrays.items() if name != "B"} | {"first": np.array([0])}
    outside = [numpy_helper.from_array(values, name) for name, values in flat.items()]
    wider = [helper.make_node("Unsqueeze", [name, "first"], [f"{name}_3"]) for name in ("W", "R")]
    inside = [
        helper.make_node("Constant", [], ["B"], value=numpy_helper.from_array(arrays["B"])),
        helper.make_node("LSTM", ["X", "W_3", "R_3", "B"], ["Y_in"], name="/rnn/LSTM", hidden_size=flat["R"].shape[1]),
    ]
    nodes, functions = INSIDE[where](wider, inside)
    x, go = (helper.make_tensor_value_info(name, kind, None) for name, kind in (("X", 1), ("go", TensorProto.BOOL)))
    graph = helper.make_graph(nodes, "test", [x, go], [helper.make_tensor_value_info("Y", 1, None)], outside)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=functions)


def _branch(nodes: list[Any], name: str) -> Any:
    return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(nodes[-1].output[0], 1, None)])


def _in_then(wider: list[Any], inside: list[Any]) -> tuple[list[Any], list[Any]]:
    other = helper.make_node("Unsqueeze", ["X", "first"], ["X_4"])
    choice = helper.make_node(
        "If", ["go"], ["Y"], then_branch=_branch([*wider, *inside], "a"), else_branch=_branch([other], "b")
    )
    return [choice], []


def _in_both(wider: list[Any], inside: list[Any]) -> tuple[list[Any], list[Any]]:
    """As torch.jit exports a check of the input's rank: the same LSTM in both branches."""
    both = {f"{name}_branch": _branch([*wider, *inside], name) for name in ("then", "else")}
    return [helper.make_node("If", ["go"], ["Y"], **both)], []


def _in_deeper(wider: list[Any], inside: list[Any]) -> tuple[list[Any], list[Any]]:
    inner = _in_then([], inside)[0]
    inner[0].output[0] = "Y_inner"
    other = helper.make_node("Unsqueeze", ["X", "first"], ["X_4"])
    choice = helper.make_node(
        "If", ["go"], ["Y"], then_branch=_branch([*wider, *inner], "a"), else_branch=_branch([other], "b")
    )
    return [choice], []


def _in_body(wider: list[Any], inside: list[Any]) -> tuple[list[Any], list[Any]]:
    turn, go = (helper.make_tensor_value_info(n, k, []) for n, k in (("i", TensorProto.INT64), ("c", TensorProto.BOOL)))
    same = helper.make_node("Identity", ["c"], ["c_out"])
    outputs = [helper.make_tensor_value_info(n, k, None) for n, k in (("c_out", TensorProto.BOOL), ("Y_in", 1))]
    body = helper.make_graph([same, *inside], "body", [turn, go], outputs)
    once = helper.make_node("Constant", [], ["once"], value_int=1)
    scanned = helper.make_node("Loop", ["once", "go"], ["Ys"], body=body)
    return [once, *wider, scanned, helper.make_node("Squeeze", ["Ys", "first"], ["Y"])], []


def _in_function(wider: list[Any], inside: list[Any]) -> tuple[list[Any], list[Any]]:
    """The function gets W and R from its caller, and the hidden size as an attribute."""
    size = inside[1].attribute.pop()
    inside[1].attribute.add(name="hidden_size", ref_attr_name="units", type=size.type)
    opsets = [helper.make_opsetid("", 18)]
    inputs = ["X", "W_3", "R_3"]
    function = helper.make_function("mine", "Recurrent", inputs, ["Y_in"], inside, opsets, attributes=["units"])
    call = helper.make_node("Recurrent", inputs, ["Y"], name="encoder", domain="mine", units=size.i)
    return [*wider, call], [function]


INSIDE = {
    "then": _in_then,
    "both": _in_both,
    "deeper": _in_deeper,
    "body": _in_body,
    "function": _in_function,
}
