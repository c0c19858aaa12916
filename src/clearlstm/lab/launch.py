"""Launch the lab: a socket on this machine alone, the server on it, and the link."""

import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple

import uvicorn

from clearlstm.errors import InputError
from clearlstm.lab.access import new_token, write_redirect
from clearlstm.lab.connections import LimitedProtocol
from clearlstm.lab.limits import Limits
from clearlstm.lab.server import Lab, application
from clearlstm.lab.work_folder import LabFolder
from clearlstm.report.language import ENGLISH, Language

ADDRESS: Final = "127.0.0.1"


def listen(port: int | None) -> socket.socket:
    """A socket on this machine alone, at a free port if none is named."""
    try:
        listener = socket.create_server((ADDRESS, port or 0))
    except (OSError, OverflowError) as error:
        raise InputError(
            f"--port {port}: it can't be had ({error}): another program may listen there. Name another, or none for "
            "one that is free"
        ) from error
    # Connections inherit it. Without it each answer's body would wait 40 ms for the browser to confirm its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Launch(NamedTuple):
    """A lab that is ready to be run: its server, what it serves, and the link to it."""

    server: uvicorn.Server
    lab: Lab
    link: str


def prepare(
    listener: socket.socket,
    folder: Path | None = None,
    limits: Limits | None = None,
    language: Language = ENGLISH,
) -> Launch:
    """A lab on ``listener``, whose files are kept in ``folder``, by default a temporary one."""
    port, token, chosen = listener.getsockname()[1], new_token(), limits or Limits()
    lab = Lab(LabFolder(folder), chosen, language)
    protocol: Any = partial(LimitedProtocol, chosen)
    config = uvicorn.Config(
        application(lab, port, token), log_level="critical", http=protocol, ws="none", server_header=False,
        lifespan="on", timeout_graceful_shutdown=1,
    )  # fmt: skip
    return Launch(uvicorn.Server(config), lab, f"http://{ADDRESS}:{port}/#token={token}")


def serve(launch: Launch, listener: socket.socket) -> Path | None:
    """Serve until Ctrl-C or its like. Returns the folder that holds checkpoints of unfinished work, if any does."""
    with _termination_as_interrupt(), suppress(KeyboardInterrupt):  # uvicorn ends in order, and then hands signals on
        launch.server.run(sockets=[listener])
    return launch.lab.kept


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM, Windows' Ctrl-Break and a closed terminal be what Ctrl-C is: then what is left to do is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in _endings().items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _endings() -> dict[signal.Signals, Callable[[int, FrameType | None], Any]]:
    """The signals that end a program, besides SIGINT, and what to do at each."""
    interrupt = signal.default_int_handler
    if sys.platform == "win32":
        return {signal.SIGTERM: interrupt, signal.SIGBREAK: interrupt}
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # started with nohup: it is to outlive the terminal
        return {signal.SIGTERM: interrupt}
    return {signal.SIGTERM: interrupt, signal.SIGHUP: lambda *_: signal.raise_signal(signal.SIGTERM)}


def open_browser(launch: Launch) -> None:
    """Open the lab in the browser, without waiting for it, by a file that goes when the lab closes."""
    page = launch.lab.folder.run / "open-the-lab.html"
    write_redirect(page, launch.link)
    threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()
