"""Several nets: each as it would be alone, their mean as the forecast, and the same wherever they are trained."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.net import ForecastModel, answers, mean_answers
from tests.forecasting.fit.test_fitting import settings_for
from tests.forecasting.series import as_panel, walk, walks

FAST: dict[str, Any] = {"hidden_size": 4, "max_steps": 15, "season_length": ()}


def parameters(model: ForecastModel) -> list[dict[str, Any]]:
    return [member.network.parameters for member in model.members]


def assert_equal(one: ForecastModel, other: ForecastModel) -> None:
    for mine, theirs in zip(parameters(one), parameters(other), strict=True):
        for name, values in mine.items():
            np.testing.assert_array_equal(values, theirs[name])
    assert one.earned == other.earned


def test_each_net_is_the_one_that_its_seed_gives_alone() -> None:
    panel = as_panel(walks(100))
    s = settings_for(panel, seed=3)
    together = fit_model(panel, replace(s, n_models=3))
    for member, seed in zip(together.members, (3, 4, 5), strict=True):
        (alone,) = parameters(fit_model(panel, replace(s, seed=seed)))
        for name, values in member.network.parameters.items():
            np.testing.assert_array_equal(values, alone[name])


def test_the_forecast_is_the_mean_of_their_quantiles() -> None:
    panel = as_panel(walks(100))
    model = fit_model(panel, settings_for(panel, n_models=3))
    rng = np.random.default_rng(0)
    for network in parameters(model):  # as if they had learnt much, and different things
        network["head.W"][:] = rng.normal(size=network["head.W"].shape)
    problem = model.problem(panel)
    rows = problem.origins(3)[:10]
    expected = np.mean([answers(member.network, problem, rows) for member in model.members], axis=0)
    result = mean_answers(model.members, problem, rows)
    np.testing.assert_allclose(result, expected, rtol=1e-12)
    assert (np.diff(result, axis=2) >= 0).all()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_side_by_side_they_are_what_they_are_one_after_the_other(backend: str) -> None:
    frame = walks(100)
    serial = LSTMForecaster(2, 6, n_models=3, **FAST).fit(frame)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        parallel = LSTMForecaster(2, 6, n_models=3, **FAST).fit(frame)
    assert_equal(serial.model_, parallel.model_)
    pd.testing.assert_frame_equal(serial.predict(), parallel.predict())


@pytest.mark.slow
def test_a_cluster_trains_the_same_nets(tmp_path: Path) -> None:
    distributed = pytest.importorskip("dask.distributed")
    frame = walks(100).assign(promo=np.arange(200) % 3)
    how: dict[str, Any] = {"n_models": 2, "hist_exog": "promo", **FAST}
    serial = LSTMForecaster(2, 6, **how).fit(frame)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", local_directory=str(tmp_path)
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        spread = LSTMForecaster(2, 6, **how).fit(frame)
    assert_equal(serial.model_, spread.model_)


def test_each_net_leaves_its_own_checkpoint_and_is_not_trained_again(tmp_path: Path) -> None:
    frame = walk("A", 100)
    one = LSTMForecaster(2, 6, n_models=2, checkpoint=tmp_path, **FAST).fit(frame)
    assert len(one.checkpoints_) == len(list(tmp_path.iterdir())) == 2
    stamps = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    again = LSTMForecaster(2, 6, n_models=2, checkpoint=tmp_path, **FAST).fit(frame)
    assert_equal(one.model_, again.model_)
    assert stamps == {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}


def test_a_model_pickles() -> None:
    panel = as_panel(walks(100))
    model = fit_model(panel, settings_for(panel, n_models=2))
    again: ForecastModel = pickle.loads(pickle.dumps(model))
    problem = model.problem(panel)
    rows = problem.origins(0)
    np.testing.assert_array_equal(again.quantiles(again.problem(panel), rows), model.quantiles(problem, rows))
