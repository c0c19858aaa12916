"""A person's own numbers in the same pages, and what is said when they can't be used."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.cell import lstm as reference
from clearlstm.cell.layout import GATES
from clearlstm.cli.look import WIDTH
from clearlstm.insight.ledger import ledger
from tests.cli.demo_runs import line_with, numbers_in, page_of, refused, run
from tests.statquest import golden, unit

OWN = {"f": [-0.5, 1.25, 0.75], "i": [0.25, -1.0, 0.5], "g": [1.5, 0.125, -0.25], "o": [0.875, 2.0, -1.5]}
VALUES = [0.5, -1.25, 2.0]
TEXT = "0.5,-1.25,2"


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("own") / "unit.json"
    path.write_text(json.dumps(OWN), encoding="utf-8")
    return str(path)


def expected(by_gate: dict[str, list[float]], values: list[float]) -> Any:
    zero = np.zeros((1, 1))
    return reference.forward(np.array(values).reshape(1, -1, 1), unit(by_gate), zero, zero, np.array([len(values)]))


def check(found: dict[str, Any], by_gate: dict[str, list[float]], values: list[float]) -> None:
    """All numbers of a series are the reference's, to the last digit."""
    record = expected(by_gate, values)
    assert [day["x"] for day in found["days"]] == values
    for t, day in enumerate(found["days"]):
        assert [day[name] for name in (*GATES, "c", "h")] == [
            getattr(record, name)[0, t, 0] for name in (*GATES, "c", "h")
        ]
    assert found["ledger"] == ledger(record).entries[0, :, 0].tolist()


def test_own_values_through_the_videos_unit() -> None:
    found = json.loads(run("--values", TEXT, "--json"))
    check(found["series"]["yours"], golden()["video"]["weights"], VALUES)


def test_own_values_through_an_own_unit(weights_file: str) -> None:
    found = json.loads(run("--weights", weights_file, "--values", TEXT, "--json"))
    check(found["series"]["yours"], OWN, VALUES)
    assert found["weights"] == {gate: dict(zip(("h", "x", "bias"), OWN[gate], strict=True)) for gate in GATES}


def test_an_own_unit_on_the_companies(weights_file: str) -> None:
    found = json.loads(run("--weights", weights_file, "--json"))["series"]
    check(found["A"], OWN, [0, 0.5, 0.25, 1])
    check(found["B"], OWN, [1, 0.5, 0.25, 1])
    assert found["B"]["wanted"] == 1


@pytest.mark.parametrize("args", [(), ("--exact",), ("--full",)])
def test_the_pages_of_an_own_series(weights_file: str, args: tuple[str, ...]) -> None:
    text = run("--weights", weights_file, "--values", TEXT, *args)
    record, decimals = expected(OWN, VALUES), 6 if "--exact" in args else 4
    table = text.split("\nYour series\n")[1].splitlines()[2:5]
    for t, line in enumerate(table):
        shown = [round(getattr(record, name)[0, t, 0], decimals) for name in (*GATES, "c", "h")]
        assert numbers_in(line) == [t + 1, VALUES[t], *shown]
    assert f"is the answer: {record.h_n.item():.{decimals}f}." in text
    assert ("Your series, step 2: " in text) is ("--full" in args)
    first = page_of(text, "Your series, step 1: c = 0, h = 0, input x = 0.5")
    assert "0 × -0.50 + 0.5 × 1.25 + 0.75 = 0 + 0.625 + 0.75 = 1.375" in first
    assert all(len(line) <= WIDTH for line in text.splitlines())


def test_the_ledger_of_a_long_series_names_the_largest_entries() -> None:
    values = [round(0.01 * k, 2) for k in range(60)]
    text = run("--values", ",".join(map(str, values)))
    page = page_of(text, "Your series: who wrote the long-term memory?")
    entries = ledger(expected(golden()["video"]["weights"], values)).entries[0, :, 0]
    largest = sorted(np.argsort(-np.abs(entries))[:8])
    shown = {
        int(numbers[0]) - 1: numbers[1]
        for t in largest
        for numbers in [numbers_in(line_with(page, f"step {t + 1} "))[:2]]
    }
    assert list(shown) == largest
    np.testing.assert_allclose(list(shown.values()), entries[largest], atol=6e-5)
    rest = numbers_in(line_with(page, "52 others"))[1]
    assert rest == pytest.approx(entries.sum() - entries[largest].sum(), abs=6e-5)
    assert text.count("\nYour series, continued\n") == 3, "rows on pages that fit the screen"


def test_large_inputs_are_remarked_on() -> None:
    assert "An input of 135 pushes gates" in " ".join(run("--values", "1,135").split())
    assert "pushes gates" not in run("--values", "1,0.5")


