"""Folders that nothing can be written to, and no home: a clear error before the work, and numbers all the same."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import clearlstm as cl
from clearlstm.errors import InputError

QUICK = ("forecast", "--example", "prices", "--horizon", "2", "--steps", "3", "--no-backtest", "--hidden", "2")
RUN = "import sys; from clearlstm.cli import main; sys.argv[0] = 'clearlstm'; main()"


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """Such a folder, for root too where a disk may be mounted; where not, the system's own that takes no files."""
    folder = tmp_path / "read only"
    folder.mkdir()
    if sys.platform == "win32":
        pytest.skip("Windows' folders are made read-only by rights that Python can't set")
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        yield Path("/proc")
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def run(*arguments: str, cwd: Path, without: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in without} | more
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_a_model_is_not_saved_there(read_only: Path) -> None:
    path = read_only / "model.safetensors"
    with pytest.raises((InputError, OSError), match=r"model\.safetensors"):
        cl.LSTM(1, 2, seed=0).save(path)
    assert not path.exists()


def test_a_forecast_says_so_before_it_trains(read_only: Path) -> None:
    done = run(*QUICK, cwd=read_only)
    assert done.returncode == 2
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Training" not in done.stderr


@pytest.mark.slow
def test_without_home_and_from_there_numbers_come_all_the_same(read_only: Path, tmp_path: Path) -> None:
    places = ("--report", str(tmp_path / "r.html"), "--checkpoint", str(tmp_path / "c"), "--json")
    done = run(*QUICK, *places, cwd=read_only, without=("HOME", "XDG_CACHE_HOME"))
    assert done.returncode == 0, done.stderr
    kept = run(*QUICK, *places, cwd=read_only, CLEARLSTM_CACHE_DIR=str(read_only))
    assert kept.returncode == 0, kept.stderr
    assert kept.stdout == done.stdout
