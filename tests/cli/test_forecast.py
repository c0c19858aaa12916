"""``clearlstm forecast`` as a person calls it, in a folder of its own, and where it matters in its own process."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clearlstm.cli.options import CHECKPOINTS
from clearlstm.report.page_file import read_report
from tests.cli import calls
from tests.forecasting.series import walk, walks
from tests.report.unpacking import unpacked

PROGRAM = Path(sys.executable).with_name("clearlstm")
QUICK = ("--steps", "12", "--hidden", "4", "--window", "6")


pytestmark = pytest.mark.usefixtures("own_folder")
run = partial(calls.call, "forecast")


def prices(n: int = 120, count: int = 2) -> Path:
    """A person's CSV, newest row first."""
    frame = walks(n, count).rename(columns={"unique_id": "ticker", "ds": "date", "y": "close"})
    frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d")).iloc[::-1].to_csv("prices.csv", index=False)
    return Path("prices.csv")


def test_a_person_s_csv_with_every_column_named() -> None:
    result = run(str(prices()), "--target", "close", "--time", "date", "--id", "ticker", "--horizon", "3",
                 "--output", "out.csv", "--report", "out.html", *QUICK)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert re.match("(For now, u|U)se ", result.stdout)
    assert "LSTM beside the last known price repeated: its errors are" in " ".join(result.stdout.split())
    assert "guessed" not in result.stderr
    forecasts = pd.read_csv("out.csv")
    assert forecasts.columns.tolist()[:2] == ["ticker", "date"]
    assert "LSTM" in forecasts
    assert len(forecasts) == 6
    assert "Written: out.html and out.csv" in result.stdout
    assert Path("out.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_is_guessed_is_said_and_what_to_expect_is_said_before_training() -> None:
    text = " ".join(run(str(prices()), *QUICK).stderr.split())
    assert "Columns guessed: time = 'date', target = 'close', series = 'ticker'." in text
    assert "they were sorted" in text
    assert text.index("Expect a skill near 0") < text.index("Training 1 of 4")


def test_what_the_dates_do_not_tell_is_asked_for() -> None:
    rows = pd.date_range("2015-02-01", periods=11, freq="MS").strftime("%d/%m/%Y")
    pd.DataFrame({"date": rows, "y": np.arange(11) % 3}).to_csv("months.csv", index=False)
    few = ("months.csv", "--no-backtest", "--output", "out.csv", "--horizon", "1", "--window", "4", *QUICK[:4])
    asked = run(*few)
    assert asked.exit_code == 2
    assert "--dayfirst or --monthfirst" in " ".join(asked.stderr.split())
    for option, after in (("--dayfirst", "2016-01-01"), ("--monthfirst", "2015-01-13")):
        assert run(*few, option).exit_code == 0
        assert pd.read_csv("out.csv")["date"].tolist() == [after]


@pytest.mark.parametrize("windows", [1, 2, 4, 6])
def test_the_trainings_are_counted_rightly(windows: int) -> None:
    text = run(str(prices()), "--windows", str(windows), *QUICK).stderr
    announced = [line.split(",")[0] for line in text.splitlines() if line.startswith("Training ")]
    assert announced == [f"Training {k + 1} of {len(announced)}" for k in range(len(announced))]


def test_several_columns_tell_series_apart_and_the_run_can_be_repeated() -> None:
    frame = pd.concat([walk("A", 60, seed=k).assign(store=k // 2, item="ab"[k % 2]) for k in range(4)])
    frame[["store", "item", "ds", "y"]].to_csv("sales.csv", index=False)
    asked = run("sales.csv", *QUICK)
    assert asked.exit_code == 2
    assert "--id store --id item" in asked.stderr
    alike = ("--no-backtest", "--output", "out.csv")
    assert run("sales.csv", "--id", "store", "--id", "item", *alike, *QUICK).exit_code == 0
    first = pd.read_csv("out.csv")
    assert first.columns.tolist()[:3] == ["store", "item", "ds"]
    assert first["store"].tolist() == [0] * 14 + [1] * 14
    assert run("--config", "report.config.json", *alike).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_csv("out.csv"), first)


def test_a_column_for_each_series_where_that_is_said() -> None:
    wide = pd.DataFrame({"date": walk("A", 60)["ds"], "north": walk("A", 60)["y"], "south": walk("B", 60, seed=1)["y"]})
    wide.assign(note="x").to_csv("wide.csv", index=False)
    asked = run("wide.csv", *QUICK)
    assert asked.exit_code == 2
    assert "take each as a series of its own (--wide" in asked.stderr
    alike = ("--no-backtest", "--output", "out.csv")
    result = run("wide.csv", "--wide", *alike, *QUICK)
    assert result.exit_code == 0, result.output
    told = " ".join(result.stderr.split())
    assert "Each of 2 columns of numbers was taken as a series (north, south). Left out, since they hold" in told
    first = pd.read_csv("out.csv")
    assert first["series"].tolist() == ["north"] * 7 + ["south"] * 7
    assert run("--config", "report.config.json", *alike).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_csv("out.csv"), first)
    long = wide.melt("date", var_name="series")
    long.to_csv("long.csv", index=False)
    run("long.csv", *alike, *QUICK)
    pd.testing.assert_frame_equal(pd.read_csv("out.csv"), first)


def test_what_is_recommended_is_written_where_it_is_asked_for() -> None:
    # Noise around a level: the mean of all is the best forecast, and not among what the net corrects.
    noise = np.random.default_rng(0).normal(100, 10, 240)
    walk("A", 240).assign(y=noise).to_csv("noise.csv", index=False)
    result = run("noise.csv", "--season", "1", "--windows", "40", "--horizon", "2", "--recommended",
                 "--output", "out.csv", *QUICK)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Recommended: HistoricMean" in result.stdout
    assert "with --recommended, --output holds those of HistoricMean." in " ".join(result.stdout.split())
    assert pd.read_csv("out.csv").columns.tolist() == ["unique_id", "ds", "HistoricMean"]


def test_without_a_recommendation_the_lstm_is_written_and_that_is_said() -> None:
    result = run(str(prices()), "--no-backtest", "--recommended", "--output", "out.csv", *QUICK)
    assert result.exit_code == 0, result.output
    assert "too few origins were compared to recommend anything" in result.stderr
    assert "LSTM" in pd.read_csv("out.csv").columns


def test_parquet_in_and_out() -> None:
    pytest.importorskip("pyarrow")
    walks(80).to_parquet("prices.parquet")
    result = run("prices.parquet", "--output", "out.parquet", *QUICK)
    assert result.exit_code == 0, result.output
    forecasts = pd.read_parquet("out.parquet")
    assert forecasts["ds"].dtype.kind == "M"
    assert forecasts["unique_id"].tolist() == ["A"] * 7 + ["B"] * 7  # days: a week, where none is named


def test_the_bundled_prices_are_forecast_without_a_file() -> None:
    result = run("--steps", "2", "--hidden", "2", "--window", "5", "--output", "forecasts.csv")
    assert result.exit_code == 0, result.output
    assert re.match("Use .* on 260 origins", " ".join(result.stdout.split()))
    text = " ".join(result.stdout.split())
    assert "260 origins, " in text
    assert "weekday (the data have no weekends" in text
    forecasts = pd.read_csv("forecasts.csv")
    assert forecasts["unique_id"].unique().tolist() == ["AAPL", "IBM", "MSFT"]
    assert forecasts["ds"].tolist()[:5] == [f"2013-03-{day:02}" for day in (4, 5, 6, 7, 8)]


def test_the_other_example() -> None:
    result = run("--example", "load", "--steps", "2", "--hidden", "2", "--windows", "30", "--json")
    assert result.exit_code == 0, result.output
    models = [score["name"] for score in json.loads(result.stdout)["comparison"]["scores"]]
    simple = ["Naive", "SeasonalNaive-48", "SeasonalNaive-336", "Naive2", "Drift", "HistoricMean"]
    assert models[:8] == ["LSTM", *simple, "Base"]


def test_with_the_extra_the_answer_is_the_mean_of_the_models_that_were_compared() -> None:
    pytest.importorskip("statsforecast")
    result = run(str(prices()), "--horizon", "2", "--output", "out.csv", *QUICK)
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "Combined is the mean of the LSTM and the statistical models" in text
    assert not re.search(r"It [a-z' ]+ the mean of the LSTM", text)  # said once
    assert re.search(r"Time: LSTM [\d.]+ s, AutoETS [\d.]+ s, AutoTheta [\d.]+ s\.", result.stdout)
    assert "Statistical models were fitted once a series." in " ".join(result.stdout.split())
    table = pd.read_csv("out.csv")
    assert table.columns.tolist()[2:4] == ["Combined", "Combined-lo-80"]
    assert table["Combined"].between(table["Combined-lo-95"], table["Combined-hi-95"]).all()
    assert not table["Combined"].equals(table["LSTM"])


def test_every_number_as_json() -> None:
    result = run(str(prices()), "--horizon", "2", "--level", "50", "--json", "--output", "forecasts.csv", *QUICK)
    numbers = json.loads(result.stdout)
    assert set(numbers["forecasts"][0]["intervals"]) == {"50"}
    assert [one["id"] for one in numbers["forecasts"]] == ["A", "B"]
    assert re.search("use .* 24 origins are too few to be sure", numbers["verdict"]["headline"])
    assert numbers["comparison"]["n_cutoffs"] == 24
    assert len(numbers["comparison"]["scores"][0]["by_horizon"]) == 2
    answer = numbers["forecasts"][0]["model"]  # Combined, where the extra for statistical models is installed
    pd.testing.assert_series_equal(
        pd.Series([value for one in numbers["forecasts"] for value in one["median"]], name=answer),
        pd.read_csv("forecasts.csv")[answer],
        rtol=1e-7,
    )


def test_without_a_comparison_it_says_so_first() -> None:
    result = run(str(prices()), "--no-backtest", *QUICK)
    assert result.stdout.startswith("The LSTM was not compared with the last known value repeated")
    assert result.exit_code == 0


def test_the_text_is_80_columns_wide_and_plain_in_a_pipe() -> None:
    result = run(str(prices()), *QUICK)
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout


def test_numbers_are_never_cut_for_want_of_room() -> None:
    """Eight digits, a long name, and both intervals don't stand in 80 columns: the wider interval gives way."""
    name = "Barrels of crude oil, sweet and light"
    days = pd.date_range("2024-01-01", periods=80).strftime("%Y-%m-%d")
    values = 12_000_000 + 1_000 * np.arange(80) + 50_000 * np.random.default_rng(0).normal(size=80)
    pd.DataFrame({"ds": days, name: values.round()}).to_csv("oil.csv", index=False)
    shown = run("oil.csv", *QUICK, "--horizon", "2", "--no-backtest", "--output", "out.csv").stdout
    assert "…" not in shown.replace(" … ", "")
    assert "No room for the interval of 95 %: the file has it." in shown
    assert max(map(len, shown.splitlines())) <= 80
    forecast = pd.read_csv("out.csv")
    for column in ("LSTM", "LSTM-lo-80", "LSTM-hi-80"):
        assert all(f"{value:.0f}" in shown for value in forecast[column])


def test_the_report_holds_forecast_comparison_and_the_inside_of_the_net() -> None:
    run(str(prices()), "--horizon", "3", *QUICK)
    page = Path("report.html").read_text(encoding="utf-8")
    start = page.index('id="report-data"')
    data = json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])
    assert [series["id"] for series in data["series"]] == ["A", "B"]
    assert len(data["series"][0]["forecast"]["median"]) == 3
    assert [interval["level"] for interval in data["series"][0]["forecast"]["intervals"]] == [80, 95]
    assert data["comparison"]["models"][0]["name"] == "LSTM"
    layer = {name: unpacked(part) for name, part in data["traces"][0]["layers"][0].items() if isinstance(part, dict)}
    assert layer["f"].shape == (6, 4)
    np.testing.assert_allclose(layer["ledger"].sum(axis=0), layer["c"][-1], rtol=1e-5, atol=1e-6)
    gate = {name: unpacked(part) for name, part in data["net"]["layers"][0]["gates"]["f"].items()}
    x, h = unpacked(data["traces"][0]["x"]), layer["h"]
    z_f = x[1:] @ gate["W"] + h[:-1] @ gate["U"] + gate["b"]
    np.testing.assert_allclose(1 / (1 + np.exp(-z_f)), layer["f"][1:], rtol=1e-5)
    assert data["traces"][0]["ds"][-1] == data["series"][0]["ds"][-1]


