"""LSTMs and plain nets of one size on the long-lag tasks of Hochreiter & Schmidhuber (1997): docs/long-lag.md.

The tables between the page's marks and docs/pictures/long_lag.svg are made here; the words around them are written by
hand. Needs matplotlib, and some twenty minutes of one core, on which nothing depends but the time that it states::

    CLEARLSTM_NUM_THREADS=1 python benchmarks/long_lag.py

Equal for all nets: the number of parameters (as nearly as whole units allow), the sequences, the number of updates at
most, and the optimiser, Adam with gradients clipped at norm 1. All is done with each of ``RATES``, and for each kind,
task and lag the better rate counts: it must not be the rate that decides between kinds.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple, TypeAlias, final

import numpy as np
import numpy.typing as npt

import clearlstm as cl
from clearlstm.files import atomic_write
from clearlstm.sequences.tasks import CORRECT_WITHIN, adding_problem, embedded_reber, temporal_order
from clearlstm.shapes import FloatArray
from clearlstm.training.batches import Batch
from clearlstm.training.flat import FlatParameters
from clearlstm.training.losses import as_loss
from clearlstm.training.objective import Objective
from clearlstm.training.optimiser import AdamW

PAGE: Final = Path(__file__).parents[1] / "docs" / "long-lag.md"
PICTURE: Final = PAGE.parent / "pictures" / "long_lag.svg"

LSTM_UNITS: Final = 16
RATES: Final = (0.003, 0.01)
BATCH_SIZE: Final = 32
CLIP_NORM: Final = 1.0
CHECK_EVERY: Final = 100
ENOUGH: Final = 0.95
# With this share of the sequences that it is checked with, a net stops: a little more than is asked on fresh ones.
STOP_AT: Final = 0.97
LAGS: Final = (10, 20, 50, 100, 200)

Net: TypeAlias = cl.LSTM | cl.RNN


class Rows(NamedTuple):
    """What a net reads and should answer; ``legal`` (N, T, 7) where any of several symbols may follow."""

    batch: Batch
    legal: npt.NDArray[np.bool_] | None = None


@final
@dataclass(frozen=True)
class Problem:
    """A task: what it feeds and asks, and which sequences an answer gets right. A lag is ``n_steps`` of the task."""

    title: str
    input_size: int
    output_size: int
    loss: str
    pool: str | None
    draw: Callable[[int, int, np.random.Generator], Rows]
    right: Callable[[FloatArray, Rows], npt.NDArray[np.bool_]]
    lags: tuple[int, ...]


@final
@dataclass(frozen=True)
class Kind:
    """A way to build and start a net: ``make`` takes input size, hidden size and seed."""

    name: str
    is_lstm: bool
    make: Callable[[int, int, int], Net]
    colour: str


@final
@dataclass(frozen=True)
class Run:
    """One net's training. ``curve``: updates, and the share of the checked sequences that are then right.

    ``share`` is that of fresh sequences at the end; ``updates`` how many were made.
    """

    curve: tuple[tuple[int, float], ...]
    share: float
    updates: int

    @property
    def learnt(self) -> bool:
        """At least 95 % of fresh sequences are right."""
        return self.share >= ENOUGH


@final
@dataclass(frozen=True)
class Effort:
    """How much to do: seeds a lag, most updates a net, and the sequences that it is checked and tested with."""

    seeds: tuple[int, ...] = (0, 1, 2)
    n_updates: int = 4000
    n_checked: int = 500
    n_tested: int = 2000
    longest_lag: int = max(LAGS)

    def lags(self, problem: Problem) -> list[int]:
        """Those of the problem's lags that are not too long."""
        return [lag for lag in problem.lags if lag <= self.longest_lag]


