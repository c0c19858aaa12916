"""The training repeated: answers and loss as they move, one gradient in full, and the unit kept."""

import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import clearlstm as cl
from clearlstm import examples
from clearlstm.cell import lstm as reference
from clearlstm.cell.layout import GATES, split_gates
from clearlstm.cli import app
from clearlstm.cli.lesson.gradient import FirstGradient
from clearlstm.cli.lesson.training import EPOCHS, Repeated, repeat_training
from clearlstm.cli.look import WIDTH
from tests.cli.demo_runs import line_with, numbers_in, page_of, refused, run
from tests.statquest import TARGETS, golden, inputs, unit


@pytest.fixture(scope="module")
def start() -> Repeated:
    return repeat_training(examples.companies(), (0, 1, 10, 100))


@pytest.fixture(scope="module")
def first(start: Repeated) -> FirstGradient:
    return start.first_gradient


def snapshots() -> dict[int, Any]:
    return {snapshot["epoch"]: snapshot for snapshot in golden()["training"]["snapshots"]}


def test_training_starts_and_moves_as_it_should(start: Repeated) -> None:
    assert [found.epoch for found in start.snapshots] == [0, 1, 10, 100]
    for found in start.snapshots:
        expected = snapshots()[found.epoch]
        assert found.answers == pytest.approx({name: expected[name] for name in "AB"}, rel=1e-12)
        assert found.loss == pytest.approx(expected["loss"], rel=1e-12)
        for gate, values in found.weights.items():
            assert astuple(values) == pytest.approx(expected["weights"][gate], rel=1e-11, abs=1e-13)


def test_training_ends_at_the_table() -> None:
    """The text of one run of all 5000 epochs."""
    text = run("--train")
    learnt = page_of(text, "What it learnt")
    for epoch in (2000, 3000, 5000):
        wanted = snapshots()[epoch]
        told, *rows = learnt.split(f"After {epoch} epochs: ")[1].splitlines()[:5]
        assert numbers_in(told)[:2] == [round(wanted[name], 4) for name in "AB"]
        for gate, line in zip(GATES, rows, strict=True):
            np.testing.assert_allclose(numbers_in(line), wanted["weights"][gate], atol=1e-4)
    assert "The unit then answered -0.0377 for A and -0.0383 for B" in " ".join(text.split())
    assert "Rounded to two decimals, these are the video's weights." in text
    for line in text.splitlines():
        assert len(line) <= WIDTH
        assert line == line.rstrip()


def test_answers_and_loss_are_seen_moving() -> None:
    page = page_of(run("--train"), "The training, repeated")
    rows = {int(found[0]): found[1:] for line in page.splitlines() if len(found := numbers_in(line)) == 4}
    assert tuple(rows) == EPOCHS
    for epoch in set(EPOCHS) & set(snapshots()):
        wanted = snapshots()[epoch]
        np.testing.assert_allclose(rows[epoch], [wanted["A"], wanted["B"], wanted["loss"]], atol=6e-5)


def test_the_first_gradient_is_the_references_own(first: FirstGradient) -> None:
    wanted = golden()["training"]["first_gradient_A"]
    weights, zero = unit(golden()["training"]["start"]), np.zeros((1, 1))
    record = reference.forward(inputs("A"), weights, zero, zero, np.array([4]))
    dh_n = 2 * (record.h_n - TARGETS["A"])
    back = reference.backward(inputs("A"), weights, record, np.zeros((1, 4, 1)), dh_n, zero)
    U, W, b = split_gates(back.U), split_gates(back.W), split_gates(back.b)
    for gate in GATES:
        found = astuple(first.gradients[gate])
        assert found == pytest.approx(wanted[gate], rel=1e-10, abs=1e-17)
        assert found == pytest.approx([U[gate].item(), W[gate].item(), b[gate].item()], rel=1e-12, abs=1e-17)
    assert first.by_nudging == pytest.approx(first.gradient, rel=1e-7)
    assert first.gradient == pytest.approx(sum(day.share for day in first.back), rel=1e-12)


