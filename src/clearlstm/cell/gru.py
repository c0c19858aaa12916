"""The gated recurrent unit in plain NumPy (Cho et al. 2014): one state, h, that an update gate keeps or replaces.

With r and u for the reset and update gate, and the candidate g, at each step::

    z_k = x W_k + h_prev U_k + b_k,  k = r, u       the weighted sums of the gates
    r, u = sigmoid(z)
    z_g = x W_g + b_g + a                           what is new, and what of the past is told to it:
        a = r (h_prev U_g + b_h)                    with the reset after the product
        a = (r h_prev) U_g                          or before it
    g = tanh(z_g)
    h = u h_prev + (1 − u) g                        the new state

Cho's paper resets before the product; cuDNN, and with it torch and Keras, after it, where b_h stands apart from b_g. A
layer without b_h resets before. torch calls the gates r, z and n; the update gate is u here, for z is a weighted sum.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import activation
from clearlstm.cell.arithmetic import NUMPY, Arithmetic, Product
from clearlstm.cell.cell import Cell, Format, Memory, Options
from clearlstm.cell.layout import split_gates
from clearlstm.cell.record import Gradients, Record, Weights, rows_of, step_order
from clearlstm.shapes import FloatArray, IntArray, real_steps

GATES: Final = ("r", "u", "g")


@dataclass(frozen=True)
class Activations:
    """The names of the two functions: of the gates r and u, and of the candidate g."""

    gate: str = "sigmoid"
    candidate: str = "tanh"


STANDARD: Final = Activations()


@dataclass(frozen=True)
class GRUWeights(Weights):
    """The parameters of one layer in one direction: W (F, 3H), U (H, 3H), b (3H,); b_h (H,) if it resets after."""

    W: FloatArray
    U: FloatArray
    b: FloatArray
    b_h: FloatArray | None = None


@dataclass(frozen=True)
class GRURecord(Record):
    """The forward pass of one GRU layer in one direction: gates (N, T, 3H), a and h (N, T, H)."""

    gates: FloatArray
    a: FloatArray
    """What the past gives to the candidate's sum: before the reset gate if that comes after the product, else all."""

    h: FloatArray
    h_0: FloatArray
    h_n: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool = False


@dataclass(frozen=True)
class GRUGradients(Gradients):
    """Gradients of one layer: named as what they belong to; ``x`` is (N, T, F), ``h_0`` (N, H)."""

    x: FloatArray
    W: FloatArray
    U: FloatArray
    b: FloatArray
    h_0: FloatArray
    b_h: FloatArray | None = None


@dataclass(frozen=True)
class Step:
    """One step of the unit with every number in it; all arrays (N, H)."""

    z_r: FloatArray
    z_u: FloatArray
    z_g: FloatArray
    r: FloatArray
    u: FloatArray
    g: FloatArray
    a: FloatArray
    h: FloatArray


