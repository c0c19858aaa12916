"""All checks, and what they say together."""

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clearlstm.check import bits
from clearlstm.check.kernels import compile_check, kernel_checks
from clearlstm.check.machine import Facts, facts
from clearlstm.check.result import Result, crashed
from clearlstm.errors import InputError
from clearlstm.shapes import counted


@dataclass(frozen=True)
class Report:
    """The results of all checks, and the machine they ran on."""

    facts: Facts
    results: tuple[Result, ...]
    seconds: float

    @property
    def failed(self) -> list[Result]:
        """The checks that failed."""
        return [result for result in self.results if result.status == "failed"]

    @property
    def verdict(self) -> str:
        """The outcome in a sentence: the first check that failed, if there is one."""
        if self.failed:
            return f"FAILED: {self.failed[0].sentence}"
        right = counted(len([result for result in self.results if result.status == "passed"]), "check")
        return f"All right: {right} passed in {self.seconds:.1f} seconds."

    @property
    def no_promise(self) -> str | None:
        """What to know where this machine need not give the bits of others."""
        why = self.facts.kernels.no_promise
        if why is None:
            return None
        return f"The same bits as on other machines are not promised here: {why}. Tolerances hold all the same."

    def advice(self) -> list[str]:
        """What to do about what failed."""
        return list(self._advice()) if self.failed else []

    def _advice(self) -> Iterator[str]:
        machine = self.facts.kernels
        if machine.broken:
            yield "Install clearlstm anew, and its compiler: pip install --force-reinstall numba llvmlite"
        if forced := [name for name in self.facts.settings if name.startswith("NUMBA_")]:
            yield f"Unset {', '.join(forced)}, and run it again."
        if machine.cache and machine.cache.folder:
            yield f"Delete {machine.cache.folder}, and run it again: compiled code may be damaged."
        if self._reference_is_suspect():
            yield (
                "The golden bits are right, so the reference may be what is wrong: its products are NumPy's. "
                "Reinstall numpy, and look at OPENBLAS_CORETYPE if it is set."
            )
        yield "If it still fails, please report it, with all of this output."

    def _reference_is_suspect(self) -> bool:
        by_kernels = [result for result in self.results if result.name.startswith(bits.PREFIX)]
        by_kernels = [result for result in by_kernels if result.name not in bits.BY_REFERENCE]
        return {result.status for result in by_kernels} == {"passed"}

    def to_dict(self) -> dict[str, Any]:
        """All of it, for JSON; ``clearlstm check --help`` names the keys."""
        return {
            "all_right": not self.failed,
            "failed": [result.name for result in self.failed],
            "advice": self.advice(),
            "bits_promised": self.no_promise is None,
            "no_promise": self.no_promise,
            "seconds": round(self.seconds, 3),
            "facts": _plain(asdict(self.facts)),
            "checks": [_plain(asdict(result)) for result in self.results],
        }


def run() -> Report:
    """Carry out every check. Writes nothing but what the kernels themselves keep of compiled code."""
    start = time.perf_counter()
    results = (compile_check(), *kernel_checks(), *_golden_bits())
    return Report(facts(), results, time.perf_counter() - start)


def _golden_bits() -> list[Result]:
    try:
        return bits.compare()
    except InputError as error:
        return [crashed("golden bits", error, "the file of golden bits")]


def _plain(value: Any) -> Any:
    """What JSON can hold: paths and numbers that are none become text."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, Path) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value
