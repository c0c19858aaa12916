"""Numba's decorator, made robust: a cache that can't be stale, and no failure for want of a place to keep it.

Numba's own cache looks only at the file of the function itself. Here it lies in a folder named after the content of
every file of this package that a kernel can be made of, so a change anywhere starts a new one; Numba adds the
processor's name and features to its keys.
"""

import contextlib
import functools
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
from numba.core import config, event
from numba.core.errors import NumbaError
from numba.extending import intrinsic

from clearlstm.kernels.failure import CompileError
from clearlstm.version import __version__

if config.DISABLE_JIT:  # type: ignore[attr-defined]
    raise ImportError("NUMBA_DISABLE_JIT is set")

_Function = TypeVar("_Function", bound=Callable[..., Any])

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}
"""No ``fastmath``: what is rounded, and where, is the same on every processor (see ``vector``)."""

CACHES: Final = {"darwin": "Library/Caches", "win32": "AppData/Local"}
"""Where programs keep them, from the home on; elsewhere it is ``.cache``."""

_decorating = threading.Lock()


def instruction(function: Any) -> Any:
    """A function that writes its own machine-independent code: Numba's intrinsic."""
    return intrinsic(function)


def inlined(function: _Function) -> _Function:
    """Compile ``function`` as a part of the kernels that call it."""
    return numba.njit(function, forceinline=True, **OPTIONS)  # type: ignore[no-any-return]


def compiled(function: _Function) -> _Function:
    """Compile ``function`` as one of its own that kernels call."""
    return numba.njit(function, **OPTIONS)  # type: ignore[no-any-return]


class Kernel:
    """A function that is compiled at its first call, or read from the cache, and runs without Python's lock."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._compiled: Any = None

    def __call__(self, *args: object) -> Any:
        """Run it; the first call with a type of array compiles."""
        compiled = self._compiled or self._compile(cache=True)
        try:
            return compiled(*args)
        except OSError:
            # The compiled code could not be written (a full disk, say): compile for this process alone.
            return self._compile(cache=False)(*args)
        except (NumbaError, RuntimeError) as error:
            # A kernel itself raises nothing: this is the compiler, or LLVM below it.
            first = str(error).strip().partition("\n")[0]
            raise CompileError(f"{self._function.__name__} doesn't compile: {first}") from error

    @property
    def n_signatures(self) -> int:
        """For how many combinations of argument types there is code in this process."""
        return len(self._compiled.signatures) if self._compiled else 0

    def assembly(self) -> list[str]:
        """The machine code of each signature compiled (not read from the cache) in this process, to look at."""
        return list(self._compiled.inspect_asm().values()) if self._compiled else []

    def _compile(self, *, cache: bool) -> Callable[..., Any]:
        with _cache_folder() if cache else contextlib.nullcontext():
            try:
                compiled = numba.njit(self._function, cache=cache, **OPTIONS)
            except RuntimeError:
                # Numba found no folder that it may write to.
                compiled = numba.njit(self._function, **OPTIONS)
        self._compiled = compiled
        return compiled  # type: ignore[no-any-return]


@contextlib.contextmanager
def _cache_folder() -> Iterator[None]:
    """Point Numba at our folder while one function is decorated; a user's own functions keep theirs."""
    with _decorating:
        before = config.CACHE_DIR  # type: ignore[attr-defined]
        config.CACHE_DIR = str(_user_cache() / f"clearlstm-{__version__}-{_fingerprint()}")  # type: ignore[attr-defined]
        try:
            yield
        finally:
            config.CACHE_DIR = before  # type: ignore[attr-defined]


def _user_cache() -> Path:
    """CLEARLSTM_CACHE_DIR, or the system's place for programs' caches; beside the sources where there is no home."""
    for variable in ("CLEARLSTM_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        if named := os.environ.get(variable):
            return Path(named)
    try:
        return Path.home() / CACHES.get(sys.platform, ".cache")
    except RuntimeError:  # a container's user without a name, for instance
        return Path(__file__).parent / "__pycache__"


@functools.cache
def _fingerprint() -> str:
    """Of the sources that compiled code is made from, and of the compiler."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class _Notice(event.Listener):
    """Says once, at the first compilation, why the program seems to wait."""

    said = False

    def on_start(self, event: Any) -> None:
        ours = event.data["dispatcher"].py_func.__module__.startswith("clearlstm.")
        if ours and not self.said:
            self.said = True
            notice = "clearlstm: compiling its kernels for this processor (once, some seconds) …"
            print(notice, file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


event.register("numba:compile", _Notice())  # type: ignore[no-untyped-call]
