"""A lab that is killed in the middle of a training: the next one in its folder goes on from the checkpoint."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

TASK = {"kind": "forecast", "table": "prices", "max_steps": 3000, "hidden_size": 8, "windows": 0, "h": 2}


class Lab:
    """A lab in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", link: str) -> None:
        self.process = process
        self._base, self._token = link.split("/#token=")

    def ask(self, path: str, body: Any = None) -> Any:
        headers = {"X-Clearlstm-Token": self._token, "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self._base}{path}", content, headers)) as answer:
            return json.load(answer)

    def follow(self, job: Any, enough: Any) -> Any:
        deadline = time.monotonic() + 90
        while not enough(job):
            assert time.monotonic() < deadline, job
            job = self.ask(f"/api/jobs/{job['id']}?after={job['version']}")
        return job


@contextmanager
def lab_in(folder: Path) -> Iterator[Lab]:
    code = "from clearlstm.cli import main; main()"
    command = [sys.executable, "-c", code, "lab", "--no-browser", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        try:
            yield Lab(process, found[0])
        finally:
            process.kill()


def step_of(job: Any) -> int:
    return 0 if job["progress"] is None else int(job["progress"]["step"])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="workers outlive a killed lab there until they are done")
def test_a_killed_labs_training_goes_on_in_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    with lab_in(folder) as lab:
        lab.follow(lab.ask("/api/jobs", TASK), lambda job: step_of(job) >= 300)
        lab.process.kill()
        lab.process.wait()
    deadline = time.monotonic() + 30
    while not list((folder / "checkpoints").rglob("*.safetensors")):  # its worker ends as by Ctrl-C
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with lab_in(folder) as lab:
        assert len(list(folder.glob("run-*"))) == 1, "what the killed one left is gone"
        job = lab.follow(lab.ask("/api/jobs", TASK), lambda job: step_of(job) > 0 or job["state"] == "done")
        assert step_of(job) >= 300, "it began anew"
        job = lab.follow(job, lambda job: job["state"] not in ("queued", "running"))
        assert job["state"] == "done", job
        assert "forecast" in json.dumps(lab.ask(f"/api/jobs/{job['id']}/result"))
