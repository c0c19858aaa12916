"""``clearlstm lab``: the lab in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from clearlstm.errors import InputError, MissingExtraError


def lab(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port on 127.0.0.1. [default: one that is free]")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where checkpoints of unfinished training stay. [default: a temporary folder]"),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the lab to this HTML file instead, and end. It needs no server: send it, or host it."),
    ] = None,
) -> None:
    """The lab: see an LSTM at work in the browser, train on your own data, open your own model.

    The page is served on this machine alone, to whoever has the link that is printed. Nothing is sent or loaded from
    elsewhere. Ctrl-C closes the lab and stops its work; unfinished training leaves checkpoints, and with the same
    --folder, the same data and the same choices it goes on from there.

    --export lab.html writes rooms 1 to 5 and the tour as one file that works offline and from any web space. Room 6
    needs the running lab.
    """
    if export is not None:
        if port is not None or folder is not None:
            raise InputError("--export writes a file and opens no lab: leave out --port and --folder, or --export")
        _write(export)
        return
    try:
        from clearlstm.lab import launch
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        raise MissingExtraError(
            "the lab needs starlette and uvicorn, which aren't installed: pip install 'clearlstm[lab]'"
        ) from error

    with launch.listen(port) as listener:
        ready = launch.prepare(listener, folder)
        typer.echo(f"The lab is open at {ready.link}\nCtrl-C closes it.")
        if browser:
            launch.open_browser(ready)
        kept = launch.serve(ready, listener)
    typer.echo("The lab is closed.")
    if kept is not None:
        typer.echo(
            f"Unfinished training is kept in {kept}: clearlstm lab --folder {kept}, the same data and the same choices "
            "go on from there."
        )


def _write(page: Path) -> None:
    """The lab as one file, in the place of none but an older one."""
    from clearlstm.data.files import check_writable
    from clearlstm.report.page import lab_page
    from clearlstm.report.page_file import is_report, write_page

    check_writable(page, (".html", ".htm"))
    if page.exists() and not is_report(page):
        raise InputError(f"{page} is there already and is not a page of clearlstm's: name another with --export")
    write_page(lab_page(), page)
    typer.echo(f"Written: {page}")
