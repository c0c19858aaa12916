"""LSTM and RNN as objects: traces, streaming, buffers, dropout, first weights, and what they refuse."""

import copy
import io
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pytest

from clearlstm.cell import lstm as reference
from clearlstm.cell.activations import activation
from clearlstm.errors import InputError
from clearlstm.examples import companies, statquest_unit
from clearlstm.network.gru import GRU
from clearlstm.network.head import Linear
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from tests.numerics import central_difference


def test_trace_names_every_number_of_every_layer_and_direction() -> None:
    rng = np.random.default_rng(1)
    net = LSTM(3, 5, 2, bidirectional=True, dtype="float64", seed=1)
    x, lengths = rng.standard_normal((4, 7, 3)), np.array([7, 1, 4, 6])
    trace = net.trace(x, lengths)
    below = x
    for k in range(2):
        records = []
        for d in range(2):
            zeros = np.zeros((4, 5))
            expected = reference.forward(below, net.weights(k, d), zeros, zeros, lengths, reverse=d == 1)
            layer = trace.layer(k, d)
            for name in ("f", "i", "g", "o", "c", "h"):
                assert np.allclose(getattr(layer, name), getattr(expected, name), rtol=0, atol=1e-13)
                assert not getattr(layer, name)[1, 1:].any(), "padding reads 0"
            gates = {"f": "sigmoid", "i": "sigmoid", "o": "sigmoid", "g": "tanh"}
            real = np.arange(7) < lengths[:, None]
            for gate, function in gates.items():
                z = getattr(layer, f"z_{gate}")
                value = activation(function).value(z)
                assert np.allclose(value[real], getattr(layer, gate)[real], rtol=0, atol=1e-13)
                assert not z[~real].any()
            records.append(expected.h)
        below = np.concatenate(records, axis=-1)
    assert np.allclose(trace.h, below, rtol=0, atol=1e-13)


def test_to_frame_has_a_row_for_each_real_step_and_unit() -> None:
    net = LSTM(2, 3, 2, bidirectional=True, seed=0)
    lengths = np.array([4, 2])
    trace = net.trace(np.random.default_rng(0).standard_normal((2, 4, 2)), lengths)
    frame = trace.to_frame()
    assert len(frame) == lengths.sum() * 3 * 2 * 2
    row = frame.query("sequence == 1 and step == 1 and layer == 1 and direction == 'reverse' and unit == 2").iloc[0]
    layer = trace.layer(1, 1)
    for name in ("f", "i", "g", "o", "c", "h", "z_f", "z_i", "z_g", "z_o"):
        assert row[name] == getattr(layer, name)[1, 1, 2]
    assert frame.query("sequence == 1")["step"].max() == 1


def test_a_trace_does_not_change_when_the_net_is_trained_on() -> None:
    net = LSTM(1, 4, dtype="float64", seed=0)
    trace = net.trace(np.ones((1, 3, 1)))
    before = net.backward(trace, np.ones((1, 3, 4))).parameters
    for values in net.parameters.values():
        values += 1.0
    layer = trace.layer(0)
    assert np.allclose(activation("sigmoid").value(layer.z_f), layer.f, rtol=0, atol=1e-14)
    after = net.backward(trace, np.ones((1, 3, 4))).parameters
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("kind", [LSTM, RNN])
def test_buffers_used_again_give_the_same_numbers(kind: type[LSTM] | type[RNN]) -> None:
    rng = np.random.default_rng(2)
    net = kind(2, 6, 2, seed=0)
    first = net.trace(rng.standard_normal((5, 8, 2)))
    x, lengths = rng.standard_normal((5, 8, 2)), np.array([8, 3, 1, 5, 8])
    fresh, again = net.trace(x, lengths), net.trace(x, lengths, out=first)  # type: ignore[arg-type]
    assert np.array_equal(fresh.h, again.h)
    smaller = net.trace(x[:2], out=again)  # type: ignore[arg-type]
    assert np.array_equal(smaller.h, net(x[:2]).h)


