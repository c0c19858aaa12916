"""Jobs: at most two run at once, each in a process of its own; the others wait. What becomes of them is kept here."""

import asyncio
import contextlib
import hashlib
import json
import secrets
import shutil
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from clearlstm.kernels import get_num_threads
from clearlstm.lab.limits import Limits
from clearlstm.lab.requests import Refused
from clearlstm.lab.work_folder import LabFolder, disk_full
from clearlstm.lab.worker import RESULT
from clearlstm.lab.worker_pool import Worker, WorkerPool, why_it_ended

State = Literal["queued", "running", "done", "failed", "stopped"]
OPEN_STATES: Final = ("queued", "running")
BY_USER: Final = "It was stopped."
UNWATCHED: Final = "It was stopped, since no page had asked for it in a while."
CLOSING: Final = "It was stopped, since the lab was closed."


@dataclass(eq=False)
class Job:
    """One piece of work.

    ``order`` is what its worker is to do; ``key`` names its checkpoints; ``uses`` are the uploads that it reads;
    ``seconds`` is how long it may take.
    """

    id: str
    kind: str
    order: dict[str, Any]
    key: str | None
    folder: Path
    checkpoints: Path
    uses: frozenset[str]
    state: State = "queued"
    phase: str = "Waiting for its turn"
    progress: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    error: str | None = None
    version: int = 0
    watchers: int = 0
    last_seen: float = field(default_factory=time.monotonic)
    worker: Worker | None = None
    task: "asyncio.Task[None] | None" = None
    stop_reason: str | None = None
    seconds: float | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def open(self) -> bool:
        """Whether it hasn't ended."""
        return self.state in OPEN_STATES

    def change(self, **values: Any) -> None:
        """Change what the page knows of it, and wake those who wait for news."""
        for name, value in values.items():
            setattr(self, name, value)
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()

    @property
    def unwatched_seconds(self) -> float:
        """For how long nobody has asked for it."""
        return 0.0 if self.watchers else time.monotonic() - self.last_seen

    async def news(self, seen: int, seconds: float) -> None:
        """Return once the version isn't ``seen``, or after so many seconds; meanwhile it counts as watched."""
        self.watchers += 1
        try:
            if self.version == seen and self.open:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), seconds)
        finally:
            self.watchers -= 1
            self.last_seen = time.monotonic()

    def take(self, news: Mapping[str, Any]) -> None:
        """Take in a line from the worker."""
        if "warning" in news:
            self.change(warnings=[*self.warnings, news["warning"]])
        elif "progress" in news:
            self.change(**{name: news[name] for name in ("phase", "progress") if name in news})


