"""``clearlstm classify``, from a file to a report."""

import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clearlstm as cl
from clearlstm.report.page_file import is_report
from clearlstm.sequences import scikit_learn
from tests.cli import calls

QUICK = ("--hidden", "4", "--max-steps", "60", "--learning-rate", "0.02")


pytestmark = pytest.mark.usefixtures("own_folder")
call = partial(calls.call, "classify")
numbers = partial(calls.numbers, "classify")


def table(n: int = 40, unlabelled: int = 0) -> pd.DataFrame:
    """Sequences that start above or below 0, with names that a page must escape."""
    rng = np.random.default_rng(0)
    parts = []
    for k in range(n + unlabelled):
        steps = int(rng.integers(3, 8))
        part = pd.DataFrame({"sequence": f"<s{k}>", "t": range(steps), "v & w": rng.normal(size=steps), "u": 0.5})
        label = "" if k >= n else "up" if part["v & w"][0] > 0 else "<down>"
        parts.append(part.assign(label=label))
    return pd.concat(parts)


class _Page(HTMLParser):
    """Tags that are open must be closed in order; scripts and styles of elements aren't allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "iframe", "link", "s0")
        assert all(name != "style" and not name.startswith("on") for name, _ in attrs)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_from_a_table_to_a_report_answers_and_a_model() -> None:
    pytest.importorskip("sklearn")
    table(unlabelled=3).to_csv("data.csv", index=False)
    result = call("data.csv", "--output", "answers.csv", "--save", "m.safetensors", *QUICK)
    assert result.exit_code == 0, result.output
    assert "3 sequences without a label: --output gets an answer to each." in result.stderr
    assert result.stdout.rstrip().endswith("Written: report.html and answers.csv and m.safetensors")
    page = Path("report.html").read_text("utf-8")
    assert is_report("report.html")
    reader = _Page()
    reader.feed(page)
    assert reader.open == []
    for title in ("The comparison", "Which classes it mixes up", "What it got wrong", "What the net looked at"):
        assert f"<h2>{title}</h2>" in page
    assert "&lt;down&gt;" in page
    answers = pd.read_csv("answers.csv")
    assert len(answers) == 43
    assert answers["label"].isna().sum() == 3
    assert not answers["seen"].any()
    np.testing.assert_allclose(answers["p(up)"] + answers["p(<down>)"], 1, atol=1e-6)
    model: Any = cl.load("m.safetensors")
    new = answers[answers["label"].isna()]
    steps = dict(iter(table(unlabelled=3).groupby("sequence")[["v & w", "u"]]))
    assert model.predict([steps[name].to_numpy() for name in new["id"]]).tolist() == new["answer"].tolist()


def test_the_same_seed_gives_the_same_run_and_json_has_every_number() -> None:
    pytest.importorskip("sklearn")
    table().to_csv("data.csv", index=False)
    one, other = (numbers("data.csv", "--folds", "3", *QUICK) for _ in range(2))
    for run in (one, other):
        for model in run["comparison"]["models"]:
            model.pop("seconds")
    assert one == other
    assert [model["model"] for model in one["comparison"]["models"]][:4] == ["LSTM", "Majority", "Summary", "Points"]
    assert np.sum(one["comparison"]["confusion"]) == 3 * 40
    assert sum(one["looked_at"]["features"].values()) == pytest.approx(1)
    assert one["looked_at"]["features"]["v & w"] > 0.99  # u never changes
    assert sum(one["looked_at"]["tenths"]) == pytest.approx(1)


def test_numbers_from_arrays_with_lengths() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    X, lengths = rng.normal(size=(40, 6, 2)), rng.integers(2, 7, 40)
    X[np.arange(6) >= lengths[:, None]] = np.nan  # padding isn't looked at
    y = np.where(np.arange(40) < 38, 3 * X[:, 0, 0], np.nan)
    np.savez("data.npz", X=X, y=y, lengths=lengths)
    run = numbers("data.npz", "--output", "a.csv", *QUICK)
    assert run["kind"] == "numbers"
    assert run["comparison"]["models"][1]["model"] == "Mean"
    assert "38 different numbers: they are taken for numbers" in " ".join(run["notes"])
    answers = pd.read_csv("a.csv")
    assert answers["label"].isna().tolist() == [False] * 38 + [True] * 2
    assert np.isfinite(answers["answer"]).all()
    assert "<h2>Which classes it mixes up</h2>" not in Path("report.html").read_text("utf-8")


def test_without_a_comparison_nothing_is_claimed() -> None:
    table().to_csv("data.csv", index=False)
    run = numbers("data.csv", "--no-comparison", "--output", "a.csv", *QUICK)
    assert run["comparison"] is None
    assert "Nothing here says that it is better" in run["verdict"]["headline"]
    assert pd.read_csv("a.csv")["seen"].all()


def test_without_scikit_learn_it_trains_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    table().to_csv("data.csv", index=False)
    monkeypatch.setattr(scikit_learn, "HAS_SKLEARN", False)
    assert "pip install 'clearlstm[compare]'" in numbers("data.csv", *QUICK)["verdict"]["headline"]


def test_too_few_to_compare_are_learnt_all_the_same() -> None:
    pytest.importorskip("sklearn")
    table(8).to_csv("data.csv", index=False)
    assert "at least 20 sequences" in numbers("data.csv", *QUICK)["verdict"]["headline"]


@pytest.mark.slow
def test_the_example_shows_what_a_memory_is_for() -> None:
    pytest.importorskip("sklearn")
    result = call()
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("The LSTM beat ")
    assert "Recommended: the LSTM" in re.sub(r"\s+", " ", result.stdout)


def arrays(**changes: Any) -> None:
    """An .npz file, with changes; None leaves one out."""
    given = {"X": np.zeros((30, 4, 1)), "y": np.arange(30) % 2} | changes
    np.savez("data.npz", **{name: array for name, array in given.items() if array is not None})


@pytest.mark.parametrize(
    ("changes", "args", "message"),
    [
        ({"y": None}, [], "X and y are needed"),
        ({"z": np.zeros(3)}, [], "X and y are needed"),
        ({"y": np.arange(5)}, [], "a label for each of 30 sequences, (30,), is needed"),
        ({"X": np.zeros(30)}, [], "numbers (N, T, F), or (N, T) of one feature, are needed"),
        ({"X": np.full((30, 4, 1), np.inf)}, [], "a value in sequence 0 that isn't finite"),
        ({"lengths": np.full(30, 9)}, [], "lengths[0] is 9"),
        ({"y": np.full(30, np.nan)}, [], "0 sequences with a label"),
        ({"y": np.zeros(30)}, [], "one class only"),
        ({}, ["--label", "y"], "data.npz holds arrays"),
        ({}, ["--pool", "max"], "--pool is 'max'"),
        ({}, ["--numbers", "--balanced"], "--balanced weighs classes"),
        ({}, ["--folds", "16"], "folds is 16"),
        ({}, ["--learning-rate", "0"], "learning_rate is 0.0"),
        ({}, ["--report", "page.txt"], "page.txt has a suffix that can't be written here"),
        ({}, ["--save", "m.pkl"], "m.pkl has a suffix that can't be written here"),
        ({}, ["--output", "data.npz"], "is the file that is read"),
    ],
)
def test_what_can_t_be_used_is_a_clear_line(changes: Any, args: list[str], message: str) -> None:
    pytest.importorskip("sklearn")
    arrays(**changes)
    result = call("data.npz", *args, *([] if "--learning-rate" in args else QUICK))
    assert result.exit_code == 2, result.output
    assert message in re.sub(r"\s+", " ", result.stderr)
    assert not Path("report.html").exists()


def test_a_report_that_isn_t_ours_is_not_replaced() -> None:
    arrays()
    Path("report.html").write_text("mine", encoding="utf-8")
    result = call("data.npz", *QUICK)
    assert result.exit_code == 2
    assert "is not a report of clearlstm's" in result.stderr
    assert Path("report.html").read_text("utf-8") == "mine"


def test_columns_without_a_file_are_refused() -> None:
    result = call("--label", "kind")
    assert result.exit_code == 2
    assert "name the file first" in result.stderr


def test_inspect_looks_into_what_was_saved() -> None:
    table().to_csv("data.csv", index=False)
    assert call("data.csv", "--no-comparison", "--save", "m.safetensors", "--steps-at-once", "2", *QUICK).exit_code == 0
    np.savez("x.npz", x=np.random.default_rng(0).normal(size=(20, 6, 2)))
    result = calls.call("inspect", "m.safetensors", "--data", "x.npz")
    assert result.exit_code == 0, result.output
    assert "The data are scaled by what the model was fitted on." in re.sub(r"\s+", " ", result.stdout)
    result = calls.call("inspect", "m.safetensors", "--data", "data.csv")
    assert result.exit_code == 2
    assert "the model is a classifier, which reads whole sequences" in result.stderr
    result = calls.call("inspect", "m.safetensors", "--data", "SELECT 1", "--database", "shop.sqlite")
    assert result.exit_code == 2
    assert "leave --database out" in re.sub(r"\s+", " ", result.stderr)
