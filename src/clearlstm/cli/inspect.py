"""``clearlstm inspect``: open a model, whatever made it, and say what it remembers, hangs on and misses."""

import re
import warnings
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from clearlstm.cli import inspect_views, tables
from clearlstm.cli.inspect_contents import check_without_data
from clearlstm.cli.inspect_data import DataOptions, Given
from clearlstm.cli.inspect_views import PICTURES, Outputs, with_fields, write_json
from clearlstm.cli.running import STOPPED
from clearlstm.insight.views import VIEWS, View
from clearlstm.interop.content import Maker

if TYPE_CHECKING:
    from clearlstm.insight.audit.audit import Audit

FAULTY = 3
"""The exit code of --fail-on; 1 and 2 say that the command itself went wrong."""


class Pool(StrEnum):
    """What is read off the last layer."""

    last = "last"
    mean = "mean"
    none = "none"


class FailOn(StrEnum):
    """From which severity on the exit code tells of it."""

    never = "never"
    fault = "fault"
    notice = "notice"


ARGUMENT: Final = re.compile(r"\b(name|head|pool)=|\b(name|head|pool)(?= is given)")
MADE_BY: Final[dict[Maker, str]] = {"clearlstm": "clearlstm", "torch": "PyTorch", "keras": "Keras", "onnx": "ONNX"}


class Opened(NamedTuple):
    """A model, who made it, and the sequences to ask it about."""

    model: Any
    made_by: str
    given: Given


@with_fields
def inspect(
    model: Annotated[
        Path, typer.Argument(help="The model: clearlstm's, or one of PyTorch, Keras or ONNX, whatever its name.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            help="Data as the model was trained on: CSV, Parquet, .npy, .npz or, with --database, a query. "
            "[default: tell what is in the file]"
        ),
    ] = None,
    database: tables.DatabaseFile = None,
    capture: Annotated[
        bool,
        typer.Option(
            "--capture", help="Run the whole ONNX model on --data, its own inputs by name, and look into its LSTM."
        ),
    ] = False,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="A column that it tells: the next step, or as many steps as it has answers. May be repeated."
        ),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="A column that it reads, in its order. May be repeated. [default: all numbers]"),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(min=1, help="Steps of a window of the table. [default: 100, or half of the longest series]"),
    ] = None,
    time: Annotated[str | None, typer.Option(help="The column of dates or step numbers. Guessed if plain.")] = None,
    series_id: Annotated[
        list[str] | None, typer.Option("--id", help="A column that tells series apart. May be repeated.")
    ] = None,
    dayfirst: Annotated[
        bool | None, typer.Option("--dayfirst/--monthfirst", help="Whether 01/02/2015 is 1 February or 2 January.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The recurrent layer to take, where the file holds several.")] = None,
    head: Annotated[
        str | None, typer.Option(help="The linear layer to put on it. [default: as the file has it, or none]")
    ] = None,
    pool: Annotated[
        Pool | None,
        typer.Option(help="What is read off: last, mean, or none for an answer a step. [default: as the file has it]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the samples that are looked at.")] = 0,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="What the audit may take, about: where that is little, it samples.")
    ] = 60.0,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Write every number to this file; - for standard output.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the audit to this HTML file, which works offline.")] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with code 3 if there is a fault; or a fault or a notice.")
    ] = FailOn.never,
    view: Annotated[
        str | None,
        typer.Option(help=f"Show one view of the inside: {', '.join(VIEWS)}. [default: the audit, with all of it]"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="With --view: write its table to this CSV or Parquet file.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="With --view: draw it into this .png, .svg or .pdf file (extra plot).")
    ] = None,
    **chosen: Any,
) -> None:
    """Look a model over: its memory, its gradient, what it depends on, what looks wrong.

    Without data, it says what is in the file. The model may be clearlstm's own, or one of PyTorch, Keras or ONNX. The
    data are taken as they are: give them with the scale that the model was trained on; only a forecaster scales for
    itself.
    """
    from clearlstm.cli.inspect_run import look_over

    shown = None if view in (None, "audit") else inspect_views.view_of(str(view))
    outputs = inspect_views.Outputs(as_json, output, picture)
    ids = tuple(series_id or ())
    options = DataOptions(tuple(target or ()), tuple(feature or ()), window, time, ids, dayfirst, seed)
    parts = {"name": name, "head": head, "pool": None if pool is None else pool.value}
    request = inspect_views.checked(shown, chosen)
    if data is None:
        of_data = {"database": database, "view": view, "html": html, "output": output, "picture": picture}
        others = {"capture": capture, "fail-on": fail_on.value}
        check_without_data(of_data | others | vars(options) | parts)
        _check_outputs(None, outputs, None, model)
        _tell_contents(model, as_json)
        return
    _check_outputs(shown, outputs, html, model, *tables.files(database, data))
    if capture:
        opened = _capture(model, Path(data), options, parts)
    else:
        tables.check(data, database)
        opened = _open(model, data, database, options, parts)
    if shown is not None:
        inspect_views.tell(shown, opened, request, model, outputs)
        return
    result = look_over(opened.model, opened.given, seed=seed, seconds=seconds)
    _tell(result, opened, model, as_json, html)
    if result.facts.missing:
        raise typer.Exit(STOPPED)
    failed = result.faults if fail_on is FailOn.fault else (*result.faults, *result.notices)
    if fail_on is not FailOn.never and failed:
        raise typer.Exit(FAULTY)


