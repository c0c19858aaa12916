"""Two threads go through one sequence together: to the same bits, and only where both are there."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm import kernels
from clearlstm.kernels import plan, team
from clearlstm.shapes import FloatArray

T, F = 120, 3
SECONDS = 30


@pytest.fixture(autouse=True)
def _however_short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(plan, "WORTH_A_MEETING", 0)
    monkeypatch.setattr(plan, "WORTH_SHARING_UNITS", 0)
    monkeypatch.setattr(team, "_team", team.Team())
    plan._plan.cache_clear()
    yield
    plan._plan.cache_clear()


def _x(dtype: str) -> FloatArray:
    return np.random.default_rng(0).normal(size=(1, T, F)).astype(dtype)


def _all_of(net: Any, x: FloatArray, n_threads: int, **given: Any) -> list[FloatArray]:
    with kernels.using_threads(n_threads):
        answer, trace = net(x, **given), net.trace(x, **given)
        layers = [part for layer in trace.layers for part in layer]
        recorded = [getattr(one.record, name) for one in layers for name in net.cell.recorded]
        return [answer.h, *answer.state, trace.h, *trace.state, *recorded]


def _all_of_two(net: Any, x: FloatArray, **given: Any) -> list[FloatArray]:
    """The same of two threads; on a busy machine the other one may begin too late a few times."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = _all_of(net, x, 2, **given)
        if _meetings() or time.monotonic() > deadline:
            return found


def _meetings() -> int:
    """How often the other thread has come to where they meet."""
    return int(team._team._mailboxes[0, team.MEETING[1]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("H", [5, 16, 33, 64, 100])
@pytest.mark.parametrize("cell", [cl.LSTM, cl.GRU])
def test_the_bits_are_those_of_one_thread(cell: Any, H: int, dtype: str) -> None:
    net, x = cell(F, H, num_layers=2, dtype=dtype, seed=0), _x(dtype)
    state = tuple([0.1 * np.arange(2 * H, dtype=dtype).reshape(2, 1, H)] * len(net.cell.states))
    for given in ({}, {"state": state}, {"lengths": [T - 7]}):
        expected = _all_of(net, x, 1, **given)
        for one, other in zip(expected, _all_of_two(net, x, **given), strict=True):
            np.testing.assert_array_equal(one, other)
        assert _meetings() == (T - 7 if "lengths" in given else T) + 1


def test_backwards_in_time_too() -> None:
    net, x = cl.LSTM(F, 40, bidirectional=True, seed=0), _x("float32")
    for one, other in zip(_all_of(net, x, 1), _all_of_two(net, x), strict=True):
        np.testing.assert_array_equal(one, other)


def test_alone_where_the_team_is_at_work_for_another() -> None:
    net, x = cl.LSTM(F, 40, seed=0), _x("float32")
    expected = net(x).h
    _all_of_two(net, x)
    with team._team._in_use:
        team._team._mailboxes[:, team.MEETING[1]] = 0
        with kernels.using_threads(2):
            np.testing.assert_array_equal(net(x).h, expected)
    assert _meetings() == 0


def test_alone_where_a_worker_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    net, x = cl.LSTM(F, 40, seed=0), _x("float32")
    expected = _all_of(net, x, 2)
    asleep = team.Team()
    deaf: Any = _Deaf()
    asleep._mailboxes, asleep._workers = np.zeros((1, team.MAILBOX_WORDS), np.int64), [deaf]
    monkeypatch.setattr(team, "_team", asleep)
    for one, other in zip(_all_of(net, x, 2), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert _meetings() == 0


class _Deaf:
    """A worker that never comes."""

    def call(self) -> None:
        pass

    def dismiss(self) -> None:
        pass


def test_a_cell_that_can_not_share_units_takes_one_thread() -> None:
    net, x = cl.RNN(F, 40, seed=0), _x("float32")
    expected = net(x).h
    with kernels.using_threads(2):
        np.testing.assert_array_equal(net(x).h, expected)
    assert len(team._team._mailboxes) == 0
