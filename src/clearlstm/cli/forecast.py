"""``clearlstm forecast``: a table in; a forecast, an honest comparison and a report out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from clearlstm.cli import options as given
from clearlstm.cli import run_file
from clearlstm.cli.options import CHECKPOINTS
from clearlstm.cli.tables import Example, Source, find_source, read_table

if TYPE_CHECKING:
    from clearlstm.data.panel import Panel
    from clearlstm.forecasting.fit.refits import OnFit
    from clearlstm.forecasting.forecaster import LSTMForecaster
    from clearlstm.report.forecast_report import Findings

REPORT = Path("report.html")


class Outputs(NamedTuple):
    """Where the results go."""

    report: Path
    config: Path
    forecasts: Path | None
    model: Path | None

    def written(self) -> list[Path]:
        """All of them."""
        return [path for path in (self.report, self.forecasts, self.model, self.config) if path is not None]


def forecast(
    ctx: typer.Context,
    file: given.File = None,
    example: given.ExampleName = Example.prices,
    target: given.Target = None,
    time: given.Time = None,
    series_id: given.SeriesId = None,
    hist_exog: given.HistExog = None,
    futr_exog: given.FutrExog = None,
    future: Annotated[Path | None, typer.Option(help="A file with the --futr-exog of the steps to come.")] = None,
    static: given.Static = None,
    calendar: given.Calendar = False,
    weight: given.Weight = None,
    horizon: given.Horizon = None,
    output: Annotated[Path | None, typer.Option(help="Also write the forecasts to this CSV or Parquet file.")] = None,
    csv_safe: given.CsvSafe = False,
    recommended: Annotated[
        bool, typer.Option("--recommended", help="Let --output hold what the comparison recommends, LSTM or not.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Where the report goes. [default: report.html]")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the forecaster in this .safetensors file.")] = None,
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
    windows: given.Windows = None,
    baselines: given.Baselines = None,
    backtest: Annotated[bool, typer.Option(help="Compare with simple forecasts on past origins.")] = True,
    checkpoint: given.Checkpoint = CHECKPOINTS,
    seed: given.Seed = 0,
    config: given.Config = None,
    write_config: Annotated[
        Path | None, typer.Option(help="Where the file for --config goes. [default: beside the report]")
    ] = None,
    as_json: given.AsJson = False,
) -> None:
    """Forecast a CSV or Parquet file, or the bundled prices, and say how good it is.

    An LSTM is trained on all series together and compared, on past origins, with the last known value repeated and
    other simple forecasts. The first line of the result says who won, by how much, and whether it could be chance.
    """
    options = dict(locals())
    outputs = _check_outputs(options)
    _check_future(options)
    source = find_source(
        file, example, time=time, target=target, series_id=series_id, others=given.beside_target(options)
    )
    forecaster = given.forecaster_for(source, options)
    panel = forecaster.read(source.table)
    run = run_file.describe(ctx, options, source, panel, forecaster)
    found = _run(forecaster, source, panel, options)
    _write(found, forecaster, outputs, safe=csv_safe)
    run_file.write(run, outputs.config)
    _tell(found, outputs, as_json=as_json)


def _check_outputs(options: dict[str, Any]) -> Outputs:
    """Look before the work, not after it, whether the results can be written, and what they would replace."""
    from clearlstm.cli.training import check_checkpoint, check_not_read
    from clearlstm.data.files import check_output, check_writable
    from clearlstm.errors import InputError
    from clearlstm.report.export import is_report

    output, report, save = options["output"], options["report"], options["save"]
    check_checkpoint(options["checkpoint"])
    check_not_read(output, options["file"], options["future"])
    if report is None and REPORT.exists() and not is_report(REPORT):
        raise InputError(f"{REPORT} is there already and is not a report of clearlstm's: name another with --report")
    page = check_writable(report or REPORT, (".html", ".htm"))
    return Outputs(
        page,
        run_file.place_for(options["write_config"], page.with_suffix(run_file.SUFFIX)),
        None if output is None else check_output(output),
        None if save is None else check_writable(save, (".safetensors",)),
    )


def _check_future(options: dict[str, Any]) -> None:
    """Refuse, before the work, covariates of the steps to come that are missing or not asked for."""
    from clearlstm.errors import InputError

    names, future = options["futr_exog"], options["future"]
    if names and future is None:
        raise InputError(f"--futr-exog needs the rows to come, with {', '.join(names)}: name their file with --future")
    if future is not None and not names:
        raise InputError(f"--future {future} is given, but no --futr-exog that it could hold: name its columns")
    if future is not None:
        read_table(future)


def _run(forecaster: "LSTMForecaster", source: Source, panel: "Panel", options: dict[str, Any]) -> "Findings":
    """Compare, fit on everything, forecast."""
    from clearlstm.cli.look import console
    from clearlstm.cli.training import Announcer, choose_windows, introduce, training
    from clearlstm.report.forecast_run import findings, number_of_fits

    screen = console(stderr=True)
    with training(forecaster, screen) as caught:
        n_windows = choose_windows(forecaster, panel, options["windows"], forecaster.h) if options["backtest"] else 0
        introduce(screen, source, panel)
        fits = Announcer(screen, number_of_fits(n_windows) + 1, "for the forecast")
        why_not = _compare(forecaster, source, options, n_windows, fits)
        forecaster.fit(source.table, on_fit=fits)
        future = options["future"]
        forecaster.predict(X_df=None if future is None else read_table(future))
        if options["recommended"]:
            _take_recommended(forecaster, compared=not why_not)
    return findings(forecaster, source, panel, why_not=why_not, warnings=caught)


def _take_recommended(forecaster: "LSTMForecaster", *, compared: bool) -> None:
    """Let what will be written be the forecasts of the model that did best on earlier origins."""
    from clearlstm.forecasting.notices import warn

    found = forecaster.comparison_.recommendation if compared else None
    if found is None:
        warn("too few origins were compared to recommend anything: the LSTM's forecasts are taken")
    elif found.name != "LSTM":
        forecaster.predicted_ = forecaster.predict(model=found.name)


def _compare(
    forecaster: "LSTMForecaster", source: Source, options: dict[str, Any], n_windows: int, on_fit: "OnFit"
) -> str | None:
    """Compare on past origins; return why it wasn't done, or None. What was asked for is done or refused."""
    from clearlstm.report.forecast_run import compare

    if not n_windows:
        return "there are too few rows" if options["backtest"] else "that was not asked for (--no-backtest)"
    required, baselines = options["windows"] is not None, options["baselines"] or ()
    return compare(forecaster, source, n_windows, required=required, baselines=baselines, on_fit=on_fit)


def _write(found: "Findings", forecaster: "LSTMForecaster", outputs: Outputs, *, safe: bool) -> None:
    """Write forecasts, report and model, each whole or not at all."""
    from clearlstm.cli.training import clear_checkpoints, write_table
    from clearlstm.report.export import export_report
    from clearlstm.report.forecast_report import report_data

    if outputs.forecasts is not None:
        write_table(forecaster.predicted_, outputs.forecasts, safe=safe)
    export_report(report_data(found, datetime.now(UTC)), outputs.report)
    if outputs.model is not None:
        forecaster.save(outputs.model)
    clear_checkpoints(forecaster)


def _tell(found: "Findings", outputs: Outputs, *, as_json: bool) -> None:
    from clearlstm.cli.forecast_pages import numbers, show
    from clearlstm.cli.look import console
    from clearlstm.files import is_stdout

    if as_json:
        typer.echo(json.dumps(numbers(found, outputs.written()), indent=1, allow_nan=False))
    else:
        show(console(stderr=is_stdout(outputs.forecasts)), found, outputs.written())
