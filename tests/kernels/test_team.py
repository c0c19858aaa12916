"""The workers: every part is done once, however many there are and whether anyone is awake."""

import ctypes
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled
from clearlstm.kernels.team import CAN_YIELD, Mailboxes, Team, _look, _publish, _yield_address, share
from clearlstm.kernels.vector import start
from clearlstm.shapes import FloatArray

MetArray = npt.NDArray[np.int64]


@compiled
def _count_part(counts: FloatArray, work: int, part: int, n_parts: int) -> None:
    """Add 1 for this part, after some work."""
    total = 0.0
    for k in range(work):
        total += 1.0 / (k + 1 + part)
    counts[part] += 1 if total >= 0 else 0
    counts[-1] = n_parts


@Kernel
def count(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    share(mailboxes, n_parts, _count_part, arguments)


@pytest.mark.parametrize("n_parts", [1, 2, 3, 5])
@pytest.mark.parametrize("work", [0, 20_000])
def test_every_part_is_done_exactly_once(n_parts: int, work: int) -> None:
    team, counts = Team(), np.zeros(7)
    for call in range(1, 101):
        if call % 25 == 0:
            time.sleep(0.005)  # long enough for the workers to fall asleep
        team.run(count, n_parts, counts, work)
        assert (counts[:n_parts] == call).all()
        assert (counts[n_parts:6] == 0).all()
    assert counts[6] == n_parts


@compiled
def _meet(met: MetArray, looks: int, part: int, n_parts: int) -> None:  # noqa: ARG001
    """Part 0 looks for part 1 to begin: which it does only in another thread."""
    if part == 1:
        _publish(start(met), 0, 1)
    else:
        while not met[1] and looks > 0:
            met[1] = _look(start(met), 0)
            looks -= 1


@Kernel
def meet_late(mailboxes: Mailboxes, n_parts: int, met: MetArray, looks: int, alone: int) -> float:
    total = 0.0
    for k in range(alone):
        total += 1.0 / (k + 1)
    share(mailboxes, n_parts, _meet, (met, looks))
    return total


def test_a_worker_does_not_fall_asleep_while_its_caller_is_busy_alone() -> None:
    """As in the search for numbers that aren't finite, before a kernel's parts are shared."""
    team = Team()
    for _ in range(3):
        met = np.zeros(2, np.int64)
        team.run(meet_late, 2, met, 1_000_000_000, 20_000_000)  # tens of milliseconds alone; seconds of looking
        assert met[1] == 1


def test_callers_that_come_at_the_same_time_all_get_their_parts_done() -> None:
    team, counts = Team(), np.zeros((4, 7))

    def call(row: FloatArray) -> None:
        for _ in range(200):
            team.run(count, 3, row, 1000)

    callers = [threading.Thread(target=call, args=(row,)) for row in counts]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (counts[:, :3] == 200).all()


def test_a_team_grows_when_more_parts_are_asked_for() -> None:
    team, counts = Team(), np.zeros(7)
    for n_parts in (2, 5, 3, 6):
        counts[:] = 0
        team.run(count, n_parts, counts, 100)
        assert counts[:6].sum() == n_parts


def test_a_waiting_caller_lets_others_run_on_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CAN_YIELD
    here, switch = _yield_address(), ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)
    windows = SimpleNamespace(kernel32=SimpleNamespace(SwitchToThread=switch))
    monkeypatch.setattr(ctypes, "windll", windows, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert _yield_address() == ctypes.cast(switch, ctypes.c_void_p).value != here
    monkeypatch.setattr(sys, "platform", "elsewhere")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    assert _yield_address() is None
