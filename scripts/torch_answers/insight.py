"""Torch's gradients of hidden states: clipping and gradient flow, by autograd."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from clearlstm.cell.layout import GATES, reorder
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray
from tests.insight import clipping_cases, flow_cases
from tests.insight.clipping_cases import LENGTHS, MAX_NORM, H, T
from tests.orders import TORCH_GATES


def answers() -> dict[str, Any]:
    return {
        "clipping": {name: clipped(*case) for name, case in clipping_cases.CASES.items()},
        "flow": {name: flow(*case) for name, case in flow_cases.CASES.items()},
        "wide_flow": {kind: wide_flow(kind) for kind in ("LSTM", "RNN")},
    }


def clipped(kind: str, pool: Any, bidirectional: bool) -> list[dict[str, Any]]:
    """Each mini-batch's loss, the norm of its gradient, and the norms of ∂L/∂h_t (K, T) and ∂L/∂x_t (T,)."""
    network, (x, y) = clipping_cases.model(kind, pool, bidirectional), clipping_cases.data(pool)
    found = []
    for rows in clipping_cases.batches():
        peer = StepByStep(network)
        inputs = torch.from_numpy(x[rows]).requires_grad_()
        loss = squared_error(pool, peer(inputs, LENGTHS[rows]), torch.from_numpy(y[rows]), LENGTHS[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        assert inputs.grad is not None
        steps = {"h": peer.state_norms(3), "x": np.sqrt((inputs.grad.numpy() ** 2).sum(axis=(0, 2)))}
        before = [values.grad.norm() for values in peer.parameters.values() if values.grad is not None]
        norm = torch.nn.utils.clip_grad_norm_(peer.parameters.values(), MAX_NORM)
        after = [values.grad.norm() for values in peer.parameters.values() if values.grad is not None]
        factors = [float(now / then) for now, then in zip(after, before, strict=True) if then > 0]
        found.append({"loss": loss.item(), "norm": float(norm), "factor": float(np.median(factors)), **steps})
    return found


class StepByStep:
    """A network in torch, step by step; ``states`` holds each h_t that was made, with its layer and its step."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.states: list[tuple[int, int, torch.Tensor]] = []
        self.parameters = {
            name: torch.from_numpy(values.astype(np.float64)).requires_grad_()
            for name, values in network.parameters.items()
        }

    def __call__(self, x: torch.Tensor, lengths: Any) -> torch.Tensor:
        below, layer = x, 0
        for n, net in enumerate(self.network.nets):
            for k in range(net.num_layers):
                sides = [self.direction(n, k, d, layer, below, lengths) for d in range(net.num_directions)]
                below, layer = torch.cat(sides, dim=-1), layer + 1
        return self.head(below, lengths)

    def direction(self, n: int, k: int, d: int, layer: int, x: torch.Tensor, lengths: Any) -> torch.Tensor:
        name = f"net{n}.layer{k}.{('forward', 'reverse')[d]}."
        weights = [self.parameters[name + part] for part in ("W", "U", "b")]
        rows = []
        for row, length in zip(x, lengths, strict=True):
            h = c = torch.zeros(H, dtype=torch.float64)
            found = [h] * len(row)
            for t in range(int(length))[:: -1 if d else 1]:
                h, c = step(row[t], h, c, *weights)
                h.retain_grad()
                self.states.append((layer, t, h))
                found[t] = h
            rows.append(torch.stack(found))
        return torch.stack(rows)

    def head(self, h: torch.Tensor, lengths: Any) -> torch.Tensor:
        pooled = h
        if self.network.pool == "last":
            last = torch.stack([row[int(length) - 1, :H] for row, length in zip(h, lengths, strict=True)])
            pooled = torch.cat([last, h[:, 0, H:]], dim=-1)
        elif self.network.pool == "mean":
            pooled = h.sum(dim=1) / torch.as_tensor(lengths)[:, None]
        return pooled @ self.parameters["head.W"] + self.parameters["head.b"]

    def state_norms(self, n_layers: int) -> FloatArray:
        """The norm of ∂L/∂h_t over rows and units, (K, T)."""
        squares = np.zeros((n_layers, T))
        for layer, t, h in self.states:
            squares[layer, t] += 0 if h.grad is None else float((h.grad**2).sum())
        return np.sqrt(squares)


def step(
    x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    z = x @ W + h @ U + b
    if len(z) == H:
        return torch.tanh(z), c
    part = dict(zip(GATES, torch.split(z, H), strict=True))
    c = torch.sigmoid(part["f"]) * c + torch.sigmoid(part["i"]) * torch.tanh(part["g"])
    return torch.sigmoid(part["o"]) * torch.tanh(c), c


def squared_error(pool: Any, answer: torch.Tensor, y: torch.Tensor, lengths: Any) -> torch.Tensor:
    errors = (answer - y) ** 2
    if pool is not None:
        return errors.mean()
    real = torch.as_tensor(np.arange(T) < np.asarray(lengths)[:, None])
    return errors[real].mean()


def flow(kind: str, shape: tuple[int, int, int, int], reverse: bool) -> list[list[list[float]]]:
    """The norms at each step of each sequence but the one taken last, in the order in which they were taken."""
    layer = flow_cases.layer(kind, shape, reverse)
    return [
        [norms_after(layer, n, order[: at + 1], order[at + 1 :]) for at in range(len(order) - 1)]
        for n, length in enumerate(layer.record.lengths)
        for order in [flow_cases.taken(int(length), reverse=reverse)]
    ]


def wide_flow(kind: str) -> list[list[float]]:
    """The first of the norms, ∂h_last/∂h_k, at some steps k of each sequence."""
    layer = flow_cases.wide_layer(kind)
    return [
        [norms_after(layer, n, list(range(k + 1)), list(range(k + 1, length)))[0] for k in flow_cases.some(length)]
        for n, length in enumerate(flow_cases.WIDE_LENGTHS)
    ]


def norms_after(layer: Any, n: int, taken: list[int], rest: list[int]) -> list[float]:
    """The norms of ∂h_last/∂h_k, and for an LSTM of ∂c_last/∂c_k and of both states together."""
    k, H = taken[-1], layer.h.shape[-1]
    net, x = torch_layer(layer), torch.from_numpy(layer.x[n, rest])
    if not isinstance(layer, LSTMLayerTrace):
        return [norm(jacobian(lambda h: net(x, h[None])[1][0], layer.h[n, k]))]
    o_k, c_k = torch.from_numpy(layer.o[n, k].copy()), layer.c[n, k]

    def run(h: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        _, (h_n, c_n) = net(x, (h[None], c[None]))
        return torch.cat([h_n[0], c_n[0]])

    joint = jacobian(lambda s: run(s[:H], s[H:]), np.concatenate([layer.h[n, k], c_k]))
    following = jacobian(lambda c: run(o_k * torch.tanh(c), c), c_k)  # c_k moved, and h_k with it
    return [norm(joint[:H, :H]), norm(following[H:]), norm(joint)]


def torch_layer(layer: Any) -> Any:
    weights = layer.weights
    is_lstm = isinstance(layer, LSTMLayerTrace)
    kind: Any = torch.nn.LSTM if is_lstm else torch.nn.RNN
    net = kind(len(weights.W), len(weights.U), batch_first=True, dtype=torch.float64)
    parts = (weights.W, weights.U, weights.b)
    W, U, b = (reorder(part, GATES, TORCH_GATES) for part in parts) if is_lstm else parts
    with torch.no_grad():
        for name, values in {"weight_ih": W.T, "weight_hh": U.T, "bias_ih": b, "bias_hh": 0 * b}.items():
            getattr(net, f"{name}_l0").copy_(torch.from_numpy(values.copy()))
    return net


def jacobian(answer: Callable[[torch.Tensor], torch.Tensor], at: FloatArray) -> FloatArray:
    found = torch.autograd.functional.jacobian(answer, torch.from_numpy(at.copy()))  # type: ignore[no-untyped-call]
    return np.asarray(found)


def norm(matrix: FloatArray) -> float:
    return float(np.linalg.norm(matrix, 2))
