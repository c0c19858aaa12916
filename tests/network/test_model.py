"""Chains of nets with a head: every pool's gradient, streaming, and what is refused."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.network.head import Linear
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Net, Network, Pool
from clearlstm.network.rnn import RNN
from tests.numerics import central_difference


@given(
    pool=st.sampled_from(["last", "mean", None]),
    head=st.sampled_from([None, 3]),
    bidirectional=st.booleans(),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=30, deadline=None)
def test_gradients_equal_central_differences(pool: Pool, head: int | None, bidirectional: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    width = 8 if bidirectional else 4
    nets: list[Net] = [
        LSTM(2, 4, 2, bidirectional=bidirectional, dtype="float64", seed=seed),
        RNN(width, 5, dtype="float64", seed=seed),
        LSTM(5, 3, bidirectional=bidirectional, dtype="float64", seed=seed),
    ]
    model = Network(nets, head=head, pool=pool, seed=seed)
    x, lengths = rng.standard_normal((3, 6, 2)), rng.integers(1, 7, 3)
    trace = model.trace(x, lengths)
    dy = rng.standard_normal(trace.y.shape)
    grads = model.backward(trace, dy)
    assert list(grads.parameters) == list(model.parameters)

    def loss() -> float:
        return float((model(x, lengths) * dy).sum())

    for name, values in [*model.parameters.items(), ("x", x)]:
        found = grads.x if name == "x" else grads.parameters[name]
        index = tuple(rng.integers(size) for size in values.shape)
        assert central_difference(loss, values, index) == pytest.approx(found[index], abs=1e-8, rel=1e-6)


def test_padding_reads_zero_even_with_a_bias() -> None:
    model = Network(LSTM(1, 2, seed=0), head=2, pool=None, seed=0)
    assert model.head is not None
    model.head.b[...] = 5.0
    y = model(np.ones((2, 4, 1)), lengths=[4, 2])
    assert y[1, :2].all()
    assert not y[1, 2:].any()


def test_last_is_each_sequences_own_last_step() -> None:
    net = LSTM(1, 3, seed=0)
    x = np.random.default_rng(0).standard_normal((2, 5, 1))
    y = Network(net)(x, lengths=[5, 2])
    assert np.array_equal(y[1], net(x).h[1, 1])


def test_streaming_equals_the_whole_pass() -> None:
    nets = [LSTM(1, 4, 2, dtype="float64", seed=0), LSTM(4, 3, dtype="float64", seed=1)]
    model = Network(nets, head=2, pool=None, seed=2)
    x = np.random.default_rng(0).standard_normal((3, 6, 1))
    whole, state = model(x), None
    for t in range(6):
        y, state = model.step(x[:, t], state)
        assert np.allclose(y, whole[:, t], rtol=0, atol=1e-13)


@pytest.mark.parametrize("pool", ["last", None])
@pytest.mark.parametrize("size", [1, 7, 40])
def test_pieces_of_a_recording_go_on_from_each_others_state(pool: Pool, size: int) -> None:
    model = Network([LSTM(2, 3, 2, seed=0), RNN(3, 4, seed=1)], head=2, pool=pool, seed=2)
    x = np.random.default_rng(3).standard_normal((3, 40, 2)).astype(np.float32)
    state, answers = None, []
    for start in range(0, 40, size):
        trace = model.trace(x[:, start : start + size], state=state)
        np.testing.assert_array_equal(model(x[:, start : start + size], state=state), trace.y)
        state = trace.state
        answers.append(trace.y)
    pieces = answers[-1] if pool == "last" else np.concatenate(answers, axis=1)
    np.testing.assert_array_equal(pieces, model(x))


def test_the_gradient_of_a_pass_with_first_states_equals_central_differences() -> None:
    model = Network([LSTM(2, 3, dtype="float64", seed=0), RNN(3, 4, dtype="float64", seed=1)], head=2, seed=2)
    rng = np.random.default_rng(4)
    x, dy = rng.standard_normal((3, 5, 2)), rng.standard_normal((3, 2))
    state = tuple(tuple(rng.standard_normal(part.shape) for part in net) for net in model.trace(x).state)
    grads = model.backward(model.trace(x, state=state), dy)

    def loss() -> float:
        return float((model(x, state=state) * dy).sum())

    for name, index in [("net0.layer0.forward.U", (1, 2)), ("net1.layer0.forward.U", (3, 0))]:
        expected = central_difference(loss, model.parameters[name], index)
        assert expected == pytest.approx(grads.parameters[name][index], abs=1e-8, rel=1e-6)


def test_a_trace_gives_its_layers_and_a_table() -> None:
    model = Network([LSTM(2, 4, 2, bidirectional=True, seed=0), RNN(8, 3, seed=1)], head=1, seed=0)
    trace = model.trace(np.ones((2, 3, 2)), [3, 1])
    assert trace.layer(1, 1) is trace.nets[0].layer(1, 1)
    assert trace.layer(-1, net=-1) is trace.nets[1].layer(0)
    with pytest.raises(InputError, match=r"net 2 is asked for; this model has nets 0\.\.1"):
        trace.layer(0, net=2)
    reverse: Any = "reverse"
    with pytest.raises(InputError, match="direction 'reverse' is asked for; this net has directions 0"):
        trace.layer(0, reverse)
    with pytest.raises(InputError, match=r"layer 0\.5 is asked for"):
        trace.layer(0.5)  # type: ignore[arg-type]

    table = trace.to_frame()
    assert list(table.columns[:6]) == ["sequence", "step", "net", "layer", "direction", "unit"]
    assert table.groupby("net").size().tolist() == [4 * 16, 4 * 3]  # 4 real steps
    row = table.query("net == 1 and sequence == 0 and step == 2 and unit == 1")
    assert row["h"].item() == trace.layer(0, net=1).h[0, 2, 1]


def test_traces_print_in_a_line() -> None:
    trace = Network(LSTM(2, 4, bidirectional=True, seed=0), head=1, seed=0).trace(np.ones((2, 3, 2)))
    assert repr(trace) == f"NetworkTrace(y (2, 1), float32; nets: {trace.nets[0]!r})"
    assert repr(trace.layer(0, 1)) == "LSTMLayerTrace(2 sequences, 3 steps, 4 units; reverse)"
    assert repr(RNN(2, 1).trace(np.ones((1, 1, 2))).layer(0)) == "RNNLayerTrace(1 sequence, 1 step, 1 unit; forward)"


def test_models_pickle_and_deepcopy() -> None:
    model = Network([LSTM(1, 4, seed=0)], head=2, seed=0)
    x = np.ones((1, 4, 1))
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert np.array_equal(twin(x), model(x))


def test_a_zero_head_answers_its_bias() -> None:
    model = Network(LSTM(1, 4, seed=0), head=Linear(4, 2, zero=True))
    assert not model(np.ones((3, 5, 1))).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Network([]), "at least one LSTM, GRU or RNN"),
        (lambda: Network([3]), "at least one LSTM, GRU or RNN"),  # type: ignore[list-item]
        (lambda: Network([LSTM(1, 2), LSTM(3, 2)]), "net 0 gives 2 values a step, but net 1 takes 3"),
        (lambda: Network([LSTM(1, 2), LSTM(2, 2, dtype="float64")]), "net 0 is float32, but net 1 is float64"),
        (lambda: Network(LSTM(1, 2), pool="max"), "pool is 'max'"),  # type: ignore[arg-type]
        (lambda: Network(LSTM(1, 2), head=Linear(3, 1)), "it must take 2 values of float32"),
        (lambda: Network(LSTM(1, 2), head=0), "output_size is 0"),
        (lambda: Network(LSTM(1, 2), pool="mean").step([[0.0]]), "can't average over steps"),
        (lambda: Network(LSTM(1, 2)).trace([[[0.0]]], state=()), "the states of each of 1 net"),
        (lambda: Network(RNN(1, 2)).trace([[[0.0]]], state=((np.zeros((1, 2, 2)),),)), "state: h"),
    ],
)
def test_bad_input_is_refused_by_name(call, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        call()
