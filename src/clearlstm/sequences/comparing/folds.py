"""Which sequences learn and which test: the same for every model of a comparison."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.shapes import IntArray, check_whole, counted

FEWEST: Final = 20
"""Sequences below which nothing can be told."""
REPEATS: Final = ((200, 3), (1000, 2))
"""How often cross-validation is repeated below so many sequences; from the last on it is done once."""
MANY: Final = 2000
"""Sequences from which one held-out part is enough."""
N_FOLDS: Final = 5
HELD_OUT: Final = 0.25


class Fold(NamedTuple):
    """Numbers of the sequences to learn from, and of those to be tested on."""

    training: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]


@final
@dataclass(frozen=True, eq=False)
class Plan:
    """The folds; in each of ``repeats`` rounds every sequence is tested once. One fold: a held-out part."""

    folds: tuple[Fold, ...]
    repeats: int

    @property
    def n_answers(self) -> int:
        """Answers that are judged."""
        return sum(len(fold.test) for fold in self.folds)

    def sentence(self) -> str:
        """How it was compared."""
        first = self.folds[0]
        if len(self.folds) == 1:
            return (
                f"Learnt from {counted(len(first.training), 'sequence')}, tested on {len(first.test):,} held out, the "
                "same for every model."
            )
        n = len(self.folds) // self.repeats
        times = f", {self.repeats} times over" if self.repeats > 1 else ""
        return (
            f"Cross-validation in {n} folds{times}, the same for every model: each answer is to a sequence that the "
            "model, its scaling included, had not seen."
        )


def plan(strata: IntArray | None, n_sequences: int, folds: int | None, seed: int) -> Plan:
    """The folds for so many sequences; ``strata`` (N,) are classes, of which every fold gets its share.

    Cross-validation, over again as ``REPEATS`` has it, and from ``MANY`` sequences on one part held out; a number of
    ``folds`` that is given is kept to. Raises InputError where nothing could be told.

    >>> [len(plan(None, n, None, seed=0).folds) for n in (100, 500, 1000, 5000)]
    [15, 10, 5, 1]
    """
    _check_size(strata, n_sequences)
    wanted = None if folds is None else check_whole("folds", folds)
    if wanted is not None and not 2 <= wanted <= n_sequences // 2:
        raise InputError(
            f"folds is {folds!r}; it is None, or a whole number from 2 to half of the {n_sequences} sequences"
        )
    if wanted is None and n_sequences >= MANY:
        return Plan(tuple(_held_out(strata, n_sequences, seed)), 1)
    repeats = next((times for below, times in REPEATS if n_sequences < below), 1)
    return Plan(tuple(_crossed(strata, n_sequences, wanted or N_FOLDS, repeats, seed)), repeats)


def _check_size(strata: IntArray | None, n_sequences: int) -> None:
    if n_sequences < FEWEST:
        raise InputError(
            f"a comparison of models needs at least {FEWEST} sequences, and there are {n_sequences}: give more"
        )
    if strata is None:
        return
    counts = np.bincount(strata)
    if (counts >= 2).sum() < 2:
        raise InputError(
            "a comparison needs two classes of at least 2 sequences each, one to learn from and one to be tested on; "
            f"here the largest two have {', '.join(map(str, np.sort(counts)[::-1][:2]))}: give more of them"
        )


def _crossed(strata: IntArray | None, N: int, n_folds: int, repeats: int, seed: int) -> Iterator[Fold]:
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    if strata is None:
        splitter: Any = RepeatedKFold(n_splits=n_folds, n_repeats=repeats, random_state=seed)
    else:
        most = int(np.bincount(strata).max())
        splitter = RepeatedStratifiedKFold(n_splits=min(n_folds, most), n_repeats=repeats, random_state=seed)
    with warnings.catch_warnings():  # of classes smaller than the number of folds: the verdict says it
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        yield from (Fold(*parts) for parts in splitter.split(np.zeros((N, 1)), strata))


def _held_out(strata: IntArray | None, N: int, seed: int) -> Iterator[Fold]:
    from clearlstm.sequences.splitting import split

    training, test = split(np.zeros(N, np.int64) if strata is None else strata, HELD_OUT, seed)
    yield Fold(training, test)
