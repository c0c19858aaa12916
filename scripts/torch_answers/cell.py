"""Torch's activations and recurrent layers."""

from typing import Any

import numpy as np
import torch

from clearlstm.shapes import FloatArray

Z = [-30.0, -8.1, -2.9, -2.4, -0.3, 0.2, 1.7, 2.6, 3.1, 25.0]
"""Points on every piece of every function, none on a kink."""

ACTIVATIONS: dict[str, Any] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "hard_sigmoid_6": lambda z: torch.clamp(z / 6 + 0.5, 0, 1),  # torch's own rounds its slope to float32
    "hard_sigmoid": lambda z: torch.clamp(0.2 * z + 0.5, 0, 1),
    "linear": lambda z: z,
}

NETS: dict[str, tuple[Any, int, int, dict[str, Any]]] = {
    "LSTM": (torch.nn.LSTM, 1, 4, {}),
    "RNN, tanh": (torch.nn.RNN, 1, 4, {"nonlinearity": "tanh"}),
    "RNN, relu": (torch.nn.RNN, 1, 4, {"nonlinearity": "relu"}),
    "LSTM of two layers": (torch.nn.LSTM, 2, 3, {}),
    "RNN of two layers": (torch.nn.RNN, 2, 3, {"nonlinearity": "tanh"}),
}
"""Kind, layers, hidden units and further options; all read in both directions."""

N, T, F = 3, 6, 2
LENGTHS = [4, 1, 6]


def answers() -> dict[str, Any]:
    return {
        "z": Z,
        "activations": {name: activation(function) for name, function in ACTIVATIONS.items()},
        "nets": {name: net(seed, *what) for seed, (name, what) in enumerate(NETS.items())},
    }


def activation(function: Any) -> dict[str, FloatArray]:
    """Its values and its slopes at ``Z``."""
    z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    values = function(z)
    values.sum().backward()
    return {"value": numbers(values), "slope": gradient(z)}


def net(seed: int, kind: Any, layers: int, H: int, options: dict[str, Any]) -> dict[str, Any]:
    """A net with its input, start and lengths; what comes out of it, and every gradient of Σ h·dh + Σ end·dend."""
    made = kind(F, H, layers, batch_first=True, bidirectional=True, dtype=torch.float64, **options)
    rng = np.random.default_rng(seed)
    draw_weights(made, rng)
    state_shape, n_states = (2 * layers, N, H), 2 if kind is torch.nn.LSTM else 1
    x = torch.from_numpy(rng.normal(size=(N, T, F))).requires_grad_()
    start = [torch.from_numpy(rng.normal(size=state_shape)).requires_grad_() for _ in range(n_states)]
    dh, dend = rng.normal(size=(N, T, 2 * H)), [rng.normal(size=state_shape) for _ in range(n_states)]
    h, end = run(made, x, start)
    loss = (h * torch.from_numpy(dh)).sum()
    for state, d in zip(end, dend, strict=True):
        loss = loss + (state * torch.from_numpy(d)).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    parameters = dict(made.named_parameters())
    question = {"x": numbers(x), "lengths": LENGTHS, "start": list(map(numbers, start)), "dh": dh, "dend": dend}
    answer = {"h": numbers(h), "end": list(map(numbers, end)), "dx": gradient(x), "dstart": list(map(gradient, start))}
    return {
        "parameters": {name: numbers(values) for name, values in parameters.items()},
        **question,
        **answer,
        "dparameters": {name: gradient(values) for name, values in parameters.items()},
    }


def draw_weights(net: Any, rng: np.random.Generator) -> None:
    with torch.no_grad():
        for values in net.parameters():
            values.copy_(torch.from_numpy(rng.normal(scale=0.7, size=tuple(values.shape))))


def run(net: Any, x: torch.Tensor, start: list[torch.Tensor]) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """h (N, T, 2·H), padded with 0, and the states after each sequence's own last step."""
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False
    )  # fmt: skip
    out, end = net(packed, tuple(start) if len(start) == 2 else start[0])
    h, _ = torch.nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=T)
    return h, end if isinstance(end, tuple) else (end,)


def numbers(tensor: torch.Tensor) -> FloatArray:
    return np.asarray(tensor.detach().numpy())


def gradient(tensor: torch.Tensor) -> FloatArray:
    assert tensor.grad is not None
    return np.asarray(tensor.grad.numpy())
