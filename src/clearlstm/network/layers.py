"""One layer of a net in each of its directions: what it answers, its record, a step, and the way back.

What runs it are the kernels, or the reference for options that no kernel knows. States are those of the whole net, each
(L·D, N, H).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.network.directions import in_both
from clearlstm.network.parameters import snapshot
from clearlstm.network.states import State
from clearlstm.network.trace import LayerT
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm.network.recurrent import Recurrent

_Result = TypeVar("_Result")


def answer(
    net: "Recurrent[Any]", k: int, x: FloatArray, lengths: npt.NDArray[np.int64], first: State | None
) -> list[tuple[FloatArray, list[FloatArray]]]:
    """Of layer k in each direction, h (N, T, D·H), which holds both, and the last states."""
    joint = _joint(net, x)

    def one(d: int) -> tuple[FloatArray, list[FloatArray]]:
        begin = first and _at(net, first, k, d)
        return kernels.answer(net.cell, x, net.weights(k, d), begin, lengths, reverse=d == 1, joint=joint)

    return _each_direction(net, one, x)


def record(
    net: "Recurrent[LayerT]",
    k: int,
    x: FloatArray,
    lengths: npt.NDArray[np.int64],
    first: State,
    out: tuple[LayerT, ...] | None,
) -> tuple[tuple[LayerT, ...], FloatArray]:
    """Layer k in each direction, recorded, in buffers of ``out`` where they fit, and h (N, T, D·H)."""
    joint = _joint(net, x)

    def one(d: int) -> LayerT:
        before = out[d] if out else None
        weights = snapshot(net.weights(k, d), before.weights if before else None)
        again = before.record if before and before.h.shape[:2] == x.shape[:2] else None
        begin, reverse = _at(net, first, k, d), d == 1
        record = run_layer(net, x, weights, begin, lengths, reverse=reverse, out=again, joint=joint)
        return net.layer_trace(x, weights, record, net.functions)  # type: ignore[return-value]  # LayerT is its type

    layer = tuple(_each_direction(net, one, x))
    return layer, layer[0].h if joint is None else joint


def backward(
    net: "Recurrent[LayerT]",
    k: int,
    layer: tuple[LayerT, ...],
    dh: FloatArray | None,
    dlast: State,
    *,
    need_dx: bool,
) -> list[Any]:
    """The gradients of each direction of layer k, by its record."""

    def one(d: int) -> Any:
        return _backward(net, layer[d], dh, _at(net, dlast, k, d), need_dx=need_dx)

    return _each_direction(net, one, layer[0].x)


def step(net: "Recurrent[Any]", k: int, x_t: FloatArray, before: State | None) -> Sequence[FloatArray]:
    """The states of layer k, each (N, H), h first, after one step x_t (N, F)."""
    if net.engine == "kernels":
        return kernels.step(net.cell, x_t, net.weights(k), before and _at(net, before, k, 0))
    first = _at(net, net.first_state(before, len(x_t)), k, 0)
    return net.cell.step(x_t, *first, net.weights(k), net.functions, kernels.ARITHMETIC)


def run_layer(
    net: "Recurrent[Any]",
    x: FloatArray,
    weights: Any,
    first: State,
    lengths: npt.NDArray[np.int64],
    *,
    reverse: bool,
    out: Any = None,
    joint: FloatArray | None = None,
) -> Any:
    """One layer of ``net`` with these weights: x (N, T, F), its first states (N, H); a record.

    ``out`` and ``joint`` as in :func:`clearlstm.kernels.forward`.
    """
    if net.engine == "kernels":
        return kernels.forward(net.cell, x, weights, first, lengths, reverse=reverse, out=out, joint=joint)
    given: dict[str, Any] = {"functions": net.functions, "by": kernels.ARITHMETIC}
    record = net.cell.forward(x, weights, *first, lengths, reverse=reverse, **given)
    if joint is not None:
        joint[..., record.h.shape[2] * reverse :][..., : record.h.shape[2]] = record.h
    return record


def _backward(net: "Recurrent[Any]", layer: Any, dh: FloatArray | None, dlast: State, *, need_dx: bool) -> Any:
    if net.engine == "kernels":
        return kernels.backward(net.cell, layer.x, layer.weights, layer.record, dh, dlast, need_dx=need_dx)
    H = net.hidden_size
    dh = np.zeros_like(layer.h) if dh is None else dh[..., H * layer.record.reverse :][..., :H]
    given = (layer.x, layer.weights, layer.record, dh, *dlast)
    return net.cell.backward(*given, functions=net.functions, by=kernels.ARITHMETIC)


def _at(net: "Recurrent[Any]", state: State, k: int, d: int) -> State:
    """Of the net's states, those of layer k in direction d."""
    return tuple([values[k * net.num_directions + d] for values in state])


def _joint(net: "Recurrent[Any]", x: FloatArray) -> FloatArray | None:
    """Memory for what both directions give out, (N, T, 2H); None if there is one."""
    return kernels.empty((*x.shape[:2], net.output_size), x.dtype) if net.bidirectional else None


def _each_direction(net: "Recurrent[Any]", one: Callable[[int], _Result], x: FloatArray) -> list[_Result]:
    """``one`` for each direction of a layer that reads x (N, T, F)."""
    if not net.bidirectional:
        return [one(0)]
    N, T, F = x.shape
    H, gates = net.hidden_size, len(net.cell.gates)
    work = T * H * (F + H) * gates if net.engine == "kernels" else 0
    return in_both(one, N=N, multiplications=work)
