"""``clearlstm lab``: the lab in the browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clearlstm.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from clearlstm.report.language import Language


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
    language: Annotated[
        Path | None, typer.Option(help="The file of a translation, such as de.json. [default: English]")
    ] = None,
    translate: Annotated[
        Path | None,
        typer.Option(help="Begin this file of a translation, or bring it up to date, and end: de.json for German."),
    ] = None,
) -> None:
    """The lab: see an LSTM at work in the browser, train on your own data, open your own model.

    The page is served on this machine alone, to whoever has the link that is printed. Nothing is sent or loaded from
    elsewhere. Ctrl-C closes the lab and stops its work; unfinished training leaves checkpoints, and with the same
    --folder, the same data and the same choices it goes on from there.

    --export lab.html writes rooms 1 to 5 and the tour as one file that works offline and from any web space. Room 6
    needs the running lab.

    --translate de.json writes every text of the page beside an empty place for its translation, and --language de.json
    shows the page with those that are filled in.
    """
    if translate is not None:
        if any(choice is not None for choice in (port, folder, export, language)):
            raise InputError("--translate writes the file of a translation and opens no lab: give it alone")
        _translate(translate)
        return
    chosen = _read(language)
    if export is not None:
        if port is not None or folder is not None:
            raise InputError("--export writes a file and opens no lab: leave out --port and --folder, or --export")
        _write(export, chosen)
        return
    _serve(port, folder, chosen, browser=browser)


def _serve(port: int | None, folder: Path | None, language: "Language", *, browser: bool) -> None:
    """The running lab, until it is closed."""
    try:
        from clearlstm.lab import launch
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        raise MissingExtraError(
            "the lab needs starlette and uvicorn, which aren't installed: pip install 'clearlstm[lab]'"
        ) from error

    with launch.listen(port) as listener:
        ready = launch.prepare(listener, folder, language=language)
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


def _translate(path: Path) -> None:
    from clearlstm.report.language import update_translation

    every, missing, unused = update_translation(path)
    kept = f"; {unused:,} that it doesn't say any more are kept at the end" if unused else ""
    typer.echo(f"Written: {path}. Of {every:,} texts of the page, {missing:,} have no translation yet{kept}.")


def _read(path: Path | None) -> "Language":
    from clearlstm.report.language import ENGLISH, read_language

    if path is None:
        return ENGLISH
    language = read_language(path)
    typer.echo(f"{path}: {language.coverage()}.")
    return language


def _write(page: Path, language: "Language") -> None:
    """The lab as one file, in the place of none but an older one."""
    from clearlstm.data.files import check_writable
    from clearlstm.report.page import lab_page
    from clearlstm.report.page_file import is_report, write_page

    check_writable(page, (".html", ".htm"))
    if page.exists() and not is_report(page):
        raise InputError(f"{page} is there already and is not a page of clearlstm's: name another with --export")
    write_page(lab_page(language=language), page)
    typer.echo(f"Written: {page}")
