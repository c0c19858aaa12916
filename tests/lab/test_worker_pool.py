"""A worker that has ended already, and limits that the system won't set: no reason to break off."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clearlstm.interop.apart import limit_memory
from clearlstm.lab.worker_pool import Worker

if sys.platform == "win32":
    pytest.skip("Windows has neither groups of processes nor limits", allow_module_level=True)

import resource


@pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])  # Linux's word and macOS's
def test_a_worker_that_has_ended_can_be_ended(monkeypatch: pytest.MonkeyPatch, error: type[OSError]) -> None:
    groups: list[int] = []

    def refuse(group: int, _signal: int) -> None:
        groups.append(group)
        raise error

    async def end() -> int:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "", start_new_session=True)
        worker = Worker(process, Path(os.devnull))
        await worker.ended()
        worker.kill()
        return process.pid

    monkeypatch.setattr(os, "killpg", refuse)
    with ThreadPoolExecutor(1) as other:  # the browser's tests leave a loop running in this thread
        pid = other.submit(asyncio.run, end()).result()
    assert groups == [pid]


def test_a_limit_that_the_system_refuses_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[int] = []

    def refuse(kind: int, _limits: tuple[int, int]) -> None:
        requested.append(kind)
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    limit_memory(2**30)
    assert requested == [resource.RLIMIT_DATA]
