"""A disk without room: a clear error, what was there stays, and nothing half-done is left."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

SAVE: Final = """
import sys
import clearlstm as cl
try:
    cl.LSTM(4, int(sys.argv[2]), seed=0).save(sys.argv[1])
except OSError as error:
    print(type(error).__name__, error.errno, error.filename)
"""

FORECAST: Final = """
import os, sys
from clearlstm.cli import main
os.chdir(sys.argv[1])
sys.argv[1:] = ["forecast", "--example", "prices", "--horizon", "2", "--steps", "3", "--no-backtest", "--hidden", "2"]
main()
"""
LIMIT: Final = 40_000
"""Bytes: more than a small net takes and less than a large one, a page or a report."""

LIMITED: Final = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))
"""


@pytest.fixture(params=["a small disk", "a limit"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder with little room, and what a program must do first: a small disk, or a limit if none may be mounted."""
    if sys.platform == "win32":
        pytest.skip("Windows has no way to make a small disk for a while")
    if request.param == "a limit":
        yield tmp_path, LIMITED
        return
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={LIMIT}", "tmpfs", str(tmp_path)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        yield tmp_path, LIMITED  # the same again: only root may mount
        return
    try:
        yield tmp_path, ""
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True)


def test_a_model_that_has_no_room_leaves_the_old_one(small_disk: tuple[Path, str]) -> None:
    folder, first = small_disk
    path = folder / "model.safetensors"
    assert run(first + SAVE, path, 4).stdout == ""
    before = path.read_bytes()
    done = run(first + SAVE, path, 200)
    kind, _, name = done.stdout.split()
    assert (kind, name) == ("OSError", str(path)), done.stderr
    assert path.read_bytes() == before
    assert [one.name for one in folder.iterdir()] == [path.name]


@pytest.mark.slow
def test_a_report_that_has_no_room_is_told_in_a_line(small_disk: tuple[Path, str]) -> None:
    folder, first = small_disk
    done = run(first + FORECAST, folder)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "error: the page can't be written" in done.stderr.replace("\n", " ")
    assert not list(folder.glob("*.html"))
    assert not list(folder.glob(".*.tmp"))
