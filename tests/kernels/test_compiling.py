"""Where compiled code is kept, on each system."""

import sys
from pathlib import Path

import pytest

from clearlstm.kernels import compiling

HOMES = ("HOME", "USERPROFILE", "HOMEPATH", "HOMEDRIVE")
VARIABLES = ("CLEARLSTM_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home, and no variable that says anything else."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("system", "place"), [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")]
)
def test_compiled_code_lies_where_the_system_has_its_caches(
    home: Path, monkeypatch: pytest.MonkeyPatch, system: str, place: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert compiling._user_cache() == home / place


def test_variables_that_name_another_place_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in reversed(VARIABLES):
        monkeypatch.setenv(name, name.lower())
        assert compiling._user_cache() == Path(name.lower())


def test_without_a_home_compiled_code_lies_beside_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise KeyError("uid not found")

    for name in HOMES:
        monkeypatch.delenv(name, raising=False)
    if sys.platform != "win32":
        monkeypatch.setattr("pwd.getpwuid", nobody)
    assert compiling._user_cache() == Path(compiling.__file__).parent / "__pycache__"
