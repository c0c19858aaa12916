"""Workers as the server sees them: an order in, news out, stopped gently or at once, and why one ended."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

LOG: Final = "log.txt"
LOG_CHARACTERS: Final = 4000
LONGEST_LINE: Final = 2**20
KILLED: Final = 9  # the signal that can't be caught
COMMAND: Final = (sys.executable, "-P", "-m", "clearlstm.lab.worker")  # -P: nothing is imported from the folder

# A group of its own, to which a Ctrl-C on the terminal doesn't come.
if sys.platform == "win32":
    _APART: Final[dict[str, Any]] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _APART: Final[dict[str, Any]] = {"start_new_session": True}


class Worker:
    """A process in a group of its own. It gets ready on its own, waits for an order, and ends with it."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self._log = process, log

    @classmethod
    async def start(cls, folder: Path, threads: int) -> Self:
        """Start one in ``folder``; what its libraries print goes to a log there."""
        log = folder / LOG
        with open(log, "wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                cwd=folder,
                env={"CLEARLSTM_NUM_THREADS": str(threads), **os.environ},
                limit=LONGEST_LINE,
                **_APART,
            )
        return cls(process, log)

    def order(self, order: Mapping[str, Any]) -> None:
        """Tell it what to do."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def news(self) -> AsyncIterator[dict[str, Any]]:
        """What it reports, until it has nothing more to say."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            with contextlib.suppress(ValueError):  # the last line of a worker that was ended may be half a line
                yield json.loads(line)

    def ask_to_stop(self) -> None:
        """It writes its checkpoint and ends."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill(self) -> None:
        """End it and all that it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # what macOS says of a group that has ended
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    async def ended(self) -> int:
        """Wait for the end; its exit code, negative for a signal."""
        return await self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether it hasn't ended."""
        return self._process.returncode is None

    def print_log(self) -> None:
        """Show on the terminal what its libraries printed before it broke."""
        with contextlib.suppress(OSError):
            print(self._log.read_text("utf-8", "replace")[-LOG_CHARACTERS:], file=sys.stderr, end="")


class WorkerPool:
    """Hands out workers. One is kept ready, from the first time that one was needed on: getting ready takes seconds."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads
        self._spare: asyncio.Task[Worker] | None = None
        self._closed = False

    async def take(self) -> Worker:
        """A worker that waits for its order."""
        self.prepare()
        assert self._spare is not None
        spare, self._spare = self._spare, None
        worker = await asyncio.shield(spare)
        if not worker.alive:
            worker = await self._start()
        self.prepare()
        return worker

    def prepare(self) -> None:
        """Have one get ready."""
        if self._spare is None and not self._closed:
            self._spare = asyncio.create_task(self._start())

    async def _start(self) -> Worker:
        return await Worker.start(Path(tempfile.mkdtemp(dir=self._folder)), self._threads)

    async def close(self) -> None:
        """End the one that nobody took."""
        self._closed = True
        if self._spare is not None:
            worker = await self._spare
            worker.kill()
            await worker.ended()


def why_it_ended(code: int) -> str:
    """What to say of a worker that ended without a word."""
    if code == -KILLED:
        return (
            "The work was ended from outside, most likely because the computer ran out of memory. Close other "
            "programs, or ask for less: fewer rows, a smaller net. Then start it again; it goes on from its last "
            "checkpoint, if there is one."
        )
    how = f"exit code {code}" if code >= 0 else _signal_name(-code)
    return (
        f"The work broke off ({how}): a fault in clearlstm or in a library that it uses. Start it again; it goes on "
        "from its last checkpoint, if there is one. If that fails too, please report it."
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
