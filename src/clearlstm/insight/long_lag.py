"""Nets of one size side by side: what reaches their first step, before and after they learn a task with a long lag.

The task is the plainest that needs the first step: x is +1 or −1 there and noise after it, and the answer at the end is
that first value. It follows the two-sequence problem of Bengio et al. (1994), which Hochreiter & Schmidhuber (1997,
experiment 3) set an LSTM: signal and noise come in on the same line.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeAlias, final

import numpy as np

from clearlstm.cell.layout import gate_slice
from clearlstm.errors import InputError
from clearlstm.insight.gradient_flow import GradientFlow, gradient_flow
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.shapes import FloatArray, check_positive
from clearlstm.training.loop import train

NOISE: Final = 0.3
BATCH_SIZE: Final = 32
LEARNING_RATE: Final = 1e-3
TEST_SEQUENCES: Final = 1000
LEARNT: Final = 0.95

OnNet: TypeAlias = Callable[[str], None]


@final
@dataclass(frozen=True)
class Start:
    """How a net begins: an LSTM with its forget bias, or a plain net (``forget_bias`` None); other biases are 0.

    Torch draws all biases at random too; at 0, the forget bias is exactly what the name says.
    """

    name: str
    init: str
    forget_bias: float | None = None

    @property
    def is_lstm(self) -> bool:
        """Whether it is an LSTM."""
        return self.forget_bias is not None

    def make(self, hidden_size: int, seed: int) -> LSTM | RNN:
        """A net with one input feature."""
        net: LSTM | RNN
        if self.forget_bias is None:
            net, bias = RNN(1, hidden_size, init=self.init, seed=seed), np.zeros(hidden_size)
        else:
            net, bias = LSTM(1, hidden_size, init=self.init, seed=seed), np.zeros(4 * hidden_size)
            bias[gate_slice("f", hidden_size)] = self.forget_bias
        net.parameters["layer0.forward.b"][...] = bias
        return net


STARTS: Final = (
    Start("plain, uniform", "uniform"),
    Start("plain, orthogonal", "orthogonal"),
    Start("LSTM, bias 0", "uniform", 0.0),
    Start("LSTM, bias 1", "uniform", 1.0),
    Start("LSTM, bias 3", "uniform", 3.0),
)


@final
@dataclass(frozen=True)
class Contender:
    """One start's results. A flow holds a sequence for each draw; ``share_right`` is that of fresh sequences, by draw.

    Without training, ``after`` and ``share_right`` are None.
    """

    start: Start
    before: GradientFlow
    after: GradientFlow | None = None
    share_right: tuple[float, ...] | None = None

    @property
    def n_learnt(self) -> int:
        """The draws that got at least 95 % of fresh sequences right; guessing gets half."""
        return sum(share >= LEARNT for share in self.share_right or ())


@final
@dataclass(frozen=True)
class Comparison:
    """The nets side by side, and what they have in common."""

    hidden_size: int
    n_steps: int
    n_draws: int
    seed: int
    n_updates: int
    contenders: tuple[Contender, ...]


def compare(
    *, hidden_size: int = 32, n_steps: int = 50, n_draws: int = 9, seed: int = 0, n_updates: int = 0,
    on_net: OnNet | None = None,
) -> Comparison:  # fmt: skip
    """Measure the gradient flow of every one of :data:`STARTS`; with ``n_updates``, once more after training.

    Draw d starts its weights from seed + d and is measured on a sequence of its own, the same for all nets. All train
    on the same batches with the same learning rate. ``on_net`` is told each net's name when its turn comes.
    """
    check_positive("hidden_size", hidden_size)
    check_positive("n_draws", n_draws)
    if check_positive("n_steps", n_steps) < 2:
        raise InputError("n_steps is 1; at least 2 are needed for a gradient to travel")
    contenders = [
        _measure(start, hidden_size, n_steps, range(seed, seed + n_draws), n_updates, on_net) for start in STARTS
    ]
    return Comparison(hidden_size, n_steps, n_draws, seed, n_updates, tuple(contenders))


def first_value(n_sequences: int, n_steps: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """The task: x (N, T, 1), +1 or −1 at the first step and then noise; y (N, 1), that first value."""
    x = rng.normal(0, NOISE, (n_sequences, n_steps, 1))
    x[:, 0] = rng.choice([-1.0, 1.0], (n_sequences, 1))
    return x, x[:, 0].copy()


def _measure(
    start: Start, hidden_size: int, n_steps: int, seeds: range, n_updates: int, on_net: OnNet | None
) -> Contender:
    before, after, right = [], [], []
    for seed in seeds:
        if on_net is not None:
            on_net(start.name)
        net = start.make(hidden_size, seed)
        probe, _ = first_value(1, n_steps, np.random.default_rng([seed, 0]))
        before.append(_flow(net, probe))
        if n_updates:
            right.append(_learn(net, n_steps, n_updates, seed))
            after.append(_flow(net, probe))
    if not n_updates:
        return Contender(start, _side_by_side(before))
    return Contender(start, _side_by_side(before), _side_by_side(after), tuple(right))


def _learn(net: LSTM | RNN, n_steps: int, n_updates: int, seed: int) -> float:
    """Train ``net`` in place, and return the share of fresh sequences that it then gets right."""
    x, y = first_value(n_updates * BATCH_SIZE, n_steps, np.random.default_rng([seed, 1]))
    model = Network(net, head=1, seed=seed)
    train(model, x, y, max_steps=n_updates, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE, seed=seed)
    x, y = first_value(TEST_SEQUENCES, n_steps, np.random.default_rng([seed, 2]))
    return float(np.mean(np.sign(model(x)) == y))


def _flow(net: LSTM | RNN, x: FloatArray) -> GradientFlow:
    return gradient_flow(net.trace(x).layer(0))


def _side_by_side(flows: list[GradientFlow]) -> GradientFlow:
    """One flow of several single sequences of equal length, all forward."""
    arrays = [field.name for field in fields(flows[0]) if field.name != "reverse"]
    together: dict[str, Any] = {name: np.concatenate([getattr(flow, name) for flow in flows]) for name in arrays}
    return replace(flows[0], **together)