def test_each_day_on_the_way_back_follows_from_the_one_after(first: FirstGradient) -> None:
    """The equations of docs/derivation.md, day by day, in plain arithmetic."""
    dh, dc_arriving = 2 * (first.days[-1].h - first.wanted), 0.0
    for back in first.back:
        now, w = first.days[back.day - 1], first.weights
        dc = dc_arriving + dh * now.o * (1 - now.tanh_c**2)
        dz = {
            "f": dc * now.c_prev * now.f * (1 - now.f),
            "i": dc * now.g * now.i * (1 - now.i),
            "g": dc * now.i * (1 - now.g**2),
            "o": dh * now.tanh_c * now.o * (1 - now.o),
        }
        assert (back.dh, back.dc) == pytest.approx((dh, dc), rel=1e-12)
        assert back.dz == pytest.approx(dz, rel=1e-12, abs=1e-18)
        assert back.share == pytest.approx(dz["g"] * now.x, rel=1e-12)
        dh, dc_arriving = sum(dz[gate] * w[gate].h for gate in GATES), dc * now.f
        assert (back.dh_prev, back.dc_prev) == pytest.approx((dh, dc_arriving), rel=1e-12, abs=1e-18)


def test_one_gradient_is_told_with_its_arithmetic(first: FirstGradient) -> None:
    text = run("--train")
    last = page_of(text, "One gradient of the first update, 1 of 3").replace("\n    = ", " = ")
    assert "dh = 2 × (answer - wanted) = 2 × (-0.037653 - 0) = -0.075306" in last
    for line, left in (("dc = dh × o", first.back[0].dc), ("dz = dc × i", first.back[0].dz["g"])):
        told = line_with(last, line)
        factors, found = told.split(" = ")[-2:]
        assert float(found) == pytest.approx(left, abs=1e-6)
        assert eval(factors.replace("×", "*").replace("²", "**2")) == pytest.approx(left, abs=1e-6)
    sums = page_of(text, "One gradient of the first update, 3 of 3")
    assert numbers_in(line_with(sums, "the gradient, their sum"))[-1] == round(first.gradient, 6) == -0.014505
    for back in first.back:
        x = first.days[back.day - 1].x
        wanted = [back.day, x, *(round(value, 6) for value in (back.dh, back.dc, back.dz["g"], back.share))]
        assert wanted in [numbers_in(line) for line in sums.splitlines()]
    assert "from -0.1863 to -0.1853" in " ".join(sums.split())


def test_training_as_json(monkeypatch: pytest.MonkeyPatch, first: FirstGradient) -> None:
    monkeypatch.setattr("clearlstm.cli.lesson.training.EPOCHS", (0, 10, 100))
    done = json.loads(CliRunner().invoke(app, ["demo", "--train", "--json"]).stdout)
    assert [snapshot["epoch"] for snapshot in done["training"]] == [0, 10, 100]
    for snapshot in done["training"]:
        assert snapshot["answers"]["B"] == pytest.approx(snapshots()[snapshot["epoch"]]["B"], rel=1e-12)
    assert [day["dz"]["g"] for day in done["first_gradient"]["back"]] == [day.dz["g"] for day in first.back]


def test_what_it_learnt_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("clearlstm.cli.lesson.training.EPOCHS", (0, 100))
    path = tmp_path / "unit.safetensors"
    result = CliRunner().invoke(app, ["demo", "--train", "--save", str(path)])
    assert result.exit_code == 0
    assert f"clearlstm demo --model {path}" in result.stderr
    kept = cl.load(path)
    assert isinstance(kept, cl.LSTM)
    answers = kept(examples.companies().x).h[:, -1, 0]
    np.testing.assert_allclose(answers, [snapshots()[100][name] for name in "AB"], rtol=1e-12)
    again = json.loads(run("--model", str(path), "--json"))
    assert again["series"]["B"]["answer"] == pytest.approx(answers[1], rel=1e-12)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["nowhere/unit.safetensors", "unit.json", "."])
def test_a_place_that_cannot_be_written_is_refused_before_training(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearlstm.cli.lesson.training.repeat_training", lambda *_: pytest.fail("it was trained"))
    refused("--train", "--save", str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []
