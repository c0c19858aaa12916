"""Work on a stranger's file in a process of its own: what hangs, breaks or asks for too much there ends there.

Libraries that parse or run such files are large and in C; a crafted file may keep them busy for ever or break them.
Only this package's own answers come back, so a pickle carries them.
"""

import contextlib
import os
import pickle
import subprocess
import sys
from importlib import import_module
from typing import Any, Final

from clearlstm.errors import ClearLSTMError

SECONDS: Final = 60.0
MEMORY: Final = 4 * 2**30
COMMAND: Final = ("-P", "-m", "clearlstm.interop.apart")  # -P: nothing is imported from the current folder


class Broke(Exception):  # noqa: N818 - what became of the work, told to whoever asked for it
    """The work didn't come to an end: the message says how."""


def run_apart(function: str, *arguments: Any, seconds: float = SECONDS, memory: int = MEMORY) -> Any:
    """What ``function``, such as "package.module.name", answers to ``arguments`` in a process of its own.

    Errors of clearlstm's pass through; others, and an end by force or by ``seconds`` or ``memory`` (bytes, where the
    system can limit it), are :class:`Broke`.
    """
    if not sys.executable:  # Python inside another program: there is no other process to be had
        return _called(function, arguments)
    order = pickle.dumps((function, arguments, seconds, memory))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        done = subprocess.run(
            [sys.executable, *COMMAND], input=order, capture_output=True, timeout=seconds, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise Broke(f"it took more than {seconds:g} seconds and was ended") from error
    if done.returncode != 0 or not done.stdout:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Broke(f"it ended with code {done.returncode}{last and f': {last}'}")
    fault, answer = pickle.loads(done.stdout)
    if fault is not None:
        raise fault if isinstance(fault, ClearLSTMError) else Broke(fault)
    return answer


def limit_memory(n_bytes: int) -> None:
    """Refuse this process more memory than that, where the system can: a hostile file may unpack without end."""
    if sys.platform == "win32":
        return
    import resource

    _limit(resource.RLIMIT_DATA, n_bytes)


def _limit_time(seconds: float) -> None:
    """The end of this process if the one that waits for it was killed: so much computing, on all processors."""
    if sys.platform == "win32":
        return
    import resource

    _limit(resource.RLIMIT_CPU, int(seconds + 1) * (os.cpu_count() or 1))


def _limit(kind: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    with contextlib.suppress(OSError, ValueError):  # what macOS says of some limits
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _work(order: bytes) -> tuple[ClearLSTMError | str | None, Any]:
    function, arguments, seconds, memory = pickle.loads(order)
    limit_memory(memory)
    _limit_time(seconds)
    try:
        return None, _called(function, arguments)
    except ClearLSTMError as error:
        return error.with_traceback(None), None
    except Exception as error:  # of whatever library
        return f"{type(error).__name__}: {error}", None


def _called(function: str, arguments: tuple[Any, ...]) -> Any:
    module, _, name = function.rpartition(".")
    return getattr(import_module(module), name)(*arguments)


def main() -> None:
    """Do what stdin says. What libraries print goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answers:
        pickle.dump(_work(sys.stdin.buffer.read()), answers)


if __name__ == "__main__":
    main()
