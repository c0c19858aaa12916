"""Independent jobs: fits of a backtest and nets of single series are the same wherever they run."""

import os
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

from clearlstm.errors import ClearLSTMWarning, DataError, InputError
from clearlstm.forecasting.each import fit_each
from clearlstm.forecasting.fit import refits
from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.jobs import n_at_once, run_elsewhere, run_jobs
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.kernels import get_num_threads, set_num_threads
from tests.forecasting.series import walk, walks

FAST: dict[str, Any] = {"hidden_size": 4, "max_steps": 5, "learning_rate": 0.05, "season_length": ()}


def processes(_: int) -> tuple[int, int, int]:
    """Where a job runs, and how much it takes up there."""
    return os.getpid(), n_at_once(8, 1), get_num_threads()


def backtested(**how: Any) -> pd.DataFrame:
    """Up and down by turns that no simple forecast knows of, so there is something to learn."""
    frame = walks(110)
    frame["y"] = 100 + np.tile([1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0], 22)
    f = LSTMForecaster(2, 10, **(FAST | {"max_steps": 200}), **how)
    result: pd.DataFrame = f.cross_validation(frame, n_windows=4, refit=2)
    return result


def test_jobs_run_in_other_processes_in_order_and_share_the_threads() -> None:
    before = get_num_threads()
    set_num_threads(6)
    try:
        with joblib.parallel_config(backend="loky", n_jobs=2):
            result = run_jobs(processes, range(4), None)
            assert run_jobs(abs, [-3, 1, -2], None) == [3, 1, 2]
            assert [pid for pid, *_ in run_jobs(processes, range(4), 1)] == [os.getpid()] * 4
        assert get_num_threads() == 6
    finally:
        set_num_threads(before)
    assert os.getpid() not in {pid for pid, *_ in result}
    assert {(at_once, threads) for _, at_once, threads in result} == {(1, 3)}


def test_threads_of_this_process_keep_its_settings() -> None:
    before = get_num_threads()
    set_num_threads(6)
    try:
        assert run_elsewhere(processes, 0, 2, -1)[2] == 2  # a process of its own
        assert run_elsewhere(processes, 0, 2, os.getpid())[2] == 6  # a thread of this one
        assert get_num_threads() == 6
    finally:
        set_num_threads(before)


@pytest.mark.parametrize("how", [{}, {"interval_method": "adaptive"}, {"n_models": 2}])
def test_the_fits_of_a_backtest_side_by_side_are_what_they_are_in_turn(how: dict[str, Any]) -> None:
    serial = backtested(**how)
    with joblib.parallel_config(backend="loky", n_jobs=2, max_nbytes=1_000):  # the panel as a read-only file
        pd.testing.assert_frame_equal(serial, backtested(**how), check_exact=True)
    assert (serial["LSTM"] != serial["Base"]).any()  # there was something learnt to be equal


@pytest.mark.slow
def test_a_cluster_fits_the_same_windows(tmp_path: Path) -> None:
    distributed = pytest.importorskip("dask.distributed")
    serial = backtested(n_models=2)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", local_directory=str(tmp_path)
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        spread = backtested(n_models=2)
        each = fit_each(walks(60), LSTMForecaster(2, 6, n_models=2, **FAST)).predict()
    pd.testing.assert_frame_equal(serial, spread, check_exact=True)
    alone = fit_each(walks(60), LSTMForecaster(2, 6, n_models=2, **FAST)).predict()
    pd.testing.assert_frame_equal(alone, each, check_exact=True)


def test_each_fit_is_announced_and_leaves_its_checkpoint_wherever_it_runs(tmp_path: Path) -> None:
    seen: list[tuple[int, int, Any]] = []

    def note(number: int, of: int, panel: Any) -> None:
        seen.append((number, of, panel.times.max()))

    f = LSTMForecaster(2, 6, n_jobs=2, checkpoint=tmp_path, **FAST)
    cv = f.cross_validation(walks(110), n_windows=4, refit=2, on_fit=note)
    cutoffs = np.sort(cv["cutoff"].unique())
    assert [(number, of) for number, of, _ in seen] == [(1, 2), (2, 2)]
    assert [last for *_, last in seen] == [cutoffs[0], cutoffs[2]]
    assert f.checkpoints_ == frozenset(tmp_path.iterdir())
    assert len(f.checkpoints_) == 4  # of two fits, each with the calendar and without


