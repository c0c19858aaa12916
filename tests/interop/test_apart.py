"""Work in a process of its own: answers and errors come back, and whatever hangs, breaks or swells ends there."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from clearlstm.errors import InputError
from clearlstm.interop.apart import Broke, run_apart


def doubled(values: list[float]) -> object:
    print("what a library says on stdout must not get between")
    return np.array(values) * 2


def refused() -> None:
    raise InputError("give something else")


def raised() -> None:
    raise KeyError("inside")


def endless() -> None:
    time.sleep(1000)


def broken() -> None:
    os.abort()


def greedy(n_bytes: int) -> int:
    return len(bytearray(n_bytes))


def test_the_answer_comes_back() -> None:
    assert np.array_equal(run_apart(f"{__name__}.doubled", [1.0, 2.5]), [2, 5])


def test_our_own_errors_pass_through_and_others_are_told() -> None:
    with pytest.raises(InputError, match=r"^give something else$"):
        run_apart(f"{__name__}.refused")
    with pytest.raises(Broke, match="KeyError: 'inside'"):
        run_apart(f"{__name__}.raised")


def test_what_never_ends_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(Broke, match="more than 2 seconds"):
        run_apart(f"{__name__}.endless", seconds=2)
    assert time.monotonic() - began < 30


def test_what_breaks_the_process_breaks_only_that() -> None:
    with pytest.raises(Broke, match="ended with code"):
        run_apart(f"{__name__}.broken")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't limit a process's memory")
def test_what_swells_is_refused_the_memory() -> None:
    with pytest.raises(Broke, match="MemoryError"):
        run_apart(f"{__name__}.greedy", 2**30, memory=2**29)


def test_nothing_is_imported_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('planted')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert np.array_equal(run_apart(f"{__name__}.doubled", [1.0]), [2])
