"""The derivatives inside the steps of a recorded pass, and their products with vectors, in float64.

A step takes the state s = (h, c), or h alone, to the next one; its Jacobian D is never written down. What is carried
through it is a row for each vector: ``back`` gives uᵀ D, a row of the cell's backward pass, and ``on`` gives D v, a
small change of the state on its way forwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.cell.activations import activation
from clearlstm.cell.layout import GATES, PEEPHOLES, split_gates
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray, IntArray

Int64Array = npt.NDArray[np.int64]
Carry: TypeAlias = Callable[[IntArray, IntArray, FloatArray], FloatArray]
"""Of sequences (R,), a step of each (R,), and vectors (R, S): what comes out on the step's other side, (R, S)."""


_BLOCK_NUMBERS: Final = 2**21  # in each array of the slopes of a block: 16 MB


class Slopes(NamedTuple):
    """The derivatives inside one step of an LSTM, unit by unit, each (N, T, H)."""

    f: FloatArray  # ∂c_t/∂z_f
    i: FloatArray  # ∂c_t/∂z_i
    g: FloatArray  # ∂c_t/∂z_g
    o: FloatArray  # ∂h_t/∂z_o
    h: FloatArray  # ∂h_t/∂c_t
    c: FloatArray  # ∂c_t/∂c_{t−1}, h_{t−1} held


def lstm_slopes(layer: Any) -> Slopes:
    """Those of all steps of an LSTM's layer."""
    record = layer.record
    names = layer.functions
    gate, candidate, state = activation(names.gate), activation(names.candidate), activation(names.state)
    f, i, g, o, c, c_prev = (
        values.astype(np.float64)
        for values in (record.f, record.i, record.g, record.o, record.c, record.c_prev())
    )  # fmt: skip
    z_f, z_i, z_g, z_o = (values.astype(np.float64) for values in (layer.z_f, layer.z_i, layer.z_g, layer.z_o))
    p_f, p_i, p_o = _peepholes(layer)
    tanh_c = state.value(c)

    # c = f c_prev + i g
    by_f = c_prev * gate.slope(z_f, f)
    by_i = g * gate.slope(z_i, i)
    by_g = i * candidate.slope(z_g, g)
    by_c_prev = f + by_f * p_f + by_i * p_i

    # h = o tanh(c)
    by_o = tanh_c * gate.slope(z_o, o)
    by_c = o * state.slope(c, tanh_c) + by_o * p_o
    return Slopes(by_f, by_i, by_g, by_o, by_c, by_c_prev)


def _peepholes(layer: Any) -> tuple[FloatArray, ...]:
    """The peephole weights of f, i and o, each (H,): zeros where there are none."""
    p = layer.weights.p
    packed = np.zeros(len(PEEPHOLES) * layer.h.shape[-1]) if p is None else p.astype(np.float64)
    parts = split_gates(packed, PEEPHOLES)
    return tuple(parts[gate] for gate in ("f", "i", "o"))


class Walk(NamedTuple):
    """Both ways through the steps of a layer: uᵀ D and D v; ``h_by_c`` (N, T, H) is ∂h_t/∂c_t where there is a c."""

    back: Carry
    on: Carry
    h_by_c: FloatArray | None


def walk(layer: LayerTrace, dtype: npt.DTypeLike = np.float64) -> Walk:
    """Through the steps of one layer in one direction; of an LSTM, with slopes and weights rounded to ``dtype``."""
    if layer.cell.walk_back is None:
        return _lstm_walk(layer, np.dtype(dtype))
    given = (layer.sums, layer.record, layer.weights, layer.functions, kernels.product)
    assert layer.cell.walk_on is not None
    back, on = layer.cell.walk_back(*given), layer.cell.walk_on(*given)
    return Walk(
        lambda rows, t, u: back(rows, t, u[:, None].astype(np.float64))[:, 0],
        lambda rows, t, v: on(rows, t, v[:, None].astype(np.float64))[:, 0],
        None,
    )