class Trial(NamedTuple):
    """The nets of one kind at one lag, a seed each, with the better learning rate."""

    rate: float
    runs: list[Run]

    def merit(self) -> tuple[int, float, float]:
        """More nets that learnt; then fewer updates; then more sequences right."""
        learnt = [run.updates for run in self.runs if run.learnt]
        return len(learnt), -median(learnt) if learnt else 0, max(run.share for run in self.runs)


@final
@dataclass(frozen=True)
class Result:
    """One kind on one problem: its size, and its trials by lag, but for lags given up."""

    problem: Problem
    kind: Kind
    n_parameters: int
    hidden_size: int
    trials: dict[int, Trial]


def _adding(n: int, lag: int, rng: np.random.Generator) -> Rows:
    x, y, lengths = adding_problem(n, lag, seed=rng)
    return Rows(Batch(x, y.astype(np.float32), lengths))


def _order(n: int, lag: int, rng: np.random.Generator) -> Rows:
    return Rows(Batch(*temporal_order(n, lag, seed=rng)))


def _reber(n: int, _lag: int, rng: np.random.Generator) -> Rows:
    strings = embedded_reber(n, seed=rng)
    return Rows(Batch(strings.x, strings.y, strings.lengths), strings.legal)


def _near_enough(answer: FloatArray, rows: Rows) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(answer - rows.batch.y)[:, 0] < CORRECT_WITHIN)


def _right_class(answer: FloatArray, rows: Rows) -> npt.NDArray[np.bool_]:
    return np.asarray(answer.argmax(axis=1) == rows.batch.y)


def _legal_first(answer: FloatArray, rows: Rows) -> npt.NDArray[np.bool_]:
    """Whether, at every step of a string, each legal symbol is thought likelier than each illegal one."""
    assert rows.legal is not None
    assert rows.batch.lengths is not None
    least_legal = np.where(rows.legal, answer, np.inf).min(axis=2)
    most_illegal = np.where(rows.legal, -np.inf, answer).max(axis=2)
    padding = np.arange(answer.shape[1]) >= rows.batch.lengths[:, None]
    return np.asarray(((least_legal > most_illegal) | padding).all(axis=1))


PROBLEMS: Final = (
    Problem("Adding problem", 2, 1, "squared", "last", _adding, _near_enough, LAGS),
    Problem("Temporal order", 8, 4, "cross_entropy", "last", _order, _right_class, LAGS),
    Problem("Embedded Reber grammar", 7, 7, "cross_entropy", None, _reber, _legal_first, (5,)),
)


def _identity(input_size: int, hidden_size: int, seed: int) -> cl.RNN:
    """ReLU with h = h_prev at the start, and small input weights (Le, Jaitly & Hinton 2015)."""
    net = cl.RNN(input_size, hidden_size, activation="relu")
    W = np.random.default_rng(seed).normal(0, 0.001, (input_size, hidden_size))
    U, b = np.eye(hidden_size), np.zeros(hidden_size)
    return net.set_parameters({"layer0.forward.W": W, "layer0.forward.U": U, "layer0.forward.b": b})


KINDS: Final = (
    Kind("LSTM, forget bias 5", True, lambda F, H, s: cl.LSTM(F, H, init="uniform", forget_bias=5, seed=s), "#0072B2"),
    Kind("LSTM, clearlstm's start", True, lambda F, H, s: cl.LSTM(F, H, seed=s), "#56B4E9"),
    Kind("plain, torch's start", False, lambda F, H, s: cl.RNN(F, H, init="uniform", seed=s), "#6B7280"),
    Kind("plain, orthogonal", False, lambda F, H, s: cl.RNN(F, H, init="orthogonal", seed=s), "#D55E00"),
    Kind("plain, ReLU and identity", False, _identity, "#009E73"),
)


