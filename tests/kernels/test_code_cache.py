"""Where compiled code is kept, on each system; that nobody else can plant any, and that damaged code is made anew."""

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import numpy as np
import pytest

from clearlstm import kernels
from clearlstm.errors import ClearLSTMWarning
from clearlstm.kernels import code_cache
from clearlstm.kernels.code_cache import CHOSEN, DIGEST_BYTES, made_folder, place

HOMES = ("HOME", "USERPROFILE", "HOMEPATH", "HOMEDRIVE")
VARIABLES = (CHOSEN, "XDG_CACHE_HOME", "LOCALAPPDATA")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps users apart by rights that Python can't set")

STEP: Final = """
import numpy as np
from clearlstm import kernels
print(kernels.exp(np.array([[-1.0]]))[0, 0])
"""


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home, and no variable that says anything else."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path.resolve()


def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a container's user without a name and a home."""

    def unknown(*_: object) -> None:
        raise KeyError("uid not found")

    for name in HOMES:
        monkeypatch.delenv(name, raising=False)
    if sys.platform != "win32":
        monkeypatch.setattr("pwd.getpwuid", unknown)


def run(code: str = STEP, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name not in VARIABLES} | environment
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=given, timeout=300)


@pytest.mark.parametrize(
    ("system", "where"), [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")]
)
def test_compiled_code_lies_where_the_system_has_its_caches(
    home: Path, monkeypatch: pytest.MonkeyPatch, system: str, where: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    folder = place().folder
    assert folder is not None
    assert folder.parent == home / where
    assert not folder.parent.exists()


def test_variables_that_name_another_place_come_first(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    for name in reversed(VARIABLES):
        monkeypatch.setenv(name, str(home / name))
        folder = place().folder
        assert folder is not None
        assert folder.parent == home / name


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody(monkeypatch)
    assert place() == (None, "this user has no home folder")
    assert made_folder() is None


def test_a_relative_path_of_the_systems_is_ignored_and_one_that_was_chosen_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("LOCALAPPDATA", "~")
    folder = place().folder
    assert folder is not None
    assert home in folder.parents
    monkeypatch.setenv(CHOSEN, "here")
    assert place() == (None, "here is not an absolute path")


@posix
@pytest.mark.parametrize("at", ["leaf", "above"])
@pytest.mark.parametrize(("mode", "trusted"), [(0o700, True), (0o755, True), (0o757, False), (0o772, False)])
def test_a_folder_that_others_may_write_to_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch, at: str, mode: int, trusted: bool
) -> None:
    monkeypatch.setenv(CHOSEN, str(home / "above"))
    folder = made_folder()
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder if at == "leaf" else folder.parent).chmod(mode)
    assert (place().folder == made_folder() == folder) is trusted
    if not trusted:
        assert "others may write to" in place().reason


@posix
def test_above_it_a_folder_like_tmp_or_of_the_users_own_group_is_common(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOSEN, str(home / "above"))
    folder = made_folder()
    assert folder is not None
    for mode in (0o1777, 0o775):
        folder.parent.chmod(mode)
        assert place().folder == folder
    monkeypatch.setattr(os, "getegid", lambda: -1)
    assert place().folder is None
    folder.parent.chmod(0o700)
    folder.chmod(0o770)
    assert place().folder is None


@posix
def test_a_folder_of_another_user_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made_folder() is not None
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert "belongs to another user" in place().reason


@posix
def test_a_link_in_its_place_is_not_followed_and_links_above_lead_to_what_is_checked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made_folder()
    assert folder is not None
    moved = folder.with_name("moved")
    folder.rename(moved)
    folder.symlink_to(moved)
    assert "is a link" in place().reason
    (home / "link").symlink_to(home / "real")
    monkeypatch.setenv(CHOSEN, str(home / "link"))
    linked = place().folder
    assert linked is not None
    assert linked.parent == home / "real"


@posix
@pytest.mark.slow
def test_code_planted_in_the_current_folder_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user without name and home, in a folder that a stranger filled with what a cache may hold."""
    monkeypatch.chdir(tmp_path)
    done = run(XDG_CACHE_HOME=".")
    assert done.returncode == 0, done.stderr
    written = list((tmp_path / ".cache").rglob("*.code"))
    assert written
    payload = pickle.dumps(Planted())
    planted = hashlib.sha256(payload).digest() + payload
    for base in (tmp_path, tmp_path / "~", tmp_path / "~" / ".cache"):
        for file in written:
            copy = base / file.parent.name / file.name
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy.write_bytes(planted)
    code = f"import pwd; pwd.getpwuid = lambda uid: (_ for _ in ()).throw(KeyError(uid))\n{STEP}"
    without = {"HOME": "", "XDG_CACHE_HOME": "."}
    assert run("import os; os.environ.pop('HOME')\n" + code, **without).stdout.startswith("0.36")
    assert not (tmp_path / "ran").exists()


class Planted:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch ran",)


@pytest.mark.slow
def test_damaged_code_is_compiled_anew_in_silence(tmp_path: Path) -> None:
    place = {CHOSEN: str(tmp_path / "codes")}
    first = run(**place)
    assert first.returncode == 0, first.stderr
    (file,) = (path for path in (tmp_path / "codes").rglob("*.code") if path.name.startswith("elementwise"))
    whole = file.read_bytes()
    digest = whole[:DIGEST_BYTES]
    garbage = hashlib.sha256(b"garbage").digest() + b"garbage"  # as of another version of Numba's
    flipped = digest + bytes([whole[DIGEST_BYTES] ^ 1]) + whole[DIGEST_BYTES + 1 :]
    for damaged in (b"", whole[:10], whole[: len(whole) // 2], bytes(len(whole)), flipped, b"\x80\x05garbage", garbage):
        file.write_bytes(damaged)
        done = run(**place)
        assert (done.returncode, done.stdout) == (0, first.stdout), done.stderr
        assert "Error" not in done.stderr
        assert file.read_bytes()[:DIGEST_BYTES] == hashlib.sha256(file.read_bytes()[DIGEST_BYTES:]).digest()
        assert file.stat().st_size > len(whole) // 2
    assert run(**place).stderr == ""


def test_code_that_cannot_be_written_is_compiled_for_this_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    done = run(**{CHOSEN: str(tmp_path / "file")})
    assert (done.returncode, done.stdout[:4]) == (0, "0.36"), done.stderr
    assert "is not a folder" in done.stderr


@pytest.mark.slow
def test_a_subinterpreter_gets_the_reference_and_is_told_why() -> None:
    interpreters = pytest.importorskip("_xxsubinterpreters", reason="this Python's subinterpreters can't load NumPy")
    del interpreters
    inner = f"import warnings; warnings.simplefilter('always'){STEP}"
    done = run(
        f"import _xxsubinterpreters as inner\nwho = inner.create(isolated=False)\ninner.run_string(who, {inner!r})"
    )
    assert (done.returncode, done.stdout[:4]) == (0, "0.36"), done.stderr
    assert "subinterpreters" in done.stderr


def test_the_folder_changes_with_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = place().folder
    code_cache._fingerprint.cache_clear()
    (tmp_path / "kernel.py").write_text("changed", encoding="utf-8")
    monkeypatch.setattr(code_cache, "__file__", str(tmp_path / "code_cache.py"))
    try:
        assert place().folder != before
    finally:
        code_cache._fingerprint.cache_clear()


def test_where_llvm_cannot_be_loaded_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unloadable(_: object) -> None:
        raise OSError("Could not find/load shared object file 'libllvmlite.so'")

    monkeypatch.setattr(kernels, "_engine", SimpleNamespace(exp=unloadable))
    with pytest.warns(ClearLSTMWarning, match="is this process's memory limited"):
        assert kernels.exp(np.zeros((1, 1)))[0, 0] == 1
