"""``clearlstm forecast``: a table in; a forecast, an honest comparison and a report out."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from clearlstm.data.frames import Columns, Table
    from clearlstm.data.panel import Panel
    from clearlstm.forecasting.comparison import Comparison
    from clearlstm.forecasting.forecaster import LSTMForecaster
    from clearlstm.lab.report import Findings

CHECKPOINTS = Path("clearlstm-checkpoint")
REPORT = Path("report.html")
MAX_WINDOWS = 260
BACKTEST_SHARE = 0.4
BACKTEST_FITS = 3
PRICE_WORDS = ("price", "close", "adj")


class Example(StrEnum):
    """The bundled data."""

    prices = "prices"
    load = "load"


class Source(NamedTuple):
    """The table to forecast, its columns, and how to speak of it."""

    table: "Table"
    columns: "Columns"
    name: str
    unit: str | None
    noun: str
    horizon: int
    notes: list[str]


class Outputs(NamedTuple):
    """Where the results go."""

    report: Path
    forecasts: Path | None

    def written(self) -> list[Path]:
        """All of them."""
        return [self.report] if self.forecasts is None else [self.report, self.forecasts]


def forecast(
    file: Annotated[Path | None, typer.Argument(help="A CSV or Parquet file. Without one: a bundled example.")] = None,
    example: Annotated[Example, typer.Option(help="The bundled example, if there is no FILE.")] = Example.prices,
    target: Annotated[str | None, typer.Option(help="The column to forecast. Guessed if plain.")] = None,
    time: Annotated[str | None, typer.Option(help="The column of dates or step numbers. Guessed if plain.")] = None,
    series_id: Annotated[str | None, typer.Option("--id", help="The column that tells series apart.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Steps to forecast. [default: 5; for load 48]")] = None,
    output: Annotated[Path | None, typer.Option(help="Also write the forecasts to this CSV or Parquet file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Where the report goes. [default: report.html]")] = None,
    level: Annotated[list[float] | None, typer.Option(help="An interval's level in percent. [default: 80 95]")] = None,
    season: Annotated[list[int] | None, typer.Option(help="A season in steps; 1 for none. May be repeated.")] = None,
    freq: Annotated[str | None, typer.Option(help="The step: a pandas alias such as D, B, MS or 30min.")] = None,
    window: Annotated[int | None, typer.Option(help="Steps that the net looks at. [default: by the data]")] = None,
    hidden: Annotated[int, typer.Option(help="Hidden units of the net.")] = 16,
    steps: Annotated[int, typer.Option(help="The most updates in one training.")] = 600,
    windows: Annotated[int | None, typer.Option(help="Past origins to compare on. [default: up to 260]")] = None,
    backtest: Annotated[bool, typer.Option(help="Compare with simple forecasts on past origins.")] = True,
    checkpoint: Annotated[Path, typer.Option(help="Folder for checkpoints; they go when all is done.")] = CHECKPOINTS,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Every number, as JSON on standard output.")] = False,
) -> None:
    """Forecast a CSV or Parquet file, or the bundled prices, and say how good it is.

    An LSTM is trained on all series together and compared, on past origins, with the last known value repeated and
    other simple forecasts. The first line of the result says who won, by how much, and whether it could be chance.
    """
    outputs = _check_outputs(file, output, report, checkpoint)
    source = _example(example) if file is None else _file(file, time, target, series_id)
    asked: dict[str, Any] = {
        "h": source.horizon if horizon is None else horizon,
        "input_size": window,
        "level": level or (80, 95),
    }
    asked |= {"freq": _as_freq(freq), "season_length": season or None, "hidden_size": hidden, "max_steps": steps}
    forecaster = _forecaster(source, asked | {"checkpoint": checkpoint, "seed": seed})
    found = _run(forecaster, source, windows=windows, backtest=backtest)
    _write(found, forecaster, outputs)
    _tell(found, outputs, as_json=as_json)


def _forecaster(source: Source, asked: dict[str, Any]) -> "LSTMForecaster":
    from clearlstm.forecasting.forecaster import LSTMForecaster

    columns = source.columns
    return LSTMForecaster(**asked, id_col=columns.id, time_col=columns.time, target_col=columns.target, progress=True)


def _check_outputs(file: Path | None, output: Path | None, report: Path | None, checkpoint: Path) -> Outputs:
    """Look before the work, not after it, whether the results can be written, and what they would replace."""
    from clearlstm.data.files import check_writable
    from clearlstm.errors import InputError
    from clearlstm.lab.export import is_report

    if checkpoint.exists() and not checkpoint.is_dir():
        raise InputError(f"--checkpoint {checkpoint} is a file: name a folder, which is made if it isn't there")
    if output is not None and file is not None and output.resolve() == file.resolve():
        raise InputError(f"--output {output} is the file that is read: give another path")
    if report is None and REPORT.exists() and not is_report(REPORT):
        raise InputError(f"{REPORT} is there already and is not a report of clearlstm's: name another with --report")
    forecasts = None if output is None else check_writable(output)
    return Outputs(check_writable(report or REPORT, (".html", ".htm")), forecasts)


def _as_freq(freq: str | None) -> str | int | None:
    return int(freq) if freq is not None and freq.isdigit() else freq


def _example(example: Example) -> Source:
    from clearlstm.data import bundled
    from clearlstm.data.frames import Columns, Table

    columns = Columns("ds", "y", "unique_id")
    if example is Example.prices:
        name = "Bundled prices: AAPL, IBM and MSFT, daily, adjusted closing prices (Quandl WIKI, public domain)"
        notes = ["Three companies that survived are not a market, and an adjusted price is not one that was paid."]
        return Source(Table.of(bundled.stock_prices(), "the prices"), columns, name, "US$", "price", 5, notes)
    name = "Bundled load: electricity demand in England and Wales, half-hourly (Taylor 2003)"
    return Source(Table.of(bundled.load(), "the load"), columns, name, "MW", "value", 48, [])


def _file(path: Path, time: str | None, target: str | None, series_id: str | None) -> Source:
    from clearlstm.data.files import is_csv, read_file
    from clearlstm.data.frames import Table
    from clearlstm.data.guess import guess_columns

    table = Table.of(read_file(path), str(path), lines=is_csv(path))
    columns, notes = guess_columns(table, time=time, target=target, id=series_id)
    price = any(word in columns.target.lower() for word in PRICE_WORDS)
    return Source(table, columns, str(path), None, "price" if price else "value", 5, notes)


def _run(forecaster: "LSTMForecaster", source: Source, *, windows: int | None, backtest: bool) -> "Findings":
    """Compare, fit on everything, forecast; Ctrl-C leaves checkpoints and says so."""
    from clearlstm.cli.look import console

    screen = console(stderr=True)
    caught: list[str] = []
    try:
        with _collected_warnings(caught):
            return _compare_and_forecast(forecaster, source, screen, caught, windows=windows, backtest=backtest)
    except KeyboardInterrupt:
        folder = Path(forecaster.checkpoint or "")
        if folder.is_dir() and any(folder.iterdir()):
            screen.print(f"\nTraining so far is kept in {folder}: the same command goes on from there.")
        raise


def _compare_and_forecast(
    forecaster: "LSTMForecaster",
    source: Source,
    screen: "Console",
    caught: list[str],
    *,
    windows: int | None,
    backtest: bool,
) -> "Findings":
    from clearlstm.errors import DataError
    from clearlstm.forecasting.verdict import no_verdict, verdict
    from clearlstm.lab.report import Findings

    panel = forecaster.read(source.table)
    n_windows = _n_windows(forecaster, panel, windows) if backtest else 0
    _introduce(screen, source, panel)
    refit = max(1, -(-n_windows // BACKTEST_FITS))
    fits = _Announcer(screen, -(-n_windows // refit) + 1)
    why_not = "that was not asked for (--no-backtest)" if not backtest else "there are too few rows"
    if n_windows:
        try:
            forecaster.cross_validation(source.table, n_windows=n_windows, refit=refit, on_fit=fits)
        except DataError as error:
            if windows is not None:  # what was asked for is done or refused
                raise
            why_not = str(error)
    forecaster.fit(source.table, on_fit=fits)
    forecaster.predict()
    comparison: Comparison | None = getattr(forecaster, "comparison_", None)
    return Findings(
        title=f"Forecast of {forecaster.h} steps",
        source=source.name,
        unit=source.unit,
        verdict=no_verdict(why_not) if comparison is None else verdict(comparison, source.noun),
        model=forecaster.model_,
        forecast=forecaster.forecast_,
        backtest=None if comparison is None else forecaster.backtest_,
        comparison=comparison,
        warnings=[*source.notes, *panel.notes, *dict.fromkeys(caught)],
    )


def _n_windows(forecaster: "LSTMForecaster", panel: "Panel", given: int | None) -> int:
    """Origins to compare on: what was given, or as many as two fifths of the steps hold, 260 at most."""
    import numpy as np

    from clearlstm.shapes import check_positive

    if given is not None:
        return check_positive("windows", given)
    settings = forecaster.settings(panel)
    steps = len(np.unique(panel.times))
    room = (steps - settings.input_size - settings.h) // settings.h
    return max(0, min(MAX_WINDOWS, int(BACKTEST_SHARE * steps / settings.h), room))


class _Announcer:
    """Says which fit comes next; the bar of the training follows on its own."""

    def __init__(self, screen: "Console", n_fits: int) -> None:
        self._screen, self._n_fits, self._number = screen, n_fits, 0

    def __call__(self, _number: int, _of: int, panel: "Panel") -> None:
        from clearlstm.data.times import format_time

        self._number += 1
        what = "for the forecast" if self._number == self._n_fits else "for the comparison"
        last = format_time(panel.times.max())
        self._screen.print(f"Training {self._number} of {self._n_fits}, {what}, on rows up to {last}.")


def _introduce(screen: "Console", source: Source, panel: "Panel") -> None:
    from clearlstm.data.times import format_time
    from clearlstm.forecasting.verdict import expectation

    first, last = format_time(panel.times.min()), format_time(panel.times.max())
    screen.print(source.name)
    screen.print(f"{len(panel)} series, {len(panel.times)} rows, {first} to {last}. {panel.frequency.sentence()}")
    for note in (*source.notes, *panel.notes):
        screen.print(note)
    screen.print(f"\n{expectation(source.noun)}\n")


@contextmanager
def _collected_warnings(caught: list[str]) -> Iterator[None]:
    """Our own warnings are shown as they come, once each, and kept for the report."""
    from clearlstm.errors import ClearLSTMWarning

    shown: Any = warnings.showwarning

    def keep(message: Warning | str, category: type[Warning], *where: Any, **how: Any) -> None:
        if not issubclass(category, ClearLSTMWarning):
            shown(message, category, *where, **how)
        elif str(message) not in caught:
            caught.append(str(message))
            shown(message, category, *where, **how)

    with warnings.catch_warnings():
        warnings.simplefilter("always", ClearLSTMWarning)
        warnings.showwarning = keep
        yield


def _write(found: "Findings", forecaster: "LSTMForecaster", outputs: Outputs) -> None:
    """Write forecasts and report, each whole or not at all; then the checkpoints have done their work."""
    from clearlstm.data.files import write_file
    from clearlstm.lab.export import export_report
    from clearlstm.lab.report import report_data
    from clearlstm.network.files import atomic_write

    if outputs.forecasts is not None:
        with atomic_write(outputs.forecasts) as temporary:
            write_file(forecaster.predicted_, temporary, like=outputs.forecasts)
    export_report(report_data(found, datetime.now(UTC)), outputs.report)
    for path in forecaster.checkpoints_:
        path.unlink(missing_ok=True)
    folder = Path(forecaster.checkpoint or "")
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _tell(found: "Findings", outputs: Outputs, *, as_json: bool) -> None:
    from clearlstm.cli.forecast_pages import numbers, show
    from clearlstm.cli.look import console

    if as_json:
        typer.echo(json.dumps(numbers(found, outputs.written()), indent=1, allow_nan=False))
    else:
        show(console(), found, outputs.written())
