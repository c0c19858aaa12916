"""Whatever a stranger hands over is opened, or refused with a clear error: never a raw one, never a hang.

A thousand seeded cases of each kind; ``make fuzz N=100000`` tries any number. A failure names its seeds, by which
``try_one(kind, seed, folder)`` repeats it.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from clearlstm.interop.apart import Broke, run_apart
from tests.fuzz.kinds import KINDS, try_one

N: Final = int(os.environ.get("CLEARLSTM_FUZZ", "500"))
FIRST: Final = int(os.environ.get("CLEARLSTM_FUZZ_FIRST", "0"))
HANGING_SECONDS: Final = 3
BY_HDF5: Final = ("keras", "keras legacy")
"""HDF5 may hang or break on them, for which reason they are read in a process of their own: so they are here."""


def broken(kind: str, first: int, last: int, folder: Path) -> Iterator[str]:
    """Which of the cases raised what is no answer, and what."""
    for seed in range(first, last):
        try:
            try_one(kind, seed, folder)
        except Exception as error:
            yield f"{seed} {type(error).__name__}: {str(error)[:200]}"


def write_broken(asked: tuple[str, int, int, str], _arrays: object) -> tuple[None, dict[str, Any]]:
    """The same into a file, and which case is being tried into another; one that hangs ends this process."""
    kind, first, last, folder = asked
    tried, faults = Path(folder, "tried"), Path(folder, "faults")
    for seed in range(first, last):
        tried.write_text(str(seed), encoding="ascii")
        if hasattr(signal, "alarm"):
            signal.alarm(HANGING_SECONDS if seed > first else 20 * HANGING_SECONDS)  # the first one imports Keras
        with faults.open("a", encoding="utf-8") as file:
            file.writelines(f"{fault}\n" for fault in broken(kind, seed, seed + 1, Path(folder)))
    return None, {}


def broken_apart(kind: str, first: int, last: int, folder: Path) -> Iterator[str]:
    """The same by other processes: a case that hangs or breaks one is what such a process is there for."""
    while first < last:
        try:
            run_apart(f"{__name__}.write_broken", [kind, first, last, str(folder)], {}, seconds=2 * N + 600)
            break
        except Broke:
            first = int((folder / "tried").read_text(encoding="ascii")) + 1
    yield from (folder / "faults").read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_handed_over_is_opened_or_refused(kind: str, tmp_path: Path) -> None:
    if (needed := KINDS[kind].extra) is not None:
        pytest.importorskip(needed)
    search = broken_apart if kind in BY_HDF5 else broken
    faults = list(search(kind, FIRST, FIRST + N, tmp_path))
    kinds = Counter(fault.partition(" ")[2] for fault in faults).most_common(10)
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
    assert answers["opened"]
    assert len(answers) > 2
