"""How gates stand side by side in one array: the LSTM's order, which nothing else knows, and the parts of any cell.

The four gates of an LSTM lie in ``W`` (F, 4H), ``U`` (H, 4H) and ``b`` (4H,) in the order of :data:`GATES`; peephole
weights, where there are any, in ``p`` (3H,) in that of :data:`PEEPHOLES`. Other cells and other frameworks order theirs
differently (``Cell.gates``, ``Cell.formats``); :func:`reorder` goes from one to the other.
"""

import numpy as np

from clearlstm.shapes import FloatArray

GATES = ("f", "i", "g", "o")
"""Forget gate, input gate, candidate, output gate: the order inside clearlstm, and that of the video."""

PEEPHOLES = ("f", "i", "o")
"""The gates that may look at the cell state; the candidate never does (Gers & Schmidhuber 2000)."""


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
