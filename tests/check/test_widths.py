"""The golden bits with registers narrower than this processor's own, forced upon the compiler.

Compiled code lies in the usual cache, whose keys hold the processor's name and features.
"""

import os
import platform
import subprocess
import sys

import pytest

from clearlstm import kernels

FORCED = {
    128: ("x86-64", "+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+avx,+fma"),
    256: ("haswell", "+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+avx,+avx2,+fma,+bmi,+bmi2,+popcnt,+f16c"),
}
"""The name and the features of a processor by its registers' bits; each has fused multiply-add."""

COMPARE = """
from clearlstm import kernels
from clearlstm.check import bits
assert kernels.this_machine().target.register_bits == {bits}
results = bits.compare()
assert results
print([result.sentence for result in results if result.status != "passed"])
"""

machine = kernels.this_machine()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="only x86 has registers of several widths")
@pytest.mark.skipif(machine.no_promise is not None, reason=f"bits are not promised here: {machine.no_promise}")
@pytest.mark.parametrize("bits", FORCED)
def test_narrower_registers_give_the_same_bits(bits: int) -> None:
    name, features = FORCED[bits]
    forced = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
    program = COMPARE.format(bits=bits)
    done = subprocess.run([sys.executable, "-c", program], env=forced, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
