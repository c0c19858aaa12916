"""A lab that runs in this process, and a client that asks it as its page would, or as nobody should."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from clearlstm.lab.launch import Launch, listen, prepare
from clearlstm.lab.limits import Limits
from clearlstm.report.language import ENGLISH, Language

QUICK = {"max_steps": 20, "hidden_size": 4, "input_size": 5, "windows": 0, "h": 2}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Asks a running lab."""

    def __init__(self, launch: Launch) -> None:
        self.link = launch.link
        self.lab, self.launch = launch.lab, launch
        base, self.token = launch.link.split("/#token=")
        self.host = base.removeprefix("http://")

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> Answer:
        """One request; a header that is None isn't sent."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"X-Clearlstm-Token": self.token, "Host": self.host} | named
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None and "Content-Length" not in sent:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        return self.good(self.ask("GET", path))

    def post(self, path: str, body: Any) -> Any:
        return self.good(self.try_post(path, body))

    def try_post(self, path: str, body: Any) -> Answer:
        return self.ask("POST", path, json.dumps(body).encode(), Content_Type="application/json")

    def upload(self, kind: str, name: str, content: bytes) -> Answer:
        return self.ask("POST", f"/api/{kind}s?name={name}", content)

    def good(self, answer: Answer) -> Any:
        assert answer.status == 200, answer.content
        return answer.json

    def follow(self, job: dict[str, Any], until: tuple[str, ...] = ("done", "failed", "stopped")) -> dict[str, Any]:
        """Wait until the job is in one of these states."""
        deadline = time.monotonic() + 60
        while job["state"] not in until:
            assert time.monotonic() < deadline, job
            job = self.get(f"/api/jobs/{job['id']}?after={job['version']}")
        return job

    def follow_to_step(self, job: dict[str, Any], step: int) -> dict[str, Any]:
        """Wait until its training is that far."""
        while (job["progress"] or {"step": 0})["step"] < step:
            assert job["state"] in ("queued", "running"), job
            job = self.get(f"/api/jobs/{job['id']}?after={job['version']}")
        return job

    def result(self, job: dict[str, Any]) -> Any:
        done = self.follow(job)
        assert done["state"] == "done", done
        return self.get(f"/api/jobs/{job['id']}/result")


@contextmanager
def running(folder: Path | None = None, language: Language = ENGLISH, **limits: float) -> Iterator[Client]:
    """A lab that serves while the block lasts."""
    listener = listen(None)
    launch = prepare(listener, folder, Limits(**{"news_seconds": 5, **limits}), language)  # type: ignore[arg-type]
    thread = threading.Thread(target=launch.server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Client(launch)
    finally:
        launch.server.should_exit = True
        thread.join()
