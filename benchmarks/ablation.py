"""What each piece of the engine brings: clearlstm timed without it, beside the whole and beside plain Numba.

    python -m benchmarks.ablation               # 7 minutes, 6 GB of memory; writes benchmarks/ABLATION.md
    python -m benchmarks.ablation --quick       # one round of two shapes, printed

A piece is taken away in a copy of the package, by replacing a text in its sources; a text that isn't there exactly once
stops the script. Each copy runs in processes of its own, with its own cache of compiled code. All of them are asked in
turns, in an order that is drawn anew for each turn, and must come to the same results.

Some of it can't be taken away by replacing a few lines: that the update follows each tile while its sums are in the
first-level cache; that the longest sequences are dealt out first (the kernels rely on it to know which rows still run);
and that weights are copied into another layout before they are used. What can be changed is that layout: "strips".
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np

import clearlstm as cl
from clearlstm import kernels
from clearlstm.errors import ClearLSTMWarning
from clearlstm.files import atomic_write
from clearlstm.shapes import FloatArray

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = ROOT / "src" / "clearlstm"
TO: Final = Path(__file__).with_name("ABLATION.md")

ROUNDS: Final = 7
"""Each with new processes, of which each has one turn for each kind of work."""

SECONDS: Final = 0.04
"""The least that a turn measures."""

PAUSE_SECONDS: Final = 0.01
"""Between turns, for the other process's threads to stop waiting for work."""

WORTH_IT: Final = 1.03
"""A piece is worth its code if something takes more than so many times as long without it."""

TOLERANCE: Final = 1e-3
"""Relative, of the mean of what is compared."""


class Work(NamedTuple):
    """N sequences of T steps of F features, H units.

    ``task`` is "training" (loss on all steps), "last" (the same, loss on the last step only) or "forward".
    """

    task: str
    N: int
    T: int
    F: int
    H: int

    @property
    def sizes(self) -> str:
        last = ", last step" if self.task == "last" else ""
        return f"{self.N} {self.T} {self.F} {self.H}{last}"


SHAPES: Final = (
    (1, 50, 1, 8),
    (1, 2000, 1, 64),
    (32, 50, 1, 32),
    (64, 50, 8, 64),
    (64, 100, 8, 128),
    (128, 100, 16, 256),
)
WORKS: Final = (
    *[Work("training", *shape) for shape in SHAPES],
    Work("last", 32, 365, 5, 64),
    *[Work("forward", *shape) for shape in SHAPES],
)
QUICK: Final = tuple(work for work in WORKS if work[1:] in (SHAPES[0], SHAPES[2]))
WARM_UP: Final = (Work("training", *SHAPES[2]), Work("forward", *SHAPES[2]))
"""Enough for all kernels to be compiled and for the workers to be there."""


class Replacement(NamedTuple):
    """Of ``text`` in a file of the package by ``by``."""

    file: str
    text: str
    by: str


WHOLE: Final = "clearlstm, whole"
AGAIN: Final = "the whole once more"
PLAIN: Final = "plain Numba"


def _in(file: str, *pairs: tuple[str, str]) -> tuple[Replacement, ...]:
    return tuple(Replacement(f"kernels/{file}.py", text, by) for text, by in pairs)


