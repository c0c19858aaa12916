"""Torch's losses, learning rates, AdamW and whole training runs."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from clearlstm.shapes import FloatArray
from clearlstm.training.batches import RowOrder
from scripts.torch_answers.cell import draw_weights, gradient, numbers
from tests.training import gradients
from tests.training.runs import N, sequences

FUNCTIONS: dict[str, Any] = {
    "squared": torch.nn.functional.mse_loss,
    "absolute": torch.nn.functional.l1_loss,
    "cross_entropy": torch.nn.functional.cross_entropy,
}
RATES: dict[str, Any] = {"peak": 0.3, "max_steps": 37, "warmup_steps": [0, 1, 10, 37]}
RUN: dict[str, Any] = {
    "batch_size": 7,
    "max_steps": 60,
    "learning_rate": 0.01,
    "weight_decay": 0.05,
    "clip_norm": 0.5,
    "warmup_steps": 5,
    "seed": 3,
}


def answers() -> dict[str, Any]:
    both = (False, True)
    return {
        "losses": {
            f"{name}, {'steps' if len(rows) > 1 else 'rows'}{', weighted' if weighted else ''}": asked_loss(
                name, rows, weighted
            )
            for name in FUNCTIONS
            for rows in ((7,), (3, 5))
            for weighted in both
        },
        "rates": RATES
        | {
            kind: [rates(kind, RATES["peak"], warmup, RATES["max_steps"]) for warmup in RATES["warmup_steps"]]
            for kind in ("constant", "cosine")
        },
        "optimiser": {
            f"{dtype}, decay {decay:g}{', clipped' if clip else ''}": {
                "weight_decay": decay,
                "clip_norm": clip,
                "dtype": dtype,
                "end": optimised(decay, clip, dtype),
            }
            for dtype in ("float64", "float32")
            for decay in (0.0, 0.1)
            for clip in (None, 1.0)
        },
        "run": RUN,
        "runs": {
            f"{kind}{', both ways' if bidirectional else ''}": run(kind, bidirectional)
            for kind in ("LSTM", "RNN")
            for bidirectional in both
        },
    }


def asked_loss(name: str, rows: tuple[int, ...], weighted: bool) -> dict[str, Any]:
    """A loss and its gradient for one prediction (*rows, 3)."""
    rng = np.random.default_rng(len(rows))
    prediction: FloatArray = 3 * rng.normal(size=(*rows, 3))
    y: npt.NDArray[Any] = rng.integers(3, size=rows) if name == "cross_entropy" else rng.normal(size=(*rows, 3))
    weight = rng.random(rows) if weighted else None
    value, slope = loss(name, prediction, y, weight)
    return {"name": name, "prediction": prediction, "y": y, "weight": weight, "value": value, "gradient": slope}


def loss(name: str, prediction: FloatArray, y: npt.NDArray[Any], weight: FloatArray | None) -> tuple[float, FloatArray]:
    """Torch's loss of each element, their mean weighted row by row, and its gradient."""
    answer, target = torch.from_numpy(prediction.copy()).requires_grad_(), torch.from_numpy(y.copy())
    if name == "cross_entropy":
        flat = FUNCTIONS[name](answer.flatten(0, -2), target.flatten(), reduction="none")
        elements = flat.reshape(*target.shape, 1)
    else:
        elements = FUNCTIONS[name](answer, target, reduction="none")
    w = torch.ones(elements.shape[:-1], dtype=torch.float64) if weight is None else torch.from_numpy(weight)
    w = w[..., None].expand_as(elements)
    value = (w * elements).sum() / w.sum()
    value.backward()
    return value.item(), gradient(answer)


