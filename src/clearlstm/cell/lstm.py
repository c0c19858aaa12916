"""The LSTM in plain NumPy: the specification of everything else.

For gates k in f, i, o and the candidate g, at each step (Hochreiter & Schmidhuber 1997; the forget gate is from
Gers, Schmidhuber & Cummins 2000)::

    z_k = x W_k + h_prev U_k + b_k          the weighted sum                (pre-activation)
    f, i, o = sigmoid(z)    g = tanh(z_g)   what the gates let through
    c = f c_prev + i g                      the new long-term memory        (cell state)
    h = o tanh(c)                           the new short-term memory       (hidden state)

With peepholes (Gers & Schmidhuber 2000) f and i also see ``p c_prev``, and o sees ``p c``.
The backward pass is derived line by line in docs/derivation.md; ``dz_f`` there is ``dz_f`` here.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import Activation, activation
from clearlstm.cell.arithmetic import NUMPY, Arithmetic
from clearlstm.cell.cell import Cell, Format, Memory
from clearlstm.cell.layout import GATES, PEEPHOLES, split_gates
from clearlstm.cell.record import Gradients, Record, Weights, rows_of, step_order
from clearlstm.shapes import FloatArray, real_steps


@dataclass(frozen=True)
class LSTMWeights(Weights):
    """The parameters of one layer in one direction: W (F, 4H), U (H, 4H), b (4H,), and peepholes p (3H,) or None."""

    W: FloatArray
    U: FloatArray
    b: FloatArray
    p: FloatArray | None = None


@dataclass(frozen=True)
class LSTMRecord(Record):
    """The forward pass of one LSTM layer in one direction: gates (N, T, 4H), c and h (N, T, H)."""

    gates: FloatArray
    c: FloatArray
    h: FloatArray
    h_0: FloatArray
    c_0: FloatArray
    h_n: FloatArray
    c_n: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool = False

    @property
    def f(self) -> FloatArray:
        """Forget gate ("% long-term memory to remember"), (N, T, H)."""
        return self.gate("f")

    @property
    def i(self) -> FloatArray:
        """Input gate ("% potential memory to remember"), (N, T, H)."""
        return self.gate("i")

    @property
    def g(self) -> FloatArray:
        """Candidate ("potential long-term memory"), (N, T, H)."""
        return self.gate("g")

    @property
    def o(self) -> FloatArray:
        """Output gate ("% potential short-term memory to remember"), (N, T, H)."""
        return self.gate("o")

    def c_prev(self) -> FloatArray:
        """The long-term memory that each step started from, (N, T, H)."""
        return self.before("c")


@dataclass(frozen=True)
class LSTMGradients(Gradients):
    """Gradients of one layer: named as what they belong to; ``x`` is (N, T, F), ``h_0`` and ``c_0`` (N, H)."""

    x: FloatArray
    W: FloatArray
    U: FloatArray
    b: FloatArray
    h_0: FloatArray
    c_0: FloatArray
    p: FloatArray | None = None


@dataclass(frozen=True)
class Activations:
    """The names of the three functions: of the gates f, i, o; of the candidate g; and of c on its way to h."""

    gate: str = "sigmoid"
    candidate: str = "tanh"
    state: str = "tanh"


STANDARD = Activations()


@dataclass(frozen=True)
class Step:
    """One step of the unit with every number in it; all arrays (N, H)."""

    z_f: FloatArray
    z_i: FloatArray
    z_g: FloatArray
    z_o: FloatArray
    f: FloatArray
    i: FloatArray
    g: FloatArray
    o: FloatArray
    c: FloatArray
    tanh_c: FloatArray
    h: FloatArray


def step(
    x_t: FloatArray,
    h_prev: FloatArray,
    c_prev: FloatArray,
    weights: LSTMWeights,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> Step:
    """One step: x_t (N, F), h_prev and c_prev (N, H)."""
    gate, candidate, state = _functions(functions, by)
    p_f, p_i, p_o = _peepholes(weights)

    # z_k = x W_k + h_prev U_k + b_k
    z = split_gates(by.product(x_t, weights.W) + by.product(h_prev, weights.U) + weights.b)
    z_f = z["f"] + p_f * c_prev
    z_i = z["i"] + p_i * c_prev
    z_g = z["g"]
    f, i, g = gate.value(z_f), gate.value(z_i), candidate.value(z_g)

    # c = f c_prev + i g
    c = f * c_prev + i * g

    # h = o tanh(c)
    z_o = z["o"] + p_o * c
    o = gate.value(z_o)
    tanh_c = state.value(c)
    return Step(z_f, z_i, z_g, z_o, f, i, g, o, c, tanh_c, o * tanh_c)


def forward(
    x: FloatArray,
    weights: LSTMWeights,
    h_0: FloatArray,
    c_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> LSTMRecord:
    """All steps: x (N, T, F), h_0 and c_0 (N, H), lengths (N,). A sequence that has ended keeps its state."""
    (N, T, _), H = x.shape, h_0.shape[1]
    gates = np.zeros((N, T, len(GATES) * H), dtype=x.dtype)
    c_all, h_all = np.zeros((N, T, H), dtype=x.dtype), np.zeros((N, T, H), dtype=x.dtype)
    h, c = h_0.copy(), c_0.copy()
    for t in step_order(T, reverse):
        live = lengths > t
        now = step(x[live, t], h[live], c[live], weights, functions, by)
        gates[live, t] = np.concatenate([getattr(now, gate) for gate in GATES], axis=-1)
        c[live] = c_all[live, t] = now.c
        h[live] = h_all[live, t] = now.h
    return LSTMRecord(gates, c_all, h_all, h_0, c_0, h, c, lengths, reverse)


def preactivations(
    x: FloatArray,
    weights: LSTMWeights,
    record: LSTMRecord,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> dict[str, FloatArray]:
    """z_f, z_i, z_g and z_o of every step, each (N, T, H), recomputed from the states; 0 in padding."""
    now = step(x, record.h_prev(), record.c_prev(), weights, functions, by)
    padding = ~real_steps(record.lengths, x.shape[1])
    z = {gate: getattr(now, f"z_{gate}") for gate in GATES}
    for values in z.values():
        values[padding] = 0
    return z


def backward(
    x: FloatArray,
    weights: LSTMWeights,
    record: LSTMRecord,
    dh: FloatArray,
    dh_n: FloatArray,
    dc_n: FloatArray,
    *,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> LSTMGradients:
    """Gradients of a loss from its gradients by every h, dh (N, T, H), and by the final states, dh_n and dc_n (N, H).

    Walks the steps the other way. ``dh_t`` and ``dc_t`` carry what arrives from the step that came after.
    """
    z, h_prev, c_prev = preactivations(x, weights, record, functions, by), record.h_prev(), record.c_prev()
    dz_all = np.zeros_like(record.gates)
    dh_t, dc_t = dh_n.copy(), dc_n.copy()
    for t in step_order(x.shape[1], not record.reverse):
        live = record.lengths > t
        at_t = {gate: values[live, t] for gate, values in z.items()}
        dz, dc_t[live] = _step_backward(
            at_t, record.c[live, t], c_prev[live, t], dh_t[live] + dh[live, t], dc_t[live], weights, functions, by
        )
        # dh_prev = Σ_k dz_k U_kᵀ
        dh_t[live] = by.product(dz, weights.U.T)
        dz_all[live, t] = dz
    dp = None if weights.p is None else _peephole_gradient(dz_all, c_prev, record.c)
    return LSTMGradients(
        x=by.product(dz_all, weights.W.T),
        W=by.product(rows_of(x).T, rows_of(dz_all)),
        U=by.product(rows_of(h_prev).T, rows_of(dz_all)),
        b=dz_all.sum(axis=(0, 1)),
        h_0=dh_t,
        c_0=dc_t,
        p=dp,
    )


def _step_backward(
    z: dict[str, FloatArray],
    c: FloatArray,
    c_prev: FloatArray,
    dh: FloatArray,
    dc: FloatArray,
    weights: LSTMWeights,
    functions: Activations,
    by: Arithmetic,
) -> tuple[FloatArray, FloatArray]:
    """dz (N, 4H) and dc_prev (N, H) of one step, from dh and dc at its end."""
    gate, candidate, state = _functions(functions, by)
    p_f, p_i, p_o = _peepholes(weights)
    f, i, o, g = gate.value(z["f"]), gate.value(z["i"]), gate.value(z["o"]), candidate.value(z["g"])
    tanh_c = state.value(c)

    # h = o tanh(c)
    dz_o = dh * tanh_c * gate.slope(z["o"], o)
    dc = dc + dh * o * state.slope(c, tanh_c) + dz_o * p_o

    # c = f c_prev + i g
    dz_f = dc * c_prev * gate.slope(z["f"], f)
    dz_i = dc * g * gate.slope(z["i"], i)
    dz_g = dc * i * candidate.slope(z["g"], g)
    dc_prev = dc * f + dz_f * p_f + dz_i * p_i

    dz = {"f": dz_f, "i": dz_i, "g": dz_g, "o": dz_o}
    return np.concatenate([dz[k] for k in GATES], axis=-1), dc_prev


def _peephole_gradient(dz: FloatArray, c_prev: FloatArray, c: FloatArray) -> FloatArray:
    """f and i looked at the old long-term memory, o at the new one."""
    parts = split_gates(dz)
    seen = {"f": c_prev, "i": c_prev, "o": c}
    return np.concatenate([(parts[gate] * seen[gate]).sum(axis=(0, 1)) for gate in PEEPHOLES])


class _Absent:
    """A weight that isn't there: times anything, ∞ included, it is 0."""

    __array_ufunc__ = None  # NumPy leaves the product to this class

    def __mul__(self, _other: object) -> float:
        return 0.0

    __rmul__ = __mul__


