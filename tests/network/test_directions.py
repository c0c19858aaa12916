"""A single sequence's two directions have a thread each; nobody sees that but the clock."""

import threading
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm import kernels
from clearlstm.errors import InputError
from clearlstm.network import directions

T, F, H = 40, 3, 9


@pytest.fixture
def any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little there is to do, a thread is worth it."""
    monkeypatch.setattr(directions, "WORTH_A_THREAD", 0)


def _net(cell: Any) -> Any:
    return cell(F, H, num_layers=2, bidirectional=True, seed=0)


@pytest.mark.usefixtures("any_work")
@pytest.mark.parametrize("cell", [cl.LSTM, cl.GRU, cl.RNN])
def test_the_bits_are_those_of_one_after_the_other(cell: Any) -> None:
    x = np.random.default_rng(0).normal(size=(1, T, F)).astype(np.float32)
    found = []
    for n_threads in (1, 2):
        with kernels.using_threads(n_threads):
            net = _net(cell)
            trace, dh = net.trace(x), np.ones((1, T, 2 * H), np.float32)
            gradients = net.backward(trace, dh)
            found.append([net(x).h, trace.h, *net(x).state, gradients.x, *gradients.parameters.values()])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("any_work")
@pytest.mark.parametrize(("N", "n_threads", "used"), [(1, 2, 2), (1, 1, 1), (2, 2, 1)])
def test_only_a_single_sequence_has_a_thread_for_each(
    monkeypatch: pytest.MonkeyPatch, N: int, n_threads: int, used: int
) -> None:
    seen, answer, meeting = set(), kernels.answer, threading.Barrier(used, timeout=30)

    def watched(*args: Any, **options: Any) -> Any:
        seen.add(threading.get_ident())
        assert kernels.get_num_threads() == n_threads // used
        meeting.wait()  # both are under way at the same time
        return answer(*args, **options)

    monkeypatch.setattr(kernels, "answer", watched)
    with kernels.using_threads(n_threads):
        _net(cl.LSTM)(np.zeros((N, T, F), np.float32))
    assert len(seen) == used


def test_short_sequences_are_not_worth_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "ThreadPoolExecutor", None)
    with kernels.using_threads(2):
        _net(cl.LSTM)(np.zeros((1, T, F), np.float32))


@pytest.mark.usefixtures("any_work")
def test_what_goes_wrong_in_either_is_told() -> None:
    def one(d: int) -> int:
        if d == 1:
            raise InputError("the reverse one")
        return d

    with kernels.using_threads(2), pytest.raises(InputError, match="the reverse one"):
        directions.in_both(one, N=1, multiplications=1)
