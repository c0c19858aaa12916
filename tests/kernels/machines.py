"""Programs in processes of their own, on this processor or one that is forced on them.

Code for a forced processor is compiled once: its tests, in whatever worker and whatever run, share a folder for each
processor (the fixture ``compiled_code`` of conftest.py). A folder of its own, because two processes that compile for
two processors at once could overwrite each other's files. Where the cache itself is tested, or machine code is looked
at, a test gives ``run`` a fresh folder instead.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest


class Processor(NamedTuple):
    """What Numba is told to compile for; ``register_bytes`` is the width of its vectors."""

    name: str
    features: str
    register_bytes: int
    fused: bool

    @property
    def environment(self) -> dict[str, str]:
        return {"NUMBA_CPU_NAME": self.name, "NUMBA_CPU_FEATURES": self.features}


PROCESSORS: Final = {
    "AVX2": Processor(
        "haswell", "+avx,+avx2,+fma,+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+bmi,+bmi2,+popcnt,+f16c", 32, fused=True
    ),
    "AVX without AVX2": Processor("x86-64", "+avx,+fma,+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2", 16, fused=True),
    "SSE2": Processor("x86-64", "+sse,+sse2", 16, fused=False),
}

needs_x86: Final = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="the processors that are forced on the kernels are x86's"
)


def run(
    program: str, code: Path | None = None, processor: Processor | None = None, **environment: str
) -> tuple[str, str]:
    """What ``program`` prints and what it says on stderr; it must end well.

    ``code``: the folder of its compiled code; None for the user's own, which the tests in this process use too.
    """
    places = {} if code is None else {"CLEARLSTM_CACHE_DIR": str(code)}
    forced = {} if processor is None else processor.environment
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **places, **forced, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr
