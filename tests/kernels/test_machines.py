"""Other machines: without Numba, without a place for compiled code, with narrower registers."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ALL = """
import sys, warnings
{before}
import numpy as np
from clearlstm import kernels
from clearlstm.cell.record import LSTMWeights, RNNWeights
rng = np.random.default_rng(0)
x, h_0, c_0 = (rng.standard_normal(shape) for shape in ((3, 5, 2), (3, 4), (3, 4)))
w = LSTMWeights(*(rng.standard_normal(shape) for shape in ((2, 16), (4, 16), (16,))))
p = RNNWeights(*(rng.standard_normal(shape) for shape in ((2, 4), (4, 4), (4,))))
lengths = np.array([5, 1, 3])
record = kernels.lstm_forward(x, w, h_0, c_0, lengths)
record = kernels.lstm_forward(x, w, h_0, c_0, lengths, out=record)
grads = kernels.lstm_backward(x, w, record, None, h_0, c_0, need_dx=False)
plain = kernels.rnn_forward(x, p, h_0, lengths)
plain = kernels.rnn_forward(x, p, h_0, lengths, out=plain)
plain_grads = kernels.rnn_backward(x, p, plain, None, h_0, need_dx=False)
assert grads.x.shape == plain_grads.x.shape == (0,)
print(*(f"{{array.sum():.12f}}" for array in (record.h, grads.W, plain.h, plain_grads.U)))
"""

FORWARD = """
{before}
import numpy as np
from clearlstm import kernels
from clearlstm.cell.record import RNNWeights
w = RNNWeights(*(np.full(shape, 0.1) for shape in ((2, 4), (4, 4), (4,))))
print(kernels.rnn_forward(np.ones((3, 5, 2)), w, np.zeros((3, 4)), np.array([5, 1, 3])).h.sum())
"""


def run(program: str, before: str = "", **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", program.format(before=before)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_without_numba_the_reference_answers_after_one_warning() -> None:
    found, messages = run(ALL, "sys.modules['numba'] = None")
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
    found, messages = run(ALL, BROKEN, CLEARLSTM_CACHE_DIR=str(tmp_path))
    assert messages.count("ClearLSTMWarning") == 1
    assert "doesn't compile: LLVM says no" in messages
    assert found == run(ALL)[0]


def test_the_second_process_compiles_nothing_and_says_nothing(tmp_path: Path) -> None:
    first, messages = run(FORWARD, CLEARLSTM_CACHE_DIR=str(tmp_path))
    assert messages.count("compiling its kernels") == 1
    assert run(FORWARD, CLEARLSTM_CACHE_DIR=str(tmp_path)) == (first, "")


def test_a_change_in_any_of_the_sources_starts_a_new_cache(tmp_path: Path) -> None:
    before = "from clearlstm.kernels import compiling; compiling._fingerprint = lambda: '{}'"
    for number in (1, 2):
        _, messages = run(FORWARD, before.format(number), CLEARLSTM_CACHE_DIR=str(tmp_path))
        assert messages.count("compiling its kernels") == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    # Numba would next try the source's own folder and the home: neither may be written to here.
    before = "from numba.core import caching; del caching.CacheImpl._locator_classes[1:]"
    found, messages = run(FORWARD, before, CLEARLSTM_CACHE_DIR=str(in_the_way))
    assert messages.count("compiling its kernels") == 1
    assert found == run(FORWARD)[0]


def test_a_full_disk_costs_time_and_nothing_else(tmp_path: Path) -> None:
    before = (
        "from numba.core import caching\n"
        "def full(*_): raise OSError(28, 'No space left on device')\n"
        "caching.IndexDataCacheFile._save_data = full"
    )
    found, _ = run(FORWARD, before, CLEARLSTM_CACHE_DIR=str(tmp_path))
    assert found == run(FORWARD)[0]


NARROW = {
    "AVX2": ("haswell", "+avx,+avx2,+fma,+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+bmi,+bmi2,+popcnt,+f16c", 32, "zmm"),
    "no fused multiply-and-add": ("x86-64", "+sse,+sse2", 16, "ymm"),
}

CHECK = """
import numpy as np
from clearlstm import kernels
from clearlstm.cell import reference
from clearlstm.kernels import lstm, vector
from tests.kernels.cases import difference, make_case
assert vector.REGISTER_BYTES == {width}
case = make_case(9, 11, 3, 21, dtype="float32", ragged=True)
x, h_0, c_0, dh, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh", "dh_n", "dc_n")
record = kernels.lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths)
gradients = kernels.lstm_backward(x, case.lstm_weights(), record, dh, dh_n, dc_n)
weights = case.lstm_weights("float64")
expected = reference.forward(case.x, weights, case.h_0, case.c_0, case.lengths)
expected_gradients = reference.backward(case.x, weights, expected, case.dh, case.dh_n, case.dc_n)
for name in ("gates", "c", "h", "h_n", "c_n"):
    assert difference(getattr(record, name), getattr(expected, name)) < 1e-5, name
for name in ("x", "W", "U", "b", "h_0", "c_0"):
    assert difference(getattr(gradients, name), getattr(expected_gradients, name)) < 1e-5, name
(assembly,) = lstm.backward.assembly()
assert "mm" in assembly and "{wider}" not in assembly
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these are x86 processors")
@pytest.mark.parametrize("processor", NARROW)
def test_narrower_registers_give_the_same_answers(processor: str, tmp_path: Path) -> None:
    name, features, width, wider = NARROW[processor]
    forced = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features, "CLEARLSTM_CACHE_DIR": str(tmp_path)}
    program = CHECK.format(width=width, wider=wider)
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **forced}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