def _check_outputs(view: View | None, to: Outputs, html: Path | None, *read: Path) -> None:
    """Look before the work whether the results can be written, and what they would replace."""
    from clearlstm.data.files import CSV_SUFFIXES, PARQUET_SUFFIXES, check_writable, same_file
    from clearlstm.errors import InputError
    from clearlstm.report.page_file import is_report

    if view is None and (to.table or to.picture):
        raise InputError(f"--{'output' if to.table else 'picture'} is of one view: name it with --view")
    if view is not None and html is not None:
        raise InputError("--html shows the audit, which has all of it: leave --view or --html out")
    if view is not None and to.picture is not None and view.figure is None:
        raise InputError(f"there is no picture of {view.name}: leave --picture out, or name another --view")
    outputs = (
        (to.as_json, (".json",)),
        (html, (".html",)),
        (to.table, CSV_SUFFIXES + PARQUET_SUFFIXES),
        (to.picture, PICTURES),
    )
    written = [(path, suffixes) for path, suffixes in outputs if path not in (None, Path("-"))]
    for path, suffixes in written:
        assert path is not None
        check_writable(path, suffixes)
        if any(same_file(path, one) for one in read):
            raise InputError(f"{path} is a file that is read: give another path")
    if html is not None and html.exists() and not is_report(html):
        raise InputError(f"{html} is there already and is not a page of clearlstm's: name another with --html")


def _open(model: Path, data: str, database: Path | None, options: DataOptions, parts: dict[str, Any]) -> Opened:
    """The model and its sequences."""
    from clearlstm.cli import inspect_data as reading
    from clearlstm.errors import InputError
    from clearlstm.interop.content import maker_of
    from clearlstm.network.subject import subject_of

    made_by, opened = MADE_BY[maker_of(model)], _load(model, parts)
    subject = subject_of(opened)
    if subject.kind in ("classifier", "regressor"):
        if database is not None:
            raise InputError(
                f"the model is a {subject.kind}, which reads a file of whole sequences: write what the query gives to "
                "a file, and leave --database out"
            )
        return Opened(opened, made_by, reading.of_estimator(Path(data), options, subject.kind))
    if database is None and reading.is_array_file(Path(data)):
        if subject.kind == "forecaster":
            raise InputError(f"the model is a forecaster, which reads tables of series; {data} holds arrays")
        return Opened(opened, made_by, reading.read_arrays(Path(data), options))
    table = tables.read(data, database)
    if subject.kind == "forecaster":
        return Opened(opened, made_by, reading.of_forecaster(opened, table, options))
    columns = reading.read_columns(table, options)
    names = reading.feature_names(columns, options, subject.network.input_size)
    return Opened(opened, made_by, reading.cut(columns, names, subject.network.output_size, options))


