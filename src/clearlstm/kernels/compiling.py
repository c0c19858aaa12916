"""Numba's decorator, made robust: code is kept where that is safe (``code_cache``), or compiled for each process."""

import ctypes
import functools
import sys
from collections.abc import Callable
from typing import Any

import numba
from numba.core import config, event
from numba.core.errors import NumbaError
from numba.extending import intrinsic

from clearlstm.kernels.code_cache import CodeCache, digest_of, made_folder, place
from clearlstm.kernels.failure import CompileError
from clearlstm.kernels.parts import OPTIONS


def _in_subinterpreter() -> bool:
    current = ctypes.pythonapi.PyInterpreterState_Get
    current.restype = ctypes.c_void_p
    return bool(ctypes.pythonapi.PyInterpreterState_GetID(ctypes.c_void_p(current())))


if _in_subinterpreter():
    raise ImportError("compiled code would hang in one of Python's subinterpreters: use a process of its own")
if config.DISABLE_JIT:  # type: ignore[attr-defined]
    raise ImportError("NUMBA_DISABLE_JIT is set")


def instruction(function: Any) -> Any:
    """A function that writes its own machine-independent code: Numba's intrinsic."""
    return intrinsic(function)


class Kernel:
    """A function that is compiled at its first call, or read from the cache, and runs without Python's lock."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._compiled: Any = None

    def __call__(self, *args: object) -> Any:
        """Run it; the first call with a type of array compiles."""
        compiled = self._compiled or self._decorated()
        try:
            return compiled(*args)
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

    def _decorated(self) -> Callable[..., Any]:
        compiled = numba.njit(self._function, **OPTIONS)
        if digest_of(self._function.__code__.co_filename) and (folder := made_folder()):
            compiled._cache = CodeCache(self._function, folder)
        self._compiled = compiled
        return compiled  # type: ignore[no-any-return]


class _Notice(event.Listener):
    """Says once, at the first compilation, why the program seems to wait."""

    warned = False

    def on_start(self, event: Any) -> None:
        ours = event.data["dispatcher"].py_func.__module__.startswith("clearlstm.")
        if ours and not self.warned:
            self.warned = True
            reason = place().reason
            often = f"in every process, since there is no safe place to keep them: {reason}" if reason else "once"
            notice = f"clearlstm: compiling its kernels for this processor ({often}; some seconds) …"
            print(notice, file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


event.register("numba:compile", _Notice())  # type: ignore[no-untyped-call]