@pytest.mark.parametrize("kind", [LSTM, GRU, RNN])
def test_blocks_of_steps_are_pieces_of_the_trace(kind: Any) -> None:
    net, rng = kind(2, 6, 2, seed=0), np.random.default_rng(5)
    x, lengths = rng.standard_normal((3, 25, 2)), np.array([25, 4, 12])
    state = tuple(rng.standard_normal((2, 3, 6)) for _ in net.cell.states)
    whole, blocks = net.trace(x, lengths, state), list(net.trace_blocks(x, lengths, state, steps=10))
    assert [block.h.shape[1] for block in blocks] == [10, 10, 5]
    assert [block.lengths.tolist() for block in blocks] == [[10, 4, 10], [10, 0, 2], [5, 0, 0]]
    for k in range(2):
        for name, values in whole.layer(k).columns().items():
            pieces = np.concatenate([block.layer(k).columns()[name] for block in blocks], axis=1)
            np.testing.assert_array_equal(pieces, values)
    for found, expected in zip(blocks[-1].state, whole.state, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_blocks_take_the_memory_of_one() -> None:
    net, x = LSTM(1, 64, seed=0), np.ones((1, 64 * 1024, 1), np.float32)
    tracemalloc.start()
    try:
        for block in net.trace_blocks(x):
            last = block.state
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(last[0], net.final_state(x)[0])
    assert peak < 4 * 1024 * 6 * 64 * 4  # four blocks' gates and states; all of them are 64


@pytest.mark.parametrize("net", [LSTM(2, 5, 3, dtype="float64", seed=3), RNN(2, 5, 2, dtype="float64", seed=3)])
def test_streaming_step_by_step_equals_the_whole_pass(net: LSTM | RNN) -> None:
    x = np.random.default_rng(4).standard_normal((3, 9, 2))
    whole = net(x)
    state = None
    for t in range(9):
        h, state = net.step(x[:, t], state)
        assert np.allclose(h, whole.h[:, t], rtol=0, atol=1e-13)
    assert state is not None
    for ours, expected in zip(state, whole.state, strict=True):
        assert np.allclose(ours, expected, rtol=0, atol=1e-13)


def test_the_videos_companies() -> None:
    h, (h_n, c_n) = statquest_unit()(companies().x)
    assert h[0, -1, 0] == pytest.approx(0.006393158240805569, abs=1e-15)
    assert h[1, -1, 0] == pytest.approx(0.9693934616407678, abs=1e-15)
    assert np.array_equal(h_n[0], h[:, -1])
    assert c_n[0, 1, 0] == pytest.approx(2.409093170708776, abs=1e-15)


def test_dropout_acts_only_with_a_generator_and_its_gradient_is_right() -> None:
    rng = np.random.default_rng(5)
    net = LSTM(2, 4, 3, dropout=0.5, bidirectional=True, dtype="float64", seed=5)
    x, dh = rng.standard_normal((2, 5, 2)), rng.standard_normal((2, 5, 8))

    def loss() -> float:
        return float((net.trace(x, dropout_rng=np.random.default_rng(9)).h * dh).sum())

    assert np.array_equal(net(x).h, net(x).h)
    assert not np.allclose(net(x).h, net.trace(x, dropout_rng=np.random.default_rng(9)).h)
    trace = net.trace(x, dropout_rng=np.random.default_rng(9))
    assert trace.masks[0] is None, "the input is never dropped"
    grads = net.backward(trace, dh)
    for name, values in net.parameters.items():
        index = tuple(rng.integers(size) for size in values.shape)
        assert central_difference(loss, values, index) == pytest.approx(grads.parameters[name][index], abs=1e-8)


def test_peepholes_and_other_activations_run_on_the_reference_and_learn() -> None:
    rng = np.random.default_rng(6)
    net = LSTM(
        2,
        3,
        2,
        peepholes=True,
        activations={"gate": "hard_sigmoid", "candidate": "relu"},
        dtype="float64",
        seed=6,
    )
    for values in net.parameters.values():
        values[...] = rng.standard_normal(values.shape) / 3
    assert net.engine == "reference"
    x, dh = rng.standard_normal((2, 4, 2)), rng.standard_normal((2, 4, 3))
    grads = net.backward(net.trace(x), dh)
    assert set(grads.parameters) == set(net.parameters)
    for name, values in net.parameters.items():
        index = tuple(rng.integers(size) for size in values.shape)
        found = central_difference(lambda: float((net(x).h * dh).sum()), values, index, step=1e-7)
        assert found == pytest.approx(grads.parameters[name][index], abs=1e-6)


def test_a_seed_means_the_same_net_and_no_seed_a_new_one() -> None:
    first, second, third = LSTM(2, 8, seed=1), LSTM(2, 8, seed=1), LSTM(2, 8, seed=2)
    assert all(np.array_equal(first.parameters[name], second.parameters[name]) for name in first.parameters)
    assert not np.array_equal(first.parameters["layer0.forward.W"], third.parameters["layer0.forward.W"])
    assert not np.array_equal(LSTM(2, 8).parameters["layer0.forward.W"], LSTM(2, 8).parameters["layer0.forward.W"])
    wide = LSTM(2, 8, seed=1, dtype="float64").parameters["layer0.forward.W"]
    assert np.array_equal(wide.astype("float32"), first.parameters["layer0.forward.W"])


def test_first_weights() -> None:
    net = LSTM(3, 16, dtype="float64", seed=0)
    U, b = net.parameters["layer0.forward.U"], net.parameters["layer0.forward.b"]
    for gate in range(4):
        block = U[:, gate * 16 : gate * 16 + 16]
        assert np.allclose(block @ block.T, np.eye(16), atol=1e-13)
    assert np.array_equal(b, np.repeat([1.0, 0.0, 0.0, 0.0], 16)), "the forget gate starts open"
    uniform = LSTM(3, 16, seed=0, init="uniform", forget_bias=0.0)
    assert max(np.abs(uniform.parameters[f"layer0.forward.{part}"]).max() for part in "WU") <= 0.25
    assert 0.25 < np.abs(uniform.parameters["layer0.forward.b"]).max() <= 0.5, "the sum of torch's two biases"


def through_joblib(net: LSTM | RNN) -> LSTM | RNN:
    file = io.BytesIO()
    joblib.dump(net, file)
    file.seek(0)
    twin: LSTM | RNN = joblib.load(file)
    return twin


@pytest.mark.parametrize("net", [LSTM(2, 3, 2, bidirectional=True, seed=0), RNN(2, 3, seed=0)])
@pytest.mark.parametrize("way", [lambda net: pickle.loads(pickle.dumps(net)), copy.deepcopy, through_joblib])
def test_a_copied_net_is_whole_and_follows_its_own_parameters(net: LSTM | RNN, way: Callable[[Any], Any]) -> None:
    x = np.ones((1, 4, 2))
    before = net(x).h
    twin = way(net)
    assert np.array_equal(twin(x).h, before)
    for values in twin.parameters.values():
        values[...] = 0.3
    assert not np.allclose(twin(x).h, before), "what is trained is what computes"
    assert np.array_equal(net(x).h, before)


NET = LSTM(2, 3, seed=0)
X = np.zeros((2, 5, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LSTM(0, 3), "input_size is 0"),
        (lambda: LSTM(1, 2.5), "hidden_size is 2.5"),  # type: ignore[arg-type]
        (lambda: LSTM(1, 3, dropout=1.0), "dropout is 1.0"),
        (lambda: LSTM(1, 3, dtype="int32"), "dtype 'int32'"),
        (lambda: LSTM(1, 3, init="magic"), "init 'magic'"),
        (lambda: LSTM(1, 3, activations={"gate": "swish"}), "activation 'swish'"),
        (lambda: LSTM(1, 3, activations={"gates": "relu"}), "the keys are gate, candidate and state"),
        (lambda: LSTM(1, 3, activations="tanh"), "activations is 'tanh'; give names such as"),  # type: ignore[arg-type]
        (lambda: LSTM(1, 3, seed="a"), "seed is 'a'"),  # type: ignore[arg-type]
        (lambda: RNN(1, 3, seed=-1), "seed is -1"),
        (lambda: Linear(1, 3, seed=1.5), r"seed is 1\.5"),  # type: ignore[arg-type]
        (lambda: LSTM(1, 3, forget_bias=np.nan), "forget_bias is nan; it must be a finite number"),
        (lambda: LSTM(1, 3, forget_bias="open"), "forget_bias is 'open'"),  # type: ignore[arg-type]
        (lambda: LSTM(1, 3, dtype=None), "is not a number type"),  # type: ignore[arg-type]
        (lambda: Network(3), "nets is .3.; at least one LSTM"),  # type: ignore[arg-type]
        (lambda: NET(np.ma.masked_array(X, X == 0)), "x is masked in places"),
        (lambda: NET.backward(LSTM(2, 3, 2).trace(X), np.zeros((2, 5, 3))), "the trace is of another net"),
        (lambda: NET.backward(LSTM(2, 4).trace(X), np.zeros((2, 5, 3))), "the trace is of another net"),
        (lambda: NET.backward(LSTM(1, 3).trace(X[..., :1]), np.zeros((2, 5, 3))), "the trace is of another net"),
        (lambda: RNN(1, 3, activation="swish"), "activation 'swish'"),
        (lambda: NET(np.zeros((2, 5))), r"x has shape \(2, 5\)"),
        (lambda: NET(np.zeros((2, 5, 4))), "x has 4 features a step; this net takes 2"),
        (lambda: NET(np.zeros((2, 0, 2))), r"x is empty: its shape is \(2, 0, 2\)"),
        (lambda: NET([[["a", "b"]]]), "x holds"),
        (lambda: NET(np.full((1, 2, 2), np.nan)), r"x holds nan at index \(0, 0, 0\)"),
        (lambda: NET(X, lengths=[6, 1]), r"lengths\[0\] is 6"),
        (lambda: NET(X, lengths=[5, 0]), r"lengths\[1\] is 0"),
        (lambda: NET(X, lengths=[5.0, 1.0]), "2 whole numbers are needed"),
        (lambda: NET(X, state=(np.zeros((1, 2, 3)),)), r"state must be a tuple \(h, c\)"),
        (lambda: NET(X, state=(np.zeros((1, 2, 4)), np.zeros((1, 2, 3)))), r"state: h has shape \(1, 2, 4\)"),
        (lambda: NET.trace(X).layer(1), r"layer 1 is asked for; this net has layers 0\.\.0"),
        (lambda: NET.trace(X).layer(0, 1), "direction 1 is asked for"),
        (lambda: NET.backward(NET.trace(X), np.zeros((2, 5, 4))), r"dh has shape \(2, 5, 4\)"),
        (lambda: LSTM(1, 1, bidirectional=True).step([[0.0]]), "bidirectional net needs whole sequences"),
        (lambda: LSTM(1, 1, bidirectional=True).trace_blocks([[[0.0]]]), "bidirectional net needs whole sequences"),
        (lambda: LSTM(1, 1).trace_blocks([[[0.0]]], steps=0), "steps is 0; it must be a whole number of at least 1"),
        (lambda: NET.set_parameters({}), "missing"),
        (
            lambda: NET.set_parameters({name: [0.0] for name in NET.parameters}),
            r"layer0.forward.W has shape \(1,\)",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        call()
