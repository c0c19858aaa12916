"""Who learns and who is tested."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.sequences.comparing.folds import FEWEST, Plan, plan

pytest.importorskip("sklearn")


def check(made: Plan, n: int) -> None:
    tested = np.concatenate([fold.test for fold in made.folds])
    for fold in made.folds:
        assert not np.intersect1d(fold.training, fold.test).size
        assert len(fold.training) + len(fold.test) == n
    if len(made.folds) > 1:
        assert (np.bincount(tested, minlength=n) == made.repeats).all()
    assert made.n_answers == len(tested)


@given(st.integers(FEWEST, 120), st.integers(2, 6), st.integers(0, 5), st.sampled_from([None, 2, 4, 10]))
def test_everyone_is_tested_as_often_and_never_learns_from_itself(n: int, k: int, seed: int, folds: int | None) -> None:
    strata = np.random.default_rng(seed).integers(k, size=n)
    if (np.bincount(strata) >= 2).sum() >= 2:
        check(plan(strata, n, folds, seed), n)
    check(plan(None, n, folds, seed), n)


def test_classes_are_shared_out_evenly() -> None:
    strata = np.repeat([0, 1], [300, 100])
    for fold in plan(strata, 400, None, 0).folds:
        assert np.bincount(strata[fold.test]).tolist() == [60, 20]


@pytest.mark.parametrize(("n", "n_folds", "repeats"), [(199, 15, 3), (200, 10, 2), (1000, 5, 1), (2000, 1, 1)])
def test_the_size_decides(n: int, n_folds: int, repeats: int) -> None:
    for strata in (None, np.arange(n) % 3):
        made = plan(strata, n, None, 0)
        assert (len(made.folds), made.repeats) == (n_folds, repeats)
        check(made, n)
    if n == 2000:
        assert len(made.folds[0].test) == pytest.approx(500, abs=2)


def test_a_training_part_always_has_two_classes() -> None:
    strata = np.repeat([0, 1, 2], [40, 2, 1])
    for fold in plan(strata, 43, None, 0).folds:
        assert len(np.unique(strata[fold.training])) >= 2


@pytest.mark.parametrize(
    ("strata", "n", "folds", "message"),
    [
        (None, 19, None, "at least 20 sequences, and there are 19"),
        (np.repeat([0, 1], [29, 1]), 30, None, "the largest two have 29, 1"),
        (np.zeros(30, np.int64), 30, None, "two classes"),
        (None, 30, 1, "from 2 to half of the 30"),
        (None, 30, 16, "from 2 to half of the 30"),
        (None, 30, 2.5, "folds is 2.5"),
    ],
)
def test_what_can_t_be_compared_is_refused(strata: object, n: int, folds: object, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        plan(strata, n, folds, 0)  # type: ignore[arg-type]
