"""``clearlstm check``: the verdict first, the exit code with it, and all that a report of a bug needs."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from clearlstm import cli, kernels
from clearlstm.cell.cell import Cell
from clearlstm.check import bits
from tests.kernels.test_machines import BROKEN

promised = pytest.mark.skipif(bool(why := kernels.this_machine().no_promise), reason=f"bits are not promised: {why}")

PROGRAM = (
    "import sys\n{before}\nfrom clearlstm import cli\nsys.argv = ['clearlstm', 'check', *sys.argv[1:]]\ncli.main()"
)


def check(*args: str) -> Result:
    return CliRunner().invoke(cli.app, ["check", *args])


def in_a_process(*args: str, before: str = "", cwd: Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", PROGRAM.format(before=before), *args]
    source = str(Path(cli.__file__).parents[2])
    env = {**os.environ, "PYTHONPATH": source, **environment}
    return subprocess.run(command, capture_output=True, cwd=cwd, env=env, check=False)


@pytest.fixture
def wrong_by_a_thousandth(monkeypatch: pytest.MonkeyPatch) -> None:
    right = kernels.forward

    def wrong(cell: Cell, *args: Any, **options: Any) -> Any:
        record = right(cell, *args, **options)
        return replace(record, h=record.h * record.h.dtype.type(1.001)) if cell.name == "LSTM" else record

    monkeypatch.setattr(kernels, "forward", wrong)


def test_a_machine_that_is_right_is_said_to_be_and_described() -> None:
    result = check()
    assert result.exit_code == 0
    first, *others = result.stdout.splitlines()
    assert first.startswith("All right: ")
    assert first.endswith(" seconds.")
    said = "\n".join(others)
    for fact in ("numba", "Python", "processor", "registers of", "threads", "cache", "lstm backward float64"):
        assert fact in said
    assert "FAILED" not in said
    assert max(map(len, others)) <= 80


@pytest.mark.usefixtures("wrong_by_a_thousandth")
def test_a_wrong_kernel_is_the_first_line_and_the_exit_code() -> None:
    result = check()
    assert result.exit_code == 1
    first, *others = result.stdout.splitlines()
    assert first.startswith("FAILED: lstm forward float32: 1.0e-03, at most 1.0e-05 is right (h of N ")
    assert any(line.startswith("FAILED: bits of lstm forward float32: ") for line in others)
    assert any(line.startswith("try: Delete ") for line in others)
    assert any("report it" in line for line in others)
    assert any(line.split()[:4] == ["lstm", "forward", "float32", "FAILED"] for line in others)


@promised
def test_another_bit_is_the_first_line_and_the_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, value = list(bits.golden().items())[-1]
    (tmp_path / "bits.json").write_text(json.dumps({**bits.golden(), name: "0123456789abcdef"}), encoding="utf-8")
    for place in ("REPOSITORY_FILE", "WHEEL_FILE"):
        monkeypatch.setattr(bits, place, tmp_path / "bits.json")
    result = check()
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == f"FAILED: bits of {name}: {value}, 0123456789abcdef is right"


def test_json_has_the_keys_that_help_names() -> None:
    result = check("--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    keys = ["all_right", "failed", "advice", "bits_promised", "no_promise", "seconds", "facts", "checks"]
    assert list(found) == keys
    assert (found["all_right"], found["failed"], found["advice"]) == (True, [], [])
    assert list(found["facts"]) == ["versions", "system", "processor", "settings", "kernels"]
    kernel_keys = ["target", "cache", "why_reference", "broken", "threads", "processors"]
    assert list(found["facts"]["kernels"]) == kernel_keys
    assert found["facts"]["kernels"]["threads"] == kernels.get_num_threads()
    assert all(list(one) == ["name", "status", "measured", "limit", "where"] for one in found["checks"])
    assert len({one["name"] for one in found["checks"]}) == len(found["checks"])
    told = " ".join(check("--help").stdout.split())
    for key in (*keys, *found["facts"], *found["checks"][0]):
        assert key in told


@pytest.mark.usefixtures("wrong_by_a_thousandth")
def test_json_of_a_wrong_kernel_is_whole_and_the_exit_code_is_1() -> None:
    result = check("--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["all_right"] is False
    assert found["failed"][0] == "lstm forward float32"
    by_name = {one["name"]: one for one in found["checks"]}
    assert by_name["lstm forward float32"]["measured"] == pytest.approx(1e-3, rel=0.01)
    assert by_name["rnn forward float32"]["status"] == "passed"


def test_without_numba_the_promise_is_taken_back_and_nothing_fails(tmp_path: Path) -> None:
    done = in_a_process(before="sys.modules['numba'] = None", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    said = " ".join(done.stdout.decode().split())
    assert said.startswith("All right: ")
    assert "not promised here: the compiled kernels can't be used (import of numba halted" in said
    assert "the reference answers: import of numba halted" in said
    assert "bits of lstm forward float32 not promised" in said


def test_kernels_that_do_not_compile_are_a_failure(tmp_path: Path) -> None:
    done = in_a_process(before=BROKEN, cwd=tmp_path, CLEARLSTM_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode == 1
    first, second, *_ = done.stdout.decode().splitlines()
    assert first.startswith("FAILED: kernels compile: not compiled, compiled is right (clearlstm can't use its fast")
    assert "doesn't compile: LLVM says no" in first
    assert second == "try: Install clearlstm anew, and its compiler: pip install --force-reinstall numba llvmlite"


def test_a_console_of_windows_gets_every_character_and_the_folder_no_file(tmp_path: Path) -> None:
    done = in_a_process(cwd=tmp_path, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0
    assert done.stdout.startswith(b"All right: ")
    assert b"?" not in done.stdout
    assert not list(tmp_path.iterdir())
