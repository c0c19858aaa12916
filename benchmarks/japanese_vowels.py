"""Who is speaking? LSTMClassifier on the Japanese Vowels beside 1-NN with dynamic time warping.

270 utterances of nine men to learn from and 370 to be tested on, each of 7 to 29 steps of 12 numbers (Kudo, Toyama &
Shimbo 1999); the files are aeon's, of which nothing else is needed. Settings are chosen by cross-validation within the
270, for the net as for the neighbour; the 370 are looked at once, by what was chosen. It writes
benchmarks/JAPANESE_VOWELS.md::

    pip install --no-deps aeon==1.6.0
    CLEARLSTM_NUM_THREADS=1 python benchmarks/japanese_vowels.py
"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold

from clearlstm.errors import DataError, MissingExtraError
from clearlstm.files import atomic_write
from clearlstm.kernels import get_num_threads, processor_name
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.sequences.scaling import Scaling
from clearlstm.shapes import FloatArray

PAGE: Final = Path(__file__).parent / "JAPANESE_VOWELS.md"
N_SEEDS: Final = 10
FOLDS: Final = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
# With 30 utterances a speaker all are needed to learn from: the number of updates is a setting like the others.
START: Final = LSTMClassifier(bidirectional=True, validation_share=None, learning_rate=0.005, schedule="constant")
GRID: Final = [
    {"hidden_size": [64], "pool": ["last", "mean"], "max_steps": [400]},
    {"hidden_size": [32, 64], "pool": ["last", "mean"], "num_layers": [2], "dropout": [0.5], "max_steps": [400]},
]


class Part(NamedTuple):
    """Utterances (T_n, 12), and their speakers (N,)."""

    X: list[FloatArray]
    y: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Result:
    """What a run found; accuracies are shares."""

    search: GridSearchCV
    scores: list[float]
    neighbour_checks: dict[str, float]
    neighbour_score: float


def read_part(name: str, n_utterances: int, lengths: tuple[int, int]) -> Part:
    """The utterances of one of aeon's files; it must be the one with lengths of their own, and whole."""
    spec = find_spec("aeon")
    if spec is None or spec.submodule_search_locations is None:
        raise MissingExtraError("the data come with aeon: pip install --no-deps aeon==1.6.0")
    folder = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "JapaneseVowels"
    header, data = (folder / f"JapaneseVowels_{name}.ts").read_text(encoding="utf-8").split("@data\n")
    rows = list(_utterances(data))
    part = Part([x for x, _ in rows], np.array([speaker for _, speaker in rows]))
    steps = [len(x) for x in part.X]
    whole = len(rows) == n_utterances and (min(steps), max(steps)) == lengths and len(np.unique(part.y)) == 9
    if "@equalLength false" not in header or not whole or {x.shape[1] for x in part.X} != {12}:
        raise DataError(f"JapaneseVowels_{name}.ts isn't the file of {n_utterances} utterances of {lengths} steps")
    return part


def _utterances(data: str) -> Iterator[tuple[FloatArray, int]]:
    """A line is the values of channel after channel, and the speaker, between colons."""
    for line in data.splitlines():
        *channels, speaker = line.split(":")
        yield np.array([np.array(channel.split(","), dtype=np.float64) for channel in channels]).T, int(speaker)


def warped_distances(x: FloatArray, others: list[FloatArray]) -> FloatArray:
    """How far x (T, F) is from each of ``others`` (T_n, F) when time may be warped (Sakoe & Chiba 1978), (N,).

    All features are warped together: cost[i, j] = |x_i − o_j|² + the least of its three neighbours before it.
    """
    lengths = np.array([len(other) for other in others])
    padded = np.zeros((len(others), lengths.max(), x.shape[1]))
    for row, other in zip(padded, others, strict=True):
        row[: len(other)] = other
    # Paths only go forward, so what stands in the padding never enters a cost before it.
    squares = ((x[:, None, None, :] - padded[None]) ** 2).sum(axis=-1)
    before = np.full((lengths.max() + 1, len(others)), np.inf)
    before[0] = 0
    for square in squares:
        now = np.full_like(before, np.inf)
        for j in range(lengths.max()):
            now[j + 1] = square[:, j] + np.minimum(np.minimum(before[j], before[j + 1]), now[j])
        before = now
    return np.asarray(before[lengths, np.arange(len(others))])


