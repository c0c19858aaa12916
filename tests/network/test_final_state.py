"""Final states without the steps between: the same to the bit, in memory that does not grow with T."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Net, Network
from clearlstm.network.recurrent import PIECE_STEPS
from clearlstm.network.rnn import RNN


@pytest.mark.parametrize("kind", [LSTM, RNN])
@pytest.mark.parametrize("bidirectional", [False, True])
@given(T=st.integers(1, 3 * PIECE_STEPS), seed=st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_it_is_that_of_the_whole_pass(kind: type[LSTM] | type[RNN], bidirectional: bool, T: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = kind(2, 5, 2, bidirectional=bidirectional, seed=seed)
    x, lengths = rng.standard_normal((4, T, 2)), rng.integers(1, T + 1, 4)
    state = tuple(rng.standard_normal((2 * net.num_directions, 4, 5)) for _ in net.cell.states)
    for found, expected in zip(net.final_state(x, lengths, state), net(x, lengths, state).state, strict=True):
        assert np.array_equal(found, expected)


def test_a_chain_answers_as_its_trace_does() -> None:
    nets: list[Net] = [LSTM(2, 4, 2, seed=0), RNN(4, 3, seed=1), LSTM(3, 5, peepholes=True, seed=2)]
    model = Network(nets, head=2, seed=3)
    x = np.random.default_rng(0).standard_normal((3, 2 * PIECE_STEPS + 7, 2))
    lengths = np.array([2 * PIECE_STEPS + 7, 1, PIECE_STEPS])
    assert np.array_equal(model(x, lengths), model.trace(x, lengths).y)


def test_memory_does_not_grow_with_the_steps() -> None:
    model = Network(LSTM(1, 16, seed=0), head=1, seed=0)
    x = np.zeros((4, 20_000, 1), np.float32)
    model(x[:, :300])  # what a first use needs is there now
    tracemalloc.start()
    model(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6, "all gates and states would be 31 MB"
