"""The long-lag experiment compares like with like, and says what it measured."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from benchmarks import long_lag
from benchmarks.long_lag import KINDS, PAGE, PROBLEMS, Effort, Kind, Problem, Result, Rows, Run, Trial, build
from clearlstm.training.batches import Batch

ADDING, ORDER, REBER = PROBLEMS
LSTM, _, UNIFORM, _, IDENTITY = KINDS


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.title)
def test_nets_have_the_same_number_of_parameters(problem: Problem) -> None:
    wanted = long_lag.n_parameters(build(problem, LSTM, 0))
    for kind in KINDS:
        model = build(problem, kind, 0)
        units = model.nets[0].hidden_size
        # A plain net with one unit more or less is further off than this one.
        a_unit = 2 * units + problem.input_size + problem.output_size + 2
        assert abs(long_lag.n_parameters(model) - wanted) <= a_unit / 2


def test_the_identity_net_keeps_its_state_at_the_start() -> None:
    net = build(ADDING, IDENTITY, 0).nets[0]
    state = (np.abs(np.random.default_rng(0).normal(size=(1, 3, net.hidden_size))).astype(np.float32),)
    h, _ = net.step(np.zeros((3, 2)), state)
    np.testing.assert_array_equal(h, state[0][0])


def test_all_nets_see_the_same_sequences() -> None:
    seen: dict[str, list[bytes]] = {}

    def spied(name: str) -> Problem:
        def draw(n: int, lag: int, rng: np.random.Generator) -> Rows:
            rows = ADDING.draw(n, lag, rng)
            seen.setdefault(name, []).append(rows.batch.x.tobytes())
            return rows

        return Problem("spied", 2, 1, "squared", "last", draw, ADDING.right, (10,))

    for kind in (LSTM, UNIFORM):
        long_lag.learn(spied(kind.name), kind, 10, 0.01, 0, Effort(n_updates=3, n_tested=20))
    first, second = seen.values()
    assert first == second
    assert len(set(first)) == len(first) == 5  # checked, three batches, tested: all different


def test_a_net_that_has_learnt_stops_and_is_judged_on_fresh_sequences() -> None:
    run = long_lag.learn(ORDER, LSTM, 10, 0.01, 0, Effort(n_updates=400, n_tested=300))
    assert run.learnt
    assert run.updates == run.curve[-1][0] < 400
    assert [updates for updates, _ in run.curve] == list(range(0, run.updates + 1, long_lag.CHECK_EVERY))
    assert run.curve[0][1] < 0.5 < run.curve[-1][1]


def test_a_net_that_explodes_is_one_that_did_not_learn() -> None:
    def exploding(input_size: int, hidden_size: int, seed: int) -> long_lag.Net:
        net = IDENTITY.make(input_size, hidden_size, seed)
        net.parameters["layer0.forward.U"][...] *= 1e20
        net.parameters["layer0.forward.b"][...] = 1
        return net

    kind = Kind("exploding", False, exploding, "#000000")
    run = long_lag.learn(ADDING, kind, 10, 0.01, 0, Effort(n_updates=3, n_tested=20))
    assert (run.updates, run.learnt) == (0, False)


def rows_of(y: list[int], legal: list[list[list[int]]], lengths: list[int]) -> Rows:
    return Rows(Batch(np.zeros((1, 1, 1)), np.array(y), np.array(lengths)), np.array(legal, dtype=bool))


def test_what_counts_as_right() -> None:
    answer = np.array([[0.5], [0.539], [0.541]])
    y = np.full((3, 1), 0.5)
    assert ADDING.right(answer, Rows(Batch(np.zeros((3, 1, 1)), y))).tolist() == [True, True, False]
    scores = np.array([[0, 3, 1, 2], [1, 0, 0, 0]])
    assert ORDER.right(scores, rows_of([1, 1], [], [1, 1])).tolist() == [True, False]
    # Two steps; the second of the last string is padding, where nothing is legal.
    legal = [[[1, 1, 0], [0, 1, 0]], [[1, 1, 0], [0, 1, 0]], [[1, 0, 0], [0, 0, 0]]]
    steps = np.array([[[5, 4, 3], [0, 9, 1]], [[5, 4, 4.5], [0, 9, 1]], [[1, 0, 0], [0, 0, 0]]])
    assert REBER.right(steps, rows_of([], legal, [2, 2, 1])).tolist() == [True, False, True]


def test_the_better_rate_counts_and_lags_that_no_net_learns_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = long_lag.RATES

    def pretend(_p: Problem, _k: Kind, lag: int, rate: float, seed: int, _e: Effort) -> Run:
        good = {10: True, 20: rate == slow, 50: seed == 1 or rate == slow, 100: False}[lag]
        share = 0.96 if good else seed / 10 + rate
        return Run(((0, 0.1), (100, share)), share, 100 if rate == quick else 300)

    monkeypatch.setattr(long_lag, "learn", pretend)
    trials = long_lag.measure(ADDING, LSTM, Effort(seeds=(0, 1))).trials
    # Both learn: the quicker one. One learns: that one. More learn: the one with more. None: the higher share; the end.
    assert {lag: trial.rate for lag, trial in trials.items()} == {10: quick, 20: slow, 50: slow, 100: quick}
    assert [run.share for run in trials[100].runs] == [quick, 0.1 + quick]


def test_the_table_says_what_was_measured() -> None:
    good, bad = Run(((0, 0.1), (700, 1.0)), 0.955, 700), Run(((0, 0.1), (4000, 0.4)), 0.41, 4000)
    trials = {10: Trial(0.01, [good, good, bad]), 20: Trial(0.003, [bad, bad, bad])}
    table = long_lag.tables([Result(ADDING, LSTM, 1233, 16, trials)], Effort(), 11.7)
    (row,) = [line for line in table.splitlines() if LSTM.name in line]
    assert row == f"| {LSTM.name} | 16 | 1233 | 2 of 3, 700, 0.01 | 0 of 3, 41%, 0.003 | not run | not run | not run |"


def test_quick_writes_the_page_and_the_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page, picture = tmp_path / "page.md", tmp_path / "picture.svg"
    page.write_text("before\n\n<!-- measured -->\nold\n<!-- end -->\n\nafter\n", encoding="utf-8")
    long_lag.main(["--quick", "--page", str(page), "--picture", str(picture)])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n\n<!-- measured -->\n\n**Adding problem**")
    assert text.endswith("<!-- end -->\n\nafter\n")
    assert "old" not in text
    for kind in KINDS:
        assert len(re.findall(rf"^\| {re.escape(kind.name)} \|", text, flags=re.MULTILINE)) == len(PROBLEMS)
    assert ET.parse(picture).getroot().tag.endswith("svg")


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(LookupError, match="0 places between"):
        long_lag.write_page(page, "made")
    assert page.read_text(encoding="utf-8") == "no marks"


def test_the_page_holds_a_full_run() -> None:
    text = PAGE.read_text(encoding="utf-8")
    measured = text.partition("<!-- measured -->")[2].partition("<!-- end -->")[0]
    rows = re.findall(r"^\| (.+?) \| \d+ \| \d+ \| (.+) \|$", measured, flags=re.MULTILINE)
    assert [name for name, _ in rows] == [kind.name for kind in KINDS] * len(PROBLEMS)
    assert all(f" of {len(Effort().seeds)}" in cells for _, cells in rows)