PIECES: Final[Mapping[str, tuple[Replacement, ...]]] = {
    "tiles of several rows: one row at a time": (
        *_in(
            "tile",
            ("WIDE_ROWS: Final = 6 if MANY_REGISTERS else 3", "WIDE_ROWS: Final = 1"),
            ("NARROW_ROWS: Final = 8 if MANY_REGISTERS else 6", "NARROW_ROWS: Final = 1"),
        ),
        *_in(
            "steps",
            (
                "ROWS_AT_ONCE = WIDE_ROWS if MANY_REGISTERS else 4 * WIDE_ROWS",
                "ROWS_AT_ONCE = 6 if MANY_REGISTERS else 12",
            ),
        ),
    ),
    "a tile is a function of its own: inlined": _in(
        "tile", ('function.attributes.add("noinline")', 'function.attributes.add("alwaysinline")')
    ),
    "strips: weights row by row": (
        *_in(
            "strips",
            ("store(to, ((p * K + k) * Q + q) * V, numbers, V)", "store(to, ((k * Q + q) * P + p) * V, numbers, V)"),
            ("(c * M + register * V) * width + k", "(register * V * len(turned) + c) * width + k"),
            ("to[at + lane * width] = source", "to[at + lane * len(turned) * width] = source"),
            ("to[at + lane * width] = 0", "to[at + lane * len(turned) * width] = 0"),
        ),
        *_in(
            "steps",
            ("(_, K, Q, V), n_tiles = weights.shape", "(P, K, Q, V), n_tiles = weights.shape"),
            (
                "start(weights), (p * K + k) * Q * V, Q * V, V,",
                "start(weights), (k * Q * P + p) * V, P * Q * V, P * V,",
            ),
            ("first * M, c * M * width", "first * M, c * width"),
            ("start(turned), strip, width, 0,", "start(turned), strip, C * width, 0,"),
            ("start(turned), strip, width, width // 2,", "start(turned), strip, C * width, width // 2,"),
        ),
    ),
    "activations of whole registers: the C library's, one by one": _in(
        "activations",
        ("return y.constant(0).where(y.below(smallest), fraction.fma(power, power))", 'return y.call("llvm.exp")'),
        ('return (e / (e + 2)).call("llvm.copysign", z)', 'return z.call("llvm.tanh")'),
    ),
    "the team: one thread": _in(
        "threads",
        ("return _chosen if _chosen is not None else _from_environment() or available_processors()", "return 1"),
    ),
    "two threads share the units of one long sequence: one has them all": _in(
        "plan", ("return own.shares_units and per_step", "return False and per_step")
    ),
    "workers keep off the caller's processor: anywhere": _in("team", ('if sys.platform != "linux":', "if True:")),
    "weight gradients in groups of sequences: one group": _in(
        "plan", ("MOST_GROUPS: Final = 8", "MOST_GROUPS: Final = 1")
    ),
    "subnormal numbers flushed to 0: kept": _in("subnormals", ("builder.or_(before, before.type(bit))", "before")),
    "the pool of buffers: new memory each time": _in("buffers", ("empty = _pool.empty", "empty = np.empty")),
    "memory that waits with a small call's plan: none": _in("plan", ("FEW: Final = 4", "FEW: Final = 0")),
}
"""What is taken away, and what is there instead."""

VARIANTS: Final[Mapping[str, tuple[Replacement, ...]]] = {WHOLE: (), AGAIN: (), PLAIN: (), **PIECES}


def replaced(source: str, replacement: Replacement) -> str:
    """The source with its text replaced, which must be there exactly once."""
    if (count := source.count(replacement.text)) != 1:
        raise ValueError(f"{replacement.file} has {replacement.text!r} {count} times; once is needed")
    return source.replace(replacement.text, replacement.by)


def copies(folder: Path) -> dict[str, Path]:
    """A folder for each variant, with its package in it; all are made from one copy, since somebody may be editing."""
    whole = folder / "clearlstm"
    shutil.copytree(SOURCES, whole, ignore=shutil.ignore_patterns("__pycache__"))
    folders = {variant: folder / f"variant-{k}" for k, variant in enumerate(VARIANTS)}
    for variant, own in folders.items():
        shutil.copytree(whole, own / "clearlstm")
        for replacement in VARIANTS[variant]:
            path = own / "clearlstm" / replacement.file
            path.write_text(replaced(path.read_text(encoding="utf-8"), replacement), encoding="utf-8")
    return folders


