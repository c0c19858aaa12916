"""``clearlstm inspect`` on models of several makers and on data in several forms."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from clearlstm.cli.inspect import as_options
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.insight.audit.answers import Probe
from clearlstm.insight.audit.plan import Work
from clearlstm.insight.audit.stages import STAGES
from clearlstm.insight.views import VIEWS
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from tests.cli import calls
from tests.forecasting.series import walks
from tests.insight.audited import copying, forgetting, ordinary

ROWS = 300


pytestmark = pytest.mark.usefixtures("own_folder")
call = partial(calls.call, "inspect")


def told(*args: str) -> dict[str, Any]:
    result = call(*args, "--json", "-")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def names(found: dict[str, Any]) -> set[str]:
    return {finding["name"] for finding in found["findings"] if finding["severity"] != "fact"}


def table(name: str = "data.csv") -> pd.DataFrame:
    """Two series of two features."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=ROWS // 2).strftime("%Y-%m-%d")
    frame = pd.DataFrame(
        {
            "shop": np.repeat(["A", "B"], ROWS // 2),
            "date": np.tile(days, 2),
            "sales": rng.normal(size=ROWS).round(4),
            "price": rng.normal(size=ROWS).round(4),
        }
    )
    frame.to_csv(name, index=False)
    return frame


class TestOwnModels:
    def test_a_copy_is_found_and_told(self) -> None:
        table()
        copying(2, feature=1).save("m.safetensors")
        result = call("m.safetensors", "--data", "data.csv", "--id", "shop", "--window", "20")
        assert result.exit_code == 0, result.output
        lines = result.stdout.splitlines()
        assert lines[0].startswith("This is an LSTM of 1 layer of 1 unit, which reads 2 numbers a step")
        assert "Something is wrong: it only passes on the last value that it was given" in result.stdout
        counts = next(k for k, line in enumerate(lines) if line.startswith("1 fault"))
        assert lines[counts + 1] == "m.safetensors (clearlstm)"
        assert "fault   The answers are a straight line of the last value of “price”" in result.stdout
        assert "All 262 windows of 20 steps from data.csv; features: sales, price." in result.stdout
        assert "Looked at: 262 for the answers, 256 with parts exchanged, 128 for memory, 12" in result.stdout
        assert max(map(len, lines)) <= 80

    def test_windows_stay_inside_a_series_in_order_of_time_and_y_is_what_follows(self) -> None:
        frame = table().sample(frac=1, random_state=0)
        frame.to_csv("mixed.csv", index=False)
        copying(2, feature=0).save("m.safetensors")
        options = ("--id", "shop", "--window", "20", "--target", "sales")
        found, mixed = (told("m.safetensors", "--data", name, *options) for name in ("data.csv", "mixed.csv"))
        assert found["facts"] == mixed["facts"]
        series = table().groupby("shop")["sales"]
        steps = np.concatenate([np.abs(np.diff(values))[19:] for _, values in series])
        skill = found["facts"]["skill"]
        assert skill["naive"] == "the last value of “sales” repeated"
        assert skill["naive_error"] == pytest.approx(steps.mean(), rel=1e-6)
        assert found["facts"]["samples"]["given"] == 2 * (150 - 20)

    def test_several_columns_tell_series_apart_as_one_that_joins_them(self) -> None:
        rng, days = np.random.default_rng(0), np.arange("2024-02-01", "2024-02-12", dtype="datetime64[D]")
        frame = pd.DataFrame({"shop": np.repeat(["A", "B"], 22), "item": np.tile(np.repeat([1, 2], 11), 2)})
        frame["date"] = np.tile(pd.to_datetime(days).strftime("%d/%m/%Y"), 4)
        frame["sales"] = rng.normal(size=44).round(4)
        frame.assign(both=frame["shop"] + frame["item"].astype(str)).sample(frac=1, random_state=0).to_csv(
            "two.csv", index=False
        )
        copying(1, feature=0).save("m.safetensors")
        args = ("m.safetensors", "--data", "two.csv", "--feature", "sales", "--window", "4", "--dayfirst")
        several, joined = told(*args, "--id", "shop", "--id", "item"), told(*args, "--id", "both")
        assert several["facts"] == joined["facts"]
        assert several["facts"]["samples"]["given"] == 4 * (11 - 3)
        one = told(*args, "--id", "item")
        remedy = "if they are of several series, name those (id_col=['item', 'shop'], --id item --id shop)."
        assert f"Several rows of a series have the same time: {remedy}" in one["data"]
        asked = call(*args[:-1], "--id", "both")
        assert asked.exit_code == 2
        assert "--dayfirst or --monthfirst" in " ".join(asked.stderr.split())

    def test_several_answers_are_the_next_steps_of_one_target(self) -> None:
        table()
        Network(LSTM(1, 4, seed=0), head=3, seed=0).save("m.safetensors")
        found = told("m.safetensors", "--data", "data.csv", "--feature", "price", "--target", "sales", "--window", "10")
        assert found["data"][-2] == "Target: sales, the 3 steps after each window."
        assert found["facts"]["skill"]["naive"] == "the median of the targets"

    def test_gaps_are_left_out_and_many_windows_drawn(self) -> None:
        frame = pd.DataFrame({"y": np.random.default_rng(0).normal(size=1500)})
        frame.loc[700, "y"] = np.nan
        frame.to_csv("long.csv", index=False)
        ordinary().save("m.safetensors")
        found = told("m.safetensors", "--data", "long.csv", "--window", "10", "--seed", "5")
        assert found["data"][0].startswith("1,000 of 1,481 windows, drawn with seed 5, of 10 steps")
        assert found["facts"]["samples"]["seed"] == 5

    def test_arrays_come_as_they_are(self) -> None:
        x = np.random.default_rng(0).normal(size=(60, 12, 1))
        forgetting(0.05).save("m.safetensors")
        np.savez("d.npz", x=x, y=x[:, -1], lengths=np.full(60, 12))
        found = told("m.safetensors", "--data", "d.npz")
        assert found["facts"]["skill"] is not None
        assert "short_reach" in names(found)
        np.save("d.npy", x[:, :, 0])
        assert told("m.safetensors", "--data", "d.npy")["facts"]["features"] == found["facts"]["features"]

    def test_few_sequences_are_told_of_beside_the_headline(self) -> None:
        np.save("few.npy", np.random.default_rng(0).normal(size=(8, 12, 1)))
        ordinary().save("m.safetensors")
        result = call("m.safetensors", "--data", "few.npy")
        assert "No fault found. Only 8 sequences were looked at, and so few can't show much." in " ".join(
            result.stdout.split()
        )

    def test_a_forecaster_reads_the_table_by_itself(self) -> None:
        frame = walks(90)
        frame.to_csv("known.csv", index=False)
        LSTMForecaster(h=2, input_size=6, hidden_size=3, max_steps=8).fit(frame).save("f.safetensors")
        found = told("f.safetensors", "--data", "known.csv")
        assert found["facts"]["samples"]["window"] == 6
        assert [one["name"] for one in found["facts"]["features"]][:2] == ["change", "level"]
        assert found["facts"]["corrects"]["base"] in found["data"][0]
        refused = call("f.safetensors", "--data", "known.csv", "--window", "9")
        assert refused.exit_code == 2
        assert "a forecaster reads the table by its own window" in refused.output


@pytest.mark.filterwarnings("ignore:.* is read as torch's nn:clearlstm.errors.ClearLSTMWarning")
class TestOtherMakers:
    @pytest.mark.torch
    def test_torch_in_both_kinds_of_file(self) -> None:
        import torch

        table()
        torch.manual_seed(0)
        lstm = torch.nn.LSTM(2, 4, batch_first=True)
        torch.save(lstm.state_dict(), "m.pt")
        save_file({name: value.numpy() for name, value in lstm.state_dict().items()}, "m.safetensors")
        found, other = (told(name, "--data", "data.csv") for name in ("m.pt", "m.safetensors"))
        assert (found["made_by"], other["made_by"]) == ("PyTorch", "PyTorch")
        assert found["facts"] == other["facts"]

    @pytest.mark.torch
    def test_several_lstms_are_listed_and_picked_by_name(self) -> None:
        import torch

        table()
        module = torch.nn.ModuleDict({"encoder": torch.nn.LSTM(2, 3), "decoder": torch.nn.LSTM(3, 3)})
        module["out"] = torch.nn.Linear(3, 1)
        torch.save(module.state_dict(), "m.pt")
        listed = call("m.pt", "--data", "data.csv")
        assert listed.exit_code == 2
        assert "'encoder', 'decoder'" in listed.output
        found = told("m.pt", "--data", "data.csv", "--name", "encoder", "--head", "out", "--pool", "last")
        assert "a linear head of 1 answer, read off the last state" in found["facts"]["sizes"]["description"]

    def test_onnx_comes_over_whole(self) -> None:
        pytest.importorskip("onnx")
        table()
        Network(LSTM(2, 4, 2, seed=0), head=3, seed=0).to_onnx("m.onnx")
        found = told("m.onnx", "--data", "data.csv")
        assert found["made_by"] == "ONNX"
        assert found["facts"]["sizes"]["output_size"] == 3
        assert len(found["facts"]["layers"]) == 2

    @pytest.mark.torch
    def test_a_refusal_names_options_rather_than_arguments(self) -> None:
        import torch

        table()
        module = torch.nn.ModuleDict({"encoder": torch.nn.LSTM(2, 3), "decoder": torch.nn.LSTM(3, 3)})
        torch.save(module.state_dict(), "m.pt")
        said = " ".join(call("m.pt", "--data", "data.csv").output.split())
        assert "give one of these as --name …" in said
        assert "name=" not in said

    @pytest.mark.parametrize(
        ("message", "told"),
        [
            ("head='dense_3' takes it, name=… one layer", "--head 'dense_3' takes it, --name … one layer"),
            ("give pool=None; filename=x", "give --pool none; filename=x"),
        ],
    )
    def test_arguments_are_told_as_options(self, message: str, told: str) -> None:
        assert as_options(message) == told


class TestOutputs:
    def test_json_and_page_are_written(self) -> None:
        table()
        ordinary(2).save("m.safetensors")
        options = ("--data", "data.csv", "--window", "20")
        result = call("m.safetensors", *options, "--json", "a.json", "--html", "a.html")
        assert result.exit_code == 0, result.output
        assert "Written: a.json and a.html" in result.stdout
        assert json.loads(Path("a.json").read_text(encoding="utf-8"))["headline"] == "No fault found."
        assert Path("a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        assert call("m.safetensors", *options, "--html", "a.html").exit_code == 0

    def test_a_strange_page_is_not_replaced(self) -> None:
        table()
        ordinary(2).save("m.safetensors")
        Path("mine.html").write_text("<p>mine", encoding="utf-8")
        result = call("m.safetensors", "--data", "data.csv", "--html", "mine.html")
        assert result.exit_code == 2
        assert Path("mine.html").read_text(encoding="utf-8") == "<p>mine"

    @pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("fault", 0), ("notice", 3)])
    def test_the_exit_code_tells_what_it_is_asked_to(self, fail_on: str, code: int) -> None:
        table()
        model = forgetting(0.05)
        model.save("m.safetensors")
        options = ("--feature", "sales", "--window", "40", "--fail-on", fail_on)
        assert call("m.safetensors", "--data", "data.csv", *options).exit_code == code

    def test_the_strongest_features_are_shown(self) -> None:
        x = np.random.default_rng(0).normal(size=(60, 6, 30))
        np.savez("many.npz", x=x)
        model = ordinary(30)
        model.parameters["net0.layer0.forward.W"][:29] *= 0.01
        model.save("m.safetensors")
        lines = call("m.safetensors", "--data", "many.npz").stdout.splitlines()
        first = next(k for k, line in enumerate(lines) if line.startswith("feature  "))
        assert lines[first + 1].startswith("feature 29 ")
        assert "… and 10 weaker ones" in lines[first + 21]

    def test_what_is_known_when_it_is_stopped_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*_: Any) -> dict[str, Any]:
            raise KeyboardInterrupt

        monkeypatch.setattr("clearlstm.insight.audit.audit.STAGES", dict(STAGES) | {"layers": stop})
        table()
        copying(2).save("m.safetensors")
        result = call("m.safetensors", "--data", "data.csv", "--html", "a.html")
        assert result.exit_code == 130
        assert "fault   The answers are a straight line of the last value" in result.stdout
        assert "Stopped early; not looked at: layers, units." in result.stdout
        assert Path("a.html").exists()

    def test_few_seconds_are_enough_and_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def slow(probe: Probe) -> Work:
            N, T, _ = probe.x.shape
            return Work(probe.network, N, T, of_pass=1.0, of_number=1e-7, of_product=1e-10)

        monkeypatch.setattr(Work, "timed", slow)
        table()
        copying(2).save("m.safetensors")
        result = call("m.safetensors", "--data", "data.csv", "--seconds", "20")
        assert result.exit_code == 0, result.output
        assert "Cut to fit 20 seconds: --seconds gives it more." in " ".join(result.stdout.split())

    def test_a_fault_fails(self) -> None:
        table()
        copying(2).save("m.safetensors")
        assert call("m.safetensors", "--data", "data.csv", "--fail-on", "fault").exit_code == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("nowhere.pt", "--data", "data.csv"), "nowhere.pt doesn't exist"),
        (("model.bin", "--data", "data.csv"), "nor a model of PyTorch, Keras or ONNX, by its content"),
        (("broken.keras", "--data", "data.csv"), "broken.keras"),
        (("broken.safetensors", "--data", "data.csv"), "not a whole safetensors file"),
        (
            ("m.safetensors", "--data", "data.csv"),
            "the model takes 3 features a step; data.csv has 2 columns of numbers",
        ),
        (("m.safetensors", "--data", "data.csv", "--feature", "cost"), "no column 'cost'"),
        (("m.safetensors", "--data", "data.csv", "--name", "lstm"), "--name is given, but clearlstm wrote this file"),
        (("one.safetensors", "--data", "data.csv", "--feature", "sales", "--window", "400"), "no run of 400 rows"),
        (("one.safetensors", "--data", "x.npy", "--target", "sales"), "name columns of a table"),
        (("one.safetensors", "--data", "x.npy"), "(N, T) of one feature, are needed"),
        (("one.safetensors", "--data", "y.npz"), "holds no array x"),
        (("one.safetensors", "--data", "z.npz"), "z can't be placed"),
        (("one.safetensors", "--data", "text.npy"), "it is damaged"),
    ],
)
def test_what_cannot_be_used_is_said(args: tuple[str, ...], message: str) -> None:
    if args[0].endswith(".keras"):
        pytest.importorskip("h5py")
    table()
    ordinary(3).save("m.safetensors")
    ordinary(1).save("one.safetensors")
    for name in ("model.bin", "broken.keras", "broken.safetensors", "text.npy"):
        Path(name).write_text("no model", encoding="utf-8")
    np.save("x.npy", np.zeros(5))
    np.savez("y.npz", y=np.zeros(5))
    np.savez("z.npz", x=np.zeros((5, 4)), z=np.zeros(5))
    result = call(*args)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())


