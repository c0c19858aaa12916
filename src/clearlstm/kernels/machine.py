"""What the kernels run on: who answers, what is compiled for, how many threads, and where compiled code is kept."""

import importlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from clearlstm.kernels import threads


@dataclass(frozen=True)
class Target:
    """What compiled code is made for."""

    processor: str
    """As LLVM calls it."""

    register_bits: int
    fused: bool
    """Whether a product and a sum are one instruction, rounded once."""

    forced: bool
    """Whether the environment says so, rather than the processor."""


@dataclass(frozen=True)
class Cache:
    """The folder of compiled code."""

    folder: Path | None
    """None where no folder is this user's alone: then each process compiles for itself."""

    reason: str
    """Why there is none."""

    bytes: int
    writable: bool
    """Where it is not, each process compiles for itself what isn't there."""


@dataclass(frozen=True)
class Machine:
    """What the kernels run on here: ``target`` and ``cache`` are None where the reference answers."""

    target: Target | None
    cache: Cache | None
    why_reference: str | None
    """Why there is no compiled code."""

    broken: bool
    """Whether there should be: a kernel did not compile, or a file of clearlstm's own is missing."""

    threads: int
    processors: int
    """That this process may use."""

    @property
    def no_promise(self) -> str | None:
        """Why the bits of other machines are not promised on this one; None where they are."""
        if self.target is None:
            return f"the compiled kernels can't be used ({self.why_reference})"
        if self.target.fused:
            return None
        blamed = "the environment forces code" if self.target.forced else "the processor is one"
        return f"{blamed} without fused multiply-add"


def this_machine() -> Machine:
    """What the kernels run on here. Loads Numba where it is there, but compiles nothing and writes nothing."""
    why, broken = _why_reference()
    target, cache = (_target(), _cache()) if why is None else (None, None)
    return Machine(target, cache, why, broken, threads.get_num_threads(), threads.available_processors())


def _why_reference() -> tuple[str | None, bool]:
    """Why the reference answers, or None; and whether that is a fault rather than a lack of Numba."""
    try:
        importlib.import_module("clearlstm.kernels.engine")
    except ImportError as error:
        return str(error), (error.name or "").startswith("clearlstm")
    chosen = importlib.import_module("clearlstm.kernels")._engine
    if chosen is not None and chosen.__name__ == "clearlstm.kernels.fallback":
        return "a kernel did not compile", True
    return None, False


def _target() -> Target:
    from llvmlite.binding import get_host_cpu_name
    from numba.core import config

    from clearlstm.kernels.vector import FUSED, REGISTER_BYTES

    name, features = config.CPU_NAME, config.CPU_FEATURES  # type: ignore[attr-defined]
    forced = name is not None or features is not None
    return Target(name or get_host_cpu_name(), 8 * REGISTER_BYTES, FUSED, forced)


def _cache() -> Cache:
    from clearlstm.kernels.code_cache import place

    folder, reason = place()
    if folder is None:
        return Cache(None, reason, 0, writable=False)
    return Cache(folder, reason, sum(_size(path) for path in folder.rglob("*")), _writable(folder))


def _size(path: Path) -> int:
    """0 for a folder, and for a file that another process has just replaced."""
    return os.path.getsize(path) if os.path.isfile(path) else 0


def _writable(folder: Path) -> bool:
    """Whether files may be written there, or the folder be made. Nothing is written to find out."""
    there = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's own name where the system tells it, else its kind."""
    name = _from_sysctl() if platform.system() == "Darwin" else _from_cpuinfo(cpuinfo)
    return name or os.environ.get("PROCESSOR_IDENTIFIER") or platform.processor() or platform.machine()


def _from_cpuinfo(path: Path) -> str | None:
    """Linux's name of the first processor; ARM's are numbers, of the maker and of the part."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    facts: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    if "model name" in facts:
        return facts["model name"]
    if "CPU part" in facts:
        return f"{platform.machine()} (implementer {facts.get('CPU implementer', 'unknown')}, part {facts['CPU part']})"
    return None


def _from_sysctl() -> str | None:
    import subprocess

    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