@pytest.mark.parametrize(("refit", "inside"), [(False, 2), (2, 1)])
def test_one_level_alone_is_spread(monkeypatch: pytest.MonkeyPatch, refit: int, inside: int) -> None:
    """Several fits side by side train their nets in turn; a single fit passes n_jobs on to its nets."""
    seen: list[int | None] = []

    def keep(*arguments: Any, **how: Any) -> ForecastModel:
        seen.append(how["n_jobs"])
        return fit_model(*arguments, **how)

    monkeypatch.setattr(refits, "fit_model", keep)
    with joblib.parallel_config(backend="threading"):
        LSTMForecaster(2, 6, n_models=2, n_jobs=2, **FAST).cross_validation(walks(80), n_windows=4, refit=refit)
    assert seen == [inside] * (2 if refit else 1)


def test_each_series_has_the_forecast_of_a_net_fitted_to_it_alone() -> None:
    frame = walks(80)
    base = LSTMForecaster(2, 6, **FAST)
    result = fit_each(frame, base)
    alone = [base.like().fit(frame[frame["unique_id"] == one]).predict() for one in ("A", "B")]
    pd.testing.assert_frame_equal(result.predict(), pd.concat(alone, ignore_index=True), check_exact=True)
    side_by_side = fit_each(frame, base.like(n_jobs=2)).predict()
    pd.testing.assert_frame_equal(result.predict(), side_by_side, check_exact=True)
    assert not hasattr(base, "model_")
    assert list(result.forecasters) == ["A", "B"]


def test_polars_come_back_and_covariates_to_come_are_found_for_each() -> None:
    pl = pytest.importorskip("polars")
    known = walks(60).assign(promo=lambda table: np.arange(len(table)) % 3)
    past = known.groupby("unique_id").head(58)
    to_come = pl.from_pandas(known.groupby("unique_id").tail(2).drop(columns="y"))
    result = fit_each(pl.from_pandas(past), LSTMForecaster(2, 6, futr_exog="promo", **FAST)).predict(to_come)
    assert isinstance(result, pl.DataFrame)
    assert result["unique_id"].to_list() == ["A", "A", "B", "B"]
    assert result["ds"].to_list() == to_come["ds"].to_list()


def test_series_that_cannot_be_fitted_alone_are_left_out_by_name() -> None:
    holes = walk("holes", 60, 4)
    holes.loc[::2, "y"] = np.nan
    frame = pd.concat([walk("A", 60), walk("short", 5, 3), holes])
    left_out = r"can't be fitted alone: 'holes' \(no series has 2.*'short' \(.*5 rows"
    with pytest.warns(ClearLSTMWarning, match="missing values"), pytest.warns(ClearLSTMWarning, match=left_out):
        result = fit_each(frame, LSTMForecaster(2, 6, **FAST))
    assert (list(result.forecasters), sorted(result.left_out)) == (["A"], ["holes", "short"])
    assert str(result) == "1 forecasters, one a series; 2 series left out"
    with (
        pytest.warns(ClearLSTMWarning, match="missing values"),
        pytest.raises(DataError, match="no series can be fitted alone; the first, 'holes': no series has 2 known"),
    ):
        fit_each(holes, LSTMForecaster(2, 6, **FAST))


def test_a_series_that_never_changes_is_forecast_alone_too() -> None:
    result = fit_each(pd.concat([walk("A", 60), walk("flat", 60).assign(y=7.0)]), LSTMForecaster(2, 6, **FAST))
    with pytest.warns(ClearLSTMWarning, match="'flat' is constant"):
        forecasts = result.predict()
    assert forecasts.query("unique_id == 'flat'")["LSTM"].tolist() == [7.0, 7.0]


def test_an_argument_that_no_series_could_use_is_refused_at_once() -> None:
    with warnings.catch_warnings(), pytest.raises(InputError, match="max_steps is 0"):
        fit_each(walks(60), LSTMForecaster(2, 6, **(FAST | {"max_steps": 0})))
