"""The same equations, fast. Nobody outside this folder knows that Numba exists.

Each function here does what the one of a cell in ``clearlstm.cell`` does, to the measure of ``docs/engine.md``, for
whatever options the cell has kernels for.
Arrays are C-contiguous (:func:`product` takes transposed ones too), of one float type, and already checked. Where Numba
can't be imported the reference answers instead, slowly, after one warning; so it does where Numba can't compile.
"""

import importlib
import warnings
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell.arithmetic import Arithmetic
from clearlstm.cell.cell import Cell
from clearlstm.cell.record import Record
from clearlstm.errors import ClearLSTMWarning
from clearlstm.kernels.blends_reference import Members
from clearlstm.kernels.buffers import empty
from clearlstm.kernels.failure import CompileError
from clearlstm.kernels.machine import Machine, processor_name, this_machine
from clearlstm.kernels.threads import borrowing, get_num_threads, set_num_threads, using_threads
from clearlstm.shapes import FloatArray

__all__ = [
    "ARITHMETIC",
    "Machine",
    "Members",
    "answer",
    "backward",
    "blend",
    "borrowing",
    "empty",
    "exp",
    "forward",
    "get_num_threads",
    "layer",
    "memory_entries",
    "processor_name",
    "product",
    "set_num_threads",
    "sigmoid",
    "step",
    "stepper",
    "tanh",
    "this_machine",
    "using_threads",
]


State = tuple[FloatArray, ...]

_engine: ModuleType | None = None


def _ask(name: str, *arguments: object) -> Any:
    """Call the engine's function ``name``, or the reference's from when Numba can't be imported or can't compile.

    Engine functions don't write to what they are given, so the reference finds everything as it was.
    """
    global _engine
    try:
        _engine = _engine or importlib.import_module("clearlstm.kernels.engine")
        return getattr(_engine, name)(*arguments)
    except (ImportError, CompileError, OSError) as error:
        warnings.warn(
            f"clearlstm can't use its fast kernels here ({_reason(error)}): the plain NumPy ones answer instead, the "
            "same but many times slower; install numba, or let it compile, to change that",
            ClearLSTMWarning,
            stacklevel=3,
        )
        _engine = importlib.import_module("clearlstm.kernels.fallback")
        return getattr(_engine, name)(*arguments)


def _reason(error: Exception) -> str:
    """What ``error`` says, or for LLVM's library, whose loader blames the file, what is likelier."""
    if not isinstance(error, OSError):
        return str(error)
    return f"LLVM's library can't be loaded: is this process's memory limited to less than 500 MB? ({error})"


def forward(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    first: State,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    out: Record | None = None,
    joint: FloatArray | None = None,
) -> Any:
    """All steps of a layer, as a record of the cell: x (N, T, F), first its states (N, H), lengths (N,).

    ``out`` lends the buffers of its gates and states; the final states are always new. h is also put into ``joint``
    (N, T, 2H), into the right half if ``reverse``.
    """
    return _ask("forward", cell, x, weights, first, lengths, reverse, out, joint)


def answer(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    first: State | None,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    joint: FloatArray | None = None,
) -> tuple[FloatArray, list[FloatArray]]:
    """As :func:`forward`, but h (N, T, H) and the final states, each (N, H), alone: less is written.

    ``first`` None stands for zeros. With ``joint`` (N, T, 2H), which is returned then, h is put there alone.
    """
    given: tuple[FloatArray, list[FloatArray]] = _ask("answer", cell, x, weights, first, lengths, reverse, joint)
    return given


def backward(
    cell: Cell,
    x: FloatArray,
    weights: Any,
    record: Record,
    dh: FloatArray | None,
    dlast: State,
    *,
    need_dx: bool = True,
) -> Any:
    """Gradients from those by every h, dh (N, T, H) or None for none, and by the final states, dlast, each (N, H).

    dh may also be of both directions, (N, T, 2H), the reverse one's on the right. Without ``need_dx`` the gradient by x
    is not computed, and its field is empty.
    """
    return _ask("backward", cell, x, weights, record, dh, dlast, need_dx)


def step(cell: Cell, x_t: FloatArray, weights: Any, before: State | None) -> list[FloatArray]:
    """One step: x_t (N, F), the states before it, each (N, H), or None for zeros; returns the new states."""
    after: list[FloatArray] = _ask("step", cell, x_t, weights, before)
    return after


def layer(cell: Cell, weights: Any) -> Any:
    """One layer that goes forward in time, with its weights as they are at each call: what is small is done quickly.

    ``layer.answer(x, first)`` and ``layer.step(x_t, before)`` are :func:`answer` of whole sequences and :func:`step`,
    but x, x_t and states may hold what isn't finite: then they return None.
    """
    return _ask("Layer", cell, weights)


def stepper(cell: Cell, weights: Any, N: int) -> Any:
    """One layer's steps for N sequences, one a call, with the weights as they are now.

    Called with x_t (N, F), it changes its ``states``, each (N, H) and 0 at first, and returns the first of them, h.
    """
    return _ask("Stepper", cell, weights, N)


def memory_entries(
    gates: FloatArray,
    n_units: int,
    begin: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """A long-term memory split by the step that wrote it, in float64, from gates (N, T, ≥ 3H): keep, write, candidate.

    Sequence n took the steps begin[n] to end[n] − 1, with ``reverse`` from the last to the first. Returns what is left
    of what each step wrote, (N, T, H), 0 for steps that were not taken; and of what was there before, a share (N, H).
    """
    split: tuple[FloatArray, FloatArray] = _ask("memory_entries", gates, n_units, begin, end, reverse)
    return split


def blend(
    z: FloatArray,
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.int64],
    bounds: npt.NDArray[np.int64],
    members: Members,
    h: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What simple forecasts say together of the h steps after the rows ``wanted`` (n,): see ``blends_reference.blend``.

    Returns the forecasts (n, h), not-a-number before the first value; weights (n, B); and records (S, 3, B).
    """
    answers: tuple[FloatArray, FloatArray, FloatArray] = _ask("blend", z, begins, ends, wanted, bounds, members, h)
    return answers


def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """The product a b (…, M) of a (…, K) and the matrix b (K, M); either may be the transpose of an array."""
    rows = a if a.ndim == 2 else np.ascontiguousarray(a).reshape(-1, a.shape[-1])
    answer: FloatArray = _ask("product", rows, b)
    return answer.reshape(*a.shape[:-1], b.shape[1])


def sigmoid(z: FloatArray) -> FloatArray:
    """1 / (1 + exp(−z)) of every number, any shape."""
    values: FloatArray = _ask("sigmoid", z)
    return values


def tanh(z: FloatArray) -> FloatArray:
    """The hyperbolic tangent of every number, any shape."""
    values: FloatArray = _ask("tanh", z)
    return values


def exp(y: FloatArray) -> FloatArray:
    """exp(y) of every number, any shape; all y ≤ 0."""
    values: FloatArray = _ask("exp", y)
    return values


ARITHMETIC = Arithmetic(product, sigmoid, tanh)
"""For the nets that the reference runs: the same bits on every processor with fused multiply-add."""
