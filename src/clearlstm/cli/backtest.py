"""``clearlstm backtest``: how good a forecast would have been, from many past origins, beside simple ones."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from clearlstm.cli import options as given
from clearlstm.cli import run_file
from clearlstm.cli.options import CHECKPOINTS
from clearlstm.cli.tables import Example, Source, find_source

if TYPE_CHECKING:
    from clearlstm.data.panel import Panel
    from clearlstm.forecasting.forecaster import LSTMForecaster

DEFAULT_NAME = "backtest"


class Outputs(NamedTuple):
    """Where the results go."""

    table: Path | None
    config: Path

    def written(self) -> list[Path]:
        """All of them."""
        return [path for path in self if path is not None]


def backtest(
    ctx: typer.Context,
    file: given.File = None,
    example: given.ExampleName = Example.prices,
    target: given.Target = None,
    time: given.Time = None,
    series_id: given.SeriesId = None,
    hist_exog: given.HistExog = None,
    futr_exog: given.FutrExog = None,
    static: given.Static = None,
    calendar: given.Calendar = False,
    weight: given.Weight = None,
    horizon: given.Horizon = None,
    windows: given.Windows = None,
    step_size: Annotated[int | None, typer.Option(help="Steps between origins. [default: the horizon]")] = None,
    refit: Annotated[int, typer.Option(help="Fit again before every so many origins; 0: fit once.")] = 0,
    val_size: Annotated[
        int | None, typer.Option(help="Steps before each fit's origin to validate on. [default: a fifth]")
    ] = None,
    baselines: given.Baselines = None,
    output: Annotated[Path | None, typer.Option(help="Also write every forecast to this CSV or Parquet file.")] = None,
    csv_safe: given.CsvSafe = False,
    level: given.Level = None,
    intervals: given.Intervals = "conformal",
    season: given.Season = None,
    freq: given.Freq = None,
    transform: given.Transform = None,
    nonnegative: given.Nonnegative = False,
    window: given.Window = None,
    hidden: given.Hidden = 32,
    steps: given.Steps = 1200,
    models: given.Models = 1,
    jobs: given.Jobs = None,
    checkpoint: given.Checkpoint = CHECKPOINTS,
    seed: given.Seed = 0,
    config: given.Config = None,
    write_config: Annotated[
        Path | None, typer.Option(help="Where the file for --config goes. [default: backtest.config.json]")
    ] = None,
    as_json: given.AsJson = False,
) -> None:
    """Compare the LSTM with simple forecasts from many past origins, and say who wins.

    Each forecast is made with the rows up to its origin alone, and all models forecast the same windows. The first line
    of the result says who won, by how much, and whether it could be chance.
    """
    options = dict(locals())
    outputs = _check_outputs(options)
    source = find_source(
        file, example, time=time, target=target, series_id=series_id, others=given.beside_target(options)
    )
    forecaster = given.forecaster_for(source, options)
    panel = forecaster.read(source.table)
    run = run_file.describe(ctx, options, source, panel, forecaster)
    warnings = _run(forecaster, source, panel, options, outputs)
    run_file.write(run, outputs.config)
    _tell(forecaster, source, warnings, outputs, as_json=as_json)


def _check_outputs(options: dict[str, Any]) -> Outputs:
    """Look before the work, not after it, whether the results can be written, and what they would replace."""
    from clearlstm.cli.training import check_checkpoint, check_not_read
    from clearlstm.data.files import check_output

    output = options["output"]
    check_checkpoint(options["checkpoint"])
    check_not_read(output, options["file"])
    place = run_file.place_for(options["write_config"], Path(DEFAULT_NAME + run_file.SUFFIX))
    return Outputs(None if output is None else check_output(output), place)


def _run(
    forecaster: "LSTMForecaster", source: Source, panel: "Panel", options: dict[str, Any], outputs: Outputs
) -> list[str]:
    """Compare, and write the forecasts; returns the warnings."""
    from clearlstm.cli.look import console
    from clearlstm.cli.training import Announcer, choose_windows, clear_checkpoints, introduce, training, write_table

    screen = console(stderr=True)
    step = options["step_size"] or forecaster.h
    with training(forecaster, screen) as caught:
        n_windows = max(1, choose_windows(forecaster, panel, options["windows"], step))
        refit = options["refit"]
        introduce(screen, source, panel)
        fits = -(-n_windows // refit) if refit > 0 else 1
        table = forecaster.cross_validation(
            source.table,
            n_windows=n_windows,
            step_size=options["step_size"],
            val_size=options["val_size"],
            refit=refit or False,
            baselines=options["baselines"] or (),
            on_fit=Announcer(screen, fits, "for the comparison"),
        )
    if outputs.table is not None:
        write_table(table, outputs.table, safe=options["csv_safe"])
    clear_checkpoints(forecaster)
    return [*source.notes, *panel.notes, *dict.fromkeys(caught)]


def _tell(
    forecaster: "LSTMForecaster", source: Source, warnings: list[str], outputs: Outputs, *, as_json: bool
) -> None:
    from clearlstm.cli.backtest_pages import numbers, show
    from clearlstm.cli.look import console
    from clearlstm.files import is_stdout
    from clearlstm.forecasting.evaluate.verdict import verdict

    comparison, said = forecaster.comparison_, verdict(forecaster.comparison_, source.noun)
    if as_json:
        told = numbers(comparison, forecaster.backtest_, said, warnings, outputs.written())
        typer.echo(json.dumps(told, indent=1, allow_nan=False))
    else:
        show(console(stderr=is_stdout(outputs.table)), comparison, forecaster.backtest_, said, outputs.written())
