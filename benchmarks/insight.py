"""What it costs to look inside: traces, ledgers, attributions, gradient flow and the audit, beside what else there is.

    python benchmarks/insight.py            # writes INSIGHT.md
    python benchmarks/insight.py --quick    # a few rounds, printed only

Needs torch, and captum for its row (``pip install --no-deps captum==0.8.0``; without it the page says so). Each part
runs in a process of its own, its calls in turns, every library with the same number of threads.
"""

import argparse
import contextlib
import multiprocessing
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.bench.measure import PAUSE_SECONDS, without_misleading_settings
from clearlstm.files import atomic_write
from clearlstm.kernels import get_num_threads, processor_name

RESULTS: Final = Path(__file__).with_name("INSIGHT.md")
ROUNDS: Final = 15
SLOW_ROUNDS: Final = 5
QUICK_ROUNDS: Final = 2

N, T, F, H = 64, 365, 8, 64
"""Of the traces: sequences, steps, features, units."""

POINTS: Final = 64
"""On each path of the integrated gradients, for both libraries."""

EXPLAINED: Final = (32, 100, 4)
FLOW: Final = (16, 100, 4)
AUDITED: Final = (1000, 100, 4)
LAGS: Final = (1, 2, 5, 10, 20, 50, 99)

Calls = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Measured:
    """Median seconds of each call, and what else a part has to say."""

    seconds: dict[str, float]
    remark: str = ""


def looking(rounds: int) -> Measured:
    """A pass that records nothing, one that records everything, the last memory's ledger, and loops over cells."""
    import torch

    from clearlstm import LSTM
    from clearlstm.insight.ledger import ledger

    net, x = LSTM(F, H, seed=0), _normal(N, T, F)
    layer, again = net.trace(x).layer(0), net.trace(x)
    cell = torch.nn.LSTMCell(F, H)
    steps = torch.from_numpy(x).unbind(1)
    calls: Calls = {
        "forward": lambda: net.final_state(x),
        "trace": lambda: net.trace(x),
        "trace again": lambda: net.trace(x, out=again),
        "ledger": lambda: ledger(layer),
        "cell loop": lambda: _cell_loop(cell, steps),
        "gate loop": lambda: _gate_loop(cell, steps),
    }
    return Measured(_in_turns(calls, rounds))


def _cell_loop(cell: Any, steps: Any) -> object:
    """``torch.nn.LSTMCell`` step by step; it gives h and c, but no gates."""
    import torch

    state, states = None, []
    with torch.inference_mode():
        for x_t in steps:
            state = cell(x_t, state)
            states.append(state)
        return [torch.stack(part, 1) for part in zip(*states, strict=True)]


def _gate_loop(cell: Any, steps: Any) -> object:
    """The cell's own equations written out, for the gates that it keeps to itself."""
    import torch

    linear = torch.nn.functional.linear
    h = c = torch.zeros(len(steps[0]), cell.hidden_size)
    kept = []
    with torch.inference_mode():
        for x_t in steps:
            z = linear(x_t, cell.weight_ih, cell.bias_ih) + linear(h, cell.weight_hh, cell.bias_hh)
            z_i, z_f, z_g, z_o = z.chunk(4, dim=-1)
            i, f, g, o = torch.sigmoid(z_i), torch.sigmoid(z_f), torch.tanh(z_g), torch.sigmoid(z_o)
            c = f * c + i * g
            h = o * torch.tanh(c)
            kept.append((f, i, g, o, c, h))
        return [torch.stack(part, 1) for part in zip(*kept, strict=True)]


