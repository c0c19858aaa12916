"""What a report of a bug must say: versions, system, processor, and what the kernels run on."""

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from clearlstm import kernels
from clearlstm.version import __version__

ALWAYS: Final = ("numpy", "numba", "llvmlite", "pandas")
"""Named even where they are not installed."""

SETTINGS: Final = ("CLEARLSTM_", "NUMBA_", "OPENBLAS_", "MKL_", "OMP_")
"""How the names of environment variables begin that change how numbers are computed, here or in NumPy."""

ABSENT: Final = "not installed"


@dataclass(frozen=True)
class Facts:
    """What is installed, and on what."""

    versions: dict[str, str]
    system: str
    processor: str
    settings: dict[str, str]
    """Environment variables that are set."""

    kernels: kernels.Machine


def facts() -> Facts:
    """Look, and load nothing but what the kernels need."""
    return Facts(
        versions=versions(),
        system=platform.platform(),
        processor=kernels.processor_name(),
        settings={name: os.environ[name] for name in sorted(os.environ) if name.startswith(SETTINGS)},
        kernels=kernels.this_machine(),
    )


def versions() -> dict[str, str]:
    """Of clearlstm, Python, and what it works with: the core always, extras where they are installed."""
    by_name = {"clearlstm": __version__, "Python": platform.python_version()}
    by_name |= {name: _version(name) or ABSENT for name in ALWAYS}
    return by_name | {name: version for name in sorted(set(_named())) if (version := _version(name))}


def _named() -> Iterator[str]:
    """The packages that clearlstm asks for, extras included, by its own metadata."""
    try:
        requirements = metadata.requires("clearlstm") or []
    except metadata.PackageNotFoundError:
        return
    for requirement in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        if name and name[0] not in ("clearlstm", *ALWAYS):
            yield name[0]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
