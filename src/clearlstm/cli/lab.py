"""``clearlstm lab``: the lab in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from clearlstm.errors import MissingExtraError


def lab(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port on 127.0.0.1. [default: one that is free]")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where checkpoints of unfinished training stay. [default: a temporary folder]"),
    ] = None,
) -> None:
    """The lab: see an LSTM at work in the browser, train on your own data, open your own model.

    The page is served on this machine alone, to whoever has the link that is printed. Nothing is sent or loaded from
    elsewhere. Ctrl-C closes the lab and stops its work; unfinished training leaves checkpoints, and with the same
    --folder, the same data and the same choices it goes on from there.
    """
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