def test_a_series_that_cannot_be_modelled_is_named_everywhere() -> None:
    frame = pd.concat([walk("fine", 80), walk("flat", 80).assign(y=7.0)])
    frame.to_csv("mixed.csv", index=False)
    result = run("mixed.csv", *QUICK)
    assert result.exit_code == 0
    assert "'flat' is constant" in result.stderr
    assert "flat*" in result.stdout
    assert "not modelled" in result.stdout


@pytest.mark.parametrize(
    ("rows", "few"), [(8, "3 origins are too few to say"), (40, "16 origins are too few to be sure")]
)
def test_short_files_get_what_they_can_carry(rows: int, few: str) -> None:
    walk("A", rows, freq="MS").drop(columns="unique_id").to_csv("short.csv", index=False)
    result = run("short.csv", "--horizon", "1", "--steps", "20", "--output", "forecasts.csv")
    assert result.exit_code == 0, result.output
    assert few in " ".join(result.stdout.split())
    assert result.stderr.count("too few windows to hold some back") == 1  # though several fits had too few
    assert not CHECKPOINTS.exists()
    assert len(pd.read_csv("forecasts.csv")) == 1


def test_where_no_past_origin_can_be_fitted_the_forecast_is_still_made_and_the_reason_told_first() -> None:
    late = walk("A", 100).drop(columns="unique_id")
    late.loc[:70, "y"] = 5.0
    late.to_csv("late.csv", index=False)
    result = run("late.csv", *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("The LSTM was not compared with the last known value repeated: no series changes")
    assert run("late.csv", "--windows", "8", *QUICK).exit_code == 2


# --- bad input: one message, exit code 2, and nothing is touched ---

GOOD = "date,close\n" + "".join(f"2024-01-{day:02},{day}.5\n" for day in range(1, 31))


@pytest.mark.parametrize(
    ("content", "args", "message"),
    [
        (None, (), "prices.csv doesn't exist: check the name"),
        ("", (), "prices.csv is empty: give a file with a header line"),
        ("date,close\n", (), "has a header and no rows"),
        ("date,name\n2024-01-01,a\n2024-01-02,b\n", (), "no column of numbers to forecast"),
        (GOOD.replace("2024-01-07", "soon"), (), "column 'date': 'soon' is not a date (line 8 of prices.csv)"),
        (GOOD.replace("2024-01-07", "2024-01-06"), (), "2024-01-06 twice (line 7 of prices.csv and line 8"),
        (GOOD.replace(",7.5", ",inf"), (), "column 'close' holds 'inf', which is not finite, in line 8"),
        (GOOD.replace(",7.5", ",seven"), (), "column 'close' holds 'seven', which is not a number, in line 8"),
        (GOOD.replace(",7.5", ",7.5,8"), (), "Every line needs as many cells as the header"),
        (GOOD, ("--target", "open"), "has no column 'open'; it has date, close"),
        (
            GOOD,
            ("--window", "60"),
            "series 'close' has 30 rows; --window 60 and --horizon 7 need at least 67: lower --window",
        ),
        (GOOD, ("--windows", "50"), "50 windows 1 apart"),
        (GOOD, ("--windows", "0"), "windows is 0"),
        (GOOD.replace("date,close", "date,date"), (), "prices.csv has two columns named 'date'"),
        (GOOD, ("--freq", "nonsense"), "freq 'nonsense' is not a pandas alias"),
        (GOOD, ("--level", "100"), "level holds 100"),
        (GOOD, ("--horizon", "0"), "--horizon is 0"),
        (GOOD, ("--output", "no/such/folder.csv"), "doesn't exist: make it first"),
        (GOOD, ("--output", "out.xlsx"), "out.xlsx has a suffix that can't be written"),
        (GOOD, ("--output", "prices.csv", "--report", "mine.html"), "--output prices.csv is the file that is read"),
        (GOOD, ("--report", "report.pdf"), "report.pdf has a suffix that can't be written"),
        (GOOD, ("--checkpoint", "prices.csv"), "--checkpoint prices.csv is a file"),
        ("date,close\n2024-01-01,1\n", (), "no series has two rows"),
        (GOOD.split("\n2024-01-05")[0] + "\n", (), "need at least"),
    ],
)
def test_bad_input(content: str | None, args: tuple[str, ...], message: str) -> None:
    if content is not None:
        Path("prices.csv").write_text(content, encoding="utf-8")
    kept = ("forecasts.csv", "mine.html")
    for name in kept:
        Path(name).write_text("mine", encoding="utf-8")
    result = run("prices.csv", *args)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert [Path(name).read_text(encoding="utf-8") for name in kept] == ["mine", "mine"]
    assert not CHECKPOINTS.exists()


def test_a_report_replaces_its_like_and_no_other_file_unasked() -> None:
    for _ in range(2):
        assert run(str(prices()), "--no-backtest", *QUICK).exit_code == 0
    Path("report.html").write_text("<html>my own page</html>", encoding="utf-8")
    result = run("prices.csv", "--no-backtest", *QUICK)
    assert result.exit_code == 2
    assert "report.html is there already and is not a report of clearlstm's" in " ".join(result.stderr.split())
    assert Path("report.html").read_text(encoding="utf-8") == "<html>my own page</html>"
    assert not Path("forecasts.csv").exists(), "forecasts are written where they are asked for"


# --- Ctrl-C ---


def start(*args: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    return subprocess.Popen(
        [PROGRAM, "forecast", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.slow
def test_ctrl_c_leaves_checkpoints_and_the_same_command_goes_on_to_the_same_result() -> None:
    sizes = ("--steps", "1500", "--hidden", "16", "--window", "30", "--windows", "6")
    command = (str(prices()), *sizes, "--no-calendar", "--output", "forecasts.csv", "--json")
    whole = run(*command)
    assert whole.exit_code == 0, whole.output
    assert not CHECKPOINTS.exists()
    expected = Path("forecasts.csv").read_bytes()
    Path("forecasts.csv").unlink()

    process = start(*command)
    assert process.stderr is not None
    while "Training 3 of 4" not in (line := process.stderr.readline()):
        assert line, "it ended before it could be stopped"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, text = process.communicate(timeout=60)
    assert process.returncode == 130, text
    assert "Training so far is kept in clearlstm-checkpoint" in text
    assert "Traceback" not in text
    kept = sorted(CHECKPOINTS.iterdir())
    assert len(kept) == 3
    assert not Path("forecasts.csv").exists()

    stamps = [path.stat().st_mtime_ns for path in kept]
    again = start(*command)
    assert again.stderr is not None
    while "Training 4 of 4" not in (line := again.stderr.readline()):
        assert line
    finished = [path for path, stamp in zip(kept, stamps, strict=True) if path.stat().st_mtime_ns == stamp]
    stdout, text = again.communicate(timeout=60)
    assert again.returncode == 0, text
    assert len(finished) == 2  # those fits were not made again
    assert Path("forecasts.csv").read_bytes() == expected
    assert json.loads(stdout) == json.loads(whole.stdout)
    assert not CHECKPOINTS.exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--futr-exog", "offer"), "--futr-exog needs the rows to come, with offer"),
        (("--future", "t.csv"), "no --futr-exog that it could hold"),
        (("--futr-exog", "offer", "--future", "none.csv"), "none.csv doesn't exist"),
    ],
)
def test_what_lacks_for_the_steps_to_come_is_said_before_the_training(args: tuple[str, ...], message: str) -> None:
    pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=80), "y": range(80), "offer": 1}).to_csv("t.csv")
    result = run("t.csv", *args)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Training" not in result.output


