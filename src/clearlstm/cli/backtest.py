"""``clearlstm backtest``: how good a forecast would have been, from many past origins, beside simple ones."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from clearlstm.cli import options, run_file, tables
from clearlstm.data.source import Source

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


@options.with_forecaster_options
def backtest(
    ctx: typer.Context,
    *,
    file: options.File = None,
    database: tables.DatabaseFile = None,
    example: options.ExampleName = options.Example.prices,
    given: options.Given,
    wide: options.Wide = False,
    windows: options.Windows = None,
    step_size: Annotated[
        int | None, typer.Option(help="Steps between origins. [default: the horizon; fewer where too few fit]")
    ] = None,
    refit: Annotated[int, typer.Option(help="Fit again before every so many origins; 0: fit once.")] = 0,
    val_size: Annotated[
        int | None, typer.Option(help="Steps before each fit's origin to validate on. [default: a fifth]")
    ] = None,
    baselines: options.Baselines = None,
    output: Annotated[Path | None, typer.Option(help="Also write every forecast to this CSV or Parquet file.")] = None,
    csv_safe: options.CsvSafe = False,
    config: options.Config = None,  # noqa: ARG001 - the options have taken their values from it
    write_config: Annotated[
        Path | None, typer.Option(help="Where the file for --config goes. [default: backtest.config.json]")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare the LSTM with simple forecasts from many past origins, and say which to use.

    Each forecast is made with the rows up to its origin alone, and all models forecast the same windows. The first line
    of the result says what to use, and how sure that is.
    """
    from clearlstm.report.forecast_run import forecaster_for

    tables.check(file, database)
    outputs = _check_outputs(tables.files(database, file), output, write_config, given)
    source = options.find_source(file, database, example, given, wide=wide)
    forecaster, panel = forecaster_for(source, given)
    run = run_file.describe(ctx, source, panel, forecaster)
    how = {"step_size": step_size, "val_size": val_size, "refit": refit or False, "baselines": baselines or "auto"}
    table, warnings = _run(forecaster, source, panel, windows, how)
    _write(table, outputs, forecaster, safe=csv_safe)
    run_file.write(run, outputs.config)
    _show(forecaster, source, warnings, outputs, as_json=as_json)


def _check_outputs(read: list[Path], output: Path | None, write_config: Path | None, given: options.Given) -> Outputs:
    """Look before the work, not after it, whether the results can be written, and what they would replace."""
    from clearlstm.cli.training import check_checkpoint, check_not_read
    from clearlstm.data.files import check_output

    check_checkpoint(given["checkpoint"])
    check_not_read(output, *read)
    place = run_file.place_for(write_config, Path(DEFAULT_NAME + run_file.SUFFIX))
    return Outputs(None if output is None else check_output(output), place)


def _run(
    forecaster: "LSTMForecaster", source: Source, panel: "Panel", windows: int | None, how: dict[str, Any]
) -> tuple[Any, list[str]]:
    """Compare; returns every forecast, and the warnings."""
    from clearlstm.cli.look import console
    from clearlstm.cli.training import Announcer, choose_origins, introduce, training

    screen, refit = console(stderr=True), how["refit"]
    with training(forecaster, screen) as caught:
        n_windows, how["step_size"] = choose_origins(forecaster, panel, windows, how["step_size"])
        introduce(screen, source, panel)
        fits = Announcer(-(-n_windows // refit) if refit > 0 else 1, "for the comparison")
        table = forecaster.cross_validation(source.table, n_windows=max(1, n_windows), on_fit=fits, **how)
    return table, [*source.notes, *panel.notes, *dict.fromkeys(caught)]


def _write(table: Any, outputs: Outputs, forecaster: "LSTMForecaster", *, safe: bool) -> None:
    from clearlstm.cli.training import clear_checkpoints, write_table

    if outputs.table is not None:
        write_table(table, outputs.table, safe=safe)
    clear_checkpoints(forecaster)


def _show(
    forecaster: "LSTMForecaster", source: Source, warnings: list[str], outputs: Outputs, *, as_json: bool
) -> None:
    from clearlstm.cli.forecast_pages import backtest_numbers, show_backtest
    from clearlstm.cli.look import console
    from clearlstm.files import is_stdout
    from clearlstm.forecasting.evaluate.verdict import verdict

    words, written = verdict(forecaster.comparison_, source.noun), outputs.written()
    shown = (forecaster.comparison_, forecaster.backtest_, words)
    if as_json:
        typer.echo(json.dumps(backtest_numbers(*shown, warnings, written), indent=1, allow_nan=False))
    else:
        show_backtest(console(stderr=is_stdout(outputs.table)), *shown, written)
