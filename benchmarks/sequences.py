"""LSTMClassifier and LSTMRegressor by default, as they were and as they are, beside the simple models of ``compare``.

Problems and their use are in sequences_data.py. Defaults were chosen on the development problems; the reported ones
were looked at once, with the defaults frozen. Sequences keep the split that they came with, so what is in the table is
one answer to each test sequence; of the nets it is the mean over seeds. It writes benchmarks/SEQUENCES.md::

    pip install --no-deps --group sequences
    CLEARLSTM_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/sequences.py
"""

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
from sequences_data import Problem, Use, problems

from clearlstm.files import atomic_write
from clearlstm.kernels import get_num_threads, processor_name
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.sequences.comparing.baselines import Answer, baselines_of, neighbour, spread_out
from clearlstm.sequences.comparing.warping import MOST_CELLS, cells
from clearlstm.sequences.inputs import Sequences, read_sequences
from clearlstm.sequences.regressor import LSTMRegressor
from clearlstm.sequences.targets import distinct, encode
from clearlstm.shapes import FloatArray

PAGE: Final = Path(__file__).parent / "SEQUENCES.md"
SEEDS: Final = range(5)
BEFORE: Final[dict[str, Any]] = {
    "bidirectional": False,
    "steps_at_once": 1,
    "max_steps": 1000,
    "learning_rate": 0.005,
    "schedule": "constant",
    "validation_share": 0.15,
}
"""The defaults of version 0.1.0."""


@dataclass(frozen=True)
class Result:
    """Of one model on one problem: accuracy or R², the Brier score or the root of the mean squared error, seconds."""

    score: float
    loss: float
    seconds: float
    spread: float = 0.0


def net(problem: Problem, options: dict[str, Any]) -> Answer:
    """The estimator as ``compare`` asks a model."""

    def answer(training: Sequences, target: Any, test: Sequences, K: int) -> FloatArray:
        if problem.kind == "numbers":
            regressor = LSTMRegressor(**options).fit(training.arrays(), target)
            return np.asarray(regressor.predict(test.arrays()))
        model = LSTMClassifier(**options).fit(training.arrays(), target)
        return spread_out(model.predict_proba(test.arrays()), model.classes_, K)

    return answer


def judge(problem: Problem, answer: Answer) -> Result:
    """Learn from the training part, and answer the test part."""
    training, test = read_sequences(problem.X), read_sequences(problem.X_test)
    classes, known = distinct(problem.y) if problem.kind == "classes" else (np.zeros(1), problem.y[:, None])
    start = perf_counter()
    answers = answer(training, known, test, len(classes))
    seconds = perf_counter() - start
    if problem.kind == "numbers":
        missed = ((answers[:, 0] - problem.y_test) ** 2).mean()
        return Result(1 - missed / problem.y_test.var(), float(np.sqrt(missed)), seconds)
    truth = encode(problem.y_test, classes)
    right = np.eye(len(classes))[truth]
    return Result(
        float((answers.argmax(axis=1) == truth).mean()), float(((answers - right) ** 2).sum(1).mean()), seconds
    )


def over_seeds(problem: Problem, options: dict[str, Any]) -> Result:
    """The mean over seeds, and the standard deviation of the score."""
    results = [judge(problem, net(problem, {**options, "seed": seed})) for seed in SEEDS]
    score, loss, seconds = np.array([[one.score, one.loss, one.seconds] for one in results]).T
    return Result(float(score.mean()), float(loss.mean()), float(seconds.mean()), float(score.std(ddof=1)))


def models(problem: Problem) -> dict[str, Callable[[], Result]]:
    """What stands in the columns of the table."""
    columns: dict[str, Callable[[], Result]] = {
        "LSTM before": lambda: over_seeds(problem, BEFORE),
        "LSTM now": lambda: over_seeds(problem, {}),
    }
    names = {"Mean": "Majority, mean", "Majority": "Majority, mean"}
    for one in baselines_of(problem.kind):
        columns[names.get(one.name, one.name)] = lambda one=one: judge(problem, one.answer)
    if cells(read_sequences(problem.X), read_sequences(problem.X_test)) <= MOST_CELLS:
        columns["1-NN DTW"] = lambda: judge(problem, neighbour(problem.kind).answer)
    return columns


def run() -> dict[Use, list[tuple[Problem, dict[str, Result]]]]:
    """Every model on every problem."""
    judge(next(problems("development")), net(next(problems("development")), {"max_steps": 1}))  # compiles
    results: dict[Use, list[tuple[Problem, dict[str, Result]]]] = {"development": [], "reported": []}
    for problem in problems():
        row = {name: model() for name, model in models(problem).items()}
        print(problem.name, {name: round(one.score, 3) for name, one in row.items()}, file=sys.stderr)
        results[problem.use].append((problem, row))
    return results


