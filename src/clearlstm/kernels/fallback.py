"""The kernels' functions by the reference: what answers where Numba can't be imported."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell.arithmetic import NUMPY
from clearlstm.cell.cell import Cell
from clearlstm.cell.record import Record, step_order
from clearlstm.shapes import FloatArray, whole_lengths

State = tuple[FloatArray, ...]


def forward(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    first: State,
    lengths: npt.NDArray[np.int64],
    reverse: bool,
    out: Record | None,
    joint: FloatArray | None,
) -> Any:
    """``kernels.forward``."""
    record = cell.forward(x, weights, *first, lengths, reverse=reverse)
    if joint is not None:
        _half(joint, record)[...] = record.h
    if out is None:
        return record
    recorded = [getattr(out, name) for name in cell.recorded]
    for name, values in zip(cell.recorded, recorded, strict=True):
        values[...] = getattr(record, name)
    last = [getattr(record, name) for name in cell.last_names]
    return cell.record(*recorded, *first, *last, lengths, reverse)


def answer(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    first: State | None,
    lengths: npt.NDArray[np.int64],
    reverse: bool,
    joint: FloatArray | None,
) -> tuple[FloatArray, list[FloatArray]]:
    """``kernels.answer``."""
    record = forward(cell, x, weights, first or tuple(_zeros(cell, len(x), weights)), lengths, reverse, None, joint)
    return record.h if joint is None else joint, [getattr(record, name) for name in cell.last_names]


def backward(
    cell: Cell, x: FloatArray, weights: Any, record: Record, dh: FloatArray | None, dlast: State, need_dx: bool
) -> Any:
    """``kernels.backward``."""
    by_h = np.zeros_like(record.h) if dh is None else _half(dh, record)
    gradients = cell.backward(x, weights, record, by_h, *dlast)
    return gradients if need_dx else replace(gradients, x=np.empty(0, x.dtype))


def _half(both: FloatArray, record: Record) -> FloatArray:
    """The columns of the record's direction."""
    H = record.h.shape[2]
    return both[..., H:] if record.reverse and both.shape[2] > H else both[..., :H]


def step(cell: Cell, x_t: FloatArray, weights: Any, before: State | None) -> list[FloatArray]:
    """``kernels.step``."""
    return list(cell.step(x_t, *(before or _zeros(cell, len(x_t), weights)), weights))


class Stepper:
    """``kernels.stepper``, for any options: ``more`` is what the cell's step takes after the weights."""

    def __init__(self, cell: Cell, weights: Any, N: int, *more: Any) -> None:
        self._step, self._given = cell.step, (weights, *more)
        self.states = _zeros(cell, N, weights)

    def __call__(self, x_t: FloatArray) -> FloatArray:
        """One step."""
        for state, now in zip(self.states, self._step(x_t, *self.states, *self._given), strict=True):
            state[...] = now
        return self.states[0]


class Layer:
    """``kernels.layer``."""

    def __init__(self, cell: Cell, weights: Any) -> None:
        self._cell, self._weights = cell, weights

    def answer(self, x: FloatArray, first: State | None) -> tuple[FloatArray, list[FloatArray]] | None:
        """``kernels.answer`` of whole sequences; None if not all numbers are finite."""
        if not _all_finite(x, first):
            return None
        return answer(self._cell, x, self._weights, first, whole_lengths(*x.shape[:2]), False, None)

    def step(self, x_t: FloatArray, before: State | None) -> list[FloatArray] | None:
        """``kernels.step``; None if not all numbers are finite."""
        return step(self._cell, x_t, self._weights, before) if _all_finite(x_t, before) else None


def _all_finite(x: FloatArray, states: State | None) -> bool:
    return all(np.isfinite(values).all() for values in (x, *(states or ())))


def _zeros(cell: Cell, N: int, weights: Any) -> list[FloatArray]:
    return [np.zeros((N, len(weights.U)), weights.U.dtype) for _ in cell.states]


def memory_entries(
    gates: FloatArray, n_units: int, begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64], reverse: bool
) -> tuple[FloatArray, FloatArray]:
    """``kernels.memory_entries``."""
    (N, T, _), H = gates.shape, n_units
    keep, write, candidate = (gates[..., k * H : (k + 1) * H] for k in range(3))
    entries, kept = np.zeros((N, T, H)), np.ones((N, H))
    for t in step_order(T, not reverse):
        taken = (begin <= t) & (t < end)
        # entry_k = (Π_{s=k+1..t} f_s) i_k g_k: walking back, kept has gathered the gates of all later steps, never a
        # ratio of running products, which is 0/0 where a gate has closed.
        entries[taken, t] = kept[taken] * write[taken, t] * candidate[taken, t]
        kept[taken] *= keep[taken, t]
    return entries, kept


def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """``kernels.product``."""
    return NUMPY.product(a, b)


def sigmoid(z: FloatArray) -> FloatArray:
    """``kernels.sigmoid``."""
    return NUMPY.sigmoid(z)


def tanh(z: FloatArray) -> FloatArray:
    """``kernels.tanh``."""
    return NUMPY.tanh(z)


def exp(y: FloatArray) -> FloatArray:
    """``kernels.exp``."""
    return np.asarray(np.exp(y))
