"""Timing: every peer in its own process, in turns, so that a slow minute of the machine meets all of them alike."""

import contextlib
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final, TypeAlias, TypeVar

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

Make: TypeAlias = Callable[[Row, int], Mapping[Any, Callable[[], object]]]
"""From a row and a number of threads to the calls, by task; the processes of ``processes`` import it by its name."""


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


class Process:
    """A peer in a process of its own, which computes when asked and sleeps otherwise."""

    def __init__(self, make: Make, n_threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, child = context.Pipe()
        self._process = context.Process(target=_serve, args=(child, make, n_threads), daemon=True)
        self._process.start()
        child.close()

    def prepare(self, row: Row) -> list[Any]:
        """Make the calls of ``row``, in the place of an earlier row's; their tasks."""
        tasks: list[Any] = self._ask(row)
        return tasks

    def answer(self, task: str) -> Any:
        """What a call answers."""
        return self._ask((task, None))

    def time(self, task: str, effort: Effort) -> list[float]:
        """Seconds of each call, after one that doesn't count."""
        seconds: list[float] = self._ask((task, effort))
        return seconds

    def stop(self) -> None:
        """End it, as soon as it has done what it was asked."""
        with contextlib.suppress(OSError):
            self._connection.send(None)
        self._process.join()

    def _ask(self, question: object) -> Any:
        self._connection.send(question)
        answer = self._connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(connection: Connection, make: Make, n_threads: int) -> None:
    calls: Mapping[Any, Callable[[], object]] = {}
    while (question := connection.recv()) is not None:
        try:
            if isinstance(question, Row):
                calls = make(question, n_threads)
                connection.send(list(calls))
            else:
                task, effort = question
                connection.send(calls[task]() if effort is None else _time(calls[task], effort))
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
def processes(makers: Mapping[str, Make], n_threads: int) -> Iterator[dict[str, Process]]:
    """One for each of ``makers``, by the same names, while inside."""
    started: dict[str, Process] = {}
    try:
        with without_misleading_settings():
            for peer, make in makers.items():
                started[peer] = Process(make, n_threads)
        yield started
    finally:
        for process in started.values():
            process.stop()


def measure(rows: Sequence[Row], peers: Sequence[str], n_threads: int, effort: Effort) -> Iterator[Measurement]:
    """Time every task of every row, as soon as it is known."""
    with processes({peer: PEERS[peer] for peer in peers}, n_threads) as started:
        for row in rows:
            tasks = {peer: process.prepare(row) for peer, process in started.items()}
            for task in row.tasks:
                able = {peer: (process, task) for peer, process in started.items() if task in tasks[peer]}
                if task == "trace":
                    able[OWN_FORWARD] = (started[OWN], "forward")
                yield Measurement(row, task, in_turns(able, effort))


def in_turns(runs: Mapping[str, tuple[Process, Any]], effort: Effort) -> dict[str, float]:
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