class Process:
    """A variant at work in a process of its own, which sleeps until it is asked."""

    def __init__(self, variant: str, folder: Path) -> None:
        others = ("OPENBLAS_", "OMP_", "NUMBA_", "CLEARLSTM_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        own = {
            "PYTHONPATH": str(folder),
            "CLEARLSTM_CACHE_DIR": str(folder),
            "NUMBA_CACHE_DIR": str(folder),
            "OPENBLAS_NUM_THREADS": "1",  # plain Numba's threads each call BLAS for themselves
        }
        self._variant, self._errors = variant, folder / "errors.txt"
        command = [sys.executable, "-m", "benchmarks.ablation", "--serve", variant]
        with self._errors.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=kept | own, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        if Path(self._answer()) != folder / "clearlstm":
            raise RuntimeError(f"{variant}: another clearlstm than the copy was imported")

    def ask(self, work: Work, seconds: float) -> tuple[float, float]:
        """Seconds that a call takes, and the mean of its results."""
        assert self._process.stdin is not None
        print(json.dumps([work, seconds]), file=self._process.stdin, flush=True)
        taken, mean = self._answer()
        return taken, mean

    def stop(self) -> None:
        self._process.communicate()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise RuntimeError(f"{self._variant}: {self._errors.read_text(encoding='utf-8')}")
        return json.loads(line)


def serve(variant: str) -> None:
    """In a process of its own: say which clearlstm this is, then do what is asked for on standard input."""
    warnings.simplefilter("error", ClearLSTMWarning)  # a variant that doesn't compile would be the slow reference
    print(json.dumps(str(Path(kernels.__file__).parents[1])), flush=True)
    for line in sys.stdin:
        work, seconds = json.loads(line)
        print(json.dumps(timed(call(variant, Work(*work)), seconds)), flush=True)


def call(variant: str, work: Work) -> Callable[[], FloatArray]:
    """The work, which ends in every h (forward) or the gradient by U (training)."""
    _, N, T, F, H = work
    # The gates begin half shut, so gradients by the last step soon fade.
    net, rng = cl.LSTM(F, H, init="uniform", forget_bias=0, seed=0), np.random.default_rng(0)
    x, dh = (rng.standard_normal((N, T, size), dtype=np.float32) for size in (F, H))
    by_last = dh[None, :, -1].copy()
    if work.task == "last":
        dh[:, :-1] = 0
    if variant == PLAIN:
        return _plain(work.task, net, x, dh)
    by_name = {
        "forward": lambda: net(x).h,
        "training": lambda: net.backward(net.trace(x), dh, need_dx=False).parameters["layer0.forward.U"],
        "last": lambda: net.backward(net.trace(x), None, (by_last, None), need_dx=False).parameters["layer0.forward.U"],
    }
    return by_name[work.task]


def _plain(task: str, net: Any, x: FloatArray, dh: FloatArray) -> Callable[[], FloatArray]:
    import numba

    from benchmarks import plain_numba

    W, U, b = net.parameters.values()
    n_blocks = min(len(x), numba.get_num_threads())

    def train() -> FloatArray:
        gates, c, h = plain_numba.forward(x, W, U, b, n_blocks)
        dU: FloatArray = plain_numba.backward(x, U, gates, c, h, dh, n_blocks)[1]
        return dU

    return train if task != "forward" else lambda: plain_numba.forward(x, W, U, b, n_blocks)[2]


def timed(work: Callable[[], FloatArray], seconds: float) -> tuple[float, float]:
    """The lower quartile over some calls, and the mean of the results' sizes."""
    mean = float(np.abs(work()).mean())
    times: list[float] = []
    while not times or sum(times) < seconds:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return lower_quartile(times), mean


