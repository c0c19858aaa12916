"""Other machines: without Numba, without a place for compiled code, with narrower registers."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernels.machines import PROCESSORS, needs_x86, run

ALL = """
import numpy as np
from clearlstm import kernels
from clearlstm.cell.lstm import LSTM, LSTMWeights
from clearlstm.cell.rnn import RNN, RNNWeights
rng = np.random.default_rng(0)
x, h_0, c_0 = (rng.standard_normal(shape) for shape in ((3, 5, 2), (3, 4), (3, 4)))
w = LSTMWeights(*(rng.standard_normal(shape) for shape in ((2, 16), (4, 16), (16,))))
p = RNNWeights(*(rng.standard_normal(shape) for shape in ((2, 4), (4, 4), (4,))))
lengths = np.array([5, 1, 3])
record = kernels.forward(LSTM, x, w, (h_0, c_0), lengths)
record = kernels.forward(LSTM, x, w, (h_0, c_0), lengths, out=record)
grads = kernels.backward(LSTM, x, w, record, None, (h_0, c_0), need_dx=False)
plain = kernels.forward(RNN, x, p, (h_0,), lengths)
plain = kernels.forward(RNN, x, p, (h_0,), lengths, out=plain)
plain_grads = kernels.backward(RNN, x, p, plain, None, (h_0,), need_dx=False)
assert grads.x.shape == plain_grads.x.shape == (0,)
print(*(f"{array.sum():.12f}" for array in (record.h, grads.W, plain.h, plain_grads.U)))
"""

FORWARD = """
import numpy as np
from clearlstm import kernels
from clearlstm.cell.rnn import RNN, RNNWeights
w = RNNWeights(*(np.full(shape, 0.1) for shape in ((2, 4), (4, 4), (4,))))
print(kernels.forward(RNN, np.ones((3, 5, 2)), w, (np.zeros((3, 4)),), np.array([5, 1, 3])).h.sum())
"""

SMALL = """
import numpy as np
from tests.kernels.small import sigmoid_and_tanh
print(*(y.sum() for y in sigmoid_and_tanh(np.linspace(-3, 3, 100))))
"""


def test_without_numba_the_reference_answers_after_one_warning() -> None:
    found, messages = run("import sys; sys.modules['numba'] = None" + ALL)
    assert messages.count("ClearLSTMWarning") == 1
    assert "install numba" in messages
    assert found == run(ALL)[0]


def test_where_numba_may_not_compile_the_reference_answers_too() -> None:
    _, messages = run(FORWARD, NUMBA_DISABLE_JIT="1")
    assert messages.count("ClearLSTMWarning") == 1
    assert "NUMBA_DISABLE_JIT" in messages


BROKEN = """
import numba.core.registry as registry
def broken(*_):
    raise RuntimeError("LLVM says no")
registry.cpu_target.target_context.codegen()._library_class._optimize_final_module = broken
"""


def test_where_a_kernel_does_not_compile_the_reference_answers_from_then_on(tmp_path: Path) -> None:
    found, messages = run(BROKEN + ALL, tmp_path)
    assert messages.count("ClearLSTMWarning") == 1
    assert "doesn't compile: LLVM says no" in messages
    assert found == run(ALL)[0]


@pytest.mark.slow
def test_the_second_process_compiles_nothing_and_says_nothing(tmp_path: Path) -> None:
    first, messages = run(FORWARD, tmp_path)
    assert messages.count("compiling its kernels") == 1
    assert run(FORWARD, tmp_path) == (first, "")


def test_a_change_in_any_of_the_sources_starts_a_new_cache(tmp_path: Path) -> None:
    before = "from clearlstm.kernels import code_cache; code_cache._fingerprint = lambda: '{}'"
    for number in (1, 2):
        run(before.format(number) + SMALL, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert len(list(tmp_path.rglob("*.code"))) == 2


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    assert run(SMALL, in_the_way)[0] == run(SMALL)[0]
    assert in_the_way.read_text(encoding="utf-8") == "not a folder"


def test_a_full_disk_costs_time_and_nothing_else(tmp_path: Path) -> None:
    before = "import os\ndef full(*_): raise OSError(28, 'No space left on device')\nos.fsync = full"
    found, _ = run(before + SMALL, tmp_path)
    assert found == run(SMALL)[0]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


CHECK = """
import numpy as np
from clearlstm import kernels
from clearlstm.cell import lstm as reference
from clearlstm.kernels import vector
from tests.kernels.cases import difference, lstm_backward, lstm_forward, make_case
assert vector.REGISTER_BYTES == {width}
case = make_case(9, 11, 3, 21, dtype="float32", ragged=True)
x, h_0, c_0, dh, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh", "dh_n", "dc_n")
record = lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths)
gradients = lstm_backward(x, case.lstm_weights(), record, dh, dh_n, dc_n)
weights = case.lstm_weights("float64")
expected = reference.forward(case.x, weights, case.h_0, case.c_0, case.lengths)
expected_gradients = reference.backward(case.x, weights, expected, case.dh, case.dh_n, case.dc_n)
for name in ("gates", "c", "h", "h_n", "c_n"):
    assert difference(getattr(record, name), getattr(expected, name)) < 1e-5, name
for name in ("x", "W", "U", "b", "h_0", "c_0"):
    assert difference(getattr(gradients, name), getattr(expected_gradients, name)) < 1e-5, name
"""


@pytest.mark.slow
@needs_x86
@pytest.mark.parametrize("name", PROCESSORS)
def test_narrower_registers_give_the_same_answers(name: str, compiled_code: Callable[[str], Path]) -> None:
    processor = PROCESSORS[name]
    run(CHECK.format(width=processor.register_bytes), compiled_code(name), processor)


# What is read from a cache can't be looked at: a kernel of its own, which is compiled at once.
LOOK = """
import numpy as np
from clearlstm.kernels.activations import sigmoid
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.vector import REGISTER_BYTES, load, start, store

@Kernel
def sigmoids(z, y, width):
    for k in range(0, z.size, width):
        store(start(y), k, sigmoid(load(start(z), k, z.size - k)), z.size - k)

z = np.ones(100, np.float32)
sigmoids(z, z, REGISTER_BYTES // z.itemsize)
print(*sigmoids.assembly())
"""


@needs_x86
@pytest.mark.parametrize("name", PROCESSORS)
def test_the_machine_code_computes_in_registers_of_that_width_and_none_wider(name: str) -> None:
    assembly, _ = run(LOOK, processor=PROCESSORS[name])
    width = PROCESSORS[name].register_bytes
    # Memory may be moved in whatever there is.
    computing = " ".join(line for line in assembly.splitlines() if not re.match(r"\s*v?mov", line))
    used = {register: f"%{register}" in computing for register in ("xmm", "ymm", "zmm")}
    assert used == {"xmm": True, "ymm": width >= 32, "zmm": width >= 64}
