"""The ablation takes away what it says, and plain Numba computes what clearlstm does."""

import pytest

from benchmarks import ablation
from benchmarks.ablation import AGAIN, PIECES, SOURCES, VARIANTS, WHOLE, Replacement, page, replaced

WORKS = ablation.QUICK


@pytest.mark.parametrize("piece", PIECES)
def test_each_text_is_in_the_sources_once(piece: str) -> None:
    sources: dict[str, str] = {}
    for replacement in PIECES[piece]:
        source = sources.get(replacement.file) or (SOURCES / replacement.file).read_text(encoding="utf-8")
        sources[replacement.file] = replaced(source, replacement)
    for file, source in sources.items():
        compile(source, file, "exec")
        assert source != (SOURCES / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("source", ["no such text", "FEW = 4, and once more FEW = 4"])
def test_a_text_that_is_not_there_once_is_an_error(source: str) -> None:
    with pytest.raises(ValueError, match=r"engine\.py has 'FEW = 4' [02] times; once is needed"):
        replaced(source, Replacement("kernels/engine.py", "FEW = 4", "FEW = 0"))


def test_a_piece_that_brings_no_more_than_chance_is_marked() -> None:
    seconds = {(name, work): 1.0 for name in VARIANTS for work in WORKS}
    idle, chance, useful = list(PIECES)[:3]
    seconds |= {(AGAIN, WORKS[0]): 1.05, (chance, WORKS[1]): 1.04, (useful, WORKS[-1]): 1.5}
    text = page(seconds, WORKS, 5)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.endswith("| **1.50** |") for row in rows if row.startswith(f"| {useful} |")] == [False, True]
    for name in (idle, chance):
        assert sum(row.startswith(f"| {name} ✗ |") for row in rows) == 2
    assert "more than 1.05 times as long" in text
    assert f"| {WHOLE}, ms | 1e+03 |" in text


def test_every_variant_has_its_turn_for_all_work() -> None:
    first, second = (list(ablation.in_turns(WORKS, seed)) for seed in (0, 1))
    assert sorted(first) == sorted(second) == sorted((name, work) for name in VARIANTS for work in WORKS)
    assert first != second


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(3, 7, 2, 5, 2), (1, 4, 1, 3, 1)])
def test_plain_numba_agrees_with_clearlstm(sizes: tuple[int, int, int, int, int]) -> None:
    pytest.importorskip("scipy")
    from benchmarks import plain_numba

    assert plain_numba.largest_difference(*sizes) < plain_numba.TOLERANCE / 10
