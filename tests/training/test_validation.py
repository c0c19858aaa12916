"""Validation: what is held back, when training stops, and which parameters come back."""

from typing import Any

import numpy as np
import pytest

from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.shapes import IntArray
from clearlstm.training.batches import Batch
from clearlstm.training.loop import train
from clearlstm.training.losses import SquaredError
from tests.training.runs import N, T, assert_equal, model, sequences, weights


def test_the_best_parameters_come_back() -> None:
    x, y = sequences()
    x_valid, y_valid = sequences(seed=1)
    net, kept = model(hidden_size=16), {}

    def keep(step: int, loss: float) -> None:  # noqa: ARG001 - the signature of a callback
        kept[step] = weights(net)

    history = train(
        net,
        x[:10],
        y[:10],
        batch_size=10,
        learning_rate=0.02,
        max_steps=2000,
        validation=(x_valid, y_valid),
        validate_every=10,
        patience=4,
        on_step=keep,
    )
    losses = [validation.loss for validation in history.validations]
    assert history.reason == "early_stopping"
    assert history.best_step is not None
    assert history.best_step == 10 * (1 + int(np.argmin(losses)))
    assert history.steps == history.best_step + 4 * 10 < 2000
    assert losses[-1] > min(losses)
    assert_equal(net, kept[history.best_step])
    assert SquaredError().value_and_gradient(net(x_valid), y_valid)[0] == pytest.approx(min(losses), rel=1e-12)


class _Scripted:
    """A validation source for which any small answer gives the next of the given losses."""

    n_rows = 1
    fingerprint = "scripted"

    def __init__(self, losses: list[float]) -> None:
        self._losses = iter(losses)

    def batch(self, rows: IntArray) -> Batch:
        return Batch(np.zeros((len(rows), T, 2)), np.full((len(rows), 1), 1e6 * next(self._losses)))


@pytest.mark.parametrize(
    ("losses", "patience", "steps", "best_step"),
    [
        ([5, 4, 6, 3, 6, 6, 6, 1], 3, 7, 4),  # two bad ones before the best don't add to the three after it
        ([5, 4, 6, 3, 6, 6, 6, 1], 4, 8, 8),
        ([5, 6, 4, 2], 1, 2, 1),
        ([4, 3, 2, 1], 1, 4, 4),
    ],
)
def test_patience_counts_from_the_latest_best(losses: list[float], patience: int, steps: int, best_step: int) -> None:
    x, y = sequences()
    options: dict[str, Any] = {"validate_every": 1, "patience": patience, "max_steps": len(losses)}
    history = train(model(), x, y, validation=_Scripted(losses), **options)
    assert (history.steps, history.best_step) == (steps, best_step)
    assert history.reason == ("early_stopping" if steps < len(losses) else "max_steps")


def test_of_equally_good_parameters_the_first_are_kept() -> None:
    """With weights, input and target all 0 nothing ever changes."""
    x, y = sequences()
    flat = Network([RNN(2, 1, dtype="float64", seed=0)], pool="last")
    flat.set_parameters({name: np.zeros_like(values) for name, values in flat.parameters.items()})
    history = train(flat, 0 * x, 0 * y, validation=0.2, validate_every=1, patience=3, max_steps=50)
    assert (history.steps, history.best_step) == (4, 1)


def test_the_last_step_is_validated_too() -> None:
    x, y = sequences()
    history = train(model(), x, y, max_steps=25, validation=0.2, validate_every=10)
    assert [validation.step for validation in history.validations] == [10, 20, 25]
    assert (history.steps, history.reason) == (25, "max_steps")


def test_a_share_is_held_back_from_the_end() -> None:
    x, y = sequences()
    by_share, by_hand = model(), model()
    first = train(by_share, x, y, validation=0.25, max_steps=60, validate_every=20)
    second = train(by_hand, x[:30], y[:30], validation=(x[30:], y[30:]), max_steps=60, validate_every=20)
    assert first.validations == second.validations
    assert_equal(by_share, by_hand)


def test_validation_weighs_batches_by_their_rows() -> None:
    x, _ = sequences()
    lengths = 1 + np.arange(N) % T
    net = Network([LSTM(2, 4, dtype="float64", seed=0)], head=1, pool=None, seed=0)
    targets = np.cumsum(x, axis=1)[..., :1]
    many = [np.concatenate([part] * 4) for part in (x, targets, lengths)]  # 160 rows: two batches of 64 and a rest
    history = train(net, x, targets, lengths=lengths, batch_size=8, max_steps=5, validation=(many[0], many[1], many[2]))
    real = np.arange(T) < lengths[:, None]
    wanted = ((net(x, lengths) - targets)[real] ** 2).mean()
    assert history.validations[-1].loss == pytest.approx(wanted, rel=1e-12)


def test_dropout_acts_in_training_and_not_in_validation() -> None:
    x, y = sequences()
    dropped, plain = model(num_layers=2, dropout=0.5), model(num_layers=2)
    options: dict[str, Any] = {"batch_size": N, "shuffle": False, "max_steps": 1, "validation": (x, y)}
    with_dropout = train(dropped, x, y, **options)
    without = train(plain, x, y, **options)
    assert with_dropout.losses[0] != without.losses[0]
    fresh = SquaredError().value_and_gradient(dropped(x), y)[0]
    assert with_dropout.validations[0].loss == pytest.approx(fresh, rel=1e-12)
    other_seed = train(model(num_layers=2, dropout=0.5), x, y, **options, seed=1)
    assert other_seed.losses[0] != with_dropout.losses[0]


def test_every_step_drops_others() -> None:
    """With updates too small to be seen and all rows in each batch, only dropout can tell two steps apart."""
    x, y = sequences()
    net = model(num_layers=2, dropout=0.5)
    history = train(net, x, y, batch_size=N, shuffle=False, learning_rate=1e-300, max_steps=10)
    assert len(set(history.losses)) == 10
