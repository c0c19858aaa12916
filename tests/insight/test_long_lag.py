"""The comparison of starts: same task and same draws for every net, and training that is judged on fresh sequences."""

import re
from functools import partial
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError
from clearlstm.insight import long_lag
from clearlstm.insight.gradient_flow import LSTMFlow, RNNFlow, gradient_flow
from clearlstm.insight.long_lag import LEARNT, NOISE, STARTS, Contender, compare, first_value
from clearlstm.network.rnn import RNNLayerTrace
from clearlstm.network.states import State
from clearlstm.shapes import FloatArray
from tests.numerics import central_difference

SMALL: dict[str, Any] = {"hidden_size": 4, "n_steps": 6}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[FloatArray]:
    """Every sequence that a flow is measured on, in order."""
    seen: list[FloatArray] = []

    def spy(layer: RNNLayerTrace) -> RNNFlow:
        seen.append(np.array(layer.x))
        return gradient_flow(layer)

    monkeypatch.setattr(long_lag, "gradient_flow", spy)
    return seen


def plain_norm(start: long_lag.Start, seed: int, n_steps: int) -> float:
    """‖∂h_T/∂h_1‖ of a plain net, by central differences through its own ``step``."""
    net = start.make(4, seed)
    x, _ = first_value(1, n_steps, np.random.default_rng([seed, 0]))
    exact = cl.RNN(1, 4, dtype="float64").set_parameters(net.parameters)
    _, (h_1,) = exact.step(x[:, 0])

    def last(unit: int) -> float:
        state: State = (h_1,)
        for t in range(1, n_steps):
            h, state = exact.step(x[:, t], state)
        return float(h[0, unit])

    jacobian = [[central_difference(partial(last, unit), h_1, (0, 0, j)) for j in range(4)] for unit in range(4)]
    return float(np.linalg.norm(jacobian, ord=2))


def test_what_is_measured_is_the_slope_of_the_last_state_by_the_first() -> None:
    comparison = compare(**SMALL, n_draws=2, seed=3)
    for contender in comparison.contenders[:2]:
        found = contender.before.h[:, 0]
        expected = [plain_norm(contender.start, seed, 6) for seed in (3, 4)]
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_all_nets_read_the_same_sequence_and_each_draw_its_own(read: list[FloatArray]) -> None:
    compare(**SMALL, n_draws=2, seed=3)
    assert len(read) == 2 * len(STARTS)
    for k in range(2, len(read)):
        np.testing.assert_array_equal(read[k], read[k % 2])
    assert not np.array_equal(read[0], read[1])


def test_a_draw_depends_on_its_seed_alone() -> None:
    three, two = compare(**SMALL, n_draws=3, seed=5), compare(**SMALL, n_draws=2, seed=6)
    for left, right in zip(three.contenders, two.contenders, strict=True):
        for path, norms in left.before.paths.items():
            np.testing.assert_array_equal(norms[1:], right.before.paths[path])


def test_flows_stand_side_by_side() -> None:
    for contender in compare(**SMALL, n_draws=3).contenders:
        assert isinstance(contender.before, LSTMFlow if contender.start.is_lstm else RNNFlow)
        assert len(contender.before.paths) == (5 if contender.start.is_lstm else 1)
        for norms in contender.before.paths.values():
            assert norms.shape == (3, 6)
            assert len({tuple(row) for row in norms}) == 3
        np.testing.assert_array_equal(contender.before.lengths, 6)
        assert contender.after is None
        assert contender.share_right is None


def test_starts_differ_in_what_their_names_say_and_nothing_else() -> None:
    nets = {start.name: start.make(5, 7).parameters for start in STARTS}
    for bias in (0, 1, 3):
        net = nets[f"LSTM, bias {bias}"]
        gates = net["layer0.forward.b"].reshape(4, 5)
        assert sorted(gates.sum(axis=1)) == [0, 0, 0, 5 * bias]
        for name in ("layer0.forward.W", "layer0.forward.U"):
            np.testing.assert_array_equal(net[name], nets["LSTM, bias 0"][name])
            assert np.abs(net[name]).max() <= 1 / np.sqrt(5)
    for name in ("plain, uniform", "plain, orthogonal"):
        assert not nets[name]["layer0.forward.b"].any()
    U = nets["plain, orthogonal"]["layer0.forward.U"]
    np.testing.assert_allclose(U @ U.T, np.eye(5), atol=1e-6)
    assert np.abs(nets["plain, uniform"]["layer0.forward.U"]).max() <= 1 / np.sqrt(5)


