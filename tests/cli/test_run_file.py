"""The file that each run writes, and ``--config``, which repeats it to the bit."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.calls import call, numbers
from tests.forecasting.series import walks

QUICK = ("--steps", "8", "--hidden", "3", "--window", "6", "--horizon", "2", "--windows", "3", "--seed", "5")


@pytest.fixture(autouse=True)
def _files(own_folder: Path) -> None:
    frame = walks(80).rename(columns={"y": "sold", "unique_id": "shop"})
    frame.assign(price=frame["sold"] * 2).to_csv(own_folder / "shops.csv", index=False)


@pytest.mark.parametrize("command", ["forecast", "backtest"])
def test_a_run_is_repeated_to_the_bit(command: str) -> None:
    first = numbers(command, "shops.csv", "--target", "sold", "--level", "50", "--level", "90", "--calendar", *QUICK)
    config = next(Path(path) for path in first["written"] if path.endswith(".config.json"))
    again = numbers(command, "--config", str(config))
    assert {**first, "warnings": []} == {**again, "warnings": []}  # nothing needs to be guessed again
    assert numbers(command, "--config", str(config), "--horizon", "3")["comparison"] != first["comparison"]


def test_it_holds_options_versions_and_what_the_data_were_but_no_results() -> None:
    numbers("backtest", "shops.csv", "--target", "sold", *QUICK)
    run = json.loads(Path("backtest.config.json").read_text(encoding="utf-8"))
    assert run["command"] == "backtest"
    assert run["options"]["time"] == "ds"
    assert run["options"]["series_id"] == ["shop"]
    assert run["options"]["file"] == "shops.csv"
    assert run["data"]["rows"] == 160
    assert {"clearlstm", "numpy", "numba", "python"} <= set(run["versions"])
    assert "output" not in run["options"]


def test_folder_and_all_can_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").mkdir()
    args = ("backtest", "shops.csv", "--target", "sold", *QUICK, "--write-config", "runs/one.json")
    first = numbers(*args)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert numbers("backtest", "--config", "../runs/one.json")["comparison"] == first["comparison"]


def test_other_data_are_refused_before_any_training() -> None:
    numbers("backtest", "shops.csv", "--target", "sold", *QUICK)
    frame = pd.read_csv("shops.csv")
    moved = [value + 1e-9 * (row == 3) for row, value in enumerate(frame["sold"])]
    frame.assign(sold=moved).to_csv("shops.csv", index=False)
    result = call("backtest", "--config", "backtest.config.json")
    assert result.exit_code == 2
    assert "the data differ from those of the run in --config" in result.output
    assert "Training" not in result.output


def test_another_version_is_told() -> None:
    numbers("backtest", "shops.csv", "--target", "sold", *QUICK)
    run = json.loads(Path("backtest.config.json").read_text(encoding="utf-8"))
    run["versions"]["numpy"] = "1.0"
    Path("backtest.config.json").write_text(json.dumps(run), encoding="utf-8")
    assert "numpy 1.0 then" in call("backtest", "--config", "backtest.config.json").stderr


def test_a_file_that_is_not_ours_is_never_replaced() -> None:
    Path("backtest.config.json").write_text('{"mine": 1}', encoding="utf-8")
    result = call("backtest", "shops.csv", "--target", "sold", *QUICK)
    assert result.exit_code == 2
    assert "was not written by a run of clearlstm: name another with --write-config" in result.output
    assert Path("backtest.config.json").read_text(encoding="utf-8") == '{"mine": 1}'
    assert numbers("backtest", "shops.csv", "--target", "sold", *QUICK, "--write-config", "a.json")["written"] == [
        "a.json"
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "doesn't exist"),
        ("not json", "can't be read as a run's file"),
        ("[" * 100_000, "can't be read as a run's file"),
        ('{"kind": "clearlstm run", "format": 3}', "or by a newer one"),
        ('{"kind": "clearlstm run", "format": 1}', "is of an earlier clearlstm"),
        ("[]", "was not written by a run"),
    ],
)
def test_a_file_that_no_run_wrote(content: str | None, message: str) -> None:
    if content is not None:
        Path("odd.json").write_text(content, encoding="utf-8")
    result = call("forecast", "--config", "odd.json")
    assert result.exit_code == 2
    assert message in result.output


def test_the_file_of_an_earlier_version_gives_way() -> None:
    Path("backtest.config.json").write_text('{"kind": "clearlstm run", "format": 1}', encoding="utf-8")
    numbers("backtest", "shops.csv", "--target", "sold", *QUICK)
    assert json.loads(Path("backtest.config.json").read_text(encoding="utf-8"))["format"] == 2


def test_the_file_of_another_command() -> None:
    numbers("backtest", "shops.csv", "--target", "sold", *QUICK)
    result = call("forecast", "--config", "backtest.config.json")
    assert result.exit_code == 2
    assert "was written by clearlstm backtest: call that command with it" in result.output


@pytest.mark.parametrize("option", ["output", "save", "report", "checkpoint", "write_config", "nonsense"])
def test_a_file_that_says_where_results_go_is_refused(option: str) -> None:
    numbers("forecast", "shops.csv", "--target", "sold", *QUICK)
    run = json.loads(Path("report.config.json").read_text(encoding="utf-8"))
    Path("mine.csv").write_text("mine", encoding="utf-8")
    run["options"][option] = "mine.csv"
    Path("hostile.json").write_text(json.dumps(run), encoding="utf-8")
    result = call("forecast", "--config", "hostile.json")
    assert result.exit_code == 2
    assert f"hostile.json holds the option '{option}', which no run writes" in result.output
    assert Path("mine.csv").read_text(encoding="utf-8") == "mine"


def test_a_file_whose_data_have_no_name_is_refused() -> None:
    numbers("forecast", "shops.csv", "--target", "sold", *QUICK)
    run = json.loads(Path("report.config.json").read_text(encoding="utf-8"))
    run["options"]["file"] = None
    Path("hostile.json").write_text(json.dumps(run), encoding="utf-8")
    result = call("forecast", "--config", "hostile.json")
    assert result.exit_code == 2
    assert "holds None as 'file'; the name of a file is needed" in result.output
