"""A search: what it may see, what it compares, and that it finds the same wherever it runs."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

from clearlstm.errors import MissingExtraError
from clearlstm.forecasting import search as module
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.search import SearchResult, Trial, search
from tests.forecasting.series import seasonal, walks

pytest.importorskip("optuna")

from optuna.distributions import FloatDistribution, IntDistribution

FAST: dict[str, Any] = {"hidden_size": 2, "max_steps": 3, "season_length": (), "batch_size": 16}
SPACE: dict[str, Any] = {
    "hidden_size": [2, 4, 8],
    "learning_rate": FloatDistribution(1e-3, 1e-1, log=True),
    "max_steps": IntDistribution(1, 4),
    "calendar": [False, ("day_of_week",)],
}
SMALL: dict[str, Any] = {"n_trials": 6, "n_windows": 3, "holdout": 3}


def base(**how: Any) -> LSTMForecaster:
    return LSTMForecaster(2, 6, **(FAST | how))


def assert_equal(one: SearchResult, other: SearchResult) -> None:
    assert one.trials == other.trials
    assert (one.base_score, one.base_later, one.later) == (other.base_score, other.base_later, other.later)


@pytest.fixture(scope="module")
def result() -> SearchResult:
    return search(walks(100), SPACE, base=base(), **SMALL)


def test_processes_and_another_run_find_the_same_to_the_bit(result: SearchResult) -> None:
    assert len({repr(one.settings) for one in result.trials}) > 3
    assert_equal(result, search(walks(100), SPACE, base=base(), n_jobs=2, **SMALL))
    with joblib.parallel_config(backend="threading", n_jobs=3):
        assert_equal(result, search(walks(100), SPACE, base=base(), **SMALL))
    other = search(walks(100), SPACE, base=base(), seed=1, **SMALL)
    assert [one.settings for one in other.trials] != [one.settings for one in result.trials]


@pytest.mark.slow
def test_a_cluster_finds_the_same_to_the_bit(result: SearchResult, tmp_path: Path) -> None:
    distributed = pytest.importorskip("dask.distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", local_directory=str(tmp_path)
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        assert_equal(result, search(walks(100), SPACE, base=base(), **SMALL))


def test_a_trials_score_is_that_of_its_own_backtest(result: SearchResult) -> None:
    """The rows of the holdout windows (3 of 2 steps) are cut off; what is left is backtested by hand."""
    past = walks(100).groupby("unique_id").head(94)
    for settings, score in [({}, result.base_score), (result.trials[0].settings, result.trials[0].score)]:
        f = base(**settings)
        f.cross_validation(past, n_windows=3)
        assert f.comparison_.scores[0].mase == score
    f = result.forecaster()
    f.cross_validation(walks(100), n_windows=3)
    assert f.comparison_ == result.comparison
    assert f.comparison_.scores[0].mase == result.later


def test_nothing_of_the_later_windows_reaches_the_choice(result: SearchResult) -> None:
    frame = walks(100)
    wild = frame.assign(y=np.where(frame["ds"] > frame["ds"].iloc[93], frame["y"] * 50 + 3, frame["y"]))
    changed = search(wild, SPACE, base=base(), **SMALL)
    assert (changed.trials, changed.base_score) == (result.trials, result.base_score)
    assert changed.later != result.later


def test_the_best_is_the_least_error_and_the_base_where_nothing_is_better(result: SearchResult) -> None:
    scores = [one.score for one in result.trials if one.score is not None]
    assert result.best == (result.trials[int(np.argmin(scores))].settings if min(scores) < result.base_score else {})
    same = search(walks(100), {"hidden_size": [2]}, base=base(), **(SMALL | {"n_trials": 1}))
    assert same.best == {}
    assert (same.trials[0].score, same.later) == (same.base_score, same.base_later)
    assert "best: the settings as they were" in str(same)
    assert same.forecaster().hidden_size == 2


def test_seasons_do_not_change_the_unit_and_pinball_is_the_tables() -> None:
    """A trial with another season is scored by the base's scale, not by its own."""
    frame, space = seasonal(120), {"season_length": [12]}
    result = search(frame, space, base=base(), measure="pinball", **(SMALL | {"n_trials": 1}))
    past = frame.head(114)
    plain, own = base(), base(season_length=12)
    for f in (plain, own):
        f.cross_validation(past, n_windows=3)
    assert result.base_score == pytest.approx(plain.comparison_.scores[0].pinball, rel=1e-12)
    unit = own.backtest_.scale[0] / plain.backtest_.scale[0]
    assert result.trials[0].score == pytest.approx(own.comparison_.scores[0].pinball * unit, rel=1e-12)
    assert unit != pytest.approx(1, rel=0.1)


