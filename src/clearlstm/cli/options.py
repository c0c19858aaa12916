"""The options that ``forecast`` and ``backtest`` share, worded once, and the forecaster that they ask for."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from clearlstm.cli.run_file import read_config
from clearlstm.cli.tables import Example, Source, as_freq

if TYPE_CHECKING:
    from clearlstm.forecasting.forecaster import LSTMForecaster

CHECKPOINTS: Final = Path("clearlstm-checkpoint")

File = Annotated[Path | None, typer.Argument(help="A CSV or Parquet file. Without one: a bundled example.")]
ExampleName = Annotated[Example, typer.Option(help="The bundled example, if there is no FILE.")]
Target = Annotated[str | None, typer.Option(help="The column to forecast. Guessed if plain.")]
Time = Annotated[str | None, typer.Option(help="The column of dates or step numbers. Guessed if plain.")]
SeriesId = Annotated[str | None, typer.Option("--id", help="The column that tells series apart.")]
HistExog = Annotated[
    list[str] | None, typer.Option(help="A column known of the past alone, to be looked at too. May be repeated.")
]
FutrExog = Annotated[
    list[str] | None, typer.Option(help="A column known of the steps to come too, such as a holiday. May be repeated.")
]
Static = Annotated[list[str] | None, typer.Option(help="A column that says what a series is. May be repeated.")]
Calendar = Annotated[bool, typer.Option("--calendar", help="Look at the time of day, week and year too.")]
Weight = Annotated[str | None, typer.Option(help="A column that says how much each row counts in training.")]
Transform = Annotated[str | None, typer.Option(help="log or none. [default: log where all values are positive]")]
Nonnegative = Annotated[bool, typer.Option("--nonnegative", help="Cut forecasts off at 0.")]
Horizon = Annotated[int | None, typer.Option(help="Steps to forecast. [default: 5; for load 48]")]
Level = Annotated[list[float] | None, typer.Option(help="An interval's level in percent. [default: 80 95]")]
Intervals = Annotated[
    str, typer.Option(help="conformal; adaptive, which follows what was missed; or quantile, the net's own.")
]
Season = Annotated[list[int] | None, typer.Option(help="A season in steps; 1 for none. May be repeated.")]
Freq = Annotated[str | None, typer.Option(help="The step: a pandas alias such as D, B, MS or 30min.")]
Window = Annotated[int | None, typer.Option(help="Steps that the net looks at. [default: by the data]")]
Hidden = Annotated[int, typer.Option(help="Hidden units of the net.")]
Steps = Annotated[int, typer.Option(help="The most updates in one training.")]
Models = Annotated[int, typer.Option(help="Nets from as many seeds; the forecast is their mean.")]
Jobs = Annotated[int | None, typer.Option(help="Nets or baselines at work side by side.")]
Windows = Annotated[int | None, typer.Option(help="Past origins to compare on. [default: up to 260]")]
Baselines = Annotated[
    list[str] | None, typer.Option(help="Also AutoETS, AutoARIMA or AutoTheta (statsforecast). May be repeated.")
]
Checkpoint = Annotated[Path, typer.Option(help="Folder for checkpoints; they go when all is done.")]
Seed = Annotated[int, typer.Option(help="Of everything drawn at random.")]
CsvSafe = Annotated[
    bool, typer.Option("--csv-safe", help="In a CSV, put ' before texts that a spreadsheet would run as formulas.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Every number, as JSON on standard output.")]
Config = Annotated[
    Path | None,
    typer.Option(
        callback=read_config,
        is_eager=True,
        help="Repeat the run that wrote this file, to the bit. Options given beside it take precedence.",
    ),
]

# The options that go to the forecaster, and what it calls them.
ARGUMENTS: Final = {
    "window": "input_size",
    "season": "season_length",
    "intervals": "interval_method",
    "hidden": "hidden_size",
    "steps": "max_steps",
    "weight": "weight_col",
    "models": "n_models",
    "jobs": "n_jobs",
}
LISTS: Final = ("hist_exog", "futr_exog", "static")
SAME: Final = ("calendar", "transform", "nonnegative", "checkpoint", "seed")


def forecaster_for(source: Source, options: Mapping[str, Any]) -> "LSTMForecaster":
    """The forecaster of a command's ``options`` by name, for the table of ``source``."""
    from clearlstm.forecasting.forecaster import LSTMForecaster

    columns, horizon = source.columns, options["horizon"]
    asked = {argument: options[name] for name, argument in ARGUMENTS.items()}
    asked |= {name: tuple(options[name] or ()) for name in LISTS}
    asked |= {name: options[name] for name in SAME}
    asked["level"] = tuple(options["level"] or (80, 95))
    asked["season_length"] = asked["season_length"] or None
    return LSTMForecaster(
        h=source.horizon if horizon is None else horizon,
        freq=as_freq(options["freq"]),
        id_col=columns.id,
        time_col=columns.time,
        target_col=columns.target,
        progress=True,
        **asked,
    )


def beside_target(options: Mapping[str, Any]) -> list[str]:
    """The columns that can't be the target, since they are named as something else."""
    named = [name for option in LISTS for name in options[option] or ()]
    return named if options["weight"] is None else [*named, options["weight"]]
