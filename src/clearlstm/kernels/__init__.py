"""The same equations, fast. Nobody outside this folder knows that Numba exists.

Each function here does what the one beside it in ``clearlstm.cell`` does, to the measure of ``docs/engine.md``.
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
from clearlstm.cell.record import LSTMGradients, LSTMRecord, LSTMWeights, RNNGradients, RNNRecord, RNNWeights
from clearlstm.errors import ClearLSTMWarning
from clearlstm.kernels.buffers import empty
from clearlstm.kernels.failure import CompileError
from clearlstm.kernels.machine import Machine, processor_name, this_machine, using_threads
from clearlstm.kernels.threads import get_num_threads, set_num_threads
from clearlstm.shapes import FloatArray

__all__ = [
    "ARITHMETIC",
    "Machine",
    "empty",
    "exp",
    "get_num_threads",
    "lstm_backward",
    "lstm_forward",
    "lstm_step",
    "memory_entries",
    "processor_name",
    "product",
    "rnn_backward",
    "rnn_forward",
    "set_num_threads",
    "sigmoid",
    "tanh",
    "this_machine",
    "using_threads",
]


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


def lstm_forward(
    x: FloatArray,
    weights: LSTMWeights,
    h_0: FloatArray,
    c_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    out: LSTMRecord | None = None,
) -> LSTMRecord:
    """All steps of an LSTM layer: x (N, T, F), h_0 and c_0 (N, H), lengths (N,).

    ``out`` lends the buffers of its gates and states; the final states are always new.
    """
    record: LSTMRecord = _ask("lstm_forward", x, weights, h_0, c_0, lengths, reverse, out)
    return record


def lstm_backward(
    x: FloatArray,
    weights: LSTMWeights,
    record: LSTMRecord,
    dh: FloatArray | None,
    dh_n: FloatArray,
    dc_n: FloatArray,
    *,
    need_dx: bool = True,
) -> LSTMGradients:
    """Gradients from those by every h, dh (N, T, H) or None for none, and by the final states, dh_n and dc_n (N, H).

    Without ``need_dx`` the gradient by x is not computed, and its field is empty.
    """
    gradients: LSTMGradients = _ask("lstm_backward", x, weights, record, dh, dh_n, dc_n, need_dx)
    return gradients


def lstm_step(x_t: FloatArray, weights: LSTMWeights, h: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One step for streaming: x_t (N, F), the states h and c (N, H) before it; returns the new states."""
    state: tuple[FloatArray, FloatArray] = _ask("lstm_step", x_t, weights, h, c)
    return state


def memory_entries(
    gates: FloatArray, begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64], *, reverse: bool = False
) -> tuple[FloatArray, FloatArray]:
    """The long-term memory of an LSTM layer split by the step that wrote it, in float64; from gates (N, T, 4H).

    Sequence n took the steps begin[n] to end[n] − 1, with ``reverse`` from the last to the first. Returns what is left
    of what each step wrote, (N, T, H), 0 for steps that were not taken; and of what was there before, a share (N, H).
    """
    split: tuple[FloatArray, FloatArray] = _ask("memory_entries", gates, begin, end, reverse)
    return split


def rnn_forward(
    x: FloatArray,
    weights: RNNWeights,
    h_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    out: RNNRecord | None = None,
) -> RNNRecord:
    """All steps of a plain recurrent layer; arguments as in :func:`lstm_forward`."""
    record: RNNRecord = _ask("rnn_forward", x, weights, h_0, lengths, reverse, out)
    return record


def rnn_backward(
    x: FloatArray,
    weights: RNNWeights,
    record: RNNRecord,
    dh: FloatArray | None,
    dh_n: FloatArray,
    *,
    need_dx: bool = True,
) -> RNNGradients:
    """Gradients of a plain recurrent layer; arguments as in :func:`lstm_backward`."""
    gradients: RNNGradients = _ask("rnn_backward", x, weights, record, dh, dh_n, need_dx)
    return gradients


def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """The product a b (…, M) of a (…, K) and the matrix b (K, M); either may be the transpose of an array."""
    rows = a if a.ndim == 2 else np.ascontiguousarray(a).reshape(-1, a.shape[-1])
    found: FloatArray = _ask("product", rows, b)
    return found.reshape(*a.shape[:-1], b.shape[1])


def sigmoid(z: FloatArray) -> FloatArray:
    """1 / (1 + exp(−z)) of every number, any shape."""
    found: FloatArray = _ask("sigmoid", z)
    return found


def tanh(z: FloatArray) -> FloatArray:
    """The hyperbolic tangent of every number, any shape."""
    found: FloatArray = _ask("tanh", z)
    return found


def exp(y: FloatArray) -> FloatArray:
    """exp(y) of every number, any shape; all y ≤ 0."""
    found: FloatArray = _ask("exp", y)
    return found


ARITHMETIC = Arithmetic(product, sigmoid, tanh)
"""For the nets that the reference runs: the same bits on every processor with fused multiply-add."""