def test_an_open_forget_gate_is_one_that_keeps() -> None:
    nets = {start.name: start.make(6, 1) for start in STARTS[2:]}
    x, _ = first_value(50, 8, np.random.default_rng(0))
    kept = [float(nets[f"LSTM, bias {bias}"].trace(x).layer(0).f.mean()) for bias in (0, 1, 3)]  # type: ignore[union-attr]
    np.testing.assert_allclose(kept, 1 / (1 + np.exp([0.0, -1.0, -3.0])), atol=0.05)


def test_the_task() -> None:
    x, y = first_value(4000, 5, np.random.default_rng(1))
    assert (x.shape, y.shape) == ((4000, 5, 1), (4000, 1))
    np.testing.assert_array_equal(x[:, 0], y)
    assert abs(y.mean()) < 0.06
    assert x[:, 1:].std() == pytest.approx(NOISE, rel=0.03)
    assert abs(np.corrcoef(x[:, 1:, 0].sum(axis=1), y[:, 0])[0, 1]) < 0.06
    y[:] = 0
    assert np.abs(x[:, 0]).min() == 1  # the answer is a copy, not a window on the input


def test_training_changes_what_comes_after_and_nothing_before() -> None:
    untrained, trained = compare(**SMALL, n_draws=2), compare(**SMALL, n_draws=2, n_updates=3)
    for left, right in zip(untrained.contenders, trained.contenders, strict=True):
        np.testing.assert_array_equal(left.before.h, right.before.h)
        assert right.after is not None
        assert (right.after.h[:, 0] != right.before.h[:, 0]).all()
        assert right.share_right is not None
        assert len(right.share_right) == 2


def test_training_and_judging_use_different_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[FloatArray] = []

    def spy(n_sequences: int, n_steps: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        x, y = first_value(n_sequences, n_steps, rng)
        drawn.append(x)
        return x, y

    monkeypatch.setattr(long_lag, "first_value", spy)
    compare(**SMALL, n_draws=1, n_updates=2)
    assert [len(x) for x in drawn] == [1, 2 * long_lag.BATCH_SIZE, long_lag.TEST_SEQUENCES] * len(STARTS)
    noise = np.concatenate([x[:, 1:, 0] for x in drawn[:3]])
    assert len(np.unique(noise, axis=0)) == len(noise)


def test_a_short_lag_is_learnt_and_a_hopeless_net_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_lag, "STARTS", STARTS[3:4])
    monkeypatch.setattr(long_lag, "LEARNING_RATE", 0.02)
    learnt = compare(hidden_size=8, n_steps=3, n_draws=2, n_updates=120).contenders[0]
    assert learnt.n_learnt == 2
    monkeypatch.setattr(long_lag, "LEARNING_RATE", 1e-12)
    guessing = compare(hidden_size=8, n_steps=60, n_draws=4, n_updates=1).contenders[0]
    assert guessing.share_right is not None
    assert guessing.n_learnt == 0
    assert np.mean(guessing.share_right) == pytest.approx(0.5, abs=0.1)


def test_learnt_means_95_in_100() -> None:
    flow = RNNFlow(np.ones((1, 2)), np.array([2]), reverse=False)
    assert Contender(STARTS[0], flow, flow, (LEARNT, LEARNT - 0.001, 1.0, 0.5)).n_learnt == 2
    assert Contender(STARTS[0], flow).n_learnt == 0


def test_every_net_is_announced() -> None:
    told: list[str] = []
    compare(**SMALL, n_draws=2, on_net=told.append)
    assert told == [start.name for start in STARTS for _ in range(2)]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"n_steps": 1}, "n_steps is 1; at least 2 are needed for a gradient to travel"),
        ({"n_draws": 0}, "n_draws is 0; it must be a whole number of at least 1"),
        ({"hidden_size": 2.5}, "hidden_size is 2.5; it must be a whole number of at least 1"),
    ],
)
def test_what_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        compare(**wrong)
