"""How long the audit takes on this machine, from the model to the last figure: a small table.

    python -m benchmarks.audit_time [voice wide small] [--seconds 60]

Each runs in a process of its own, so that the peak of its memory is its own too. Nets have first weights and read
random walks; "voice" has the size of a speaker encoder that is in use (Resemblyzer's).
"""

import argparse
import resource
import subprocess
import sys
import time
from typing import Final, NamedTuple

import numpy as np

import clearlstm as cl


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


def main() -> None:
    """The table, a process for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--one", action="store_true")
    asked = parser.parse_args()
    if asked.one:
        print(row(asked.cases[0], asked.seconds))
        return
    print("| net, sequences × steps × features | s | GB | answers / exchanged / memory / gradient | units estimated |")
    print("|---|--:|--:|--:|--:|")
    for name in asked.cases:
        command = [sys.executable, "-m", "benchmarks.audit_time", name, "--one", "--seconds", str(asked.seconds)]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
