"""How long the audit takes, from the model to the last figure, and the gradient flow of a wide layer.

    python -m benchmarks.audit_time                                   # writes AUDIT.md
    python -m benchmarks.audit_time small voice --seconds 30          # some cases, printed only

Each runs in a process of its own, so that the peak of its memory is its own too. Nets have first weights and read
random walks; "voice" has the size of a speaker encoder that is in use (Resemblyzer's).
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

import clearlstm as cl
from clearlstm.files import atomic_write
from clearlstm.kernels import processor_name

RESULTS: Final = Path(__file__).with_name("AUDIT.md")
LAGS: Final = (1, 10, 100)
FLOW: Final = "flow"
HEADER: Final = """| net, sequences × steps × features | s | GB | looked at | units estimated |
|---|--:|--:|--:|--:|"""


class Case(NamedTuple):
    """A net and its data: layers of units on N sequences of T steps of F features, and M answers."""

    layers: int
    units: int
    N: int
    T: int
    F: int
    M: int


CASES: Final = {
    "small": Case(2, 64, 1000, 100, 1, 1),
    "voice": Case(3, 256, 189, 160, 40, 256),
    "wide": Case(1, 1024, 64, 1000, 8, 1),
}


def row(name: str, seconds: float) -> str:
    """A row of the table: measured here and now."""
    case = CASES[name]
    net = cl.LSTM(case.F, case.units, case.layers, seed=0)
    model = cl.Network(net, head=case.M, seed=0)
    x = np.random.default_rng(0).normal(size=(case.N, case.T, case.F)).cumsum(axis=1) / 8
    start = time.perf_counter()
    facts = cl.audit(model, x.astype(np.float32), seconds=seconds).facts
    taken, samples = time.perf_counter() - start, facts.samples
    estimated = 0 if facts.units is None else int(facts.units["first_order"].sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    looked = f"{samples.answers:,} / {samples.exchanged} / {samples.units} / {samples.gradient}"
    size = f"{case.layers} × {case.units}, {case.N:,} × {case.T:,} × {case.F}"
    return f"| {size} | {taken:.1f} | {peak:.2f} | {looked} | {estimated:,} |"


def flow_row() -> str:
    """The row of the gradient flow over three lags of the wide case."""
    case = CASES["wide"]
    x = np.random.default_rng(0).normal(size=(case.N, case.T, case.F)).cumsum(axis=1) / 8
    layer = cl.LSTM(case.F, case.units, seed=0).trace(x.astype(np.float32)).layer(0)
    start = time.perf_counter()
    cl.gradient_flow(layer, lags=LAGS)
    taken, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    size = f"{case.units} units, {case.N} × {case.T:,}"
    return f"| `gradient_flow(layer, lags={LAGS})`, {size} | {taken:.1f} | {peak:.2f} | | |"


def page(rows: Sequence[str], seconds: float) -> str:
    """The table and where it was measured."""
    return f"""# How long the audit takes

Written by `python -m benchmarks.audit_time` on {processor_name()}, {os.cpu_count()} cores, clearlstm
{version("clearlstm")}. `cl.audit(model, x, seconds={seconds:g})`: nets with first weights on random walks, one process
each, once; the peak of memory is the process's. "Looked at": sequences for the answers, with parts exchanged, for
memory, for the gradient. Units that are estimated were judged by slopes, without a run.

{HEADER}
{chr(10).join(rows)}
"""


def main() -> None:
    """The table, a process for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--one", action="store_true")
    options = parser.parse_args()
    if options.one:
        print(flow_row() if options.cases == [FLOW] else row(options.cases[0], options.seconds))
        return
    rows = []
    for name in options.cases or [*CASES, FLOW]:
        command = [sys.executable, "-m", "benchmarks.audit_time", name, "--one", "--seconds", str(options.seconds)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        rows.append(done.stdout.strip())
        print(rows[-1], flush=True)
    if not options.cases:
        with atomic_write(RESULTS) as temporary:
            temporary.write_text(page(rows, options.seconds), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