class Jobs:
    """All jobs of a lab."""

    def __init__(self, folder: LabFolder, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._jobs: dict[str, Job] = {}
        self._room = asyncio.Semaphore(limits.at_once)
        self._reading = asyncio.Semaphore(limits.at_once)
        self._workers = WorkerPool(folder.workers, max(1, get_num_threads() // limits.at_once))
        self._watch: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start to look after jobs that nobody watches; to be called in the running loop."""
        self._watch = asyncio.create_task(self._stop_unwatched())

    def get(self, job_id: str) -> Job:
        """The job of that id."""
        if (job := self._jobs.get(job_id)) is None:
            raise Refused(404, "the lab doesn't know this job any more: start it again")
        return job

    def finished(self, job_id: str) -> Job:
        """The job of that id, which is done. What is still used is kept, before others that ended."""
        job = self.get(job_id)
        if job.state != "done":
            raise Refused(409, f"the job is {job.state}: this can be had when it is done")
        self._jobs[job_id] = self._jobs.pop(job_id)
        return job

    def needs(self, upload_id: str) -> bool:
        """Whether a job that hasn't ended reads a file."""
        return any(job.open and upload_id in job.uses for job in self._jobs.values())

    def ahead(self, job: Job) -> int:
        """How many jobs will run before a queued one."""
        queued = [one for one in self._jobs.values() if one.state == "queued"]
        return queued.index(job) if job in queued else 0

    def start(self, kind: str, order: dict[str, Any], *, content: str | None = None, uses: frozenset[str]) -> Job:
        """Take on a job. ``content`` describes task and data: what agrees in it goes on from the same checkpoints."""
        if sum(job.state == "queued" for job in self._jobs.values()) >= self._limits.waiting:
            raise Refused(429, f"{self._limits.waiting} jobs are waiting already: stop some, or wait for them")
        self._forget_oldest()
        key = None if content is None else hashlib.blake2b(content.encode(), digest_size=12).hexdigest()
        if any(other.open and other.key == key for other in self._jobs.values()):
            key = None  # its twin writes those checkpoints: this one has its own
        job = self._new(kind, order, key, uses)
        if kind == "open":  # a file of which nothing is known
            job.order["memory"], job.seconds = self._limits.parsing_memory, self._limits.parsing_seconds
        self._jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job))
        return job

    def _new(self, kind: str, order: Mapping[str, Any], key: str | None, uses: frozenset[str]) -> Job:
        job_id = secrets.token_urlsafe(12)
        folder = self._folder.jobs / job_id
        folder.mkdir()
        checkpoints = folder / "checkpoints" if key is None else self._folder.checkpoints / key
        full = {**order, "kind": kind, "folder": str(folder), "checkpoints": str(checkpoints)}
        return Job(job_id, kind, full, key, folder, checkpoints, uses)

    def again(self, job: Job) -> None:
        """Run a stopped or failed job once more, from its checkpoint if there is one."""
        if job.open or job.state == "done":
            raise Refused(409, f"the job is {job.state}: only a stopped or failed one can be run again")
        if any(other.open and other.key == job.key is not None for other in self._jobs.values()):
            raise Refused(409, "the same job runs already, started elsewhere: wait for it, or stop it")
        job.stop_reason, job.last_seen = None, time.monotonic()
        job.change(state="queued", phase="Waiting for its turn", error=None, warnings=[], progress=None)
        self._jobs[job.id] = self._jobs.pop(job.id)  # at the end of the queue
        job.task = asyncio.create_task(self._run(job))

    async def stop(self, job: Job, reason: str = BY_USER) -> None:
        """Stop a job, and wait until it has stopped; its checkpoint stays."""
        if not job.open:
            return
        job.stop_reason = job.stop_reason or reason
        assert job.task is not None
        if job.state == "queued":
            job.task.cancel()
        elif job.worker is not None:
            job.worker.ask_to_stop()
        done, _ = await asyncio.wait([job.task], timeout=self._limits.stopping_seconds)
        if not done and job.worker is not None:
            job.worker.kill()
            await asyncio.wait([job.task])
        if job.open:  # it never started
            self._stopped(job)

    async def _run(self, job: Job) -> None:
        try:
            async with self._room:
                job.change(state="running", phase="Starting")
                job.worker = worker = await self._workers.take()
                last, code = await self._work(job, worker)
                job.worker = None
        except Exception as error:  # or the job would run forever
            fault = f"a fault in clearlstm ({type(error).__name__}: {error}); please report it"
            if (full := disk_full(error)) is None:
                traceback.print_exc()
            last, code = {"error": full or fault}, 0
        self._end(job, last, code)

    async def _work(self, job: Job, worker: Worker) -> tuple[dict[str, Any], int]:
        """The worker's last word, and its exit code."""
        if job.stop_reason is not None:  # while the worker was started
            worker.kill()
        else:
            worker.order(job.order)
        last: dict[str, Any] = {}
        try:
            async with asyncio.timeout(job.seconds):
                async for last in worker.news():
                    job.take(last)
        except TimeoutError:
            last = {"error": f"It took more than {job.seconds:g} seconds, so it was ended: give a smaller file"}
        finally:
            worker.kill()
            code = await worker.ended()
        if "fault" in last or not last.keys() & {"done", "stopped", "error"}:
            worker.print_log()
        return last, code

    def _end(self, job: Job, last: Mapping[str, Any], code: int) -> None:
        """The job's end, from its worker's last word, or from the exit code of one that had no last word."""
        if "done" in last:
            shutil.rmtree(job.checkpoints, ignore_errors=True)
            job.change(state="done", phase="Done")
        elif "stopped" in last or job.stop_reason is not None:
            self._stopped(job)
        else:
            job.change(state="failed", phase="Failed", error=last.get("error") or why_it_ended(code))

    def _stopped(self, job: Job) -> None:
        goes_on = " Started again, it goes on from its checkpoint." if job_left_something(job) else ""
        job.change(state="stopped", phase="Stopped", error=f"{job.stop_reason or BY_USER}{goes_on}")

    async def read(self, kind: str, order: Mapping[str, Any]) -> bytes:
        """Have a file read by a worker of its own, in limited time and memory; the result's JSON."""
        job = self._new(kind, {**order, "memory": self._limits.parsing_memory}, None, frozenset())
        job.seconds = self._limits.parsing_seconds
        try:
            async with self._reading:
                last, code = await self._work(job, await self._workers.take())
            if "done" not in last:
                broke = f"The file broke the program that reads it. {why_it_ended(code)}"
                raise Refused(422, last.get("error") or broke)
            return await asyncio.to_thread((job.folder / RESULT).read_bytes)
        finally:
            shutil.rmtree(job.folder, ignore_errors=True)

    async def _stop_unwatched(self) -> None:
        limit = self._limits.unwatched_seconds
        while True:
            await asyncio.sleep(min(limit / 4, 5))
            for job in [job for job in self._jobs.values() if job.open and job.unwatched_seconds > limit]:
                await self.stop(job, UNWATCHED)

    async def close(self) -> None:
        """Stop everything, and wait until it has stopped."""
        if self._watch is not None:
            self._watch.cancel()
        await asyncio.gather(*(self.stop(job, CLOSING) for job in self._jobs.values() if job.open))
        await self._workers.close()

    def prepare(self) -> None:
        """Have a worker get ready for what is likely to come."""
        self._workers.prepare()

    def _forget_oldest(self) -> None:
        ended = [job for job in self._jobs.values() if not job.open]
        for job in ended[: max(0, len(ended) - self._limits.ended + 1)]:
            del self._jobs[job.id]
            shutil.rmtree(job.folder, ignore_errors=True)


def job_left_something(job: Job) -> bool:
    """Whether there is a checkpoint to go on from."""
    return job.checkpoints.is_dir() and any(job.checkpoints.iterdir())


def job_data(job: Job, ahead: int) -> dict[str, Any]:
    """A job as the page knows it: the type Job of static/api.js."""
    names = ("id", "kind", "state", "version", "phase", "progress", "warnings", "error")
    can_go_on = job.state in ("stopped", "failed") and job_left_something(job)
    return {name: getattr(job, name) for name in names} | {"ahead": ahead, "can_go_on": can_go_on}


def content_of(task: Mapping[str, Any], *digests: str) -> str:
    """Task and data in a text: what differs in it doesn't share checkpoints. Uploads count by what is in them."""
    plain = {name: value for name, value in task.items() if name != "table"}
    return json.dumps([plain, digests], sort_keys=True)
