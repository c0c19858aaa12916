"""How far an answer moves without each unit, to first order: one backward pass tells it of all units at once.

Let all that read a unit's h read (1 − ε) h. The answer y then moves by −ε Σ_t h_t ∂y/∂h_t, the sum going over those
readers: U of its own layer, W of the next one, the head. At ε = 1, which hides the unit, that is an estimate (the
"importance" of Molchanov et al. 2017), exact where the answer is a linear function of what the unit says. It may be
near 0 where hiding the unit matters, so nothing is called dead by it.
"""

from typing import Any, Final

import numpy as np

from clearlstm.cell.gru import GRU
from clearlstm.cell.layout import gate_slice
from clearlstm.insight.ablation import Ablator, Effect
from clearlstm.kernels import product
from clearlstm.network.model import Net, NetworkTrace
from clearlstm.network.parameters import prefix
from clearlstm.network.trace import LayerTrace, Trace
from clearlstm.shapes import FloatArray

OUTPUTS: Final = 4
"""The outputs, evenly spread over all, whose changes are estimated."""


def first_order_effects(ablator: Ablator, trace: NetworkTrace) -> list[Effect]:
    """An estimate of the effect of each unit on the sequences of ``trace``, in the order of ``units_of``.

    Of a model that answers at each step, of its answers after each sequence's last one.
    """
    M = trace.y.shape[-1]
    outputs = np.unique(np.linspace(0, M - 1, min(M, OUTPUTS)).astype(int))
    layers = [_widened(net, layer) for net, layer in zip(ablator.layers, _layers(trace), strict=True)]
    changes = np.stack([_changes(ablator, layers, trace, int(k)) / ablator.spread[k] for k in outputs])
    largest, rms = np.abs(changes).max(axis=(0, 1)), np.sqrt((changes**2).mean(axis=(0, 1)))
    n = len(trace.lengths)
    return [Effect(float(most), float(mean), n) for most, mean in zip(largest, rms, strict=True)]


def _layers(trace: NetworkTrace) -> list[tuple[LayerTrace, ...]]:
    return [layer for net in trace.nets for layer in net.layers]


def _widened(net: Net, layer: tuple[LayerTrace, ...]) -> tuple[Net, "Trace[Any]"]:
    """A layer with further inputs, so that its backward pass tells more slopes than those by x.

    The backward pass takes slopes by inputs from W and the gates that were recorded. With U below W, those by h_prev,
    as its own layer reads it, stand beside those by x. The further inputs themselves are 0: U tells of them already.
    """
    read = [_as_inputs(net.cell.name, net.weights(0, d).U) for d in range(net.num_directions)]
    F, more = net.input_size, len(read[0])
    wider = type(net)(**(net.config() | {"input_size": F + len(read) * more}), init="zeros")
    for d, U in enumerate(read):
        own = {part: values for part, values in vars(net.weights(0, d)).items() if values is not None}
        below = np.zeros((len(read), *U.shape), net.dtype)
        below[d] = U
        own["W"] = np.concatenate([own["W"], *below])
        for part, values in own.items():
            wider.parameters[prefix(0, d) + part][...] = values
    nothing = np.zeros((*layer[0].x.shape[:2], len(read) * more), net.dtype)
    x = np.concatenate([layer[0].x, nothing], axis=2)
    parts = tuple(type(part)(x, wider.weights(0, d), part.record, part.functions) for d, part in enumerate(layer))
    h = np.concatenate([part.h for part in layer], axis=2)
    return wider, Trace(x, layer[0].record.lengths, (parts,), (None,), h, ())


def _as_inputs(cell: str, U: FloatArray) -> FloatArray:
    """What stands below W: U; of a GRU, whose candidate reads h_prev through its reset gate, that of the gates alone.

    Below it stands the identity for the candidate, which gives the slopes by z_g themselves.
    """
    if cell != GRU.name:
        return U
    H, at = len(U), gate_slice("g", len(U), GRU.gates)
    read, alone = U.copy(), np.zeros_like(U)
    read[:, at], alone[:, at] = 0, np.eye(H)
    return np.concatenate([read, alone])


def _by_h_prev(part: LayerTrace, slopes: FloatArray) -> FloatArray:
    """∂y/∂h_prev by way of U, (N, T, H), from the slopes by the further inputs of one direction."""
    if part.cell is not GRU:
        return slopes
    H, record, weights = part.h.shape[2], part.record, part.weights
    U_g, r = weights.U[:, gate_slice("g", H, GRU.gates)], record.gate("r")
    by_gates, dz_g = slopes[:, :, :H], slopes[:, :, H:]
    if weights.b_h is None:  # a = (r h_prev) U_g
        return np.asarray(by_gates + product(np.ascontiguousarray(dz_g), U_g.T) * r)
    return np.asarray(by_gates + product(dz_g * r, U_g.T))  # a = h_prev U_g + b_h, and r a in the sum


def _changes(ablator: Ablator, layers: list[tuple[Net, "Trace[Any]"]], trace: NetworkTrace, output: int) -> FloatArray:
    """Σ_t h_t ∂y/∂h_t for one output: of each sequence and unit, (n, R)."""
    changes = [np.zeros((len(trace.lengths), own.h.shape[2])) for _, own in layers]
    dh, dstate, changes[-1][...] = _from_above(ablator, layers[-1], trace, output)
    for p in reversed(range(len(layers))):
        net, own = layers[p]
        slopes = net.backward(own, dh, dstate).x
        F = ablator.layers[p].input_size
        more = np.split(slopes[:, :, F:], net.num_directions, axis=2)
        by_h = [_by_h_prev(given, part) for given, part in zip(_layers(trace)[p], more, strict=True)]
        h_prev = [part.record.h_prev() for part in own.layers[0]]
        changes[p] += np.concatenate([_summed(*pair) for pair in zip(h_prev, by_h, strict=True)], axis=1)
        dh, dstate = np.ascontiguousarray(slopes[:, :, :F]), None
        if p > 0:
            changes[p - 1] += _summed(layers[p - 1][1].h, dh)
    return np.concatenate(changes, axis=1)


def _summed(h: FloatArray, slopes: FloatArray) -> FloatArray:
    """Σ_t h_t ∂y/∂h_t, (N, H), of (N, T, H) each."""
    return np.asarray(np.einsum("nth,nth->nh", h, slopes, dtype=np.float64))


def _from_above(
    ablator: Ablator, last: tuple[Net, "Trace[Any]"], trace: NetworkTrace, output: int
) -> tuple[FloatArray | None, tuple[FloatArray | None, ...] | None, FloatArray]:
    """The gradient by the last layer's outputs and by its last states, and that times what the head reads, (n, DH)."""
    net, own = last
    rows, pool = np.arange(len(trace.lengths)), ablator.rest[0].pool
    by_pooled = np.broadcast_to(ablator.head.W[:, output], (len(rows), own.h.shape[2]))
    if pool == "last":
        dh_n = np.stack(np.split(by_pooled, net.num_directions, axis=1))
        return None, (dh_n, *(None for _ in net.cell.states[1:])), trace.pooled * by_pooled
    dh = np.zeros_like(own.h)
    if pool == "mean":
        real = np.arange(own.h.shape[1]) < trace.lengths[:, None]
        dh[...] = (real / trace.lengths[:, None])[:, :, None] * by_pooled[:, None]
        return dh, None, trace.pooled * by_pooled
    dh[rows, trace.lengths - 1] = by_pooled
    return dh, None, trace.pooled[rows, trace.lengths - 1] * by_pooled
