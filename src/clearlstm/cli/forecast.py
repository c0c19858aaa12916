"""``clearlstm forecast``: a table in; a forecast, an honest comparison and a report out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from clearlstm.cli import options, run_file, tables
from clearlstm.data.source import Source

if TYPE_CHECKING:
    from clearlstm.data.frames import Table
    from clearlstm.data.panel import Panel
    from clearlstm.forecasting.fit.refits import OnFit
    from clearlstm.forecasting.forecaster import LSTMForecaster
    from clearlstm.forecasting.model.statsforecast_baselines import Baselines
    from clearlstm.report.forecast_data import Findings

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


class Comparing(NamedTuple):
    """Whether to compare, on how many windows (None: as many as fit), and with which statistical models."""

    wanted: bool
    windows: int | None
    baselines: "Baselines"


@options.with_forecaster_options
def forecast(
    ctx: typer.Context,
    *,
    file: options.File = None,
    database: tables.DatabaseFile = None,
    example: options.ExampleName = options.Example.prices,
    given: options.Given,
    wide: options.Wide = False,
    future: Annotated[
        str | None, typer.Option(help="A file with the --futr-exog of the steps to come, or a query for them.")
    ] = None,
    windows: options.Windows = None,
    baselines: options.Baselines = None,
    backtest: Annotated[bool, typer.Option(help="Compare with simple forecasts on past origins.")] = True,
    output: Annotated[Path | None, typer.Option(help="Also write the forecasts to this CSV or Parquet file.")] = None,
    csv_safe: options.CsvSafe = False,
    recommended: Annotated[
        bool, typer.Option("--recommended", help="Let --output hold what the comparison recommends, LSTM or not.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Where the report goes. [default: report.html]")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the forecaster in this .safetensors file.")] = None,
    config: options.Config = None,  # noqa: ARG001 - the options have taken their values from it
    write_config: Annotated[
        Path | None, typer.Option(help="Where the file for --config goes. [default: beside the report]")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Forecast a file, a query or the bundled prices, and say how good it is.

    An LSTM is trained on all series together and compared, on past origins, with the last known value repeated and
    other simple forecasts. The first line of the result says what to use, and how sure that is.
    """
    from clearlstm.report.forecast_run import forecaster_for

    tables.check(file, database)
    _check_inputs(tables.files(database, file, future), output, given)
    to_come = _rows_to_come(future, database, given)
    outputs = _check_outputs(output, report, save, write_config)
    source = options.find_source(file, database, example, given, wide=wide)
    forecaster, panel = forecaster_for(source, given)
    run = run_file.describe(ctx, source, panel, forecaster, to_come)
    comparing = Comparing(backtest, windows, tuple(baselines) if baselines else "auto")
    result = _run(forecaster, source, panel, comparing, to_come, recommended=recommended)
    _write(result, forecaster, outputs, safe=csv_safe)
    run_file.write(run, outputs.config)
    _show(result, outputs, as_json=as_json)


def _check_inputs(read: list[Path], output: Path | None, given: options.Given) -> None:
    """Refuse, before the work, files that would be replaced."""
    from clearlstm.cli.training import check_checkpoint, check_not_read

    check_checkpoint(given["checkpoint"])
    check_not_read(output, *read)


def _rows_to_come(future: str | None, database: Path | None, given: options.Given) -> "Table | None":
    """The covariates to come; refused, if they are missing or not wanted."""
    from clearlstm.errors import InputError

    names = given["futr_exog"]
    if names and future is None:
        raise InputError(f"--futr-exog needs the rows to come, with {', '.join(names)}: name their file with --future")
    if future is not None and not names:
        raise InputError(f"--future {future} is given, but no --futr-exog that it could hold: name its columns")
    if future is None:
        return None
    tables.check_other(future, database)
    return tables.read(future, database)