def test_a_series_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("close\n0.5\n-1.25\n2\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text("ds,close\n1,0.5\n2,-1.25\n3,2\n", encoding="utf-8")
    for series in (str(tmp_path / "one.csv"), f"{tmp_path / 'two.csv'}:close", TEXT):
        check(json.loads(run("--series", series, "--json"))["series"]["yours"], golden()["video"]["weights"], VALUES)


def test_a_saved_model(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    net = cl.LSTM(1, 1, seed=5)
    cl.Network([net]).save(path)
    found = json.loads(run("--model", str(path), "--series", TEXT, "--json"))
    weights = {gate: [found["weights"][gate][key] for key in ("h", "x", "bias")] for gate in GATES}
    check(found["series"]["yours"], weights, VALUES)
    assert found["series"]["yours"]["answer"] == pytest.approx(net(np.reshape(VALUES, (1, 3, 1))).h[0, -1, 0], rel=1e-5)
    assert json.loads(run("--weights", str(path), "--values", TEXT, "--json")) == found


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (lambda: cl.LSTM(3, 8, 2, bidirectional=True), ("3 inputs", "8 units", "2 layers", "both directions")),
        (lambda: cl.LSTM(1, 1, peepholes=True), ("peepholes",)),
        (lambda: cl.LSTM(1, 1, activations={"gate": "hard_sigmoid"}), ("other functions",)),
        (lambda: cl.RNN(1, 1), ("plain recurrent",)),
        (lambda: cl.Network([cl.LSTM(1, 1)], head=1), ("a head",)),
        (lambda: cl.Network([cl.LSTM(1, 1), cl.LSTM(1, 1)]), ("2 nets",)),
    ],
)
def test_larger_models_are_refused_by_what_they_have(model: Any, named: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "larger.safetensors"
    model().save(path)
    told = refused("--model", str(path))
    for part in (*named, "one unit with one input", "trace(x)"):
        assert part in told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ("1,two", "'two', which is not a number"),
        ("", "'', which is not a number"),
        ("1,,2", "which is not a number"),
        ("1,nan", "number 2 is nan"),
        ("inf", "number 1 is inf"),
        ("1e9", "scale yours"),
        (",".join(["1"] * 201), "201 numbers; at most 200"),
    ],
)
def test_values_that_cannot_be_used(values: str, told: str) -> None:
    assert told in refused("--values", values)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a JSON file"),
        ("{", "not a JSON file"),
        ("[" * 99_000, "not a JSON file"),
        ("[]", "four keys are needed"),
        ('{"f": [1, 2, 3]}', "four keys are needed"),
        (json.dumps(OWN | {"o": [1, 2]}), "three numbers"),
        (json.dumps(OWN | {"o": [1, 2, "3"]}), "three numbers"),
        (json.dumps(OWN | {"o": [1, 2, True]}), "three numbers"),
        (json.dumps(OWN | {"o": [1, 2, float("nan")]}), "three numbers"),
        (json.dumps(OWN | {"o": [1, 2, 1e30]}), "three numbers"),
        (json.dumps(OWN | {"p": [1, 2, 3]}), "four keys are needed"),
        (" " * 100_001, "not a short JSON file"),
    ],
)
def test_weights_that_cannot_be_used(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "unit.json"
    path.write_text(text, encoding="utf-8")
    assert told in refused("--weights", str(path))


def test_weights_may_be_given_by_name_as_the_json_has_them(tmp_path: Path) -> None:
    path = tmp_path / "unit.json"
    path.write_text(json.dumps(json.loads(run("--values", TEXT, "--json"))["weights"]), encoding="utf-8")
    assert run("--weights", str(path), "--values", TEXT, "--json") == run("--values", TEXT, "--json")


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("ds,y\n1,0.5\n2,\n", encoding="utf-8")
    (tmp_path / "cut.safetensors").write_bytes(b"\x08\x00\x00")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for args, told in (
        (("--weights", "none.json"), "doesn't exist"),
        (("--weights", str(tmp_path)), "is a folder: name a file"),
        (("--weights", str(tmp_path / "bytes.json")), "not a JSON file"),
        (("--model", "none.safetensors"), "doesn't exist"),
        (("--model", str(tmp_path / "cut.safetensors")), "cut short"),
        (("--series", "none.csv"), "that exists"),
        (("--series", str(tmp_path / "two.csv")), "say which one holds the series"),
        (("--series", f"{tmp_path / 'two.csv'}:y"), "line 3 of"),
        (("--series", f"{tmp_path / 'two.csv'}:z"), "no column 'z'"),
    ):
        assert told in refused(*args)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--train", "--quiz"), "--train and --quiz are both given"),
        (("--values", "1", "--series", "2"), "--values and --series are both given"),
        (("--weights", "a", "--model", "b"), "--weights and --model are both given"),
        (("--save", "x.safetensors"), "--save belongs to --train"),
        (("--seed", "0"), "--seed belongs to --quiz"),
        (("--quiz", "--json"), "--json doesn't go with --quiz"),
        (("--train", "--exact"), "--exact doesn't go with --train"),
        (("--train", "--seed", "0"), "--seed doesn't go with --train"),
        (("--quiz", "--seed", "-1"), "--seed is -1"),
        (("--quiz", "--seed", "4294967296"), "it must lie in 0..4294967295"),
    ],
)
def test_options_that_do_not_go_together(args: tuple[str, ...], told: str) -> None:
    assert told in refused(*args)


@pytest.mark.parametrize("args", [(), ("--full", "--exact")])
def test_the_largest_and_smallest_numbers_keep_to_the_screen(args: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "extreme.json"
    extreme = {"f": [1000, -999.123456, 1000], "i": [-0.1234567, 1e-7, 2.5], "g": [1000, 1, 1], "o": [-1, 0, -1000]}
    path.write_text(json.dumps(extreme), encoding="utf-8")
    text = run("--weights", str(path), "--values=-1000,0.000123456,999.87654", *args)
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert "1.0e-07" in text, "a weight that isn't 0 is not written as 0"
    assert "-0.0000 " not in text
