"""``clearlstm bench``: the same work for every library, and results that hide nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.bench import grid, peers
from clearlstm.bench.beyond import Finding, beyond_the_grid
from clearlstm.bench.grid import GRID, TASKS, Row
from clearlstm.bench.measure import Measurement
from clearlstm.bench.tables import Results, headline, markdown
from clearlstm.cli.bench import bench
from clearlstm.errors import InputError

ODD = Row(3, 7, 2, 5, layers=2, bidirectional=True, shortest=2)


def results(*seconds: dict[str, float]) -> Results:
    rows = [Row(1, 10, 1, size) for size in range(1, len(seconds) + 1)]
    made = (Measurement(row, task, times) for row, times in zip(rows, seconds, strict=True) for task in TASKS)
    return Results(tuple(made), tuple(seconds[0]), 2, 1e9)


@pytest.mark.parametrize("row", [ODD, Row(1, 4, 1, 3), replace(ODD, cell="GRU")], ids=lambda row: row.name)
@pytest.mark.parametrize("peer", peers.installed_peers())
def test_every_peer_does_every_task_that_it_claims(row: Row, peer: str) -> None:
    for call in peers.PEERS[peer](row, 1).values():
        call()


def test_the_peers_are_asked_for_the_same_answer_shapes() -> None:
    if "onnxruntime" not in peers.installed_peers():
        pytest.skip("ONNX Runtime is not installed")
    answer: Any = peers.PEERS["onnxruntime"](ODD, 1)["forward"]()
    trace: Any = peers.PEERS["clearlstm"](ODD, 1)["forward"]()
    assert answer[0].transpose(1, 0, 2).shape == trace.h.shape


def test_operations_count_real_steps_and_not_the_gradient_that_nobody_asks_for() -> None:
    assert Row(2, 10, 3, 4).operations("forward") == 2 * 2 * 10 * (3 + 4) * 16
    assert Row(2, 10, 3, 4).operations("all") == 3 * 2 * 2 * 10 * (3 + 4) * 16 - 2 * 2 * 10 * 3 * 16
    assert Row(2, 10, 3, 4, shortest=10).operations("all") == Row(2, 10, 3, 4).operations("last")
    ragged = Row(64, 100, 8, 64, shortest=5)
    assert ragged.operations("all") / Row(64, 100, 8, 64).operations("all") == pytest.approx(0.525, abs=0.01)


def test_a_gru_has_three_gates_to_compute() -> None:
    assert replace(ODD, cell="GRU").operations("all") == 0.75 * ODD.operations("all")
    assert replace(ODD, cell="GRU").name.endswith(", GRU")


def test_lengths_reach_from_the_shortest_to_the_longest_in_no_order() -> None:
    lengths = Row(64, 100, 8, 64, shortest=5).lengths()
    assert (lengths.min(), lengths.max()) == (5, 100)
    assert (np.diff(lengths) < 0).any()


def test_findings_say_whether_their_aim_is_reached() -> None:
    fast, slow = Finding("fast", 9.0, "µs", 10, at_most=True), Finding("slow", 9.0, "times", 10, at_most=False)
    assert (fast.met, slow.met) == (True, False)
    text = markdown(Results((), ("clearlstm",), 2, 1e9, (fast, slow)), notes="## Why\n\nBecause.\n")
    assert "| slow | 9 times | at least 10 times |" in text
    assert text.endswith("## Why\n\nBecause.\n")


@pytest.mark.slow
def test_what_the_grid_does_not_show_is_measured() -> None:
    measured = {finding.what: finding.measured for finding in beyond_the_grid(1, quick=True)}
    assert len(measured) >= 3
    assert all(value > 0 for value in measured.values())


def test_the_headline_names_what_was_lost_and_what_fell_short() -> None:
    line = headline(results({"clearlstm": 1, "torch": 9}, {"clearlstm": 1, "torch": 0.5, "onnxruntime": 3}), "all")
    assert "Slower than the best of the others: (1 10 1 2) 0.50" in line
    assert "2.1 times as fast" in line
    assert "short of the aim: (1 10 1 1) 1.10" in headline(results({"clearlstm": 1, "torch": 1.1}), "last")
    assert "Slower" not in headline(results({"clearlstm": 1, "torch": 1.1}), "last")


def test_without_another_library_the_report_says_so() -> None:
    alone = results({"clearlstm": 1.0})
    assert "no other library is installed" in headline(alone, "all")
    assert "| 1 10 1 1 | 1000 |  | 0% |" in markdown(alone)


def test_the_names_of_the_rows_tell_them_apart() -> None:
    assert len({row.name for row in GRID}) == len(GRID) == 16


@pytest.mark.slow
def test_bench_times_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(grid, "QUICK", (Row(2, 5, 1, 4),))
    bench(output=tmp_path / "RESULTS.md", quick=True, threads=1)
    written, shown = (tmp_path / "RESULTS.md").read_text(encoding="utf-8"), capsys.readouterr().out
    for task in ("Forward, everything recorded", "loss on all steps", "loss on the last step only"):
        assert task in written
        assert task in shown
    assert written.count("| 2 5 1 4 |") == 3
    assert "1 threads each" in written
    assert max(map(len, shown.splitlines())) <= 80


def test_a_place_that_does_not_exist_is_refused_before_anything_is_timed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        bench(output=tmp_path / "nowhere" / "RESULTS.md")
