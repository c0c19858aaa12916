"""What the golden bits are made of: passes, training runs and estimators, small enough for an emulated processor.

Nothing in a case may depend on this machine: no BLAS, no libm, no clock. Sizes lie on both sides of every register's
width, and long enough that the weights' gradients are summed in several groups and blocks.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cell import Cell
from clearlstm.cell.cells import CELLS
from clearlstm.check import passes
from clearlstm.check.layers import Shape, Source, draw
from clearlstm.network.gru import GRU
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Net, Network
from clearlstm.network.rnn import RNN
from clearlstm.training.loop import train
from clearlstm.training.losses import Loss, Pinball

Numbers = Iterator[npt.NDArray[Any]]

SHAPES: Final = (
    Shape(1, 1, 1, 1),
    Shape(9, 21, 3, 37, ragged=True),
    Shape(33, 40, 5, 19, ragged=True, reverse=True),
    Shape(64, 20, 8, 64),
)
TRAINING_STEPS: Final = 300


def _of_all_shapes(run: Callable[..., passes.Arrays], cell: Cell, dtype: str) -> Numbers:
    for seed, shape in enumerate(SHAPES):
        yield from run(cell, draw(shape, dtype, seed), way="kernels").values()


def _initial(make: Callable[..., Net], **options: Any) -> Numbers:
    """The first weights that seeds give."""
    for size in (1, 2, 7, 64):
        yield from make(3, size, seed=size, **options).parameters.values()


def _net(make: Callable[..., Net], dtype: str, **options: Any) -> Numbers:
    """A net of two layers, and its way back: outputs, sums before the gates, and every gradient."""
    net = make(3, 13, 2, seed=5, dtype=dtype, **options)
    source = Source(1, net.dtype)
    x, lengths = source.uniform(2, 9, 30, 3), source.lengths(9, 30)
    trace: Any = net.trace(x, lengths)
    yield from (trace.h, *trace.state, *trace.layer(0).columns().values())
    grads = net.backward(trace, source.uniform(1, *trace.h.shape))
    yield from (grads.x, *grads.state, *grads.parameters.values())
    if not net.bidirectional:
        h, state = net.step(x[:, 0])
        yield from (h, *state)


def _training(make: Callable[..., Net], loss: str | Loss, pool: Any, width: int, **options: Any) -> Numbers:
    """What a run did and where it ended: with dropout, weight decay, a schedule, lengths and a validation part."""
    net = make(3, 13, 2, dropout=0.2, seed=7)
    model = Network([net], head=width, pool=pool, seed=8)
    source = Source(2, model.dtype)
    x, lengths = source.uniform(2, 80, 20, 3), source.lengths(80, 20)
    y: npt.NDArray[Any] = x if pool is None else x[:, 0]
    y = np.argmax(y, axis=-1) if loss == "cross_entropy" else y[..., : width if isinstance(loss, str) else 1]
    history = train(model, x, y, lengths=lengths, loss=loss, max_steps=TRAINING_STEPS, **options)
    yield from (history.losses, *model.parameters.values())


_ALL_OPTIONS: Final = {
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "schedule": "cosine",
    "warmup_steps": 20,
    "validation": 0.2,
    "batch_size": 32,
}


def _classifier() -> Numbers:
    """A classifier of both directions: its probabilities for the sequences that it was fitted to."""
    from clearlstm.sequences.classifier import LSTMClassifier

    source = Source(3, np.dtype(np.float64))
    X = [source.uniform(2, length, 2) for length in source.lengths(60, 12)]
    y = ["rose" if sequence[-1, 0] > sequence[0, 0] else "fell" for sequence in X]
    training: dict[str, Any] = {"learning_rate": 0.005, "schedule": "constant", "validation_share": 0.15}
    yield LSTMClassifier(9, bidirectional=True, max_steps=60, seed=0, **training).fit(X, y).predict_proba(X)


def _regressor() -> Numbers:
    """A regressor of long sequences, as it is by default: several steps at once, a rate that falls along a cosine."""
    from clearlstm.sequences.regressor import LSTMRegressor

    source = Source(4, np.dtype(np.float64))
    X = [source.uniform(2, 150 + length, 2) for length in source.lengths(30, 60)]
    y = [sequence[0, 0] - sequence[-1, 1] for sequence in X]
    yield LSTMRegressor(5, max_steps=60, seed=0).fit(X, y).predict(X)


def _forecaster() -> Numbers:
    """A forecaster of the bundled load, with calendar and intervals: all that it forecasts."""
    from clearlstm import examples
    from clearlstm.forecasting.forecaster import LSTMForecaster

    load = examples.load().tail(1100)
    forecaster = LSTMForecaster(h=12, input_size=48, hidden_size=16, calendar=True, level=(80,), max_steps=60, seed=0)
    yield forecaster.fit(load).predict().filter(like="LSTM").to_numpy()


def _passes(cell: Cell) -> dict[str, Callable[[], Numbers]]:
    return {
        f"{cell.name.lower()} {run.__name__} {dtype}": partial(_of_all_shapes, run, cell, dtype)
        for run in (passes.forward, passes.backward)
        for dtype in ("float32", "float64")
    }


def _nets() -> dict[str, Callable[[], Numbers]]:
    hard: Any = {"gate": "hard_sigmoid", "candidate": "tanh", "state": "relu"}
    kinds: dict[str, tuple[Callable[..., Net], dict[str, Any]]] = {
        "lstm net": (LSTM, {}),
        "lstm net, both directions": (LSTM, {"bidirectional": True}),
        "lstm net, peepholes": (LSTM, {"peepholes": True, "init": "uniform"}),
        "lstm net, other activations": (LSTM, {"activations": hard}),
        "gru net": (GRU, {}),
        "gru net, both directions, uniform": (GRU, {"bidirectional": True, "init": "uniform"}),
        "gru net, reset before": (GRU, {"reset_after": False}),
        "rnn net": (RNN, {}),
        "rnn net, both directions, relu": (RNN, {"bidirectional": True, "activation": "relu"}),
    }
    return {
        f"{name} {dtype}": partial(_net, make, dtype, **options)
        for name, (make, options) in kinds.items()
        for dtype in ("float32", "float64")
    }


CASES: Final[dict[str, Callable[[], Numbers]]] = {
    **{name: case for cell in CELLS.values() for name, case in _passes(cell).items()},
    "first weights, orthogonal": partial(_initial, LSTM),
    "first weights, uniform": partial(_initial, RNN, init="uniform"),
    **_nets(),
    "training, squared error": partial(_training, LSTM, "squared", "last", 2, **_ALL_OPTIONS),
    "training, absolute error": partial(_training, LSTM, "absolute", "mean", 3, **_ALL_OPTIONS),
    "training, quantiles": partial(_training, RNN, Pinball((0.1, 0.5, 0.9)), "last", 3, **_ALL_OPTIONS),
    "training, gru": partial(_training, GRU, "squared", "last", 2, **_ALL_OPTIONS),
    "training, classes": partial(_training, LSTM, "cross_entropy", None, 3, **_ALL_OPTIONS),
    "classifier": _classifier,
    "regressor": _regressor,
    "forecaster": _forecaster,
}
"""The arrays of each case, by name."""

BY_REFERENCE: Final = frozenset(
    name for name in CASES if any(word in name for word in ("peepholes", "other activations", "relu", "reset before"))
)
"""The nets that no kernel runs."""