def rates(kind: str, peak: float, warmup_steps: int, max_steps: int) -> list[float]:
    """The learning rate of each step by torch's schedulers, one after the other."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    schedulers = torch.optim.lr_scheduler
    after: torch.optim.lr_scheduler.LRScheduler = schedulers.ConstantLR(optimiser, factor=1.0)
    if kind == "cosine":
        after = schedulers.CosineAnnealingLR(optimiser, T_max=max(max_steps - warmup_steps, 1))
    rise = schedulers.LambdaLR(optimiser, lambda step: (step + 1) / max(warmup_steps, 1))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The epoch parameter in", UserWarning)  # torch's own call
        whole = schedulers.SequentialLR(optimiser, [rise, after], [warmup_steps]) if warmup_steps else after
        made = []
        for _ in range(max_steps):
            made.append(float(optimiser.param_groups[0]["lr"]))
            optimiser.step()
            whole.step()
    return made


def optimised(weight_decay: float, clip_norm: float | None, dtype: str) -> dict[str, FloatArray]:
    """Where AdamW leads the parameters; biases aren't decayed."""
    tensors = {name: torch.nn.Parameter(torch.from_numpy(values)) for name, values in gradients.draw(0, dtype).items()}
    weights = [tensor for name, tensor in tensors.items() if not name.endswith(".b")]
    biases = [tensor for name, tensor in tensors.items() if name.endswith(".b")]
    optimiser = adamw(weights, biases, weight_decay)
    for step in range(gradients.STEPS):
        for name, values in gradients.of_step(step, dtype).items():
            tensors[name].grad = torch.from_numpy(values)
        take_step(optimiser, gradients.rate(step), clip_norm)
    return {name: numbers(tensor) for name, tensor in tensors.items()}


def adamw(weights: list[Any], biases: list[Any], weight_decay: float) -> torch.optim.AdamW:
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": biases, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1.0)


def take_step(optimiser: torch.optim.AdamW, rate: float, clip_norm: float | None) -> None:
    if clip_norm is not None:
        torch.nn.utils.clip_grad_norm_(
            [values for group in optimiser.param_groups for values in group["params"]], clip_norm
        )
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()


def run(kind: str, bidirectional: bool) -> dict[str, Any]:
    """Two layers and a head of one answer a step, trained on tests/training/runs.py; torch's second bias stays 0."""
    net = getattr(torch.nn, kind)(2, 3, 2, batch_first=True, bidirectional=bidirectional, dtype=torch.float64)
    head = torch.nn.Linear(6 if bidirectional else 3, 1, dtype=torch.float64)
    both = torch.nn.ModuleDict({"net": net, "head": head})
    draw_weights(both, np.random.default_rng(5))
    for name, values in net.named_parameters():
        if name.startswith("bias_hh"):
            values.detach().zero_()
            values.requires_grad_(False)
    learnt = {name: values for name, values in both.named_parameters() if values.requires_grad}
    start = {name: numbers(values).copy() for name, values in learnt.items()}
    history = trained(net, head, learnt)
    return {
        "kind": kind,
        "bidirectional": bidirectional,
        "start": start,
        "losses": history,
        "end": {name: numbers(values) for name, values in learnt.items()},
    }


def trained(net: Any, head: Any, learnt: dict[str, Any]) -> list[float]:
    """The loss of each step."""
    x, _ = sequences()
    y = np.cumsum(x, axis=1)[..., :1]
    weights = [values for name, values in learnt.items() if "bias" not in name]
    biases = [values for name, values in learnt.items() if "bias" in name]
    optimiser = adamw(weights, biases, RUN["weight_decay"])
    order = RowOrder(N, RUN["batch_size"], shuffle=True, seed=RUN["seed"])
    steps = rates("cosine", RUN["learning_rate"], RUN["warmup_steps"], RUN["max_steps"])
    history = []
    for step, rate in enumerate(steps):
        rows = order.rows(step)
        answer = head(net(torch.from_numpy(x[rows]))[0])
        error = torch.nn.functional.mse_loss(answer, torch.from_numpy(y[rows]))
        optimiser.zero_grad()
        error.backward()  # type: ignore[no-untyped-call]
        take_step(optimiser, rate, RUN["clip_norm"])
        history.append(error.item())
    return history