COLUMNS: Final = ("LSTM before", "LSTM now", "Majority, mean", "Summary", "Points", "1-NN DTW")


def page(results: dict[Use, list[tuple[Problem, dict[str, Result]]]]) -> str:
    """The page, in Markdown."""
    parts = [*_heading()]
    for use, title in (("reported", "Reported: looked at once"), ("development", "Development")):
        parts += ["", f"## {title}", "", *_table(results[use]), "", *_losses(results[use])]
    return "\n".join([*parts, *_outcome(results["reported"])]) + "\n"


def _heading() -> Iterator[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("aeon", "pyts", "seglearn", "sktime", "tslearn"))
    yield f"""\
# Classes and numbers for whole sequences

Written by `CLEARLSTM_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/sequences.py`. `LSTMClassifier` and
`LSTMRegressor` by default, as version 0.1.0 had it and as it is, beside the models that `compare` puts beside them.
Which problems are for development and which are reported was written down before any net was trained on them
([sequences_data.py](sequences_data.py)); the defaults ([sizes.py](../src/clearlstm/sequences/sizes.py)) were chosen on
the first and frozen. The number of updates was also looked at on autoregressions of two overlapping kinds, drawn, of
100 to 4,000 sequences, where twice as many overfitted. Sequences keep the split that they came with; exercises felt by
a watch are split by person.

Scores are shares of right answers, of numbers R². Those of the nets are means over {len(SEEDS)} seeds, ± their standard
deviation. The best of a row is in bold. Seconds are those of one training with its answers, on one thread.

- Processor: {processor_name()}; {get_num_threads()} thread(s)
- Versions: clearlstm {version("clearlstm")}, scikit-learn {version("scikit-learn")}, \
dtaidistance {version("dtaidistance")}, numpy {version("numpy")}, Python {platform.python_version()}
- Data: {packages}"""


def _table(rows: list[tuple[Problem, dict[str, Result]]]) -> Iterator[str]:
    yield f"| problem | learnt from, tested on | steps, features | {' | '.join(COLUMNS)} | seconds before, now |"
    yield "|" + " --- |" * 3 + " ---: |" * (len(COLUMNS) + 1)
    for problem, results in rows:
        steps = [len(x) for x in (*problem.X, *problem.X_test)]
        span = f"{min(steps)}" if min(steps) == max(steps) else f"{min(steps)} to {max(steps)}"
        best = max(one.score for one in results.values())
        scores = " | ".join(_cell(results.get(name), best) for name in COLUMNS)
        seconds = f"{results['LSTM before'].seconds:.1f}, {results['LSTM now'].seconds:.1f}"
        what = "" if problem.kind == "classes" else " (R²)"
        yield (
            f"| {problem.name}{what} | {len(problem.X)}, {len(problem.X_test)} | {span}, {problem.X[0].shape[1]} | "
            f"{scores} | {seconds} |"
        )
    means = [_mean(rows, name) for name in COLUMNS]
    yield f"| mean of the classes' | | | {' | '.join(means)} | |"


def _cell(result: Result | None, best: float) -> str:
    if result is None:
        return ""
    spread = f" ± {result.spread:.3f}" if result.spread else ""
    return f"**{result.score:.3f}**{spread}" if result.score > best - 5e-4 else f"{result.score:.3f}{spread}"


def _mean(rows: list[tuple[Problem, dict[str, Result]]], name: str) -> str:
    scores = [results[name].score for problem, results in rows if problem.kind == "classes" and name in results]
    count = sum(problem.kind == "classes" for problem, _ in rows)
    return f"{np.mean(scores):.3f}" + ("" if len(scores) == count else f" of {len(scores)}")


def _losses(rows: list[tuple[Problem, dict[str, Result]]]) -> Iterator[str]:
    yield "Brier scores (0 is best, 2 worst); of numbers the root of the mean squared error."
    yield ""
    yield f"| problem | {' | '.join(COLUMNS)} |"
    yield "| --- |" + " ---: |" * len(COLUMNS)
    for problem, results in rows:
        losses = [f"{results[name].loss:.3f}" if name in results else "" for name in COLUMNS]
        yield f"| {problem.name} | {' | '.join(losses)} |"


def _outcome(rows: list[tuple[Problem, dict[str, Result]]]) -> Iterator[str]:
    """Where the LSTM still loses, on the reported problems."""
    yield ""
    yield "## Where the LSTM still loses"
    yield ""
    for problem, results in rows:
        others = {name: one for name, one in results.items() if not name.startswith("LSTM")}
        best = max(others, key=lambda name: others[name].score)
        ours = results["LSTM now"].score
        if others[best].score > ours:
            yield f"- {problem.name}: {best} {others[best].score:.3f}, LSTM {ours:.3f}."


if __name__ == "__main__":
    written = page(run())
    with atomic_write(PAGE) as temporary:
        temporary.write_text(written, encoding="utf-8")
    print(written)
