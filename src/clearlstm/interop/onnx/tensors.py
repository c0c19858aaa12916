"""ONNX tensors as arrays: type, size and shape are checked before anything of that size is made."""

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.interop.onnx.files import library, refuse_external

Numbers = npt.NDArray[Any]

FLOATS: Final = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")
STORES: Final = {
    **{"FLOAT": "float_data", "DOUBLE": "double_data", "INT64": "int64_data"},
    **dict.fromkeys(("UINT32", "UINT64"), "uint64_data"),
    **dict.fromkeys(("FLOAT16", "BFLOAT16", "INT8", "UINT8", "INT16", "UINT16", "INT32", "BOOL"), "int32_data"),
}
"""The types that constants may have, and where a tensor keeps its numbers if not as raw bytes."""

PLAIN_VALUES: Final = {"value_float": "float32", "value_floats": "float32", "value_int": "int64", "value_ints": "int64"}
"""What else a Constant may have in place of a tensor."""


def type_name(tensor: Any) -> str:
    """Such as "FLOAT16"."""
    known = {value: name for name, value in library().TensorProto.DataType.items()}
    return str(known.get(tensor.data_type, "an unknown type"))


def numbers(what: str, tensor: Any) -> Numbers:
    """A tensor's numbers as they are, but bfloat16, which NumPy lacks, as float32. Nothing that isn't there is made."""
    onnx = library()
    refuse_external(what, tensor)
    kind = type_name(tensor)
    if kind not in STORES:
        raise InputError(f"{what} holds {kind}; numbers of 8 bits or more are needed")
    item_bytes = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    stored = len(tensor.raw_data) / item_bytes if tensor.HasField("raw_data") else len(getattr(tensor, STORES[kind]))
    if any(size < 0 for size in tensor.dims) or math.prod(tensor.dims) != stored:
        raise InputError(
            f"{what} claims shape {tuple(tensor.dims)}, but holds {stored:g} numbers: the model is damaged"
        )
    values = np.asarray(onnx.numpy_helper.to_array(tensor))
    return values.astype("float32") if kind == "BFLOAT16" else values


def attributes(node: Any) -> dict[str, Any]:
    """A node's attributes by name; texts as str."""
    values = {attribute.name: library().helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: _as_text(value) for name, value in values.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return [_as_text(part) for part in value] if isinstance(value, (list, tuple)) else value


def constant_tensors(part: Any, nodes: list[Any]) -> Iterator[tuple[str, Any]]:
    """The constants of a graph or function by name: its initializers, and what its Constant nodes hold."""
    for node in nodes:
        if node.op_type == "Constant" and node.domain in ("", "ai.onnx") and node.output:
            yield from ((node.output[0], tensor) for tensor in map(_constant, node.attribute) if tensor is not None)
    yield from ((tensor.name, tensor) for tensor in getattr(part, "initializer", []))


def _constant(attribute: Any) -> Any:
    if attribute.name == "value":
        return attribute.t
    if attribute.name not in PLAIN_VALUES:
        return None
    value = np.asarray(library().helper.get_attribute_value(attribute), PLAIN_VALUES[attribute.name])
    return library().numpy_helper.from_array(value)