def lower_quartile(values: Sequence[float]) -> float:
    """What a quarter of the values lie below: disturbances only ever make times longer."""
    return sorted(values)[len(values) // 4]


@contextlib.contextmanager
def processes(folders: Mapping[str, Path]) -> Iterator[dict[str, Process]]:
    """All variants, each warmed up."""
    started: dict[str, Process] = {}

    def start(variant: str) -> None:
        started[variant] = Process(variant, folders[variant])
        for work in WARM_UP:
            started[variant].ask(work, 0)

    try:
        with ThreadPoolExecutor(os.cpu_count()) as several:
            list(several.map(start, folders))
        yield started
    finally:
        for process in started.values():
            process.stop()


def measured(works: Sequence[Work], rounds: int) -> dict[tuple[str, Work], float]:
    """Seconds of each variant and kind of work: the lower quartile over all rounds."""
    seconds: dict[tuple[str, Work], list[float]] = defaultdict(list)
    means: dict[Work, float] = {}
    with TemporaryDirectory() as temporary:
        folders = copies(Path(temporary).resolve())
        for number in range(rounds):
            with processes(folders) as running:
                for variant, work in in_turns(works, seed=number):
                    time.sleep(PAUSE_SECONDS)
                    taken, mean = running[variant].ask(work, SECONDS)
                    if abs(mean / means.setdefault(work, mean) - 1) > TOLERANCE:
                        raise RuntimeError(f"{variant}, {work}: another result than that of the variants before it")
                    seconds[variant, work].append(taken)
    return {key: lower_quartile(values) for key, values in seconds.items()}


def in_turns(works: Sequence[Work], seed: int) -> Iterator[tuple[str, Work]]:
    """All variants for each kind of work, each time in another order."""
    rng = np.random.default_rng(seed)
    for work in works:
        for variant in rng.permutation(list(VARIANTS)).tolist():
            yield variant, work


def page(seconds: Mapping[tuple[str, Work], float], works: Sequence[Work], rounds: int) -> str:
    """The whole file."""
    ratios = {(name, work): seconds[name, work] / seconds[WHOLE, work] for name in VARIANTS for work in works}
    most = {name: max(ratios[name, work] for work in works) for name in VARIANTS}
    limit, machine = max(WORTH_IT, most[AGAIN]), kernels.this_machine()
    width = machine.target.register_bits if machine.target else 0
    lines = [
        "# What each piece of the engine brings",
        "",
        "How many times as long a pass takes without it. Each row names a piece and, after the colon, what is there",
        f"instead; it was taken away in a copy of the sources, alone. Lower quartile over {rounds} rounds of turns,",
        "each in new processes. Written by `python -m benchmarks.ablation`, which says what could not be taken away.",
        "",
        f"A piece is worth its code if something takes more than {limit:.2f} times as long without it (bold): more",
        f'than {WORTH_IT}, and more than chance does, which is the row "{AGAIN}". ✗ marks a piece that is not.',
        f'"{PLAIN}" is `benchmarks/plain_numba.py`.',
        "",
        f"Machine: {kernels.processor_name()}, {machine.threads} threads, registers of {width} bits; float32.",
    ]
    titles = {
        "Training: forward and backward, loss on all steps": ("training", "last"),
        "Forward: the answers alone (plain Numba always records)": ("forward",),
    }
    for title, tasks in titles.items():
        some = [work for work in works if work.task in tasks]
        lines += ["", f"## {title}", ""]
        lines += ["| (N, T, F, H) | " + " | ".join(work.sizes for work in some) + " |", "|---|" + "--:|" * len(some)]
        lines += [f"| {WHOLE}, ms | " + " | ".join(f"{1000 * seconds[WHOLE, work]:.3g}" for work in some) + " |"]
        for name in (AGAIN, PLAIN, *PIECES):
            cells = [_cell(ratios[name, work], limit if name in PIECES else np.inf) for work in some]
            mark = " ✗" if name in PIECES and most[name] <= limit else ""
            lines.append(f"| {name}{mark} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(ratio: float, limit: float) -> str:
    return f"**{ratio:.2f}**" if ratio > limit else f"{ratio:.2f}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Time clearlstm without each of its engine's pieces.")
    parser.add_argument("--quick", action="store_true", help="one round of two shapes, printed only")
    parser.add_argument("--serve", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
    elif options.quick:
        print(page(measured(QUICK, 1), QUICK, 1))
    else:
        text = page(measured(WORKS, ROUNDS), WORKS, ROUNDS)
        with atomic_write(TO) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        print(text)


if __name__ == "__main__":
    main()