def test_trials_that_cannot_be_run_have_failed_and_say_why() -> None:
    result = search(walks(60), {"input_size": [6, 70]}, base=base(), **SMALL)
    failed = [one for one in result.trials if one.score is None]
    assert failed
    assert all("input_size 70 and h 2 need at least 72" in str(one.failure) for one in failed)
    frame = result.to_frame()
    assert frame.columns.tolist() == ["input_size", "mase", "failure"]
    assert frame["mase"].isna().sum() == len(failed)
    assert f"{len(failed)} of them failed" in str(result)


def test_the_result_says_what_was_gained_on_later_windows(result: SearchResult) -> None:
    text = str(result)
    assert text.startswith("6 trials on 3 windows, 0 of them failed; best: ")
    assert f"with the settings as they were {result.base_score:.4f}" in text
    won = replace(result, trials=(Trial({"max_steps": 2}, 0.5),), base_score=1.0, later=0.8, base_later=0.9)
    assert "best: max_steps=2\nMASE there 0.5000, with the settings as they were 1.0000" in str(won)
    assert "MASE on 3 later windows 0.8000, as they were 0.9000: better\n" in str(won)
    assert "0.9000: no better there, so the search gained nothing" in str(replace(won, later=0.95))


@pytest.mark.parametrize(
    ("space", "how", "message"),
    [
        ({}, {}, "the space is empty; give choices for some of input_size, "),
        ({"h": [1, 2]}, {}, "the space holds 'h'; what can be searched is input_size, "),
        ({"hidden_size": []}, {}, r"the space has \[\] for hidden_size; give a list"),
        ({"transform": "log"}, {}, "the space has 'log' for transform; give a list"),
        ({"hidden_size": [2]}, {"measure": "rmse"}, "measure is 'rmse'; it must be 'mase' or 'pinball'"),
        ({"hidden_size": [2]}, {"n_trials": 0}, "n_trials is 0"),
        ({"hidden_size": [2]}, {"n_windows": 40}, "40 windows 2 apart leave"),
    ],
)
def test_a_search_that_cannot_be_is_refused(space: dict[str, Any], how: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search(walks(60), space, base=base(), **(SMALL | how))


def test_optuna_stays_quiet_and_its_own_setting_stays(capfd: pytest.CaptureFixture[str]) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.INFO)
    search(walks(60), {"hidden_size": [2]}, base=base(), **(SMALL | {"n_trials": 1}))
    assert capfd.readouterr().err == ""
    assert optuna.logging.get_verbosity() == logging.INFO


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"needs optuna.*install 'clearlstm\[search\]'"):
        search(walks(60), {"hidden_size": [2]}, base=base())


def test_batches_do_not_depend_on_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def count(work: Any, inputs: Any, _: int | None) -> list[Any]:
        sizes.append(len(inputs))
        return [work(one) for one in inputs]

    monkeypatch.setattr(module, "run_jobs", count)
    search(walks(60), {"hidden_size": [2]}, base=base(), n_jobs=3, **SMALL)
    assert sizes == [4, 2]


def test_the_table_holds_what_was_tried(result: SearchResult) -> None:
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame["hidden_size"].tolist() == [one.settings["hidden_size"] for one in result.trials]
    assert set(frame["calendar"]) <= {False, ("day_of_week",)}
