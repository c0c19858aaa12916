"""Calls of one layer that skip the general way: the same numbers, the same errors, and weights as they are by then."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError

NETS: dict[str, Callable[[], Any]] = {
    "lstm": lambda: cl.LSTM(3, 16, seed=0),
    "lstm, units that fill no register": lambda: cl.LSTM(3, 5, seed=0),
    "gru": lambda: cl.GRU(3, 8, seed=0),
    "rnn": lambda: cl.RNN(3, 8, seed=0),
}


def x_of(N: int, T: int) -> Any:
    return np.random.default_rng(1).standard_normal((N, T, 3)).astype(np.float32)


@pytest.mark.parametrize("name", NETS)
def test_whole_sequences_are_those_with_lengths(name: str) -> None:
    net, x = NETS[name](), x_of(4, 7)
    short, general = net(x), net(x, lengths=[7] * 4)
    np.testing.assert_array_equal(short.h, general.h)
    for one, other in zip(short.state, general.state, strict=True):
        np.testing.assert_array_equal(one, other)
    again, other = net(x, state=short.state), net(x, [7] * 4, general.state)
    np.testing.assert_array_equal(again.h, other.h)


@pytest.mark.parametrize("name", NETS)
def test_steps_are_those_of_the_whole(name: str) -> None:
    net, x, state = NETS[name](), x_of(2, 6), None
    whole = net(x).h
    for t in range(6):
        h, state = net.step(np.ascontiguousarray(x[:, t]), state)
        np.testing.assert_array_equal(h, whole[:, t])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", NETS)
def test_what_is_not_finite_is_refused_wherever_it_stands(name: str, bad: float) -> None:
    net, x = NETS[name](), x_of(2, 6)
    state = net(x).state
    broken = x.copy()
    broken[1, 5, 2] = bad
    with pytest.raises(InputError, match=r"x holds .* at index \(1, 5, 2\)"):
        net(broken)
    with pytest.raises(InputError, match=r"x_t holds .* at index \(1, 2\)"):
        net.step(np.ascontiguousarray(broken[:, 5]), state)
    last = state[-1].copy()
    last[0, 1, 4] = bad
    calls: list[Callable[[Any], Any]] = [
        lambda given: net(x, state=given),
        lambda given: net.step(x[:, 0].copy(), given),
    ]
    for call in calls:
        with pytest.raises(InputError, match=rf"state: {net.cell.states[-1]} holds .* at index \(0, 1, 4\)"):
            call((*state[:-1], last))


@pytest.mark.parametrize("name", NETS)
def test_weights_are_those_of_the_moment(name: str) -> None:
    net, x = NETS[name](), x_of(2, 6)
    first = net(x).h
    other = NETS[name]()
    for values in other.parameters.values():
        values *= 0.5
    net.set_parameters(other.parameters)
    np.testing.assert_array_equal(net(x).h, other(x).h)
    assert not np.array_equal(net(x).h, first)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_has_its_own_weights(again: Any) -> None:
    net, x = NETS["lstm"](), x_of(2, 6)
    h = net(x).h
    other = again(net)
    for values in other.parameters.values():
        values *= 0.5
    np.testing.assert_array_equal(net(x).h, h)
    assert not np.array_equal(other(x).h, h)


def test_more_sizes_than_are_remembered() -> None:
    net = NETS["lstm"]()
    wanted = [net(x_of(1, T), [T]).h for T in range(1, 40)]
    for T, h in zip(range(1, 40), wanted, strict=True):
        np.testing.assert_array_equal(net(x_of(1, T)).h, h)
