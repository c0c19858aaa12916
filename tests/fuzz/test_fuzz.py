"""Whatever a stranger hands over is opened, or refused with a clear error: never a raw one, never a hang.

A thousand seeded cases of each kind; ``make fuzz N=100000`` tries any number. A failure names its seeds, by which
``try_one(kind, seed, folder)`` repeats it.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from clearlstm.interop.apart import Broke, run_apart
from tests.fuzz.kinds import KINDS, try_one

N: Final = int(os.environ.get("CLEARLSTM_FUZZ", "1000"))
FIRST: Final = int(os.environ.get("CLEARLSTM_FUZZ_FIRST", "0"))
BATCH: Final = 500
BATCH_SECONDS: Final = 120.0
BY_HDF5: Final = ("keras", "keras legacy")
"""HDF5 may hang or break on them, for which reason they are read in a process of their own: so they are here."""


def broken(kind: str, first: int, last: int, folder: str) -> list[tuple[int, str]]:
    """Which of the cases raised what is no answer, and what."""
    faults = []
    for seed in range(first, last):
        try:
            try_one(kind, seed, Path(folder))
        except Exception as error:
            faults.append((seed, f"{type(error).__name__}: {str(error)[:200]}"))
    return faults


def broken_apart(kind: str, first: int, last: int, folder: str) -> list[tuple[int, str]]:
    """The same in another process; a case that hangs or breaks it is what that process is there for."""
    try:
        faults: list[tuple[int, str]] = run_apart(
            f"{__name__}.broken", kind, first, last, folder, seconds=BATCH_SECONDS * (last - first) / BATCH + 10
        )
    except Broke:
        if last - first == 1:
            return []
        middle = (first + last) // 2
        return [*broken_apart(kind, first, middle, folder), *broken_apart(kind, middle, last, folder)]
    return faults


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_handed_over_is_opened_or_refused(kind: str, tmp_path: Path) -> None:
    if (needed := KINDS[kind].extra) is not None:
        pytest.importorskip(needed)
    search = broken_apart if kind in BY_HDF5 else broken
    faults = [
        fault
        for first in range(FIRST, FIRST + N, BATCH)
        for fault in search(kind, first, min(first + BATCH, FIRST + N), str(tmp_path))
    ]
    kinds = Counter(what for _, what in faults).most_common(10)
    assert not faults, f"{len(faults)} of {N}, such as {faults[:3]}; by kind {kinds}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_damage_is_of_a_kind_that_is_noticed_and_that_is_not(kind: str, tmp_path: Path) -> None:
    """Cases that are all refused at once, or none, would try nothing."""
    if (needed := KINDS[kind].extra) is not None:
        pytest.importorskip(needed)
    answers: Counter[str] = Counter()
    for seed in range(60):
        try:
            answers[try_one(kind, seed, tmp_path).replace(str(tmp_path), "")[:60]] += 1
        except Exception as error:
            answers[type(error).__name__] += 1
    assert len(answers) > 4
