"""A model of half precision as the same in float32, in which its answers can be told from others.

ONNX Runtime has no LSTM in float16 or bfloat16 on a processor, and their three decimals would hide a wrong head.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from clearlstm.interop.onnx.files import library, tensors_in
from clearlstm.interop.onnx.tensors import numbers


def in_float32(model: Any) -> Any:
    """The model itself if nothing in it is of half precision; else a copy with the same numbers as float32."""
    kinds = library().TensorProto
    halves = {kinds.FLOAT16, kinds.BFLOAT16}
    if not any(tensor.data_type in halves for tensor in tensors_in(model)):
        return model
    wide = type(model)()
    wide.CopyFrom(model)
    for tensor in tensors_in(wide):
        if tensor.data_type in halves:
            values = np.asarray(numbers(tensor.name, tensor), np.float32)
            tensor.CopyFrom(library().numpy_helper.from_array(values, tensor.name))
    for part in _parts(wide):
        _widen(part, halves)
    return wide


def _parts(model: Any) -> Iterator[Any]:
    """The model's graph and functions, and the graphs inside them."""
    waiting = [model.graph, *model.functions]
    while waiting:
        part = waiting.pop()
        yield part
        attributes = (attribute for node in part.node for attribute in node.attribute)
        waiting += [graph for attribute in attributes for graph in (attribute.g, *attribute.graphs) if graph.node]


def _widen(part: Any, halves: set[int]) -> None:
    """Declare float32 where half precision is declared: of values, and of what nodes make."""
    wide = library().TensorProto.FLOAT
    for value in (*part.value_info, *part.input, *part.output):
        if hasattr(value, "type") and value.type.tensor_type.elem_type in halves:  # a function's have names alone
            value.type.tensor_type.elem_type = wide
    for attribute in (attribute for node in part.node for attribute in node.attribute):
        if attribute.name in ("to", "dtype", "output_dtype") and attribute.i in halves:
            attribute.i = wide
