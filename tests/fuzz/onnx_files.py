"""ONNX models in the forms that exporters and quantisers write, and damage to them."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.fuzz.mutations import Rng
from tests.interop.onnx_models import folded_model, lstm_inside, random_arrays

OPERATORS = (
    *("LSTM", "GRU", "DynamicQuantizeLSTM", "Constant", "Gemm", "MatMul", "MatMulInteger", "Add", "Loop", "If", ""),
    *("ConstantOfShape", "Expand", "Tile", "Gather", "Split", "Concat", "Cast", "Reshape", "Slice", "Transpose"),
)
VALUES: list[Any] = [1, -1, 2**40, 0.5, "reverse", "\u00e9", [1, 2], [0.5], ["a"], []]
ITSELF = "case.onnx"
"""What a case is called: the one file that is in its folder."""

PLACES = (ITSELF, "m.data", "../m.data", "/etc/passwd", "", ".")


def onnx_files() -> list[bytes]:
    """LSTMs in branches, a body and a function, with weights that are folded, of 8 bits, and beside the model."""
    arrays = random_arrays(2, 3, 1, "float32", 0)
    models = [lstm_inside(where, arrays) for where in ("both", "deeper", "body", "function")]
    models += [_folded(arrays), _quantized(), _beside(arrays)]
    return [model.SerializeToString() for model in models]


def _folded(arrays: dict[str, Any]) -> Any:
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["wide"], axis=1),
        helper.make_node("Split", ["wide"], ["p0", "p1"], axis=1, num_outputs=2),
        helper.make_node("Concat", ["p1", "p0"], ["joined"], axis=1),
        helper.make_node("Expand", ["factor", "shape"], ["factors"]),
        helper.make_node("Mul", ["joined", "factors"], ["R"]),
    ]
    q = np.random.default_rng(0).integers(-99, 99, (1, 12, 3)).astype("int8")
    scale, zero = np.full(12, 0.01, "float32"), np.ones(12, "int8")
    more = {"factor": np.array([2], "float32"), "shape": np.array([1, 12, 3])}
    return folded_model(arrays, "R", nodes, {"q": q, "scale": scale, "zero": zero} | more)


def _quantized() -> Any:
    """As quantize_dynamic writes it: W (D, F, 4H) and R (D, H, 4H), scales and zero points."""
    rng = np.random.default_rng(0)
    weights = {name: rng.integers(-99, 99, (1, rows, 12)).astype("int8") for name, rows in (("W", 2), ("R", 3))}
    scales = {f"{name}_scale": np.full((1, 12), 0.01, "float32") for name in "WR"}
    zeros = {f"{name}_zero_point": np.zeros((1, 12), "int8") for name in "WR"}
    names = ["X", "W", "R", "", "", "", "", "", "W_scale", "W_zero_point", "R_scale", "R_zero_point"]
    node = helper.make_node("DynamicQuantizeLSTM", names, ["Y"], name="lstm", domain="com.microsoft", hidden_size=3)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("X", "Y"))
    constants = [numpy_helper.from_array(values, name) for name, values in (weights | scales | zeros).items()]
    return helper.make_model(helper.make_graph([node], "quantized", [x], [y], constants), ir_version=8)


def _beside(arrays: dict[str, Any]) -> Any:
    """It says that a tensor that nothing needs is in a file of the same folder."""
    model = lstm_inside("then", arrays)
    tensor = TensorProto(name="beside", data_type=TensorProto.FLOAT, dims=[12], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=ITSELF)
    model.graph.initializer.append(tensor)
    return model


def damaged_model(rng: Rng, content: bytes) -> bytes:
    """Damage to one to three fields, in any of the model's graphs."""
    model = onnx.load_model_from_string(content)
    for _ in range(rng.integers(1, 4)):
        parts = [*_graphs(model.graph), *model.functions]
        part = parts[rng.integers(0, len(parts))]
        damage = _damage_tensor if rng.random() < 0.3 else _damage_node
        damage(rng, part)
    return bytes(model.SerializeToString())


def _graphs(graph: Any) -> list[Any]:
    inner = (attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g"))
    return [graph, *(deeper for one in inner for deeper in _graphs(one))]


def _damage_tensor(rng: Rng, part: Any) -> None:
    tensors = list(getattr(part, "initializer", [])) or [n.attribute[0].t for n in part.node if n.op_type == "Constant"]
    if not tensors:
        return
    tensor = tensors[rng.integers(0, len(tensors))]
    match rng.integers(0, 4):
        case 0:
            tensor.data_type = int(rng.integers(0, 30))
        case 1:
            del tensor.dims[:]
            tensor.dims.extend(rng.choice([0, 1, 2, 4, 12, 2**31, -1], size=rng.integers(0, 4)).tolist())
        case 2:
            tensor.data_location = TensorProto.EXTERNAL
            for key, values in (("location", PLACES), ("offset", ("0", "-1", "9" * 30)), ("length", ("48", "x", ""))):
                tensor.external_data.add(key=key, value=values[rng.integers(0, len(values))])
        case _:
            numbers = rng.choice([0, 1, -1, 3, 12, 2**20, 2**62], size=max(int(np.prod(tensor.dims)), 1) % 100)
            tensor.CopyFrom(numpy_helper.from_array(numbers, tensor.name))


def _damage_node(rng: Rng, part: Any) -> None:
    node = part.node[rng.integers(0, len(part.node))] if len(part.node) else part.node.add()
    match rng.integers(0, 8):
        case 0:
            del node.input[:]
        case 1:
            del node.output[:]
        case 2 if node.input:
            names = ["", "x", "nowhere", *(output for other in part.node for output in other.output)]
            node.input[rng.integers(0, len(node.input))] = names[rng.integers(0, len(names))]
        case 3 if node.input:
            del node.input[rng.integers(0, len(node.input))]
        case 4 | 5 if node.attribute:
            _damage_attribute(rng, node.attribute[rng.integers(0, len(node.attribute))])
        case 6:
            node.op_type = str(rng.choice(OPERATORS))
        case _ if part.node:
            del part.node[rng.integers(0, len(part.node))]


def _damage_attribute(rng: Rng, attribute: Any) -> None:
    value = VALUES[rng.integers(0, len(VALUES))]
    kind = onnx.AttributeProto.INTS if value == [] else None
    attribute.CopyFrom(helper.make_attribute(attribute.name, value, attr_type=kind))
