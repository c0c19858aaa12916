"""One layer in one direction as a step of torch's autograd: forward and backward on clearlstm's kernels."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from clearlstm import kernels
from clearlstm.cell.cell import Cell
from clearlstm.cell.layout import reorder
from clearlstm.errors import InputError
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray
from clearlstm.torch.openmp import on_torchs_threads


@dataclass
class Pass:
    """What a layer in one direction is asked to do, and then its ``trace``: what it read and every gate and state."""

    layer_trace: type[LayerTrace]
    lengths: npt.NDArray[np.int64]
    reverse: bool
    trace: Any = None


class Layer(torch.autograd.Function):
    """h (N, T, H) and the final states, each (N, H), from x (N, T, F), torch's weights and the first states."""

    @staticmethod
    def forward(
        ctx: Any,
        asked: Pass,
        x: torch.Tensor,
        weight_ih: torch.Tensor,
        weight_hh: torch.Tensor,
        bias_ih: torch.Tensor | None,
        bias_hh: torch.Tensor | None,
        *first: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """The pass itself."""
        cell, inputs = asked.layer_trace.cell, array(x)
        weights = _weights(cell, weight_ih, weight_hh, bias_ih, bias_hh)
        with on_torchs_threads():
            states = tuple(array(state) for state in first)
            record = kernels.forward(cell, inputs, weights, states, asked.lengths, reverse=asked.reverse)
        answers = [torch.from_numpy(values) for values in (record.h, *(getattr(record, n) for n in cell.last_names))]
        ctx.trace = asked.trace = asked.layer_trace(inputs, weights, record, cell.options[cell.activations])
        ctx.set_materialize_grads(False)
        # The kernels read x and h again on the way back: torch then tells whether they were changed meanwhile.
        ctx.save_for_backward(x, answers[0])
        return tuple(answers)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[Any, ...]:
        """Gradients by everything that :meth:`forward` takes."""
        with torch.no_grad():
            found = Layer._gradients(ctx, gradients)
        if not torch.is_grad_enabled():
            return found
        return _Final.apply(*(None if one is None else one.requires_grad_() for one in found))  # type: ignore[no-any-return, no-untyped-call]

    @staticmethod
    def _gradients(ctx: Any, gradients: tuple[torch.Tensor | None, ...]) -> tuple[Any, ...]:
        _ = ctx.saved_tensors
        trace: LayerTrace = ctx.trace
        cell, record = trace.cell, trace.record
        dh, *dlast = (None if one is None else array(one) for one in gradients)
        if dh is None and all(one is None for one in dlast):
            return (None,) * len(ctx.needs_input_grad)
        given = tuple(
            np.zeros_like(getattr(record, name)) if one is None else one
            for name, one in zip(cell.last_names, dlast, strict=True)
        )
        with on_torchs_threads():
            grads = kernels.backward(cell, trace.x, trace.weights, record, dh, given, need_dx=ctx.needs_input_grad[1])
        found = [
            grads.x,
            *(_in_torchs_order(cell, part).T for part in (grads.W, grads.U)),
            *_by_biases(cell, grads),
            *(getattr(grads, name) for name in cell.first_names),
        ]
        needed = zip(found, ctx.needs_input_grad[1:], strict=True)
        return None, *(torch.from_numpy(np.ascontiguousarray(one)) if wanted else None for one, wanted in needed)


class _Final(torch.autograd.Function):
    """Gradients as they are; their own gradients are refused, where they would be missing without a word."""

    @staticmethod
    def forward(_ctx: Any, *gradients: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        return gradients

    @staticmethod
    def backward(_ctx: Any, *_gradients: torch.Tensor | None) -> Any:
        raise InputError(
            "clearlstm.torch's layers have no gradients of gradients: use torch.nn's where they are needed; "
            "clearlstm.torch.swap_lstms(model, back=True) brings a model's layers back to them"
        )


def array(tensor: torch.Tensor) -> FloatArray:
    """Its numbers, C-contiguous; the memory is shared where they are so already."""
    values: FloatArray = tensor.detach().contiguous().numpy()
    return values


def _weights(
    cell: Cell,
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    bias_ih: torch.Tensor | None,
    bias_hh: torch.Tensor | None,
) -> Any:
    """Copies in our layout: training goes on, and a trace must not change."""
    W, U = (tensor.detach().numpy().T for tensor in (weight_ih, weight_hh))
    none = np.zeros(W.shape[1], W.dtype)
    b_input, b_recurrent = (none if one is None else one.detach().numpy() for one in (bias_ih, bias_hh))
    weights = cell.read("torch", W, U, b_input, b_recurrent, cell.options)
    return replace(weights, W=np.ascontiguousarray(weights.W), U=np.ascontiguousarray(weights.U))


def _in_torchs_order(cell: Cell, packed: FloatArray) -> FloatArray:
    """``packed`` (…, kH) with the gates as torch has them."""
    order = cell.formats["torch"].gates
    return packed if order == cell.gates else reorder(packed, cell.gates, order)


def _by_biases(cell: Cell, grads: Any) -> tuple[FloatArray, FloatArray]:
    """The gradients by bias_ih and bias_hh, from those by what :attr:`Cell.biases` makes of them."""
    by_input = _in_torchs_order(cell, grads.b)
    if getattr(grads, "b_h", None) is None:
        return by_input, by_input.copy()
    # A GRU's candidate has a bias within the reset gate's reach, which bias_hh alone is.
    by_recurrent = by_input.copy()
    by_recurrent[-len(grads.b_h) :] = grads.b_h
    return by_input, by_recurrent


def check_here(name: str, *tensors: torch.Tensor) -> None:
    """Refuse tensors that the kernels can't compute with."""
    for tensor in tensors:
        if tensor.device.type != "cpu":
            raise InputError(
                f"clearlstm.torch.{name} computes on the CPU, and a tensor is on {tensor.device}: use torch.nn.{name} "
                "there; clearlstm.torch.swap_lstms(model, back=True) brings a model's layers back to it"
            )
        if tensor.dtype not in (torch.float32, torch.float64):
            raise InputError(
                f"clearlstm.torch.{name} computes in float32 and float64, and a tensor is {tensor.dtype}: use "
                f"torch.nn.{name} for it, or convert the model and its inputs with .float()"
            )
