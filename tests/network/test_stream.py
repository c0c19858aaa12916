"""Nets step by step, and answers without a record: the numbers of the whole pass, to the bit."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clearlstm import GRU, LSTM, RNN, Network, kernels
from clearlstm.errors import InputError

NETS: dict[str, Callable[[], Any]] = {
    "LSTM": lambda: LSTM(3, 20, seed=1),
    "two layers": lambda: LSTM(3, 33, 2, seed=2),
    "wide": lambda: LSTM(3, 300, seed=3),
    "float64": lambda: LSTM(3, 20, dtype="float64", seed=4),
    "GRU": lambda: GRU(3, 20, 2, seed=5),
    "RNN": lambda: RNN(3, 20, 2, seed=6),
}
REFERENCE_NETS: dict[str, Callable[[], Any]] = {
    "peepholes": lambda: LSTM(3, 5, peepholes=True, seed=7),
    "other functions": lambda: LSTM(3, 5, 2, activations={"candidate": "relu"}, seed=8),
}


def inputs(net: Any, N: int, T: int) -> Any:
    return np.random.default_rng(0).standard_normal((N, T, 3)).astype(net.dtype)


@pytest.mark.parametrize("make", (NETS | REFERENCE_NETS).values(), ids=[*NETS, *REFERENCE_NETS])
@pytest.mark.parametrize("N", [1, 2, 7])
def test_a_stream_takes_the_steps_of_the_whole_pass(make: Callable[[], Any], N: int) -> None:
    net = make()
    x = inputs(net, N, 9)
    whole, stream = net(x), net.stream(N)
    steps = np.stack([stream(x[:, t]).copy() for t in range(9)], axis=1)
    np.testing.assert_array_equal(steps, whole.h)
    for found, expected in zip(stream.state, whole.state, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("make", NETS.values(), ids=list(NETS))
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_answer_has_the_bits_of_a_trace(make: Callable[[], Any], bidirectional: bool) -> None:
    net = make()
    if bidirectional:
        net = type(net)(**{**net.config(), "bidirectional": True}, seed=9)
    x, lengths = inputs(net, 7, 12), [12, 3, 1, 12, 8, 5, 2]
    state = tuple(np.full((net.num_layers * net.num_directions, 7, net.hidden_size), 0.3) for _ in net.cell.states)
    for given in ((), (lengths,), (lengths, state)):
        answer, trace = net(x, *given), net.trace(x, *given)
        np.testing.assert_array_equal(answer.h, trace.h)
        for found, expected in zip(answer.state, trace.state, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("make", NETS.values(), ids=list(NETS))
def test_single_steps_are_those_of_the_whole_pass(make: Callable[[], Any]) -> None:
    net = make()
    x, state = inputs(net, 5, 6), None
    for t in range(6):
        h, state = net.step(x[:, t], state)
        np.testing.assert_array_equal(h, net(x).h[:, t])


def test_many_sequences_share_the_threads() -> None:
    net = LSTM(3, 128, seed=0)
    x = inputs(net, 200, 3)
    expected = net(x).h
    with kernels.using_threads(2):
        stream = net.stream(200)
    np.testing.assert_array_equal(np.stack([stream(x[:, t]).copy() for t in range(3)], axis=1), expected)


def test_it_goes_on_from_a_state_and_starts_anew() -> None:
    net = LSTM(3, 8, 2, seed=0)
    x = inputs(net, 4, 6)
    stream = net.stream(4, net(x[:, :3]).state)
    last = [stream(x[:, t]).copy() for t in range(3, 6)][-1]
    np.testing.assert_array_equal(last, net(x).h[:, -1])
    stream.reset()
    np.testing.assert_array_equal(stream(x[:, 0]), net(x[:, :1]).h[:, 0])


@pytest.mark.parametrize("make", [NETS["two layers"], NETS["GRU"], REFERENCE_NETS["peepholes"]])
def test_it_keeps_the_weights_that_it_began_with(make: Callable[[], Any]) -> None:
    net = make()
    x = inputs(net, 1, 2)
    stream, expected = net.stream(), net(x).h
    for values in net.parameters.values():
        values += 1
    np.testing.assert_array_equal(stream(x[:, 0]), expected[:, 0])
    assert not np.array_equal(net.stream()(x[:, 0]), expected[:, 0])


def test_a_step_makes_no_array() -> None:
    net = LSTM(3, 256, seed=0)
    stream, x_t = net.stream(200), np.ones((200, 3), np.float32)
    first = stream(x_t)
    tracemalloc.start()
    try:
        for _ in range(50):
            again = stream(x_t)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert again is first
    assert peak < first.nbytes / 2  # Python keeps the memory of 50 calls' arguments, some 40 KB, for the next ones


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: LSTM(3, 4, bidirectional=True).stream(), "a bidirectional net needs whole sequences"),
        (lambda: LSTM(3, 4).stream(0), "N is 0"),
        (lambda: LSTM(3, 4).stream(2)(np.ones((1, 3))), r"x_t has shape \(1, 3\); \(2, 3\) is needed"),
        (lambda: LSTM(3, 4).stream(1, (np.ones((1, 1, 4)),)), "state must be a tuple"),
        (lambda: Network(LSTM(3, 4), pool="mean").stream(), "can't average over steps"),
    ],
)
def test_what_does_not_fit_is_said(act: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        act()


def test_a_step_that_is_refused_was_not_taken() -> None:
    stream = LSTM(3, 4, seed=0).stream()
    stream([[1, 2, 3]])
    before = stream.state
    with pytest.raises(InputError, match="x_t holds nan"):
        stream([[1, np.nan, 3]])
    for found, expected in zip(stream.state, before, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("head", [None, 2])
def test_a_model_streams_its_answers(head: int | None) -> None:
    model = Network([LSTM(3, 8, 2, seed=0), GRU(8, 5, seed=1)], head=head, pool=None, seed=2)
    x = inputs(model, 3, 5)
    stream = model.stream(3)
    steps = np.stack([stream(x[:, t]).copy() for t in range(5)], axis=1)
    np.testing.assert_array_equal(steps, model(x))
    for net, states in zip(model.trace(x).state, stream.state, strict=True):
        for found, expected in zip(net, states, strict=True):
            np.testing.assert_array_equal(found, expected)
    stream.reset(model.trace(x[:, :2]).state)
    np.testing.assert_array_equal(stream(x[:, 2]), model(x)[:, 2])
