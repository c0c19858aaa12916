"""``clearlstm bench``: this machine, clearlstm beside the other libraries, in one run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clearlstm.cli.look import console
from clearlstm.errors import InputError

if TYPE_CHECKING:
    from clearlstm.bench.tables import Results


def bench(
    output: Annotated[Path | None, typer.Option(help="Also write the results to this file, as Markdown.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A few small shapes and short timing: under a minute.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads for every library; default: all there are.")
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(help="A Markdown file to put at the end of --output.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Time this machine: clearlstm beside torch, ONNX Runtime and OpenVINO, where they are installed.

    Forward, forward with everything recorded, and forward with backward, over shapes from one short sequence to a full
    load, and one second of sound; beside them, what this processor could do at best. Then a loop over single cells,
    single streaming steps, start times, and memory. All of it takes about six minutes; leave the machine alone
    meanwhile.
    """
    if output is not None and not output.parent.is_dir():
        raise InputError(f"{output.parent} is no folder: make it first, or give --output another place")
    from clearlstm.bench.tables import findings_table, headline, markdown, sound_table, terminal_table

    results = _run(quick, threads)
    screen = console()
    tables = [terminal_table(results, task) for task in results.tasks]
    tables += [sound_table(results)] if results.sound() else []
    for table in (*tables, findings_table(results)):
        screen.print(table)
        screen.print()
    for task in results.tasks:
        screen.print(headline(results, task))
    if output is not None:
        from clearlstm.files import atomic_write

        with atomic_write(output) as temporary:
            text = "" if notes is None else notes.read_text(encoding="utf-8")
            temporary.write_text(markdown(results, text), encoding="utf-8", newline="\n")
        screen.print(f"written to {output}")


def _run(quick: bool, threads: int | None) -> "Results":
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from clearlstm.bench.beyond import beyond_the_grid
    from clearlstm.bench.grid import GRID, QUICK
    from clearlstm.bench.limits import measured_limits
    from clearlstm.bench.measure import Effort, measure
    from clearlstm.bench.peers import installed_peers
    from clearlstm.bench.tables import Results
    from clearlstm.kernels import get_num_threads

    n_threads, peers, rows = threads or get_num_threads(), installed_peers(), QUICK if quick else GRID
    effort, repeats = (Effort(rounds=3, seconds=0.03), 8) if quick else (Effort(), 30)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        bar = progress.add_task("limits", total=sum(len(row.tasks) for row in rows))
        before = measured_limits(n_threads, repeats)
        done = []
        for measurement in measure(rows, peers, n_threads, effort):
            done.append(measurement)
            progress.update(bar, advance=1, description=measurement.row.name)
        progress.update(bar, description="limits")
        limits = before.better(measured_limits(n_threads, repeats))
        progress.update(bar, description="beyond the grid")
        findings = tuple(beyond_the_grid(n_threads, quick=quick))
    return Results(tuple(done), tuple(peers), limits, findings)
