"""Weights that are kept as whole numbers of 8 bits: w = (q − zero point) · scale.

For ``DynamicQuantizeLSTM``, which ONNX Runtime's ``quantize_dynamic`` makes of LSTM nodes, see its documentation of
operators: W (D, F, 4H) and R (D, H, 4H), and a scale and a zero point for each direction, or for each of its columns.
"""

from typing import Final

import numpy as np

from clearlstm.errors import InputError
from clearlstm.interop.onnx.graph import Graph
from clearlstm.interop.onnx.scope import Scope
from clearlstm.shapes import FloatArray

WHOLE_NUMBERS: Final = ("int8", "uint8")


def dequantized(graph: Graph, what: str, scope: Scope, names: tuple[str, str, str]) -> FloatArray:
    """The float32 weights, (K, M) or (D, K, M), by the names of their numbers, scale and zero point ("" for 0).

    A scale or zero point is one number, or one for each column, (M,), of each direction, (D, M), or for each direction,
    (D,).
    """
    q = graph.numbers(what, scope, names[0])
    if q.dtype.name not in WHOLE_NUMBERS or q.ndim not in (2, 3):
        raise InputError(f"{what} is {q.dtype.name} of shape {q.shape}; whole numbers of 8 bits by rows are needed")
    graph.constants.take_room(what, q.size)
    scale = graph.array(f"{what}'s scale", scope, names[1], (None,) * graph.numbers(what, scope, names[1]).ndim)
    zero = graph.numbers(what, scope, names[2]) if names[2] else np.zeros(1, q.dtype)
    if zero.dtype != q.dtype:
        raise InputError(f"{what} is {q.dtype.name}, and its zero point {zero.dtype.name}: they must be the same")
    shifted = q.astype("float32") - _spread(f"{what}'s zero point", zero.astype("float32"), q.shape)
    return shifted * _spread(f"{what}'s scale", scale, q.shape)


def _spread(what: str, values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """One number, or one a direction, a column, or a column of each direction, so that it meets ``shape``."""
    D, M = (1 if len(shape) == 2 else shape[0]), shape[-1]
    if values.size == 1:
        return values.reshape(1)
    for known, made in (((M,), (M,)), ((D,), (D, 1, 1)), ((D, M), (D, 1, M)), ((D, 1, M), (D, 1, M))):
        if values.shape == known and (len(shape) == 3 or len(made) == 1):
            return values.reshape(made)
    raise InputError(f"{what} has shape {values.shape}; a number, ({D},), ({M},) or ({D}, {M}) is needed")