def _lstm_walk(layer: Any, dtype: np.dtype[Any]) -> Walk:
    """The state is (h, c) side by side, so S = 2H."""
    slopes, U = _slopes_in_blocks(layer, dtype), layer.weights.U.astype(dtype)
    H = len(U)

    def back(rows: IntArray, t: IntArray, u: FloatArray) -> FloatArray:
        now = Slopes(*(values[rows, t] for values in slopes))
        # dc = u_c + u_h ∂h_t/∂c_t      u_h' = Σ_k dz_k U_kᵀ      u_c' = dc ∂c_t/∂c_{t−1}
        dh, dc = u[:, :H], u[:, H:] + u[:, :H] * now.h
        dz = {"f": dc * now.f, "i": dc * now.i, "g": dc * now.g, "o": dh * now.o}
        return np.concatenate([kernels.product(_packed(dz), U.T), dc * now.c], axis=1)

    def on(rows: IntArray, t: IntArray, v: FloatArray) -> FloatArray:
        now = Slopes(*(values[rows, t] for values in slopes))
        # ż = ḣ_{t−1} U      ċ = ċ_{t−1} ∂c_t/∂c_{t−1} + Σ_{f,i,g} ż_k ∂c_t/∂z_k      ḣ = ż_o ∂h_t/∂z_o + ċ ∂h_t/∂c_t
        z = split_gates(kernels.product(np.ascontiguousarray(v[:, :H]), U))
        c = v[:, H:] * now.c + z["f"] * now.f + z["i"] * now.i + z["g"] * now.g
        return np.concatenate([z["o"] * now.o + c * now.h, c], axis=1)

    return Walk(back, on, slopes.h)


def _slopes_in_blocks(layer: Any, dtype: np.dtype[Any]) -> Slopes:
    """Those of all steps; what it takes to find them, three times as much, is held for a few sequences at a time."""
    N, T, H = layer.h.shape
    slopes = Slopes(*(np.empty((N, T, H), dtype) for _ in Slopes._fields))
    size = max(1, _BLOCK_NUMBERS // (T * H))
    for start in range(0, N, size):
        rows = slice(start, start + size)
        for values, part in zip(slopes, lstm_slopes(last_steps(layer, rows, T)[0]), strict=True):
            values[rows] = part
    return slopes


def _packed(parts: Mapping[str, FloatArray]) -> FloatArray:
    """Gates side by side in the order in which they stand in U."""
    return np.concatenate([parts[gate] for gate in GATES], axis=-1)


def last_steps(layer: LayerTrace, rows: slice, n_steps: int) -> tuple[LayerTrace, slice]:
    """The last ``n_steps`` steps or more of some sequences, as a pass of their own, and where they stand in time.

    Such a pass starts from the states before its first step, so every number in it is that of the whole pass.
    """
    record = layer.record
    lengths, T = record.lengths[rows], record.h.shape[1]
    steps = slice(0, min(n_steps, T)) if record.reverse else slice(max(0, int(lengths.min()) - n_steps), T)
    changed = {name: getattr(record, name)[rows, steps] for name in layer.cell.recorded}
    changed |= {name: getattr(record, name)[rows] for name in layer.cell.last_names}
    changed |= {
        first: _state_before(getattr(record, state)[rows], getattr(record, first)[rows], lengths, steps, record.reverse)
        for state, first in zip(layer.cell.states, layer.cell.first_names, strict=True)
    }
    left = np.clip(lengths - steps.start, 0, steps.stop - steps.start)
    part = replace(record, **changed, lengths=left)
    return type(layer)(layer.x[rows, steps], layer.weights, part, layer.functions), steps


def _state_before(
    states: FloatArray, first: FloatArray, lengths: Int64Array, steps: slice, reverse: bool
) -> FloatArray:
    """The state (n, H) that the first of the ``steps`` taken started from; states (n, T, H)."""
    if not reverse:
        return first if steps.start == 0 else states[:, steps.start - 1]
    if steps.stop == states.shape[1]:
        return first
    return np.where((lengths > steps.stop)[:, None], states[:, steps.stop], first)
