"""The results as a table for the terminal and as Markdown for the repository."""

import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from rich import box
from rich.table import Table

from clearlstm.bench.beyond import Finding
from clearlstm.bench.grid import SAMPLES_A_SECOND, SOUND, TASKS, Task
from clearlstm.bench.limits import Limits, Rate, attainable
from clearlstm.bench.measure import OWN, Measurement
from clearlstm.bench.peers import NEEDS
from clearlstm.kernels import processor_name
from clearlstm.kernels.machine import this_machine

TITLES: Final[dict[Task, str]] = {
    "forward": "Forward, answers only",
    "trace": "Forward, everything recorded",
    "all": "Forward + backward, loss on all steps",
    "last": "Forward + backward, loss on the last step only",
}

SOUND_TITLE: Final = "One second of sound"
BEYOND: Final = "Beyond the grid"
FINDING_HEADER: Final = ("", "found", "aim")

RATIO_AIM: Final = 1.0
"""Against the best of the others, every row: never slower."""

TRACE_AIM: Final = 1.1
"""The most times that a trace takes as long as our own forward pass."""

SHARE_AIM: Final = 0.75
"""Of the time taken, how much is to be attainable time, every row."""


@dataclass(frozen=True)
class Results:
    """All measurements of one run, and what they were made on."""

    measurements: tuple[Measurement, ...]
    peers: tuple[str, ...]
    limits: Limits
    findings: tuple[Finding, ...] = ()
    """Beyond the grid."""

    @property
    def tasks(self) -> list[Task]:
        """Those that were timed."""
        return [task for task in TASKS if self.of(task)]

    def of(self, task: Task) -> list[Measurement]:
        """The rows of one task."""
        return [measurement for measurement in self.measurements if measurement.task == task]

    def columns(self, task: Task) -> list[str]:
        """The libraries that did a task."""
        able = {peer for measurement in self.of(task) for peer in measurement.seconds}
        return [peer for peer in self.peers if peer in able]

    def share(self, measurement: Measurement) -> float:
        """Of the time taken, how much the processor needs at least."""
        return attainable(measurement.row, measurement.task, self.limits) / measurement.seconds[OWN]

    def peak_share(self, measurement: Measurement) -> float:
        """The products' operations a second, of those that NumPy's product reaches."""
        operations = measurement.row.operations(measurement.task)
        return operations / measurement.seconds[OWN] / self.limits.operations.all

    def sound(self) -> list[Measurement]:
        """The rows that are a second of sound."""
        return [measurement for measurement in self.of("forward") if measurement.row in SOUND]


def headline(results: Results, task: Task) -> str:
    """In plain sentences: how we stand against the others, and against what the processor can do."""
    against = _against_forward(results) if task == "trace" else _against_others(results, task)
    return f"{TITLES[task]}: {against} {_against_limits(results, task)}"


def _against_others(results: Results, task: Task) -> str:
    ratios = {m.row.name: ratio for m in results.of(task) if (ratio := m.best_ratio()) is not None}
    if not ratios:
        return "no other library is installed to compare with (pip install 'clearlstm[torch]')."
    lost = [f"({name}) {ratio:.2f}" for name, ratio in ratios.items() if ratio < RATIO_AIM]
    mean = statistics.geometric_mean(ratios.values())
    said = (
        f"{mean:.1f} times as fast as the best of the others (geometric mean), at least {min(ratios.values()):.2f} "
        f"times (the aim is {RATIO_AIM:g})."
    )
    return f"{said} Slower than the best of the others: {'; '.join(lost)}." if lost else said


def _against_forward(results: Results) -> str:
    times = {m.row.name: ratio for m in results.of("trace") if (ratio := m.times_as_long()) is not None}
    above = [f"({name}) {ratio:.2f}" for name, ratio in times.items() if ratio > TRACE_AIM]
    said = f"at most {max(times.values()):.2f} times as long as forward (the aim is {TRACE_AIM:g})."
    return f"{said} Above the aim: {'; '.join(above)}." if above else said


def _against_limits(results: Results, task: Task) -> str:
    shares = {m.row.name: results.share(m) for m in results.of(task)}
    least = min(shares, key=lambda name: shares[name])
    reached = sum(share >= SHARE_AIM for share in shares.values())
    return (
        f"The attainable time is at least {shares[least]:.0%} of ours, at ({least}); {reached} of {len(shares)} rows "
        f"are at {SHARE_AIM:.0%} or more (the aim is every row)."
    )


def _header(results: Results, task: Task, unit: str = " ms") -> list[str]:
    times = [f"{peer}{unit}" for peer in results.columns(task)]
    rest = ["times as long as forward"] if task == "trace" else ["ratio", "of sgemm peak"]
    return ["N T F H", *times, *rest, "of attainable"]


def _cells(results: Results, measurement: Measurement) -> list[str]:
    task = measurement.task
    times = [_milliseconds(measurement.seconds.get(peer)) for peer in results.columns(task)]
    if task == "trace":
        rest = [_number(measurement.times_as_long())]
    else:
        rest = [_number(measurement.best_ratio()), f"{results.peak_share(measurement):.0%}"]
    return [measurement.row.name, *times, *rest, f"{results.share(measurement):.0%}"]


def _missed(measurement: Measurement) -> bool:
    """Whether another library is faster, or recording too slow."""
    if measurement.task == "trace":
        return (measurement.times_as_long() or 0) > TRACE_AIM
    return (measurement.best_ratio() or math.inf) < RATIO_AIM


def _number(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}"


