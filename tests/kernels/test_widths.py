"""The golden bits with registers narrower than this processor's own, forced upon the compiler."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clearlstm import kernels
from tests.kernels.machines import PROCESSORS, needs_x86, run

COMPARE = """
from clearlstm import kernels
from clearlstm.check import bits
assert kernels.this_machine().target.register_bits == {bits}
results = bits.compare()
assert results
print([result.sentence for result in results if result.status != "passed"])
"""

no_promise = kernels.this_machine().no_promise


@needs_x86
@pytest.mark.slow
@pytest.mark.skipif(no_promise is not None, reason=f"the same bits are not promised here: {no_promise}")
@pytest.mark.parametrize("name", [name for name, processor in PROCESSORS.items() if processor.fused])
def test_narrower_registers_give_the_same_bits(name: str, compiled_code: Callable[[str], Path]) -> None:
    processor = PROCESSORS[name]
    program = COMPARE.format(bits=8 * processor.register_bytes)
    assert run(program, compiled_code(name), processor)[0].strip() == "[]"
