"""The closing words about skipped tests, in runs of pytest by itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CONFTEST = """
import pytest
from tests import skips

@pytest.fixture
def browser():
    pytest.skip("no browser")

def pytest_configure(config):
    config.pluginmanager.register(skips)

def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)
"""
FILES = {
    "conftest.py": CONFTEST,
    "pytest.ini": "[pytest]\nmarkers = browser\n",
    "test_page.py": "def test_one(browser): ...\ndef test_two(browser): ...\ndef test_fine(): ...\n",
    "test_peer.py": "import pytest\npytest.importorskip('no_such_peer.part')\n",
    "test_other.py": "import pytest\ndef test_peer(): pytest.importorskip('no_such_peer')\ndef test_fine(): ...\n",
}


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *args: str, **environment: str) -> tuple[int, list[str]]:
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.delenv("CLEARLSTM_NO_SKIPS", raising=False)
    for name, value in (environment | {"PYTHONPATH": str(ROOT)}).items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("args", [(), ("--numprocesses", "1")])
def test_each_reason_is_told_once_with_a_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    code, lines = run(tmp_path, monkeypatch, *args)
    assert code == 0
    assert sorted(line for line in lines if "skipped:" in line) == [
        "1 file of tests and 1 test were skipped: no no_such_peer",
        "2 browser tests were skipped: no browser",
    ]
    assert lines[-2].startswith("Libraries that are missing come by pip install --group dev")


def test_where_nothing_may_be_skipped_a_skip_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, lines = run(tmp_path, monkeypatch, CLEARLSTM_NO_SKIPS="1")
    assert code == 1
    assert "Nothing may be skipped here: CLEARLSTM_NO_SKIPS is set." in lines
    assert run(tmp_path, monkeypatch, "-k", "fine", "--ignore", "test_peer.py", CLEARLSTM_NO_SKIPS="1")[0] == 0