def _capture(model: Path, data: Path, options: DataOptions, parts: dict[str, Any]) -> Opened:
    """The layer inside a model that runs whole on ``data``, its inputs by name; of several, the one that is named."""
    from clearlstm.cli.inspect_data import read_inputs
    from clearlstm.errors import InputError
    from clearlstm.interop.capture import capture
    from clearlstm.interop.captured import Captured
    from clearlstm.interop.content import maker_of

    if any(parts[option] is not None for option in ("head", "pool")):
        raise InputError("--capture runs the model as it is: leave --head and --pool out")
    if options != DataOptions(seed=options.seed):
        raise InputError("--capture takes the model's own inputs: leave the options that cut a table out")
    made_by = MADE_BY[maker_of(model)]
    captured = capture(model, *read_inputs(data), name=parts["name"])
    if not isinstance(captured, Captured):
        listed = "\n  ".join(layer.sentence for layer in captured.values())
        raise InputError(f"several recurrent layers ran; give one as --name {' or '.join(captured)}\n  {listed}")
    return Opened(captured, made_by, Given(captured.x, [captured.sentence], lengths=captured.lengths))


def _tell_contents(model: Path, as_json: Path | None) -> None:
    """What is in the file, told and, if asked for, written."""
    from clearlstm.cli import inspect_contents
    from clearlstm.interop.content import maker_of
    from clearlstm.interop.open import contents

    made_by, inside = MADE_BY[maker_of(model)], contents(model)
    if as_json is not None:
        write_json(inspect_contents.report(model, made_by, inside), as_json)
    if as_json != Path("-"):
        inspect_contents.tell(model, made_by, inside)


def _load(path: Path, parts: dict[str, Any]) -> Any:
    """The model in a file; refusals and warnings that name arguments of ``load`` name options instead."""
    from clearlstm.errors import ClearLSTMError
    from clearlstm.interop.open import load

    try:
        with warnings.catch_warnings(record=True) as told:
            model = load(path, **parts)
    except ClearLSTMError as error:
        error.args = (as_options(str(error)),)
        raise
    for warning in told:
        warnings.warn(as_options(str(warning.message)), warning.category, stacklevel=2)
    return model


def as_options(message: str) -> str:
    """Arguments as they are given on the command line.

    >>> as_options("head='dense_3' takes it, name=… a recurrent layer alone")
    "--head 'dense_3' takes it, --name … a recurrent layer alone"
    """
    message = message.replace("pool=None", "pool=none").replace("pool='none'", "pool=none")
    message = message.replace("with clearlstm.capture", "with --capture")
    return ARGUMENT.sub(lambda part: f"--{part[1]} " if part[1] else f"--{part[2]}", message)


def _tell(result: "Audit", opened: Opened, model: Path, as_json: Path | None, html: Path | None) -> None:
    from clearlstm.cli.inspect_pages import show
    from clearlstm.cli.look import console

    made_by, notes = opened.made_by, opened.given.notes
    report = {"model": str(model), "made_by": made_by, "data": notes, **result.to_dict()}
    if html is not None:
        _write_page(report, html)
    if as_json is not None:
        write_json(report, as_json)
    if as_json == Path("-"):
        return
    show(console(), result, f"{model} ({made_by})", notes, [path for path in (as_json, html) if path is not None])


def _write_page(data: dict[str, Any], path: Path) -> None:
    from clearlstm.report.audit_data import export_audit

    export_audit(data, datetime.now(UTC), path)