def _sound_header(results: Results) -> list[str]:
    return ["units H", *results.columns("forward")]


def _sound_cells(results: Results, measurement: Measurement) -> list[str]:
    """The real-time factor of each library: seconds of sound in a second of computing."""
    factors = {peer: measurement.row.T / SAMPLES_A_SECOND / taken for peer, taken in measurement.seconds.items()}
    times = [_times(factors[peer]) if peer in factors else "" for peer in results.columns("forward")]
    return [str(measurement.row.H), *times]


def _times(factor: float) -> str:
    return f"{factor:,.0f} ×" if factor >= 100 else f"{factor:.3g} ×"


def terminal_table(results: Results, task: Task) -> Table:
    """For rich's console, 80 columns wide."""
    rows = [(_cells(results, one), "bold red" if _missed(one) else "") for one in results.of(task)]
    return _table(f"{TITLES[task]}; in ms", _header(results, task, unit=""), rows)


def sound_table(results: Results) -> Table:
    """How many times as fast as real time, 80 columns wide."""
    title = f"{SOUND_TITLE}: times real time at {SAMPLES_A_SECOND // 1000} kHz"
    return _table(title, _sound_header(results), [(_sound_cells(results, one), "") for one in results.sound()])


def findings_table(results: Results) -> Table:
    """What the grid doesn't show, 80 columns wide."""
    rows = [(finding.cells(), "" if finding.met else "bold red") for finding in results.findings]
    return _table(BEYOND, FINDING_HEADER, rows, numbers=False)


def _table(
    title: str, header: Sequence[str], rows: Sequence[tuple[Sequence[str], str]], *, numbers: bool = True
) -> Table:
    """Rows and their styles; ``numbers`` stand to the right, in all columns but the first."""
    table = Table(title=title, title_justify="left", width=80, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.padding = (0, 0) if numbers else (0, 1)
    for k, name in enumerate(header):
        table.add_column(name, justify="right" if k and numbers else "left")
    for cells, style in rows:
        table.add_row(*cells, style=style)
    return table


def markdown(results: Results, notes: str = "") -> str:
    """The whole report; ``notes`` are Markdown for its end."""
    parts = [
        "# Benchmark\n\nWritten by `clearlstm bench`. A ratio says how many times as long the best of the others "
        'takes: above 1 clearlstm is faster. "Of attainable" is the time that the row\'s products, activations and '
        "steps' waits need at this processor's own limits, divided by the time taken. Only ratios carry over to other "
        "machines.\n",
        *(f"- {line}" for line in _circumstances(results)),
        "",
        *(f"- {headline(results, task)}" for task in results.tasks),
    ]
    for task in results.tasks:
        rows = [_cells(results, measurement) for measurement in results.of(task)]
        parts += [f"\n## {TITLES[task]}\n", *_lines(_header(results, task), rows)]
        if task == "forward" and results.sound():
            said = f"How many seconds of sound, {SAMPLES_A_SECOND:,} steps each, a second of computing makes:"
            rows = [_sound_cells(results, measurement) for measurement in results.sound()]
            parts += [f"\n## {SOUND_TITLE}\n\n{said}\n", *_lines(_sound_header(results), rows)]
    if results.findings:
        rows = [finding.cells() for finding in results.findings]
        parts += [f"\n## {BEYOND}\n", *_lines(FINDING_HEADER, rows, "---")]
    return "\n".join(parts) + "\n" + (f"\n{notes}" if notes else "")


def _lines(header: Sequence[str], rows: Sequence[Sequence[str]], rule: str = "---:") -> list[str]:
    """A table in Markdown; ``rule`` stands below every name but the first."""
    return [_line(header), _line(["---", *[rule] * (len(header) - 1)]), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _circumstances(results: Results) -> list[str]:
    modules = [module for peer in results.peers for module in NEEDS[peer] if module != "onnx"]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ["clearlstm", "numba", "numpy", *modules])
    limits = results.limits
    return [
        f"Processor: {processor_name()}, {os.cpu_count()} cores; {limits.n_threads} threads each",
        f"Registers that the kernels use: {_registers()}",
        f"Products (NumPy's float32 matrix product): {_rates(limits.operations, limits.n_threads, 'GFLOP/s')}",
        f"sigmoid and tanh (three to two): {_rates(limits.activations, limits.n_threads, 'a nanosecond')}",
        f"One step's chain (sigmoid, then tanh): {limits.link_seconds * 1e9:.0f} ns",
        f"Versions: {versions}, Python {platform.python_version()}",
        "N sequences, T steps, F features, H hidden units; float32",
        "Each library in its own process, in turns; the median of its best round",
    ]


def _rates(rate: Rate, n_threads: int, unit: str) -> str:
    """In thousand millions a second, which are as many a nanosecond."""
    if n_threads == 1:
        return f"{rate.all / 1e9:.3g} {unit} on 1 thread"
    return f"{rate.all / 1e9:.3g} {unit} on {n_threads} threads, {rate.one / 1e9:.3g} on one"


def _registers() -> str:
    """How wide they are, and what the processor's makers call that."""
    target = this_machine().target
    if target is None:
        return "none, as there is no compiled code here"
    narrow = "NEON" if platform.machine().lower() in ("arm64", "aarch64") else "SSE2"
    name = {512: "AVX-512", 256: "AVX2"}.get(target.register_bits, narrow)
    fused = "" if target.fused else ", without fused multiply-add"
    return f"{target.register_bits} bits ({name}{fused})" + (", forced by the environment" if target.forced else "")
