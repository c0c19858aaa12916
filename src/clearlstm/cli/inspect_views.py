"""``clearlstm inspect --view``: one view of the inside as words and a table, as JSON and as a picture."""

import json
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from clearlstm.cli.inspect_data import Given
from clearlstm.errors import InputError
from clearlstm.insight.views import FIELDS, VIEWS, Field, Request, View

if TYPE_CHECKING:
    import pandas as pd

ROWS: Final = 20
PICTURES: Final = (".png", ".svg", ".pdf")


class Outputs(NamedTuple):
    """Where a view goes besides the terminal."""

    as_json: Path | None
    table: Path | None
    picture: Path | None


def with_fields(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each field of the views, which it gets as ``chosen``."""
    plain = signature(command)
    options = [
        Parameter(field.option, Parameter.KEYWORD_ONLY, default=None, annotation=_option(field))
        for field in FIELDS.values()
    ]
    known = [one for one in plain.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    command.__signature__ = plain.replace(parameters=known + options)  # type: ignore[attr-defined]  # inspect reads it
    command.__annotations__ |= {option.name: option.annotation for option in options}
    return command


def _option(field: Field) -> Any:
    views = ", ".join(view.name for view in VIEWS.values() if field.name in view.fields)
    option = typer.Option(f"--{field.option}", help=f"{field.help} With --view {views}.")
    return Annotated[list[str] | None if field.many else int | None, option]


def view_of(name: str) -> View:
    """The view of that name; an unknown one is refused with the list of all."""
    if name not in VIEWS:
        known = "; ".join(f"{view.name}: {view.shows}" for view in VIEWS.values())
        raise InputError(f"--view is {name!r}; it must be one of these. {known}")
    return VIEWS[name]


def checked(view: View | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen of the fields, as a view's request has it. Refused where the view has no such field."""
    chosen = {}
    for field in FIELDS.values():
        if (value := given[field.option]) in (None, []):
            continue
        if view is None or field.name not in view.fields:
            takes = "the audit takes none of these" if view is None else f"{view.name} takes {_listed(view)}"
            raise InputError(f"--{field.option} is given, but {takes}: leave it out, or name another --view")
        chosen[field.name] = [_parsed(one) for one in value] if field.many else value
        if not field.check(chosen[field.name]):
            raise InputError(f"--{field.option} is {value}; it must be {field.accepts}: {field.help}")
    return chosen


def _listed(view: View) -> str:
    return ", ".join(f"--{FIELDS[name].option}" for name in view.fields) or "no choices"


def _parsed(text: str) -> Any:
    """A number, or a record of some: "step=0,feature=1,value=0.5"."""
    if "=" not in text:
        return _number(text)
    parts = (part.partition("=") for part in text.split(","))
    return {name.strip(): _number(value.strip()) for name, _, value in parts}


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def tell(view: View, opened: tuple[Any, str, Given], chosen: dict[str, Any], model: Path, to: Outputs) -> None:
    """Compute a view of an opened model, who made it, and its data, and print or write it."""
    what, made_by, given = opened
    request = Request(what, given.x, chosen, given.lengths, given.names)
    result = view.compute(request)
    frame, words = result.to_frame(), list(view.say(result))
    if to.picture is not None:
        _draw(view, result, to.picture)
    if to.table is not None:
        from clearlstm.cli.training import write_table

        write_table(frame, to.table, safe=False)
    notes = [*given.notes]
    if "trace" in view.fields:
        notes.append(f"Looked at: sequence {chosen.get('trace', 0)} of {len(given.x)}, counted from 0; below it is 0.")
    report = {"model": str(model), "made_by": made_by, "data": notes, "view": view.name, "title": view.title,
            "read": view.read, "cannot": view.cannot, "words": words}  # fmt: skip
    if to.as_json is not None:
        from clearlstm.report.packing import plain

        rows = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
        write_json(plain(report | {"table": rows}, "the view"), to.as_json)
    if to.as_json != Path("-"):
        _show(report, frame, to)


def write_json(report: dict[str, Any], path: Path) -> None:
    """To a file, or to standard output for "-"."""
    from clearlstm.files import atomic_write

    text = json.dumps(report, indent=1, allow_nan=False)
    if path == Path("-"):
        typer.echo(text)
        return
    with atomic_write(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def _draw(view: View, result: Any, path: Path) -> None:
    from clearlstm.files import atomic_write

    assert view.figure is not None
    figure, suffix = view.figure(result), path.suffix.lower().lstrip(".")
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(suffix)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format=suffix, dpi=160, metadata=metadata)


def _show(report: dict[str, Any], frame: "pd.DataFrame", to: Outputs) -> None:
    from rich.text import Text

    from clearlstm.cli.forecast_pages import show_written
    from clearlstm.cli.look import WIDTH, console

    screen = console()
    screen.print(Text(report["title"], style="bold"))
    screen.print(f"{report['model']} ({report['made_by']})", *report["data"], sep="\n")
    screen.print()
    screen.print(*report["words"], sep="\n")
    screen.print(f"\nHow to read it: {report['read']}", f"What it can't tell: {report['cannot']}", sep="\n")
    if report["words"] != frame.iloc[:, 0].tolist():
        screen.print()
        typer.echo(frame.head(ROWS).to_string(index=False, float_format="{:.4g}".format, line_width=WIDTH))
        if len(frame) > ROWS:
            screen.print(f"… {len(frame) - ROWS:,} more rows: --output or --json")
    show_written(screen, [path for path in to if path is not None])