def build(problem: Problem, kind: Kind, seed: int) -> cl.Network:
    """A net of this kind with its head, as large as an LSTM of 16 units, as nearly as whole units allow."""

    def of_size(hidden_size: int) -> cl.Network:
        net = kind.make(problem.input_size, hidden_size, seed)
        return cl.Network(net, head=problem.output_size, pool=problem.pool, seed=seed)  # type: ignore[arg-type]

    if kind.is_lstm:
        return of_size(LSTM_UNITS)
    F, M, H = problem.input_size, problem.output_size, LSTM_UNITS
    wanted = 4 * (F * H + H * H + H) + H * M + M
    sizes = {plain: plain * (F + plain + 1 + M) + M for plain in range(1, 4 * H)}
    return of_size(min(sizes, key=lambda plain: abs(sizes[plain] - wanted)))


def n_parameters(model: cl.Network) -> int:
    """All numbers that training changes."""
    return sum(array.size for array in model.parameters.values())


def learn(problem: Problem, kind: Kind, lag: int, rate: float, seed: int, effort: Effort) -> Run:
    """Train one net, each batch drawn afresh, until it answers the checked sequences or the updates are used up.

    A net whose numbers are no longer finite stops there.
    """
    model = build(problem, kind, seed)
    objective = Objective(model, as_loss(problem.loss))
    optimiser = AdamW(FlatParameters(model.parameters), clip_norm=CLIP_NORM)
    drawn, checked, tested = (np.random.default_rng([seed, part]) for part in range(3))
    check, update = problem.draw(effort.n_checked, lag, checked), 0
    with np.errstate(over="ignore", invalid="ignore"):
        curve = [(0, share_right(problem, model, check))]
        while update < effort.n_updates and curve[-1][1] < STOP_AT:
            try:
                _, gradients = objective.value_and_gradient(problem.draw(BATCH_SIZE, lag, drawn).batch)
            except FloatingPointError:
                break
            optimiser.step(gradients, rate)
            update += 1
            if update % CHECK_EVERY == 0 or update == effort.n_updates:
                curve.append((update, share_right(problem, model, check)))
        share = share_right(problem, model, problem.draw(effort.n_tested, lag, tested))
    return Run(tuple(curve), share, update)


def share_right(problem: Problem, model: cl.Network, rows: Rows) -> float:
    """The share of the sequences that are answered rightly."""
    return float(problem.right(model(rows.batch.x, rows.batch.lengths), rows).mean())


def measure(problem: Problem, kind: Kind, effort: Effort) -> Result:
    """All rates and seeds at growing lags; those beyond a lag that none of the nets learns are given up."""
    model = build(problem, kind, seed=0)
    result = Result(problem, kind, n_parameters(model), model.nets[0].hidden_size, {})
    for lag in effort.lags(problem):
        trials = [
            Trial(rate, [learn(problem, kind, lag, rate, seed, effort) for seed in effort.seeds]) for rate in RATES
        ]
        result.trials[lag] = best = max(trials, key=Trial.merit)
        shares = ", ".join(f"{run.share:.3f} after {run.updates}" for run in best.runs)
        print(f"{problem.title}, {kind.name}, lag {lag}, rate {best.rate}: {shares}", file=sys.stderr, flush=True)
        if not any(run.learnt for run in best.runs):
            break
    return result


def tables(results: list[Result], effort: Effort, minutes: float) -> str:
    """What stands between the page's marks."""
    parts = []
    for problem in PROBLEMS:
        rows = [result for result in results if result.problem is problem]
        lags = effort.lags(problem)
        names = [f"lag {lag}" for lag in lags] if len(lags) > 1 else ["strings as they come"]
        parts += [
            f"**{problem.title}**",
            "",
            f"| net | units | parameters | {' | '.join(names)} |",
            "| --- | ---: | ---: |" + " ---: |" * len(lags),
            *(_row(result, lags) for result in rows),
            "",
        ]
    parts.append(
        f"{len(effort.seeds)} nets of each kind at each lag, at most {effort.n_updates} updates, {minutes:.0f} "
        "minutes of processor time."
    )
    return "\n".join(parts)