def _check_outputs(output: Path | None, report: Path | None, save: Path | None, write_config: Path | None) -> Outputs:
    """Look before the work, not after it, whether the results can be written, and what they would replace."""
    from clearlstm.data.files import check_output, check_writable
    from clearlstm.errors import InputError
    from clearlstm.report.page_file import is_report

    if report is None and REPORT.exists() and not is_report(REPORT):
        raise InputError(f"{REPORT} is there already and is not a report of clearlstm's: name another with --report")
    page = check_writable(report or REPORT, (".html", ".htm"))
    return Outputs(
        page,
        run_file.place_for(write_config, page.with_suffix(run_file.SUFFIX)),
        None if output is None else check_output(output),
        None if save is None else check_writable(save, (".safetensors",)),
    )


def _run(
    forecaster: "LSTMForecaster",
    source: Source,
    panel: "Panel",
    comparing: Comparing,
    to_come: "Table | None",
    *,
    recommended: bool,
) -> "Findings":
    """Compare, fit on everything, forecast."""
    from clearlstm.cli.look import console
    from clearlstm.cli.training import Announcer, choose_origins, introduce, training
    from clearlstm.report.forecast_run import best_answer, findings, number_of_fits

    screen = console(stderr=True)
    with training(forecaster, screen) as caught:
        origins = choose_origins(forecaster, panel, comparing.windows) if comparing.wanted else (0, 1)
        introduce(screen, source, panel)
        fits = Announcer(number_of_fits(origins[0]) + 1, "for the forecast")
        why_not = _compare(forecaster, source, comparing, origins, fits)
        forecaster.fit(source.table, on_fit=fits)
        forecaster.predict(X_df=to_come, model=best_answer(forecaster, compared=not why_not))
        if recommended:
            _take_recommended(forecaster, compared=not why_not)
    return findings(forecaster, source, panel, why_not=why_not, warnings=caught)


def _take_recommended(forecaster: "LSTMForecaster", *, compared: bool) -> None:
    """Let what will be written be the forecasts of the model that did best on earlier origins."""
    from clearlstm.forecasting.notices import warn

    recommendation = forecaster.comparison_.recommendation if compared else None
    if recommendation is None:
        warn("too few origins were compared to recommend anything: the forecasts that are shown are taken")
    elif recommendation.name != forecaster.forecast_.name:
        forecaster.predicted_ = forecaster.predict(model=recommendation.name)


def _compare(
    forecaster: "LSTMForecaster", source: Source, comparing: Comparing, origins: tuple[int, int], on_fit: "OnFit"
) -> str | None:
    """Compare on past origins; return why it wasn't done, or None. A number that was given is kept to or refused."""
    from clearlstm.report.forecast_run import compare

    if not comparing.wanted:
        return "that was not asked for (--no-backtest)"
    required = comparing.windows is not None
    return compare(forecaster, source, *origins, required=required, baselines=comparing.baselines, on_fit=on_fit)


def _write(result: "Findings", forecaster: "LSTMForecaster", outputs: Outputs, *, safe: bool) -> None:
    """Write forecasts, report and model, each whole or not at all."""
    from clearlstm.cli.training import clear_checkpoints, write_table
    from clearlstm.report.forecast_data import forecast_data
    from clearlstm.report.page_file import export_report

    if outputs.forecasts is not None:
        write_table(forecaster.predicted_, outputs.forecasts, safe=safe)
    export_report(forecast_data(result, datetime.now(UTC)), outputs.report)
    if outputs.model is not None:
        forecaster.save(outputs.model)
    clear_checkpoints(forecaster)


def _show(result: "Findings", outputs: Outputs, *, as_json: bool) -> None:
    from clearlstm.cli.forecast_pages import numbers, show
    from clearlstm.cli.look import console
    from clearlstm.files import is_stdout

    if as_json:
        typer.echo(json.dumps(numbers(result, outputs.written()), indent=1, allow_nan=False))
    else:
        show(console(stderr=is_stdout(outputs.forecasts)), result, outputs.written())
