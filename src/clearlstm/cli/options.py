"""The options that ``forecast`` and ``backtest`` share: the forecaster's, made from their one list, and others."""

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from pathlib import Path
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from clearlstm.cli.run_file import read_config
from clearlstm.errors import ClearLSTMError
from clearlstm.forecasting.options import DEFAULTS, OPTIONS, renamed

if TYPE_CHECKING:
    from clearlstm.data.source import Source

CHECKPOINTS: Final = Path("clearlstm-checkpoint")
GUESSED: Final = (None, "Guessed if plain.")
OWN_DEFAULTS: Final[Mapping[str, tuple[Any, str]]] = {
    "h": (None, "[default: a season; 5 without one]"),
    "id_col": GUESSED,
    "time_col": GUESSED,
    "target_col": GUESSED,
    "checkpoint": (CHECKPOINTS, "Kept until all is done."),
}
"""Options whose default is another than Python's: the default, and words on it."""

FLAGS: Final[Mapping[str, str]] = {
    **{name: option.flag.partition("/")[0] for name, option in OPTIONS.items() if option.flag},
    "n_windows": "--windows",
    "step_size": "--step-size",
}
"""What the command line calls the arguments of Python that a message may name."""

Given: TypeAlias = dict[str, Any]
"""What stands on the command line, by the forecaster's names; None where it doesn't."""


class Example(StrEnum):
    """The bundled data."""

    prices = "prices"
    load = "load"


File = Annotated[
    str | None,
    typer.Argument(
        help="A CSV or Parquet file; with --database, a query or the name of a table. Without one: a bundled example."
    ),
]
ExampleName = Annotated[Example, typer.Option(help="The bundled example, if there is no FILE.")]
Wide = Annotated[bool, typer.Option("--wide", help="The file has a column for each series: take all of numbers.")]
Windows = Annotated[int | None, typer.Option(help="Past origins to compare on. [default: up to 260]")]
Baselines = Annotated[
    list[str] | None,
    typer.Option(
        help="AutoETS, AutoARIMA or AutoTheta, fitted at each origin. [default: those at hand that take seconds]"
    ),
]
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


def with_forecaster_options(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with the forecaster's options in the place of its parameter ``given``, which gets what they hold."""
    names = [name for name, option in OPTIONS.items() if option.key]
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        parameters += map(_parameter, names) if parameter.name == "given" else [parameter]

    @wraps(command)
    def run(**values: Any) -> None:
        given = {name: values.pop(OPTIONS[name].key) for name in names}
        try:
            command(given={name: None if value in ([], ()) else value for name, value in given.items()}, **values)
        except ClearLSTMError as error:
            error.args = (renamed(str(error), FLAGS),)
            raise

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameter(name: str) -> inspect.Parameter:
    """The option of that ``name``, as typer takes it."""
    option, default = OPTIONS[name], DEFAULTS.get(name)
    unset = option.unset or (" ".join(map(str, default)) if option.several and default else "")
    words = [option.help, "May be repeated." if option.several else "", f"[default: {unset}]" if unset else ""]
    if name in OWN_DEFAULTS:
        default, words[2] = OWN_DEFAULTS[name]
    kind: Any = GenericAlias(list, option.kind) if option.several else option.kind
    if option.several or default is None:
        kind, default = kind | None, None
    annotation = Annotated[kind, typer.Option(option.flag, help=" ".join(filter(None, words)))]
    return inspect.Parameter(option.key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def find_source(file: str | None, database: Path | None, example: Example, given: Given, *, wide: bool) -> "Source":
    """The table, with its plain columns guessed; the example if none is named. ``wide``: a column for each series."""
    from clearlstm.data.source import example_source, file_source
    from clearlstm.forecasting.settings import COVARIATES

    if file is None:
        return example_source(example)
    others = [name for argument in COVARIATES for name in given[argument] or ()]
    others += [] if given["weight_col"] is None else [given["weight_col"]]
    columns = {"time": given["time_col"], "target": given["target_col"], "series_id": given["id_col"]}
    return file_source(file, database=database, **columns, others=others, wide=wide)