def _peepholes(weights: LSTMWeights) -> tuple[Any, ...]:
    """The weights p_f, p_i and p_o, each (H,)."""
    if weights.p is None:
        return (_Absent(),) * len(PEEPHOLES)
    parts = split_gates(weights.p, PEEPHOLES)
    return tuple(parts[gate] for gate in ("f", "i", "o"))


def _functions(names: Activations, by: Arithmetic) -> tuple[Activation, Activation, Activation]:
    return activation(names.gate, by), activation(names.candidate, by), activation(names.state, by)


def _step(x_t: FloatArray, h_prev: FloatArray, c_prev: FloatArray, *others: Any) -> tuple[FloatArray, FloatArray]:
    now = step(x_t, h_prev, c_prev, *others)
    return now.h, now.c


LSTM: Final = Cell(
    name="LSTM",
    states=("h", "c"),
    gates=GATES,
    weights=LSTMWeights,
    record=LSTMRecord,
    gradients=LSTMGradients,
    recorded={"gates": 4, "c": 1, "h": 1},
    options={"peepholes": False, "activations": STANDARD},
    activations="activations",
    functions=Activations,
    optional={"p": ("peepholes", PEEPHOLES)},
    step=_step,
    forward=forward,
    preactivations=preactivations,
    backward=backward,
    kernels="clearlstm.kernels.lstm",
    formats={
        "torch": Format("LSTM", ("i", "f", "g", "o")),
        "keras": Format("LSTM", ("i", "f", "g", "o"), functions=("recurrent_activation", "activation", "activation")),
        "onnx": Format("LSTM", ("i", "o", "f", "g"), peepholes=("i", "o", "f")),
    },
    memory=Memory("c", keep="f", parts=lambda record: record.gates),
)
LSTMWeights.cell = LSTMRecord.cell = LSTM