def nearest_speakers(X: list[FloatArray], known: Part, *, skip_self: bool = False) -> npt.NDArray[np.int64]:
    """The speaker of each one's nearest among ``known``; with ``skip_self`` X is ``known`` and none is its own."""
    found = []
    for n, x in enumerate(X):
        distances = warped_distances(x, known.X)
        if skip_self:
            distances[n] = np.inf
        found.append(known.y[distances.argmin()])
    return np.array(found)


def neighbour(training: Part, test: Part) -> tuple[dict[str, float], float]:
    """Each form of the features by leaving one out of the 270, and the best one's accuracy on the 370."""
    steps = np.concatenate(training.X)
    scaling = Scaling.of(steps, np.ones(len(steps)))
    forms: dict[str, Any] = {"as they are": lambda x: x, "of mean 0 and size 1": scaling.forward}
    checks = {}
    for name, form in forms.items():
        known = Part([form(x) for x in training.X], training.y)
        checks[name] = float((nearest_speakers(known.X, known, skip_self=True) == known.y).mean())
    form = forms[max(checks, key=lambda name: checks[name])]
    known = Part([form(x) for x in training.X], training.y)
    return checks, float((nearest_speakers([form(x) for x in test.X], known) == test.y).mean())


def run() -> Result:
    """Choose, then look at the test set once."""
    training, test = read_part("TRAIN", 270, (7, 26)), read_part("TEST", 370, (7, 29))
    search = GridSearchCV(START, GRID, cv=FOLDS, refit=False).fit(training.X, training.y)
    models = [
        LSTMClassifier(**{**START.get_params(), **search.best_params_, "seed": seed}).fit(training.X, training.y)  # type: ignore[attr-defined]
        for seed in range(N_SEEDS)
    ]
    scores = [model.score(test.X, test.y) for model in models]
    return Result(search, scores, *neighbour(training, test))


def page(result: Result) -> str:
    """The page, in Markdown."""
    return "\n".join([*_heading(), *_scores(result), *_tried(result.search)]) + "\n"


def _heading() -> Iterator[str]:
    yield f"""\
# Japanese Vowels

Written by `CLEARLSTM_NUM_THREADS=1 python benchmarks/japanese_vowels.py`. Nine men say two vowels: 270 utterances to
learn from and 370 to be tested on, each of 7 to 29 steps of 12 numbers (the files in which lengths differ; Kudo,
Toyama & Shimbo 1999). Settings were chosen by cross-validation within the 270; the 370 were looked at once.

- Processor: {processor_name()}; {get_num_threads()} thread(s)
- Versions: clearlstm {version("clearlstm")}, scikit-learn {version("scikit-learn")}, numpy {version("numpy")}, \
Python {platform.python_version()}; data from aeon {version("aeon")}
"""


def _scores(result: Result) -> Iterator[str]:
    scores = 100 * np.array(result.scores)
    yield "| on the 370 | accuracy |"
    yield "| --- | ---: |"
    yield f"| LSTMClassifier, mean of {len(scores)} seeds | {scores.mean():.2f} % |"
    yield f"| its standard deviation | {scores.std(ddof=1):.2f} % |"
    yield f"| 1-NN with dynamic time warping | {100 * result.neighbour_score:.2f} % |"
    checks = "; ".join(f"features {name} {100 * share:.2f} %" for name, share in result.neighbour_checks.items())
    yield f"""
Seed by seed, in %: {", ".join(f"{score:.2f}" for score in scores)}.

The neighbour, leaving one out of the 270: {checks}. The better form was taken, of equals the
first. All features are warped together, without a window.
"""


def _tried(search: GridSearchCV) -> Iterator[str]:
    yield "## What was tried within the 270\n"
    yield "Nets of both directions, without a validation part; the mean over 5 folds, twice.\n"
    yield from _table(search)


def _table(search: GridSearchCV) -> Iterator[str]:
    names = ("hidden_size", "num_layers", "dropout", "pool", "max_steps")
    yield f"| {' | '.join(names)} | accuracy |"
    yield "|" + " --- |" * len(names) + " ---: |"
    results = search.cv_results_
    for k, chosen in enumerate(results["params"]):
        cells = [str(chosen.get(name, getattr(START, name))) for name in names]
        mark = " (chosen)" if k == search.best_index_ else ""
        yield f"| {' | '.join(cells)} | {results['mean_test_score'][k]:.1%}{mark} |"


if __name__ == "__main__":
    written = page(run())
    with atomic_write(PAGE) as temporary:
        temporary.write_text(written, encoding="utf-8")
    print(written)
