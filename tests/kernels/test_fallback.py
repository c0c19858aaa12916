"""Without Numba, or without a place for compiled code, everything still works."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
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


def run(before: str = "", **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_without_numba_the_reference_answers_after_one_warning(tmp_path: Path) -> None:
    found, messages = run("sys.modules['numba'] = None")
    assert messages.count("ClearLSTMWarning") == 1
    assert "install numba" in messages
    assert found == run(CLEARLSTM_CACHE_DIR=str(tmp_path))[0]


def test_the_second_process_compiles_nothing_and_says_nothing(tmp_path: Path) -> None:
    first, messages = run(CLEARLSTM_CACHE_DIR=str(tmp_path))
    assert messages.count("compiling its kernels") == 1
    assert run(CLEARLSTM_CACHE_DIR=str(tmp_path)) == (first, "")


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    # Numba would next try the source's own folder and the home: neither may be written to here.
    before = "from numba.core import caching; del caching.CacheImpl._locator_classes[1:]"
    found, messages = run(before, CLEARLSTM_CACHE_DIR=str(in_the_way))
    assert messages.count("compiling its kernels") == 1
    assert found == run(CLEARLSTM_CACHE_DIR=str(tmp_path / "cache"))[0]


def test_a_full_disk_costs_time_and_nothing_else(tmp_path: Path) -> None:
    before = (
        "from numba.core import caching\n"
        "def full(*_): raise OSError(28, 'No space left on device')\n"
        "caching.IndexDataCacheFile._save_data = full"
    )
    found, _ = run(before, CLEARLSTM_CACHE_DIR=str(tmp_path / "full"))
    assert found == run(CLEARLSTM_CACHE_DIR=str(tmp_path / "cache"))[0]
