"""``clearlstm bench``: it times, prints and writes."""

from pathlib import Path

import pytest

from clearlstm.bench import beyond, grid
from clearlstm.bench.beyond import Finding
from clearlstm.bench.grid import Row
from clearlstm.cli.bench import bench
from clearlstm.errors import InputError


@pytest.mark.slow
def test_bench_times_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(grid, "QUICK", (Row(2, 5, 1, 4), Row(1, 4, 1, 4, tasks=("forward",))))
    # They are measured in tests/bench/test_beyond.py.
    findings = [Finding("First call ever, compiling", 3.25, "s", 5, at_most=True)]
    monkeypatch.setattr(beyond, "beyond_the_grid", lambda _n_threads, quick: findings if quick else [])
    bench(output=tmp_path / "RESULTS.md", quick=True, threads=1)
    written, shown = (tmp_path / "RESULTS.md").read_text(encoding="utf-8"), capsys.readouterr().out
    for title in ("answers only", "everything recorded", "loss on all steps", "loss on the last step only"):
        assert f"## Forward, {title}" in written or f"## Forward + backward, {title}" in written
        assert title in shown
    assert (written.count("| 2 5 1 4 |"), written.count("| 1 4 1 4 |")) == (4, 1)
    assert "1 threads each" in written
    assert "of attainable" in written
    assert "| First call ever, compiling | 3.25 s | at most 5 s |" in written
    assert max(map(len, shown.splitlines())) <= 80


def test_a_place_that_does_not_exist_is_refused_before_anything_is_timed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        bench(output=tmp_path / "nowhere" / "RESULTS.md")