def _row(result: Result, lags: list[int]) -> str:
    cells = [_cell(result.trials.get(lag)) for lag in lags]
    return f"| {' | '.join([result.kind.name, str(result.hidden_size), str(result.n_parameters), *cells])} |"


def _cell(trial: Trial | None) -> str:
    if trial is None:
        return "not run"
    learnt = [run.updates for run in trial.runs if run.learnt]
    detail = f"{median(learnt):.0f}" if learnt else f"{max(run.share for run in trial.runs):.0%}"
    return f"{len(learnt)} of {len(trial.runs)}, {detail}, {trial.rate:g}"


def write_page(path: Path, made: str) -> None:
    """Put ``made`` between the page's marks; the rest of it stays."""
    page, found = re.subn(
        r"(<!-- measured -->\n).*?(<!-- end -->)", lambda mark: f"{mark[1]}\n{made}\n\n{mark[2]}",
        path.read_text(encoding="utf-8"), flags=re.DOTALL,
    )  # fmt: skip
    if found != 1:
        raise LookupError(f"{path} has {found} places between <!-- measured --> and <!-- end -->; it must have one")
    with atomic_write(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def draw(results: list[Result], effort: Effort) -> Any:
    """Learning curves: a row a task, a column a lag, a line a net; a dot where a net had learnt and stopped."""
    from matplotlib.figure import Figure

    problems = [problem for problem in PROBLEMS if len(problem.lags) > 1]
    lags = effort.lags(problems[0])
    figure = Figure(figsize=(2.6 * len(lags) + 0.8, 5.6), layout="constrained")
    axes = figure.subplots(len(problems), len(lags), sharex=True, sharey=True, squeeze=False)
    for row, problem in zip(axes, problems, strict=True):
        row[0].set_ylabel(f"{problem.title}:\nsequences answered rightly")
        for ax, lag in zip(row, lags, strict=True):
            for result in results:
                if result.problem is problem:
                    _draw_curves(ax, result, lag)
            ax.set_title(f"lag {lag}", loc="left", fontsize=9, color="#6B7280")
            ax.spines[["top", "right"]].set_visible(False)
            ax.grid(axis="y", color="#E5E7EB", linewidth=0.6)
            ax.set_ylim(0, 1.03)
    for ax in axes[-1]:
        ax.set_xlabel("updates")
    names = [(kind.name, kind.colour) for kind in KINDS]
    handles = [axes[0][0].plot([], [], color=colour, linewidth=2, label=name)[0] for name, colour in names]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(KINDS), frameon=False)
    return figure


def _draw_curves(ax: Any, result: Result, lag: int) -> None:
    trial = result.trials.get(lag)
    for run in trial.runs if trial else []:
        updates, shares = zip(*run.curve, strict=True)
        ax.plot(updates, shares, color=result.kind.colour, linewidth=1.2, alpha=0.8)
        if run.learnt:
            ax.plot(updates[-1], shares[-1], color=result.kind.colour, marker="o", markersize=4, clip_on=False)


def main(arguments: list[str] | None = None) -> None:
    """Measure, then write the page and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few updates at two short lags, to see that it runs")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page whose tables are written anew")
    parser.add_argument("--picture", type=Path, default=PICTURE, help="where to write the learning curves")
    given = parser.parse_args(arguments)
    effort = Effort(seeds=(0,), n_updates=2, n_checked=20, n_tested=20, longest_lag=20) if given.quick else Effort()
    start = time.process_time()
    results = [measure(problem, kind, effort) for problem in PROBLEMS for kind in KINDS]
    write_page(given.page, tables(results, effort, (time.process_time() - start) / 60))
    import matplotlib as mpl

    style: Any = {"font.family": "sans-serif", "font.size": 9, "axes.linewidth": 0.6, "svg.hashsalt": "clearlstm"}
    with mpl.rc_context(style), atomic_write(given.picture) as temporary:
        draw(results, effort).savefig(temporary, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
