"""``clearlstm check``: is this machine right? What to run first when numbers look odd, and to put into a report."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from clearlstm.cli.look import console
from clearlstm.cli.running import FAULT

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from clearlstm.check.all_checks import Report
    from clearlstm.check.machine import Facts
    from clearlstm.kernels import Machine


def check(
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="One JSON object: all_right, failed (names), advice, bits_promised, no_promise (why), seconds, "
            "facts (versions, system, processor, settings, kernels), "
            "checks (name, status, measured, limit, where).",
        ),
    ] = False,
) -> None:
    """Is this machine right? Kernels against the reference, the golden bits, versions, threads.

    Run it first when numbers look odd, and put all that it prints into a report of a bug. It takes some seconds, a
    minute where the kernels have not been compiled yet, and leaves no file but the compiled kernels. If something is
    wrong, the first line says what, and the exit code is 1.

    The golden bits are what every processor with fused multiply-add must compute, to the last bit. On others, and
    without compiled kernels, they are not promised, and the kernels are held to their tolerances alone.
    """
    with console(stderr=True).status("checking this machine"):
        from clearlstm.check.all_checks import run

        report = run()
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=1, allow_nan=False))
    else:
        _show(console(), report)
    if report.failed:
        raise typer.Exit(FAULT)


def _show(screen: "Console", report: "Report") -> None:
    """The verdict, what else failed and what to do about it, then all that was looked at."""
    screen.print(report.verdict, style="bold red" if report.failed else "bold", soft_wrap=True)
    for result in report.failed[1:]:
        screen.print(f"FAILED: {result.sentence}", soft_wrap=True)
    for line in report.advice():
        screen.print(f"try: {line}", soft_wrap=True)
    if report.no_promise:
        screen.print(report.no_promise)
    screen.print()
    screen.print(_facts(report.facts))
    screen.print()
    screen.print(_results(report))


def _facts(facts: "Facts") -> "Table":
    machine, versions = facts.kernels, dict(facts.versions)
    table = _table("", "")
    table.add_row("clearlstm", f"{versions.pop('clearlstm')}, Python {versions.pop('Python')}")
    table.add_row("with", ", ".join(f"{name} {version}" for name, version in versions.items()))
    table.add_row("system", facts.system)
    table.add_row("processor", f"{facts.processor}, {machine.processors} to use")
    table.add_row("kernels", _kernels(machine))
    table.add_row("threads", str(machine.threads))
    table.add_row("cache", _cache(machine))
    table.add_row("settings", "\n".join(f"{name}={value}" for name, value in facts.settings.items()) or "none")
    return table


def _kernels(machine: "Machine") -> str:
    if machine.target is None:
        return f"the reference answers: {machine.why_reference}"
    target = machine.target
    fused = "fused multiply-add" if target.fused else "no fused multiply-add"
    forced = ", as the environment says" if target.forced else ""
    return f"compiled for {target.processor}{forced}: registers of {target.register_bits} bits, {fused}"


def _cache(machine: "Machine") -> str:
    if machine.cache is None:
        return "none"
    if machine.cache.folder is None:
        return f"none: {machine.cache.reason}"
    unwritable = "" if machine.cache.writable else ", can't be written to"
    return f"{machine.cache.folder}, {machine.cache.bytes / 1e6:.1f} MB{unwritable}"


def _results(report: "Report") -> "Table":
    from clearlstm.check.result import shown

    table = _table("check", "", "measured", "right is")
    for result in report.results:
        at_most = "" if isinstance(result.limit, str) else "at most "
        status = "" if result.status == "passed" else result.status.replace("failed", "FAILED")
        table.add_row(result.name, status, shown(result.measured), at_most + shown(result.limit))
    return table


def _table(*columns: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
