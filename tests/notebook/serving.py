"""A server in a process of its own: started on a free port, waited for until it answers, ended with the block."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from clearlstm.kernels.code_cache import CHOSEN, made_folder

START_SECONDS: Final = 60
END_SECONDS: Final = 20


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment(folder: Path, *, without: str, **more: str) -> dict[str, str]:
    """This process's, but nothing of the user's own: no variables that start so, and no settings from their home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(without)}
    homes = {f"XDG_{kind.upper()}_HOME": str(folder / kind) for kind in ("config", "data", "state", "cache")}
    kernels = made_folder()  # those that are compiled already
    return kept | homes | ({} if kernels is None else {CHOSEN: str(kernels.parent)}) | more


@contextmanager
def served(command: Sequence[str], port: int, *, health: str, folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Run the server, with `folder` as its working directory; yields its address once `health` answers."""
    log = folder / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as server,
    ):
        try:
            _wait_for(server, port, health, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(server)


def _wait_for(server: "subprocess.Popen[bytes]", port: int, health: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port, health):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8')}")
        time.sleep(0.05)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def _end(server: "subprocess.Popen[bytes]") -> None:
    """It ends its kernels, too, if it is asked to end rather than killed."""
    server.terminate()
    try:
        server.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
