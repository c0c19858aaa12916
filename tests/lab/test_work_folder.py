"""One lab at a time in a folder; what killed labs left there goes, but for checkpoints."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from clearlstm.errors import InputError
from clearlstm.lab import work_folder
from clearlstm.lab.work_folder import CHECKPOINTS, LOCK, LabFolder, disk_full

HOLDING: Final = """
import sys, time
from pathlib import Path
from clearlstm.lab.work_folder import LabFolder
held = LabFolder(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
(held.uploads / "upload").write_text("somebody's sales")
print(held.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def killed_in(*path: Path) -> Path:
    """The folder of a lab that was killed."""
    command = [sys.executable, "-c", HOLDING, *map(str, path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        folder = Path(lab.stdout.readline().strip())
        lab.kill()
    assert list(folder.glob("run-*/uploads/upload"))
    return folder


def test_a_folder_serves_one_lab_at_a_time_and_says_who_has_it(tmp_path: Path) -> None:
    first = LabFolder(tmp_path / "lab")
    with pytest.raises(InputError, match=rf"in use by another lab, process {os.getpid()}: close that one"):
        LabFolder(tmp_path / "lab")
    assert first.run.is_dir()
    first.close()
    LabFolder(tmp_path / "lab").close()
    assert not (tmp_path / "lab").exists()


def test_what_a_killed_lab_left_in_a_folder_goes_at_the_next_start_but_for_checkpoints(tmp_path: Path) -> None:
    path = killed_in(tmp_path / "lab")
    (path / CHECKPOINTS / "key").mkdir()
    (path / CHECKPOINTS / "key" / "net.safetensors").write_text("a checkpoint", encoding="utf-8")
    lab = LabFolder(path)
    assert [one.name for one in path.glob("run-*")] == [lab.run.name]
    assert lab.close() == path
    assert sorted(one.name for one in path.rglob("*")) == [CHECKPOINTS, "key", "net.safetensors"]


def test_temporary_folders_of_killed_labs_go_at_the_next_start(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, unfinished = killed_in(), killed_in()
    (unfinished / CHECKPOINTS / "key").mkdir()
    (unfinished / CHECKPOINTS / "key" / "net.safetensors").write_text("a checkpoint", encoding="utf-8")
    LabFolder(None).close()
    assert empty.exists(), "it is young, and might be another lab's that hasn't come to lock it"
    monkeypatch.setattr(work_folder, "OLD_SECONDS", -1)
    living = LabFolder(None)
    LabFolder(None).close()
    assert living.uploads.is_dir()
    assert not empty.exists()
    assert sorted(one.name for one in unfinished.rglob("*")) == [CHECKPOINTS, "key", "net.safetensors"]
    living.close()
    assert list(temporary.iterdir()) == [unfinished]


def test_a_link_that_poses_as_a_killed_labs_folder_is_not_followed(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_folder, "OLD_SECONDS", -1)
    (tmp_path / "mine" / "run-1").mkdir(parents=True)
    (temporary / "clearlstm-lab-x").symlink_to(tmp_path / "mine")
    LabFolder(None).close()
    assert (tmp_path / "mine" / "run-1").is_dir()
    assert not (tmp_path / "mine" / LOCK).exists()


def test_an_error_that_a_full_disk_caused_is_told_as_that() -> None:
    assert disk_full(ValueError("else")) is None
    error = ValueError("can't be written")
    error.__cause__ = OSError(28, "No space left on device")
    assert "is full" in str(disk_full(error))
