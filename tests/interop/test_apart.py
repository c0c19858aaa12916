"""Work in a process of its own: answers and errors come back, and whatever hangs, breaks or swells ends there."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import InputError
from clearlstm.interop.apart import Arrays, Broke, run_apart


def doubled(given: Any, arrays: Arrays) -> tuple[Any, Arrays]:
    print("what a library says on stdout must not get between")
    return given, {name: 2 * values for name, values in arrays.items()}


def refused(_given: Any, _arrays: Arrays) -> None:
    raise InputError("give something else")


def raised(_given: Any, _arrays: Arrays) -> None:
    raise KeyError("inside")


def endless(_given: Any, _arrays: Arrays) -> None:
    time.sleep(1000)


def broken(_given: Any, _arrays: Arrays) -> None:
    os.abort()


def greedy(n_bytes: int, _arrays: Arrays) -> None:
    bytearray(n_bytes)


def test_the_answer_comes_back() -> None:
    told, arrays = run_apart(f"{__name__}.doubled", ["é", None], {"a/b.c": np.array([1.0, 2.5]), "file": np.eye(2)})
    assert told == ["é", None]
    assert list(arrays) == ["a/b.c", "file"]
    assert np.array_equal(arrays["a/b.c"], [2, 5])
    assert np.array_equal(arrays["file"], 2 * np.eye(2))


def test_our_own_errors_pass_through_and_others_are_told() -> None:
    with pytest.raises(InputError, match=r"^give something else$"):
        run_apart(f"{__name__}.refused", None, {})
    with pytest.raises(Broke, match="KeyError: 'inside'"):
        run_apart(f"{__name__}.raised", None, {})


def test_what_never_ends_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(Broke, match="more than 2 seconds"):
        run_apart(f"{__name__}.endless", None, {}, seconds=2)
    assert time.monotonic() - began < 30


def test_what_breaks_the_process_breaks_only_that() -> None:
    with pytest.raises(Broke, match="ended with code"):
        run_apart(f"{__name__}.broken", None, {})


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't limit a process's memory")
def test_what_swells_is_refused_the_memory() -> None:
    with pytest.raises(Broke, match="MemoryError"):
        run_apart(f"{__name__}.greedy", 2**30, {}, memory=2**29)


def test_nothing_is_imported_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('planted')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert run_apart(f"{__name__}.doubled", 1, {}) == (1, {})
