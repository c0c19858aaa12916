"""Arguments, data and numbers that can't be used: told plainly, with the model left usable."""

from typing import Any

import numpy as np
import pytest

from clearlstm.errors import InputError, TrainingError
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.shapes import FloatArray
from clearlstm.training.batches import ArrayBatches
from clearlstm.training.loop import train
from clearlstm.training.losses import CrossEntropy
from tests.training.runs import N, Ragged, T, assert_equal, model, sequences, weights


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_learning_rate_that_is_far_too_high_is_told_with_its_step(dtype: str) -> None:
    x, y = sequences()
    net = Network([RNN(2, 4, activation="relu", dtype=dtype, seed=0)], head=1, seed=0)
    before: dict[int, dict[str, FloatArray]] = {0: weights(net)}

    def keep(step: int, loss: float) -> None:
        assert np.isfinite(loss)
        before[step] = weights(net)

    # Adam moves the head's bias by the rate itself, and the square of 1e160 is beyond a float64.
    with pytest.raises(TrainingError, match=r"at step (\d+): .*lower learning_rate \(now 1e\+160\)") as caught:
        train(net, x, y, learning_rate=1e160, clip_norm=None, max_steps=100, on_step=keep)
    failed = int(str(caught.value).split("at step ")[1].split(":")[0])
    # The failing step's own answers came from the update of the step before, which is taken back.
    assert_equal(net, before[max(failed - 2, 0)])
    assert all(np.isfinite(values).all() for values in net.parameters.values())


def test_numbers_that_overflow_between_two_nets_are_a_training_error() -> None:
    x, y = sequences()
    nets: list[LSTM | RNN] = [RNN(2, 4, activation="relu", dtype="float32", seed=0), LSTM(4, 3, seed=0)]
    net = Network(nets, head=1, seed=0)
    with pytest.raises(TrainingError, match="step 2"):
        train(net, x, y, learning_rate=1e30, clip_norm=None, max_steps=100)
    assert all(np.isfinite(values).all() for values in net.parameters.values())


def test_a_validation_loss_that_is_not_finite_is_a_training_error() -> None:
    x, y = sequences()
    net = model()
    with pytest.raises(TrainingError, match="step 3: the loss is inf"):
        train(net, x, y, max_steps=9, validate_every=3, validation=(x, np.full((N, 1), 1e300)))


def test_a_source_that_gives_missing_values_is_named_as_such() -> None:
    x, y = sequences()
    x[3, 2, 1] = np.nan
    with pytest.raises(InputError, match="x holds nan"):
        train(model(), Ragged(x, y), batch_size=N, shuffle=False, max_steps=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"max_steps": 2.5}, r"max_steps is 2\.5"),
        ({"learning_rate": 0}, "learning_rate is 0; it must be a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'"),
        ({"weight_decay": -1}, "weight_decay is -1; it must be a number of at least 0"),
        ({"clip_norm": 0}, "clip_norm is 0"),
        ({"schedule": "linear"}, "schedule is 'linear'; use one of 'constant', 'cosine'"),
        ({"warmup_steps": 11}, "warmup_steps is 11; it can't exceed max_steps, 10"),
        ({"warmup_steps": -1}, "warmup_steps is -1"),
        ({"validate_every": 0}, "validate_every is 0"),
        ({"patience": 0}, "patience is 0"),
        ({"shuffle": "no"}, "shuffle is 'no'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
        ({"loss": "mse"}, "loss is 'mse'"),
        ({"validation": 1}, "validation is 1"),
        ({"validation": 1.0}, r"validation is 1\.0"),
        ({"validation": 0.99}, "leaves none to train on"),
        ({"validation": (1,)}, r"validation is \(1,\)"),
        ({"checkpoint_seconds": -1}, "checkpoint_seconds is -1"),
        ({"checkpoint": "no/such/folder/run.safetensors"}, "doesn't exist: make it first"),
        ({"checkpoint": "."}, "a folder: give the name of a file"),
        ({"y": None}, "y is missing"),
        ({"y": np.zeros(3)}, r"y has shape"),
        ({"y": [[1.0], [1.0, 2.0]]}, "y is ragged"),
        ({"y": np.ma.masked_array(np.zeros(N), np.arange(N) == 1)}, "y is masked in places"),
        ({"y": np.full(N, np.inf)}, "y holds inf"),
        ({"x": np.zeros((N, T, 3))}, "x has 3 features a step; this net takes 2"),
        ({"lengths": [T + 1] * N}, r"lengths\[0\] is 7"),
        ({"loss": CrossEntropy()}, "cross-entropy needs one whole number"),
        ({"model": LSTM(2, 3)}, "train takes a Network"),
        ({"x": ArrayBatches(np.zeros((N, T, 2)), np.zeros(N))}, "leave them out"),
    ],
)
def test_bad_arguments_are_refused_before_anything_happens(arguments: dict[str, Any], message: str) -> None:
    x, y = sequences()
    net = model()
    before = weights(net)
    with pytest.raises(InputError, match=message):
        train(**{"model": net, "x": x, "y": y, "max_steps": 10, **arguments})
    assert_equal(net, before)


def test_an_empty_source_is_refused() -> None:
    source = Ragged(*sequences())
    source.n_rows = 0
    with pytest.raises(InputError, match="no rows"):
        train(model(), source)
