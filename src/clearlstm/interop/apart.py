"""Work on a stranger's file in a process of its own: what hangs, breaks or asks for too much there ends there.

Libraries that parse or run such files are large and in C; a crafted file may keep them busy for ever or break them.
What goes there and what comes back is JSON and arrays, in a temporary folder.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm import errors
from clearlstm.errors import ClearLSTMError

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]

SECONDS: Final = 60.0
MEMORY: Final = 4 * 2**30
ORDER: Final = "order"
ANSWER: Final = "answer"
COMMAND: Final = ("-P", "-m", "clearlstm.interop.apart")  # -P: nothing is imported from the current folder


class Broke(Exception):  # noqa: N818 - what became of the work, told to whoever asked for it
    """The work didn't come to an end: the message says how."""


def run_apart(
    function: str, given: Any, arrays: Mapping[str, npt.NDArray[Any]], *, seconds: float = SECONDS, memory: int = MEMORY
) -> tuple[Any, Arrays]:
    """What ``function``, such as "package.module.name", answers to ``given`` and ``arrays`` in a process of its own.

    ``given`` is whatever JSON holds; the answer is such a pair, too. Errors of clearlstm's pass through; others, and an
    end by force or by ``seconds`` or ``memory`` (bytes, where the system can limit it), are :class:`Broke`.
    """
    if not sys.executable:  # Python inside another program: there is no other process to be had
        return _called(function, given, dict(arrays))
    with tempfile.TemporaryDirectory(prefix="clearlstm-") as name:
        folder = Path(name)
        _write(folder / ORDER, [function, given, seconds, memory], arrays)
        _wait_for(folder, seconds)
        (kind, answer), arrays_back = _read(folder / ANSWER)
    if kind == "done":
        return answer, arrays_back
    raise getattr(errors, kind, Broke)(answer)


def _wait_for(folder: Path, seconds: float) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, *COMMAND, str(folder)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, env=environment)
    except subprocess.TimeoutExpired as error:
        raise Broke(f"it took more than {seconds:g} seconds and was ended") from error
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Broke(f"it ended with code {done.returncode}{last and f': {last}'}")


def _write(path: Path, answer: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    numbered = {str(number): array for number, array in enumerate(arrays.values())}
    np.savez(path.with_suffix(".npz"), **numbered)  # type: ignore[arg-type]  # its other argument is no array
    path.with_suffix(".json").write_text(json.dumps([answer, list(arrays)]), encoding="utf-8", newline="\n")


def _read(path: Path) -> tuple[Any, Arrays]:
    answer, names = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
        return answer, {name: arrays[str(number)] for number, name in enumerate(names)}


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


def _answer(folder: Path) -> tuple[tuple[str, Any], Arrays]:
    """What was done, or the kind of error and what it says."""
    (function, given, seconds, memory), arrays = _read(folder / ORDER)
    limit_memory(memory)
    _limit_time(seconds)
    try:
        answer, arrays_back = _called(function, given, arrays)
    except ClearLSTMError as error:
        return (type(error).__name__, str(error)), {}
    except Exception as error:  # of whatever library
        return (Broke.__name__, f"{type(error).__name__}: {error}"), {}
    return ("done", answer), arrays_back


def _called(function: str, given: Any, arrays: Arrays) -> tuple[Any, Arrays]:
    module, _, name = function.rpartition(".")
    answer: tuple[Any, Arrays] = getattr(import_module(module), name)(given, arrays)
    return answer


if __name__ == "__main__":
    _write(Path(sys.argv[1]) / ANSWER, *_answer(Path(sys.argv[1])))
