"""Timing: every peer in its own process, in turns, so that a slow minute of the machine meets all of them alike."""

import contextlib
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, TypeVar

from clearlstm.bench.grid import Row, Task
from clearlstm.bench.peers import PEERS

MISLEADING: Final = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Settings that make NumPy's products slower or faster than the machine's own; the peak is measured without them."""

PAUSE_SECONDS: Final = 0.02
"""Between turns, for the other library's threads to stop spinning."""

OWN: Final = "clearlstm"
OWN_FORWARD: Final = "forward"
"""Among the seconds of a trace: clearlstm's own forward pass, in turns with it."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds of turns, and the least seconds and calls of each turn."""

    rounds: int = 5
    seconds: float = 0.08
    calls: int = 1


@dataclass(frozen=True)
class Measurement:
    """Seconds a call for one row and task, by peer: the median of its best round.

    Only clearlstm traces; there the other one is its own forward pass, ``OWN_FORWARD``.
    """

    row: Row
    task: Task
    seconds: Mapping[str, float]

    def ratio(self, peer: str) -> float | None:
        """How many times as long ``peer`` takes as clearlstm."""
        return self.seconds[peer] / self.seconds[OWN] if peer in self.seconds else None

    def best_ratio(self) -> float | None:
        """Against the fastest of the others."""
        ratios = [self.ratio(peer) for peer in self.seconds if peer not in (OWN, OWN_FORWARD)]
        return min((ratio for ratio in ratios if ratio is not None), default=None)

    def times_as_long(self) -> float | None:
        """As its own forward pass, for a trace."""
        return self.seconds[OWN] / self.seconds[OWN_FORWARD] if OWN_FORWARD in self.seconds else None


class _Process:
    """A peer in a process of its own, which computes when asked and sleeps otherwise."""

    def __init__(self, peer: str, n_threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, child = context.Pipe()
        self._process = context.Process(target=_serve, args=(child, peer, n_threads), daemon=True)
        self._process.start()
        child.close()

    def prepare(self, row: Row) -> list[Task]:
        tasks: list[Task] = self._ask(row)
        return tasks

    def time(self, task: Task, effort: Effort) -> list[float]:
        seconds: list[float] = self._ask((task, effort))
        return seconds

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.send(None)
        self._process.join()

    def _ask(self, question: object) -> list:  # type: ignore[type-arg]
        self._connection.send(question)
        answer: list | Exception = self._connection.recv()  # type: ignore[type-arg]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(connection: Connection, peer: str, n_threads: int) -> None:
    calls: Mapping[Task, Callable[[], object]] = {}
    while (question := connection.recv()) is not None:
        try:
            if isinstance(question, Row):
                calls = PEERS[peer](question, n_threads)
                connection.send(list(calls))
            else:
                connection.send(_time(calls[question[0]], question[1]))
        except Exception as error:
            connection.send(error)


def _time(call: Callable[[], object], effort: Effort) -> list[float]:
    call()
    seconds: list[float] = []
    while len(seconds) < effort.calls or sum(seconds) < effort.seconds:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


@contextlib.contextmanager
def without_misleading_settings() -> Iterator[None]:
    """For processes that are started inside."""
    kept = {name: os.environ.pop(name) for name in MISLEADING if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


@contextlib.contextmanager
def _processes(peers: Sequence[str], n_threads: int) -> Iterator[dict[str, _Process]]:
    started: dict[str, _Process] = {}
    try:
        with without_misleading_settings():
            for peer in peers:
                started[peer] = _Process(peer, n_threads)
        yield started
    finally:
        for process in started.values():
            process.stop()


def measure(rows: Sequence[Row], peers: Sequence[str], n_threads: int, effort: Effort) -> Iterator[Measurement]:
    """Time every task of every row, as soon as it is known."""
    with _processes(peers, n_threads) as processes:
        for row in rows:
            tasks = {peer: process.prepare(row) for peer, process in processes.items()}
            for task in row.tasks:
                able = {peer: (process, task) for peer, process in processes.items() if task in tasks[peer]}
                if task == "trace":
                    able[OWN_FORWARD] = (processes[OWN], "forward")
                yield Measurement(row, task, _in_turns(able, effort))


def _in_turns(runs: Mapping[str, tuple[_Process, Task]], effort: Effort) -> dict[str, float]:
    """The best round of each: what disturbs a machine hits libraries whose threads wait for each other hardest."""
    medians: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(effort.rounds):
        for name, (process, task) in runs.items():
            time.sleep(PAUSE_SECONDS)
            medians[name].append(statistics.median(process.time(task, effort)))
    return {name: min(values) for name, values in medians.items()}


def apart(function: Callable[..., Answer], *arguments: object) -> Answer:
    """What a function answers in a process of its own."""
    with without_misleading_settings(), multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)