def test_hours_in_a_zone_are_shown_as_its_clocks_show_them_and_the_zone_is_named() -> None:
    hours = pd.date_range("2024-10-22", periods=120, freq="h", tz="Europe/Berlin")
    pd.DataFrame({"ds": hours, "y": walks(120, 1)["y"]}).to_parquet("hours.parquet")
    result = run("hours.parquet", "--horizon", "3", "--windows", "3", *QUICK)
    assert result.exit_code == 0, result.output
    assert "its times are in Europe/Berlin, and so are the forecasts." in result.stderr
    assert "2024-10-22 to 2024-10-26 23:00." in " ".join(result.stderr.split())
    lines = result.stdout.splitlines()
    after = [line[8:24].rstrip() for line in lines[next(k for k, line in enumerate(lines) if line[:6] == "series") :]]
    assert after[1:4] == ["2024-10-27", "2024-10-27 01:00", "2024-10-27 02:00"]
    assert "A step is a row: an hour. Times are of Europe/Berlin." in result.stdout
    data = read_report(Path("report.html"), "the report")
    assert data["series"][0]["ds"][-1] == "2024-10-26 23:00"
    assert data["series"][0]["forecast"]["ds"] == ["2024-10-27", "2024-10-27 01:00", "2024-10-27 02:00 +02:00"]
    four = ("hours.parquet", "--no-backtest", "--horizon", "4", *QUICK)
    assert "Times are of Europe/Berlin, where clocks are set back: an hour stands twice." in " ".join(
        run(*four).stdout.split()
    )
    numbers = json.loads(run(*four, "--json").stdout)
    assert numbers["zone"] == "Europe/Berlin"
    assert numbers["forecasts"][0]["when"][2:] == ["2024-10-27 02:00 +02:00", "2024-10-27 02:00 +01:00"]