def attributing(rounds: int) -> Measured:
    """Integrated gradients of one answer by Gauss and Legendre's rule, same points, same baseline of zeros."""
    import torch

    from clearlstm.insight.attribution.attribute import attribute

    model, x = _model(EXPLAINED[2]), _normal(*EXPLAINED)

    def ours() -> npt.NDArray[np.floating[Any]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the points are fixed here, whatever the gap
            return attribute(model, x, baseline="zero", points=POINTS, max_points=POINTS).values

    if find_spec("captum") is None:
        return Measured(_in_turns({"attribution": ours}, rounds), "captum isn't installed here.")
    from captum.attr import IntegratedGradients

    explainer, inputs = IntegratedGradients(model.to_torch().eval()), torch.from_numpy(x)

    def captum(at_once: int | None) -> Any:
        return explainer.attribute(
            inputs, baselines=0.0, target=0, n_steps=POINTS, method="gausslegendre", internal_batch_size=at_once
        )

    wanted, found = captum(None).detach().numpy(), ours()
    apart = np.abs(found - wanted).max() / np.abs(wanted).max()
    calls: Calls = {"attribution": ours, "captum": lambda: captum(None), "captum in pieces": lambda: captum(256)}
    remark = f"The attributions of the two differ by {apart:.1e} of the largest. captum {version('captum')}."
    return Measured(_in_turns(calls, rounds), remark)


def flowing(rounds: int) -> Measured:
    """Exact Jacobian norms along a layer."""
    from clearlstm import LSTM, RNN
    from clearlstm.insight.gradient_flow import gradient_flow

    x = _normal(*FLOW)
    lstm, plain = LSTM(FLOW[2], H, seed=0).trace(x).layer(0), RNN(FLOW[2], H, seed=0).trace(x).layer(0)
    calls: Calls = {
        "flow": lambda: gradient_flow(lstm),
        "flow of few lags": lambda: gradient_flow(lstm, lags=LAGS),
        "flow of a plain net": lambda: gradient_flow(plain),
    }
    return Measured(_in_turns(calls, rounds))


def auditing(rounds: int) -> Measured:
    """Everything that ``clearlstm inspect`` looks at."""
    from clearlstm.insight.audit.audit import audit

    model, x = _model(AUDITED[2]), _normal(*AUDITED)
    y = x[:, -10:, 0].mean(axis=1, keepdims=True)
    return Measured(_in_turns({"audit": lambda: audit(model, x, y, target_feature=0)}, rounds))


def _normal(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def _model(n_features: int) -> Any:
    """Two layers of 64 units and a linear head, untrained."""
    from clearlstm import LSTM, Network

    return Network([LSTM(n_features, H, 2, seed=0)], head=1, seed=0)


def _in_turns(calls: Calls, rounds: int) -> dict[str, float]:
    """Median seconds; each call comes once a round, after one that doesn't count."""
    for call in calls.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(PAUSE_SECONDS)
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


PARTS: Final[dict[Callable[[int], Measured], int]] = {
    looking: ROUNDS,
    attributing: SLOW_ROUNDS,
    flowing: SLOW_ROUNDS,
    auditing: SLOW_ROUNDS,
}
"""What is measured, and how many rounds of it."""


def run(part: Callable[[int], Measured], rounds: int, n_threads: int) -> Measured:
    """In this process, every library with ``n_threads``."""
    import torch

    from clearlstm import set_num_threads

    set_num_threads(n_threads)
    torch.set_num_threads(n_threads)
    return part(rounds)


@contextlib.contextmanager
def _blas_threads(n_threads: int) -> Iterator[None]:
    """For processes that are started inside."""
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = str(n_threads)
    try:
        yield
    finally:
        os.environ.pop("OPENBLAS_NUM_THREADS")
        if before is not None:
            os.environ["OPENBLAS_NUM_THREADS"] = before


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few rounds; the page is printed, not written")
    quick: bool = parser.parse_args().quick
    n_threads = get_num_threads()
    seconds: dict[str, float] = {}
    remarks: list[str] = []
    for part, rounds in PARTS.items():
        context = multiprocessing.get_context("spawn")
        with without_misleading_settings(), _blas_threads(n_threads), context.Pool(1) as pool:
            found = pool.apply(run, (part, QUICK_ROUNDS if quick else rounds, n_threads))
        print(f"{part.__name__}: {found}", flush=True)
        seconds |= found.seconds
        remarks += [found.remark] if found.remark else []
    text = page(seconds, remarks, n_threads)
    print(text)
    if not quick:
        with atomic_write(RESULTS) as temporary:
            temporary.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Row:
    """A line of a table: a call, what it is compared with, and what we aim at."""

    call: str
    what: str
    against: str = ""
    aim: str = ""


TRACES: Final = (
    Row("forward", "forward, final states alone: `net.final_state(x)`"),
    Row("trace", "everything recorded: `net.trace(x)`", "forward", "≤ 1.1"),
    Row("trace again", "the same into the buffers of an earlier trace: `net.trace(x, out=…)`", "forward", "≤ 1.1"),
    Row("ledger", "ledger of the last step: `ledger(layer)`", "forward", "≤ 1.5"),
    Row("cell loop", "loop over torch's LSTMCell, h and c kept", "trace", "≥ 50"),
    Row("gate loop", "loop over the cell's equations in torch, gates kept", "trace"),
)
ATTRIBUTIONS: Final = (
    Row("attribution", '`attribute(model, x, baseline="zero")`'),
    Row("captum", "captum's IntegratedGradients, all at once", "attribution"),
    Row("captum in pieces", "captum's IntegratedGradients, 256 at a time", "attribution"),
)
OTHERS: Final = (
    Row("flow", "gradient flow, 64 units, 16 × 100 steps, every lag", "", "≤ 2 s"),
    Row("flow of few lags", f"the same at {len(LAGS)} lags"),
    Row("flow of a plain net", "a plain net of that size, every lag"),
    Row("audit", "audit, 2 layers of 64 units, 1,000 sequences of 100 steps", "", "< 10 s"),
)


def page(seconds: Mapping[str, float], remarks: list[str], n_threads: int) -> str:
    """The page, in Markdown."""
    captum = "".join(f"\n{remark}" for remark in remarks)
    return f"""\
# What it costs to look inside

Written by `python benchmarks/insight.py` on {processor_name()}, {os.cpu_count()} cores, {n_threads} thread(s) each.
clearlstm {version("clearlstm")}, torch {version("torch")}, numpy {version("numpy")}, \
Python {platform.python_version()}.
Medians of {ROUNDS} rounds ({SLOW_ROUNDS} in the second and third table) in which the calls of a part take turns. All
nets are untrained and in single precision.

## Recording: {N} sequences × {T} steps × {F} features, {H} units

{_table(TRACES, seconds)}

## Integrated gradients: {EXPLAINED[0]} sequences × {EXPLAINED[1]} steps, 2 layers of {H} units, {POINTS} points

{_table(ATTRIBUTIONS, seconds)}
{captum}

## Gradient flow and the audit

{_table(OTHERS, seconds)}
"""


def _table(rows: tuple[Row, ...], seconds: Mapping[str, float]) -> str:
    lines = ["| | ms | | aim |", "| --- | ---: | ---: | ---: |"]
    for row in rows:
        if row.call in seconds:
            taken = seconds[row.call]
            ratio = f"{taken / seconds[row.against]:.2f} × {row.against}" if row.against else ""
            lines.append(f"| {row.what} | {1e3 * taken:,.1f} | {ratio} | {row.aim} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
