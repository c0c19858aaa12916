"""Files appear whole or not at all; only plain ones are replaced; what a killed program left is cleared."""

import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import clearlstm as cl
from clearlstm import files
from clearlstm.errors import DataError, InputError, ModelFileError
from clearlstm.files import atomic_write, check_plain, check_target, why_not_plain

posix = pytest.mark.skipif(files.WINDOWS, reason="Windows has no such files")

HELD: Final = """
import sys, time
from clearlstm.files import atomic_write
with atomic_write(sys.argv[1]) as temporary:
    temporary.write_text("half")
    print(temporary, flush=True)
    time.sleep(60)
"""


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


def as_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


SPECIAL: Final[dict[str, Callable[[Path], object]]] = {
    "is a folder": Path.mkdir,
    "is a named pipe": os.mkfifo if hasattr(os, "mkfifo") else Path.mkdir,
    "is a socket": as_socket,
    "is a device": lambda path: path.symlink_to("/dev/null"),
}


@posix
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_plain_file_is_neither_read_nor_replaced(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    path = Path("special.safetensors")
    SPECIAL[kind](path)
    mode = path.stat().st_mode
    assert why_not_plain(path) == kind
    with pytest.raises(DataError, match=kind):
        check_plain(path, DataError)
    for refused in (lambda: check_target(path), lambda: write(path, "new"), lambda: cl.LSTM(1, 2).save(path)):
        with pytest.raises(InputError, match=kind):
            refused()
    with pytest.raises(ModelFileError, match=kind):
        cl.load(path)
    assert path.stat().st_mode == mode
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@posix
def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    link.symlink_to("folder/target")
    for text in ("new", "newer"):  # not there at first
        write(link, text)
        assert link.is_symlink()
        assert target.read_text(encoding="utf-8") == text
    assert [one.name for one in (tmp_path / "folder").iterdir()] == ["target"]


@posix
def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(InputError, match="can't be looked at"):
        write(tmp_path / "link", "new")


@posix
@pytest.mark.parametrize("stdout", ["a pipe", "a file"])
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_a_stream_gets_what_was_written_after_what_was_printed(name: str, stdout: str, tmp_path: Path) -> None:
    program = f"""
from clearlstm.files import atomic_write
print("before")
with atomic_write({name!r}, stream=True) as temporary:
    temporary.write_text("content\\n")
print("after")
"""
    if stdout == "a pipe":
        text = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    else:
        with open(tmp_path / "out", "wb") as out:
            subprocess.run([sys.executable, "-c", program], stdout=out, check=True)
        text = (tmp_path / "out").read_text(encoding="utf-8")
    assert text == "before\ncontent\nafter\n"


@posix
def test_a_pipe_gets_a_text_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    came: list[str] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    with atomic_write(pipe, stream=True) as temporary:
        temporary.write_text("content", encoding="utf-8")
    reader.join(10)
    assert came == ["content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_device_stays_what_it_is_and_says_so() -> None:
    with pytest.raises(OSError, match="No space left"), atomic_write("/dev/full", stream=True) as temporary:
        temporary.write_text("content", encoding="utf-8")
    with pytest.raises(InputError, match="is a device"):
        cl.LSTM(1, 2).save("/dev/full")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_what_a_killed_program_left_is_cleared_and_what_another_writes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a[b]?.txt"  # signs that mean something in patterns
    other = tmp_path / f".{path.name}x.1.tmp"
    other.write_text("of another file", encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", HELD, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        temporary = Path(writer.stdout.readline().strip())
        write(path, "new")
        assert temporary.exists()
        writer.kill()
    assert temporary.exists()
    write(path, "newer")
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([path.name, other.name])
    assert path.read_text(encoding="utf-8") == "newer"


def test_a_name_that_no_system_has_is_said_to_be_one() -> None:
    assert "can't be looked at" in str(why_not_plain("a\0b"))
    with pytest.raises(InputError, match="can't be looked at"):
        check_target("\ud800" if files.WINDOWS else "a\0b")


WRITER: Final = """
import sys
from clearlstm.files import atomic_write
for number in range(300):
    with atomic_write(sys.argv[1]) as temporary:
        temporary.write_text(sys.argv[2] * 1000)
"""


@pytest.mark.slow
def test_programs_that_write_one_file_at_once_do_not_take_each_others_for_leftovers(tmp_path: Path) -> None:
    path = tmp_path / "shared.txt"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), sign]) for sign in "abcd"]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0, 0]
    assert path.read_text(encoding="utf-8") in {sign * 1000 for sign in "abcd"}
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
