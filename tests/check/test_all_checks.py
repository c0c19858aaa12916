"""What ``clearlstm check`` says as a whole: verdict, facts, advice; and that it leaves nothing behind."""

import json
import os
import socket
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numba
import pytest

import clearlstm
from clearlstm.cell.cells import CELLS
from clearlstm.cell.lstm import LSTM
from clearlstm.check import bits
from clearlstm.check import machine as check_machine
from clearlstm.check.all_checks import Report, run
from clearlstm.check.machine import Facts, facts, versions
from clearlstm.check.result import Result, held_to
from clearlstm.kernels import threads
from clearlstm.kernels.machine import Cache, Machine, Target

WRONG = Result("lstm forward float32", "failed", 1.2e-3, 1e-5, "h of N 7 T 13 F 3 H 5")
RIGHT = Result("rnn step", "passed", 1e-7, 1e-5)
GOLDEN = Result("bits of lstm", "passed", "0123456789abcdef", "0123456789abcdef")
TARGET = Target("znver4", 512, fused=True, forced=False)
MACHINE = Machine(TARGET, Cache(Path("the-cache"), "", 0, writable=True), None, False, 2, 2)


def report(*results: Result, machine: Machine = MACHINE, settings: dict[str, str] | None = None) -> Report:
    return Report(Facts({"numpy": "2.0"}, "Linux", "AMD EPYC", settings or {}, machine), results, 1.25)


def test_the_verdict_counts_what_passed_or_names_what_failed() -> None:
    assert report(RIGHT, GOLDEN).verdict == "All right: 2 checks passed in 1.2 seconds."
    wanted = "FAILED: lstm forward float32: 1.2e-03, at most 1.0e-05 is right (h of N 7 T 13 F 3 H 5)"
    assert report(RIGHT, WRONG).verdict == wanted


def test_a_number_that_is_none_is_never_right() -> None:
    assert held_to("h", float("nan"), 1e-5, "").status == "failed"


def test_what_is_not_promised_is_said_and_is_no_failure() -> None:
    old = replace(MACHINE, target=Target("nehalem", 128, fused=False, forced=False))
    result = report(RIGHT, replace(GOLDEN, status="not promised"), machine=old)
    assert result.verdict == "All right: 1 check passed in 1.2 seconds."
    assert "not promised here: the processor is one without fused multiply-add" in str(result.no_promise)
    assert report(RIGHT).no_promise is None
    assert result.to_dict()["bits_promised"] is False


def test_advice_is_for_what_failed() -> None:
    assert report(RIGHT, GOLDEN).advice() == []
    *_, last = report(WRONG).advice()
    assert "report it" in last
    assert any("the-cache" in line for line in report(WRONG).advice())
    forced = report(WRONG, settings={"NUMBA_CPU_NAME": "x86-64", "OMP_NUM_THREADS": "1"}).advice()
    assert forced[0] == "Unset NUMBA_CPU_NAME, and run it again."
    broken = Machine(None, None, "a kernel did not compile", True, 2, 2)
    assert "pip install --force-reinstall numba" in report(WRONG, machine=broken).advice()[0]


def test_the_reference_is_suspect_only_where_the_golden_bits_are_right() -> None:
    suspected = {
        name: any("NumPy's" in line for line in report(WRONG, *more).advice())
        for name, more in {
            "right": (GOLDEN,),
            "wrong": (GOLDEN, replace(GOLDEN, status="failed")),
            "not promised": (replace(GOLDEN, status="not promised"),),
            "none": (),
        }.items()
    }
    assert suspected == {"right": True, "wrong": False, "not promised": False, "none": False}


def test_a_reference_that_is_wrong_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*args: Any, **options: Any) -> Any:
        return replace(LSTM.forward(*args, **options), h=args[0][..., :1] * 0)

    monkeypatch.setitem(CELLS, "LSTM", replace(LSTM, forward=wrong))
    result = run()
    assert result.failed[0].name == "lstm forward float32"
    assert any("the reference may be what is wrong" in line for line in result.advice())


def test_a_missing_golden_file_is_a_failed_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPOSITORY_FILE", "WHEEL_FILE"):
        monkeypatch.setattr(bits, name, tmp_path / "nothing.json")
    (failed,) = run().failed
    assert failed.name == "golden bits"
    assert "can't be read" in str(failed.measured)


def test_all_versions_are_told_and_absent_extras_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    result = versions()
    assert list(result)[:6] == ["clearlstm", "Python", "numpy", "numba", "llvmlite", "pandas"]
    assert (result["clearlstm"], result["numba"]) == (clearlstm.__version__, numba.__version__)
    assert "rich" in result
    monkeypatch.setattr(check_machine, "_version", lambda _: None)
    ours = {name: result[name] for name in ("clearlstm", "Python")}
    assert versions() == ours | dict.fromkeys(check_machine.ALWAYS, "not installed")


def test_settings_that_change_numbers_are_told_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("MY_PASSWORD", "secret")
    settings = facts().settings
    assert settings["OPENBLAS_CORETYPE"] == "Haswell"
    assert "MY_PASSWORD" not in settings


@pytest.mark.parametrize("n_threads", [None, 3])
def test_nothing_is_left_behind(n_threads: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run()  # compiles what is not in the cache yet

    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("no network")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(threads, "_chosen", n_threads)
    environment, filters = dict(os.environ), list(warnings.filters)
    assert not run().failed
    assert not list(tmp_path.iterdir())
    assert threads._chosen == n_threads
    assert (dict(os.environ), list(warnings.filters)) == (environment, filters)


def test_json_holds_numbers_that_are_none_as_words() -> None:
    result = report(replace(WRONG, measured=float("inf")), GOLDEN).to_dict()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["checks"][0]["measured"] == "inf"
    assert result["facts"]["kernels"]["cache"]["folder"] == "the-cache"
