"""Files appear whole or not at all, whatever the system thinks of files that are in use."""

import os
import stat
from pathlib import Path

import pytest

from clearlstm.network import files
from clearlstm.network.files import atomic_write


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """As on Windows; what is waited is noted instead."""
    waited: list[float] = []
    monkeypatch.setattr(files, "WINDOWS", True)
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def write(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def held(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let another program hold the old file for so many tries."""
    replace, tries = Path.replace, iter(range(times))

    def refusing(self: Path, target: Path) -> Path:
        if next(tries, None) is not None:
            raise PermissionError(13, "The process cannot access the file", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refusing)


def test_a_file_that_another_program_lets_go_of_is_replaced(
    windows: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    write(path, "old")
    held(monkeypatch, 3)
    write(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert windows == list(files.PATIENCE[:3])


def test_a_file_that_stays_held_is_named_and_left_whole(
    windows: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    write(path, "old")
    held(monkeypatch, 99)
    with pytest.raises(PermissionError, match="cannot access") as caught:
        write(path, "new")
    assert caught.value.filename == str(path)
    assert sum(windows) < 2
    assert [(one.name, one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()] == [("a.txt", "old")]


@pytest.mark.skipif(files.WINDOWS, reason="Windows has no such permissions")
def test_a_new_file_gets_the_usual_permissions_and_a_replaced_one_keeps_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    before = os.umask(0o027)
    try:
        write(path, "old")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    write(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
