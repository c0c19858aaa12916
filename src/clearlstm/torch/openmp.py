"""torch's own threads, lent to the kernels: they look for work for a while after each of torch's loops anyway."""

import ctypes
import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import torch

from clearlstm import kernels

LIBRARIES: Final = ("libgomp*", "libiomp5*", "libomp*")
ELSEWHERE: Final = ("libgomp.so.1", "libiomp5.so", "libomp.so")
"""Where torch brings none along, as in distributions of a system."""


@contextmanager
def on_torchs_threads() -> Iterator[None]:
    """Let the kernels have as many threads as torch, and torch's own ones where its OpenMP library can be reached."""
    with kernels.using_threads(torch.get_num_threads()), kernels.borrowing(launcher()):
        yield


@functools.cache
def launcher() -> int | None:
    """The address of GOMP_parallel in the OpenMP library that torch uses; None where there is none to be found."""
    if not hasattr(os, "RTLD_NOLOAD") or "backend: OpenMP" not in torch.__config__.parallel_info():
        return None
    folder = Path(torch.__file__).parent
    places = (folder / "lib", folder.with_name("torch.libs"))
    brought = [str(path) for place in places for name in LIBRARIES for path in sorted(place.glob(name))]
    for name in (*brought, *ELSEWHERE):
        try:
            function = ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_NOW).GOMP_parallel
        except (OSError, AttributeError):  # it isn't loaded, or has no such function
            continue
        return ctypes.cast(function, ctypes.c_void_p).value
    return None