class TestViews:
    OPTIONS = ("--data", "data.csv", "--id", "shop", "--window", "10")

    @pytest.mark.parametrize("view", [name for name in VIEWS if name != "audit"])
    def test_a_view_is_told_with_how_to_read_it_and_its_table(self, view: str) -> None:
        table()
        ordinary(2).save("m.safetensors")
        result = call("m.safetensors", *self.OPTIONS, "--view", view)
        assert result.exit_code == 0, result.output
        lines, words = result.stdout.splitlines(), " ".join(result.stdout.split())
        assert lines[0] == VIEWS[view].title
        assert f"How to read it: {VIEWS[view].read}" in words
        assert f"What it can't tell: {VIEWS[view].cannot}" in words

    def test_numbers_table_and_picture_are_written(self) -> None:
        pytest.importorskip("matplotlib")
        table()
        ordinary(2).save("m.safetensors")
        chosen = ("--view", "ledger", "--step", "4", "--sequence", "3")
        files = ("--json", "v.json", "--output", "v.csv", "--picture", "v.png")
        result = call("m.safetensors", *self.OPTIONS, *chosen, *files)
        assert result.exit_code == 0, result.output
        assert "Written: v.json and v.csv and v.png" in result.stdout
        found = json.loads(Path("v.json").read_text(encoding="utf-8"))
        rows = pd.read_csv("v.csv")
        assert found["view"] == "ledger"
        assert "sequence 3 of 282" in found["data"][-1]
        assert rows["step"].max() == 4
        assert [row["entry"] for row in found["table"]] == pytest.approx(rows["entry"].tolist())
        assert found["table"][0]["step"] is None
        assert Path("v.png").read_bytes().startswith(b"\x89PNG")

    def test_a_model_is_run_otherwise(self) -> None:
        table()
        ordinary(2).save("m.safetensors")
        changes = ("--zero", "1", "--hold", "gate=f,value=1,unit=0", "--change", "step=-1,feature=1,value=2")
        found = told("m.safetensors", *self.OPTIONS, "--view", "what_if", *changes)
        for words in ("feature 1 were 2", "forget gate of unit 0 were held at 1", "h of unit 1 read 0"):
            assert words in found["words"][0]

    def test_the_audit_is_a_view_too(self) -> None:
        table()
        ordinary(2).save("m.safetensors")
        assert told("m.safetensors", *self.OPTIONS, "--view", "audit") == told("m.safetensors", *self.OPTIONS)

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("--view", "none"), "it must be one of these. gates: the input, each gate"),
            (("--view", "units", "--step", "3"), "--step is given, but units takes no choices"),
            (("--step", "3"), "--step is given, but the audit takes none of these"),
            (("--view", "ledger", "--layer", "7"), "layer 7 is asked for; the net has 1"),
            (("--view", "ledger", "--layer", "-1"), "it must be a whole number from 0 to 1000000"),
            (("--view", "what_if", "--hold", "gate=z,value=1"), "it must be a list of holds"),
            (("--view", "words", "--picture", "p.png"), "there is no picture of words"),
            (("--view", "ledger", "--picture", "p.txt"), "has a suffix that can't be written here"),
            (("--view", "ledger", "--html", "p.html"), "--html shows the audit"),
            (("--picture", "p.png"), "--picture is of one view: name it with --view"),
        ],
    )
    def test_what_cannot_be_shown_is_said(self, args: tuple[str, ...], message: str) -> None:
        table()
        ordinary(2).save("m.safetensors")
        result = call("m.safetensors", *self.OPTIONS, *args)
        assert result.exit_code == 2, result.output
        assert message in " ".join(result.output.split())
