"""``clearlstm predict``: forecasts from a forecaster that was saved, without training."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clearlstm.cli import tables
from clearlstm.cli.options import AsJson, CsvSafe

if TYPE_CHECKING:
    from clearlstm.forecasting.forecaster import LSTMForecaster


def predict(
    model: Annotated[Path, typer.Argument(help="A forecaster that `clearlstm forecast --save` or Python saved.")],
    file: Annotated[
        str | None, typer.Argument(help="Histories to forecast instead of those that it was fitted on.")
    ] = None,
    database: tables.DatabaseFile = None,
    future: Annotated[
        str | None, typer.Option(help="A file with the covariates of the steps to come, if it needs any.")
    ] = None,
    update: Annotated[
        str | None, typer.Option(help="A file with new rows, to follow those that it knows; nothing is trained.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the forecasts to this CSV or Parquet file.")] = None,
    csv_safe: CsvSafe = False,
    save: Annotated[
        Path | None, typer.Option(help="With --update: keep the updated forecaster in this .safetensors file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Forecast with a saved forecaster: its own series, those with new rows, or others.

    The files have the columns that it was fitted on; with --database, queries take their place. Each forecast starts
    after the last row of its series. Where statistical models took part in the comparison, the answer is their mean
    with the LSTM, as `clearlstm forecast` gave it.
    """
    from clearlstm.forecasting.forecaster import LSTMForecaster
    from clearlstm.report.forecast_run import best_answer

    given = [one for one in (file, future, update) if one is not None]
    _check_inputs(given, database)
    written = _check_outputs(model, tables.files(database, *given), output, save, updates=update is not None)
    forecaster = LSTMForecaster.load(model)
    if update is not None:
        forecaster.update(tables.read(update, database))
    history, to_come = (None if one is None else tables.read(one, database) for one in (file, future))
    forecaster.predict(history, to_come, model=best_answer(forecaster))
    _write(forecaster, output, save, safe=csv_safe)
    _show(forecaster, written, as_json=as_json)


def _check_inputs(given: list[str], database: Path | None) -> None:
    """Refuse queries without a database, and a database without queries."""
    if all(tables.is_file(one, database) for one in given):
        tables.check(None, database)
    for one in given:
        tables.check_other(one, database)


def _check_outputs(
    model: Path, read: list[Path], output: Path | None, save: Path | None, *, updates: bool
) -> list[Path]:
    """Look before the work, not after it, whether the results can be written; return where they go."""
    from clearlstm.cli.training import check_not_read
    from clearlstm.data.files import check_output, check_writable
    from clearlstm.errors import InputError

    check_not_read(output, model, *read)
    if save is not None and not updates:
        raise InputError("--save keeps a forecaster with new rows: name them with --update")
    outputs = [] if output is None else [check_output(output)]
    return outputs if save is None else [*outputs, check_writable(save, (".safetensors",))]


def _write(forecaster: "LSTMForecaster", output: Path | None, save: Path | None, *, safe: bool) -> None:
    from clearlstm.cli.training import write_table

    if output is not None:
        write_table(_as_pandas(forecaster.predicted_), output, safe=safe)
    if save is not None:
        forecaster.save(save)


def _as_pandas(frame: Any) -> Any:
    """The forecaster may have been fitted on another library's frame."""
    import narwhals as nw

    return nw.from_native(frame).to_pandas()


def _show(forecaster: "LSTMForecaster", written: list[Path], *, as_json: bool) -> None:
    from clearlstm.cli.forecast_pages import forecast_numbers, show_forecast, show_written
    from clearlstm.cli.look import console
    from clearlstm.files import is_stdout

    forecast = forecaster.forecast_
    if as_json:
        result = {
            "step": forecast.panel.frequency.sentence(),
            "zone": forecast.panel.zone,
            "intervals": forecaster.model_.interval_words,
            "forecasts": forecast_numbers(forecast),
            "written": [str(path) for path in written],
        }
        typer.echo(json.dumps(result, indent=1, allow_nan=False))
    else:
        screen = console(stderr=any(map(is_stdout, written)))
        show_forecast(screen, forecast, None, forecaster.model_.interval_words)
        show_written(screen, written)
