"""``clearlstm backtest`` as a person calls it, in a folder of its own."""

import json
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from clearlstm.forecasting.forecaster import LSTMForecaster
from tests.cli import calls
from tests.forecasting.series import walk, walks

QUICK = ("--steps", "8", "--hidden", "3", "--window", "6")


pytestmark = pytest.mark.usefixtures("own_folder")
run = partial(calls.call, "backtest")
numbers = partial(calls.numbers, "backtest")


def table(n: int = 120) -> str:
    walks(n).to_csv("walks.csv", index=False)
    return "walks.csv"


def test_the_verdict_comes_first_and_the_tables_after_it() -> None:
    result = run(table(), "--horizon", "2", "--windows", "5", *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("5 origins are too few to say what to use: so far the LSTM's errors are ")
    assert "The LSTM (for this fitted model) " in result.stdout
    assert "Training 1 of 1, for the comparison" in result.stderr
    for word in ("MASE", "OWA", "pinball", "Naive", "Drift", "its interval", "5 origins"):
        assert word in result.stdout
    assert "fitted once" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_numbers_are_those_of_the_library() -> None:
    result = numbers(table(), "--horizon", "2", "--windows", "4", "--step-size", "3", *QUICK)
    f = LSTMForecaster(2, 6, hidden_size=3, max_steps=8)
    f.cross_validation(pd.read_csv("walks.csv"), n_windows=4, step_size=3)
    assert result["comparison"]["scores"][0]["mae"] == f.comparison_.scores[0].mae
    assert (result["horizon"], result["step_size"], result["fits"]) == (2, 3, 1)
    assert result["comparison"]["n_cutoffs"] == 4


def test_refits_and_validation_are_as_asked() -> None:
    args = (table(), "--horizon", "2", "--windows", "4", *QUICK)
    result = run(*args, "--refit", "2", "--val-size", "20", "--json")
    assert [line[:13] for line in result.stderr.splitlines() if line.startswith("Tr")] == [
        "Training 1 of",
        "Training 2 of",
    ]
    assert json.loads(result.stdout)["fits"] == 2
    assert json.loads(result.stdout)["comparison"] != numbers(*args)["comparison"]


def test_every_forecast_can_be_had_as_a_table() -> None:
    numbers(table(), "--horizon", "2", "--windows", "3", "--output", "cv.csv", *QUICK)
    cv = pd.read_csv("cv.csv")
    assert len(cv) == 2 * 2 * 3
    assert {"unique_id", "cutoff", "ds", "y", "LSTM", "LSTM-lo-80", "Naive"} <= set(cv)


def test_covariates_are_named_and_the_rest_is_guessed() -> None:
    frame = walks(100).assign(temperature=range(200), shop=lambda f: f["unique_id"].map({"A": "x", "B": "y"}))
    frame.rename(columns={"y": "sold"}).to_csv("shops.csv", index=False)
    args = ("shops.csv", "--windows", "3", "--horizon", "2", "--id", "unique_id", *QUICK)
    result = run(*args, "--hist-exog", "temperature", "--static", "shop", "--calendar", "--models", "2")
    assert result.exit_code == 0, result.output
    assert "Columns guessed: time = 'ds', target = 'sold'." in result.stderr
    assert "several columns of numbers" in run(*args).output


def test_a_series_that_is_too_short_says_what_is_possible() -> None:
    walk("A", 30).to_csv("short.csv", index=False)
    result = run("short.csv", "--windows", "40", *QUICK)
    assert result.exit_code == 2
    assert "40 windows 1 apart leave" in result.output
    assert not Path("backtest.config.json").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--intervals", "sure"), "--intervals is 'sure'"),
        (("--refit", "-1"), "refit is -1"),
        (("--step-size", "0"), "--step-size is 0"),
        (("--baselines", "Prophet"), "Prophet"),
        (("--output", "walks.csv"), "is the file that is read"),
        (("--output", "cv.xlsx"), "suffix that can't be written"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(args: tuple[str, ...], message: str) -> None:
    result = run(table(60), *QUICK, "--windows", "3", *args)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
