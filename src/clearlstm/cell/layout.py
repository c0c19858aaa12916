"""The order of the gates, and nothing else knows it.

Inside clearlstm the four gates stand side by side in one array: ``W`` is (F, 4H), ``U`` (H, 4H), ``b`` (4H,), in the
order of :data:`GATES`. Peephole weights, where there are any, are ``p`` (3H,) in the order of :data:`PEEPHOLES`.
Other frameworks order theirs differently; :func:`reorder` goes from one to the other.
"""

import numpy as np

from clearlstm.shapes import FloatArray

GATES = ("f", "i", "g", "o")
"""Forget gate, input gate, candidate, output gate: the order inside clearlstm, and that of the video."""

PEEPHOLES = ("f", "i", "o")
"""The gates that may look at the cell state; the candidate never does (Gers & Schmidhuber 2000)."""

TORCH_GATES = ("i", "f", "g", "o")
KERAS_GATES = ("i", "f", "g", "o")
ONNX_GATES = ("i", "o", "f", "g")
ONNX_PEEPHOLES = ("i", "o", "f")


def gate_slice(gate: str, hidden_size: int, order: tuple[str, ...] = GATES) -> slice:
    """Where ``gate`` stands along the last axis of an array that packs ``order``."""
    start = order.index(gate) * hidden_size
    return slice(start, start + hidden_size)


def split_gates(packed: FloatArray, order: tuple[str, ...] = GATES) -> dict[str, FloatArray]:
    """Views of each gate's part of ``packed`` (..., len(order)·H), each (..., H)."""
    hidden_size = packed.shape[-1] // len(order)
    return {gate: packed[..., gate_slice(gate, hidden_size, order)] for gate in order}


def reorder(packed: FloatArray, source: tuple[str, ...], target: tuple[str, ...]) -> FloatArray:
    """Copy ``packed`` (..., k·H), whose last axis is in ``source`` order, into ``target`` order."""
    parts = split_gates(packed, source)
    return np.concatenate([parts[gate] for gate in target], axis=-1)
