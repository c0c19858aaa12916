"""Coverage against counting, and its interval against what it promises."""

import numpy as np
import pytest

from clearlstm.errors import InputError
from clearlstm.forecasting.evaluate.coverage import block_length, coverage_of


def test_shares_are_counted_by_step_and_over_all() -> None:
    rng = np.random.default_rng(0)
    inside, cutoffs = rng.random((120, 4)) < 0.8, np.repeat(np.arange(40), 3)
    result = coverage_of(inside, cutoffs)
    assert result.overall.value == pytest.approx(inside.mean())
    assert [share.value for share in result.by_step] == pytest.approx(inside.mean(axis=0))
    for share in (result.overall, *result.by_step):
        low, high = share.range or (0.0, 0.0)
        assert low <= share.value <= high
        assert 0 < low < high <= 1


def test_the_same_seed_gives_the_same_range_and_few_cutoffs_give_none() -> None:
    inside = np.random.default_rng(1).random((60, 2)) < 0.9
    assert coverage_of(inside, np.arange(60)) == coverage_of(inside, np.arange(60))
    assert coverage_of(inside, np.arange(60)) != coverage_of(inside, np.arange(60), seed=1)
    assert coverage_of(inside[:29], np.arange(29)).overall.range is None


def test_series_of_one_date_count_as_one_piece_of_evidence() -> None:
    """Twenty copies of a series leave the range where it was; twenty independent ones would make it narrow."""
    one = np.random.default_rng(2).random((100, 1)) < 0.8
    alone = coverage_of(one, np.arange(100))
    copies = coverage_of(one.repeat(20, axis=0), np.arange(100).repeat(20))
    assert copies.overall.range == pytest.approx(alone.overall.range)


def held(rng: np.random.Generator, persistence: float, n: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Whether 80 % intervals hold, in spells: each draw is the one before with probability ``persistence``."""
    fresh, keep = rng.random(n) < 0.8, rng.random(n) < persistence
    keep[0] = False
    return fresh[np.maximum.accumulate(np.where(keep, 0, np.arange(n)))][:, None]


@pytest.mark.parametrize(("persistence", "horizon"), [(0.0, 1), (0.6, 6)])
def test_the_nominal_share_lies_in_the_range_about_as_often_as_promised(persistence: float, horizon: int) -> None:
    rng = np.random.default_rng(3)
    hits, naive = 0, 0
    for _ in range(200):
        inside = held(rng, persistence, 250)
        low, high = coverage_of(inside, np.arange(250), horizon, draws=299).overall.range or (1.0, 0.0)
        hits += low <= 0.8 <= high
        reach = 1.96 * np.sqrt(inside.mean() * (1 - inside.mean()) / 250)
        naive += abs(inside.mean() - 0.8) <= reach
    assert hits / 200 > 0.86
    if persistence:
        assert naive < 0.8 * hits  # what blocks are for


def test_blocks_reach_as_far_as_forecasts() -> None:
    assert block_length(1000, 1) == 10
    assert block_length(1000, 48) == 48
    assert block_length(30, 48) == 30


def test_shapes_that_do_not_go_together() -> None:
    with pytest.raises(InputError, match=r"inside is \(5,\) and cutoffs \(5,\)"):
        coverage_of(np.ones(5, dtype=bool), np.arange(5))
