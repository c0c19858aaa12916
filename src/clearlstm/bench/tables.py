"""The results as a table for the terminal and as Markdown for the repository."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from rich.table import Table

from clearlstm.bench.beyond import Finding
from clearlstm.bench.grid import Task
from clearlstm.bench.measure import Measurement
from clearlstm.bench.peers import NEEDS
from clearlstm.kernels import processor_name

TITLES: Final[dict[Task, str]] = {
    "forward": "Forward, everything recorded",
    "all": "Forward + backward, loss on all steps",
    "last": "Forward + backward, loss on the last step only",
}

BEYOND: Final = "Beyond the grid"
FINDING_HEADER: Final = ("", "found", "aim")

AIMS: Final[dict[Task, tuple[float, float]]] = {"forward": (3.0, 1.0), "all": (5.0, 1.2), "last": (5.0, 1.2)}
"""Geometric mean and least ratio that we aim at, by task."""


@dataclass(frozen=True)
class Results:
    """All measurements of one run, and what they were made on."""

    measurements: tuple[Measurement, ...]
    peers: tuple[str, ...]
    n_threads: int
    peak: float
    """Floating-point operations a second of NumPy's own product."""

    findings: tuple[Finding, ...] = ()
    """Beyond the grid."""

    def of(self, task: Task) -> list[Measurement]:
        """The rows of one task."""
        return [measurement for measurement in self.measurements if measurement.task == task]


def geometric_mean(ratios: Sequence[float]) -> float | None:
    """Of ratios; None where there are none."""
    return statistics.geometric_mean(ratios) if ratios else None


def headline(results: Results, task: Task) -> str:
    """One plain sentence: how often we win, by how much, and where we don't."""
    ratios = {m.row.name: ratio for m in results.of(task) if (ratio := m.best_ratio()) is not None}
    if not ratios:
        return f"{TITLES[task]}: no other library is installed to compare with (pip install 'clearlstm[torch]')."
    mean, least = AIMS[task]
    lost = [f"({name}) {ratio:.2f}" for name, ratio in ratios.items() if ratio < 1]
    short = [f"({name}) {ratio:.2f}" for name, ratio in ratios.items() if 1 <= ratio < least]
    parts = [
        f"{TITLES[task]}: {geometric_mean(list(ratios.values())):.1f} times as fast as the best of the others "
        f"(geometric mean; the aim is {mean:g}), at least {min(ratios.values()):.2f} times (the aim is {least:g})."
    ]
    parts += [f"Slower than the best of the others: {'; '.join(lost)}."] if lost else []
    parts += [f"Faster, but short of the aim: {'; '.join(short)}."] if short else []
    return " ".join(parts)


def _cells(results: Results, measurement: Measurement) -> list[str]:
    share = measurement.row.operations(measurement.task) / measurement.seconds["clearlstm"] / results.peak
    times = [_milliseconds(measurement.seconds.get(peer)) for peer in _columns(results, measurement.task)]
    ratio = measurement.best_ratio()
    return [measurement.row.name, *times, "" if ratio is None else f"{ratio:.2f}", f"{share:.0%}"]


def _columns(results: Results, task: Task) -> list[str]:
    able = {peer for measurement in results.of(task) for peer in measurement.seconds}
    return [peer for peer in results.peers if peer in able]


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}"


def terminal_table(results: Results, task: Task) -> Table:
    """For rich's console, 80 columns wide."""
    table = Table(title=TITLES[task], title_justify="left", width=80)
    table.add_column("N T F H")
    for peer in _columns(results, task):
        table.add_column(f"{peer} ms", justify="right")
    table.add_column("ratio", justify="right")
    table.add_column("of peak", justify="right")
    for measurement in results.of(task):
        ratio = measurement.best_ratio()
        table.add_row(*_cells(results, measurement), style="bold red" if ratio is not None and ratio < 1 else "")
    return table


def findings_table(results: Results) -> Table:
    """What the grid doesn't show, 80 columns wide."""
    table = Table(title=BEYOND, title_justify="left", width=80)
    for name in FINDING_HEADER:
        table.add_column(name)
    for finding in results.findings:
        table.add_row(*finding.cells(), style="" if finding.met else "bold red")
    return table


def markdown(results: Results, notes: str = "") -> str:
    """The whole report; ``notes`` are Markdown for its end."""
    tasks = [task for task in TITLES if results.of(task)]
    parts = [
        "# Benchmark\n\nWritten by `clearlstm bench`. A ratio says how many times as long the best of the others "
        "takes: above 1 clearlstm is faster. Only ratios carry over to other machines.\n",
        *(f"- {line}" for line in _circumstances(results)),
        "",
        *(f"- {headline(results, task)}" for task in tasks),
    ]
    for task in tasks:
        columns = [f"{peer} ms" for peer in _columns(results, task)]
        header = ["N T F H", *columns, "ratio", "of sgemm peak"]
        rows = [_cells(results, measurement) for measurement in results.of(task)]
        parts += [f"\n## {TITLES[task]}\n", _line(header), _line(["---", *["---:"] * (len(header) - 1)])]
        parts += [_line(row) for row in rows]
    if results.findings:
        parts += [f"\n## {BEYOND}\n", _line(FINDING_HEADER), _line(["---", "---", "---"])]
        parts += [_line(finding.cells()) for finding in results.findings]
    return "\n".join(parts) + "\n" + (f"\n{notes}" if notes else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _circumstances(results: Results) -> list[str]:
    modules = [module for peer in results.peers for module in NEEDS[peer] if module != "onnx"]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ["clearlstm", "numba", "numpy", *modules])
    return [
        f"Processor: {processor_name()}, {os.cpu_count()} cores; {results.n_threads} threads each",
        f"Peak (NumPy's float32 matrix product, same threads): {results.peak / 1e9:.0f} GFLOP/s",
        f"Versions: {versions}, Python {platform.python_version()}",
        "N sequences, T steps, F features, H hidden units; float32",
        "Each library in its own process, in turns; the median of its best round",
    ]