def step(
    x_t: FloatArray,
    h_prev: FloatArray,
    weights: GRUWeights,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> Step:
    """One step: x_t (N, F), h_prev (N, H)."""
    gate, candidate = activation(functions.gate, by), activation(functions.candidate, by)
    U = split_gates(weights.U, GATES)

    # z_k = x W_k + h_prev U_k + b_k
    new = split_gates(by.product(x_t, weights.W) + weights.b, GATES)
    z_r = new["r"] + by.product(h_prev, U["r"])
    z_u = new["u"] + by.product(h_prev, U["u"])
    r, u = gate.value(z_r), gate.value(z_u)

    # z_g = x W_g + b_g + r (h_prev U_g + b_h)      or      x W_g + b_g + (r h_prev) U_g
    if weights.b_h is None:
        a = by.product(r * h_prev, U["g"])
        z_g = new["g"] + a
    else:
        a = by.product(h_prev, U["g"]) + weights.b_h
        z_g = new["g"] + r * a
    g = candidate.value(z_g)

    # h = u h_prev + (1 − u) g
    h = g + u * (h_prev - g)
    return Step(z_r, z_u, z_g, r, u, g, a, h)


def forward(
    x: FloatArray,
    weights: GRUWeights,
    h_0: FloatArray,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool = False,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> GRURecord:
    """All steps: x (N, T, F), h_0 (N, H), lengths (N,). A sequence that has ended keeps its state."""
    (N, T, _), H = x.shape, h_0.shape[1]
    gates = np.zeros((N, T, len(GATES) * H), dtype=x.dtype)
    a_all, h_all = np.zeros((N, T, H), dtype=x.dtype), np.zeros((N, T, H), dtype=x.dtype)
    h = h_0.copy()
    for t in step_order(T, reverse):
        live = lengths > t
        now = step(x[live, t], h[live], weights, functions, by)
        gates[live, t] = np.concatenate([now.r, now.u, now.g], axis=-1)
        a_all[live, t] = now.a
        h[live] = h_all[live, t] = now.h
    return GRURecord(gates, a_all, h_all, h_0, h, lengths, reverse)


def preactivations(
    x: FloatArray,
    weights: GRUWeights,
    record: GRURecord,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> dict[str, FloatArray]:
    """z_r, z_u and z_g of every step, each (N, T, H), recomputed from the states; 0 in padding."""
    now = step(x, record.h_prev(), weights, functions, by)
    real = real_steps(record.lengths, x.shape[1])[..., None]
    return {gate: np.where(real, getattr(now, f"z_{gate}"), 0).astype(x.dtype) for gate in GATES}


@dataclass(frozen=True)
class _Slopes:
    """The derivatives inside steps, unit by unit, each of some shape (…, H)."""

    u: FloatArray  # ∂h/∂z_u
    g: FloatArray  # ∂h/∂z_g
    r: FloatArray  # ∂r/∂z_r
    reset: FloatArray  # r
    past: FloatArray  # a, of what resets after the product; h_prev, of what resets before it
    keep: FloatArray  # u, that is ∂h/∂h_prev with gates and candidate held

    def at(self, where: Any) -> "_Slopes":
        return _Slopes(*(values[where] for values in vars(self).values()))


def _slopes(z: dict[str, FloatArray], record: GRURecord, weights: GRUWeights, functions: Activations) -> _Slopes:
    """Of all steps, each (N, T, H)."""
    gate, candidate = activation(functions.gate), activation(functions.candidate)
    r, u, g, h_prev = record.gate("r"), record.gate("u"), record.gate("g"), record.h_prev()
    past = h_prev if weights.b_h is None else record.a
    # h = u h_prev + (1 − u) g
    by_u = (h_prev - g) * gate.slope(z["u"], u)
    by_g = (1 - u) * candidate.slope(z["g"], g)
    return _Slopes(by_u, by_g, gate.slope(z["r"], r), r, past, u)


def _step_back(
    slopes: _Slopes, dh: FloatArray, U_T: dict[str, FloatArray], resets_after: bool, product: Product
) -> tuple[dict[str, FloatArray], FloatArray]:
    """dz_r, dz_u, dz_g and da of one step, and dh_prev, from dh at its end; all (…, H)."""
    dz_u, dz_g = dh * slopes.u, dh * slopes.g
    if resets_after:
        # z_g = x W_g + b_g + r a        a = h_prev U_g + b_h
        da = dz_g * slopes.reset
        dz_r = dz_g * slopes.past * slopes.r
        through_g = product(da, U_T["g"])
    else:
        # z_g = x W_g + b_g + a          a = (r h_prev) U_g
        da = dz_g
        back = product(da, U_T["g"])
        dz_r = back * slopes.past * slopes.r
        through_g = back * slopes.reset
    # dh_prev = dh u + Σ_k dz_k U_kᵀ
    dh_prev = dh * slopes.keep + product(dz_r, U_T["r"]) + product(dz_u, U_T["u"]) + through_g
    return {"r": dz_r, "u": dz_u, "g": dz_g, "a": da}, dh_prev


def backward(
    x: FloatArray,
    weights: GRUWeights,
    record: GRURecord,
    dh: FloatArray,
    dh_n: FloatArray,
    *,
    functions: Activations = STANDARD,
    by: Arithmetic = NUMPY,
) -> GRUGradients:
    """Gradients of a loss from its gradients by every h, dh (N, T, H), and by the final state, dh_n (N, H)."""
    slopes = _slopes(preactivations(x, weights, record, functions, by), record, weights, functions)
    U_T = {gate: part.T for gate, part in split_gates(weights.U, GATES).items()}
    resets_after, h_prev = weights.b_h is not None, record.h_prev()
    dz_all = {name: np.zeros_like(record.h) for name in (*GATES, "a")}
    dh_t = dh_n.copy()
    for t in step_order(x.shape[1], not record.reverse):
        live = record.lengths > t
        dz, dh_t[live] = _step_back(slopes.at((live, t)), dh_t[live] + dh[live, t], U_T, resets_after, by.product)
        for name, values in dz.items():
            dz_all[name][live, t] = values
    dz_x = np.concatenate([dz_all[gate] for gate in GATES], axis=-1)
    factors = {"r": h_prev, "u": h_prev, "a": h_prev if resets_after else record.gate("r") * h_prev}
    dU = [by.product(rows_of(factor).T, rows_of(dz_all[name])) for name, factor in factors.items()]
    return GRUGradients(
        x=by.product(dz_x, weights.W.T),
        W=by.product(rows_of(x).T, rows_of(dz_x)),
        U=np.concatenate(dU, axis=-1),
        b=dz_x.sum(axis=(0, 1)),
        h_0=dh_t,
        b_h=dz_all["a"].sum(axis=(0, 1)) if resets_after else None,
    )


def _exact_slopes(z: dict[str, FloatArray], record: GRURecord, weights: GRUWeights, functions: Activations) -> _Slopes:
    """Of all steps in float64, from the start."""
    exact: dict[str, Any] = {part: getattr(record, part).astype(np.float64) for part in ("gates", "a", "h", "h_0")}
    sums: dict[str, FloatArray] = {gate: values.astype(np.float64) for gate, values in z.items()}
    return _slopes(sums, replace(record, **exact), weights, functions)


def walk_back(
    z: dict[str, FloatArray], record: GRURecord, weights: GRUWeights, functions: Activations, product: Product
) -> Callable[[IntArray, int, FloatArray], FloatArray]:
    """From gradients by h after step t, dh (R, K, H), of the sequences ``rows`` (R,) to those by the h before it."""
    slopes = _exact_slopes(z, record, weights, functions)
    U_T = {gate: part.T for gate, part in split_gates(weights.U.astype(np.float64), GATES).items()}

    def back(rows: IntArray, t: int, dh: FloatArray) -> FloatArray:
        return _step_back(slopes.at((rows, t, None)), dh, U_T, weights.b_h is not None, product)[1]

    return back


def walk_on(
    z: dict[str, FloatArray], record: GRURecord, weights: GRUWeights, functions: Activations, product: Product
) -> Callable[[IntArray, int, FloatArray], FloatArray]:
    """From small changes of the h before step t, (R, K, H), of sequences ``rows`` (R,) to those of the h after it."""
    slopes = _exact_slopes(z, record, weights, functions)
    U = split_gates(weights.U.astype(np.float64), GATES)

    def on(rows: IntArray, t: int, h_prev: FloatArray) -> FloatArray:
        now = slopes.at((rows, t, None))
        # ṙ = r' (ḣ_prev U_r)      ż_u = ḣ_prev U_u
        r, z_u = now.r * product(h_prev, U["r"]), product(h_prev, U["u"])
        if weights.b_h is None:
            # a = (r h_prev) U_g      ż_g = ȧ
            z_g = product(now.reset * h_prev + r * now.past, U["g"])
        else:
            # a = h_prev U_g + b_h      ż_g = r ȧ + ṙ a
            z_g = now.reset * product(h_prev, U["g"]) + r * now.past
        # ḣ = u ḣ_prev + ∂h/∂z_u ż_u + ∂h/∂z_g ż_g
        return now.keep * h_prev + now.u * z_u + now.g * z_g

    return on


def _step(x_t: FloatArray, h_prev: FloatArray, *others: Any) -> tuple[FloatArray]:
    return (step(x_t, h_prev, *others).h,)


def _memory_parts(record: GRURecord) -> FloatArray:
    u = record.gate("u")
    return np.concatenate([u, 1 - u, record.gate("g")], axis=-1)


def _biases(b_input: FloatArray, b_recurrent: FloatArray, options: Options) -> dict[str, FloatArray]:
    """The candidate's bias for h_prev stands inside the reset gate's product if that comes after, else in the sum."""
    if not options["reset_after"]:
        return {"b": b_input + b_recurrent}
    H = len(b_input) // len(GATES)
    return {"b": b_input + np.append(b_recurrent[:-H], np.zeros_like(b_input[-H:])), "b_h": b_recurrent[-H:].copy()}


def _split_biases(weights: GRUWeights) -> tuple[FloatArray, FloatArray]:
    recurrent = np.zeros_like(weights.b)
    if weights.b_h is not None:
        recurrent[-len(weights.b_h) :] = weights.b_h
    return weights.b, recurrent


GRU: Final = Cell(
    name="GRU",
    states=("h",),
    gates=GATES,
    weights=GRUWeights,
    record=GRURecord,
    gradients=GRUGradients,
    recorded={"gates": 3, "a": 1, "h": 1},
    options={"reset_after": True, "activations": STANDARD},
    activations="activations",
    functions=Activations,
    optional={"b_h": ("reset_after", ("g",))},
    step=_step,
    forward=forward,
    preactivations=preactivations,
    backward=backward,
    walk_back=walk_back,
    walk_on=walk_on,
    kernels="clearlstm.kernels.gru",
    formats={
        "torch": Format("GRU", ("r", "u", "g")),
        "keras": Format(
            "GRU",
            ("u", "r", "g"),
            functions=("recurrent_activation", "activation"),
            options={"reset_after": "reset_after"},
        ),
        "onnx": Format("GRU", ("u", "r", "g"), options={"reset_after": "linear_before_reset"}),
    },
    biases=_biases,
    split_biases=_split_biases,
    memory=Memory("h", keep="u", parts=_memory_parts),
)
GRUWeights.cell = GRURecord.cell = GRU
