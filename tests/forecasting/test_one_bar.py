"""What trains many nets shows one bar, moves it part by part, and forecasts the same as without."""

from typing import Any

import joblib
import pandas as pd
import pytest
from joblib.parallel import ThreadingBackend

from clearlstm.errors import DataError
from clearlstm.forecasting.each import fit_each
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.jobs import run_jobs
from clearlstm.forecasting.search import search
from clearlstm.training.progress import task
from tests.forecasting.series import walks
from tests.training.bars import kept

FAST: dict[str, Any] = {"hidden_size": 4, "max_steps": 5, "season_length": (), "calendar": False}


def forecaster(**how: Any) -> LSTMForecaster:
    return LSTMForecaster(2, 6, **(FAST | {"progress": True} | how))


def test_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    shown = forecaster(n_models=2).fit(walks(80))
    assert drawn.words == ["starting", "net 1/2", "net 2/2"]
    assert drawn.last.startswith("2 nets · 10 steps · last loss ")
    unseen = forecaster(n_models=2, progress=False).fit(walks(80))
    pd.testing.assert_frame_equal(shown.predict(), unseen.predict(), check_exact=True)
    assert len(drawn.ends) == 1


def test_a_fit_that_tries_the_calendar_counts_its_net_too(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    forecaster(calendar=None).fit(walks(110))
    assert drawn.words == ["starting", "net 1/2", "net 2/2"]


def test_a_backtest(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    shown = forecaster().cross_validation(walks(90), n_windows=4, refit=2)
    assert drawn.words == ["starting", "fit 1/2", "fit 2/2", "forecasts"]
    assert drawn.last.startswith("4 cutoffs · 2 fits · 2 nets · 10 steps · last loss ")
    assert drawn.shown[0][-1][0] == 1.0
    unseen = forecaster(progress=False).cross_validation(walks(90), n_windows=4, refit=2)
    pd.testing.assert_frame_equal(shown, unseen, check_exact=True)
    assert len(drawn.ends) == 1


def test_a_backtest_side_by_side_moves_on_fit_by_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        shown = forecaster().cross_validation(walks(90), n_windows=4, refit=2)
    assert drawn.words == ["starting", "fit 1/2 done", "fit 2/2 done", "forecasts"]
    assert drawn.last == "4 cutoffs · 2 fits"
    unseen = forecaster(progress=False).cross_validation(walks(90), n_windows=4, refit=2)
    pd.testing.assert_frame_equal(shown, unseen, check_exact=True)


def test_a_backtest_beside_statistical_models(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("statsforecast")
    drawn = kept(monkeypatch)
    forecaster().cross_validation(walks(60), n_windows=2, baselines=["AutoTheta"])
    assert drawn.words[-2:] == ["forecasts", "AutoTheta"]
    assert 0.5 in {share for share, _ in drawn.shown[0]}  # the fit's half, and the model's


def test_a_refused_backtest_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    with pytest.raises(DataError):
        forecaster().cross_validation(walks(30), n_windows=40)
    assert drawn.shown == []


def test_a_net_for_each_series(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    fit_each(walks(60), forecaster())
    assert drawn.words == ["starting", "series 1/2", "series 2/2"]
    assert drawn.last.startswith("2 series · 2 nets · 10 steps · last loss ")


def test_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("optuna")
    drawn = kept(monkeypatch)
    space = {"hidden_size": [2, 4]}
    result = search(walks(60), space, base=forecaster(), n_trials=2, n_windows=3, holdout=3)
    named = list(dict.fromkeys(text.split(" · ")[0] for text in drawn.words))
    assert named == ["starting", "the base", "trial 1/2", "trial 2/2", "the best"]
    assert drawn.last.startswith("2 trials · ")
    unseen = search(walks(60), space, base=forecaster(progress=False), n_trials=2, n_windows=3, holdout=3)
    assert (result.trials, result.later) == (unseen.trials, unseen.later)


class AllAtOnce(ThreadingBackend):  # type: ignore[misc]
    """A backend that gives back nothing before all is done."""

    supports_return_generator = False


def test_a_backend_that_gives_back_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    joblib.register_parallel_backend("all at once", AllAtOnce)
    drawn = kept(monkeypatch)
    with joblib.parallel_config(backend="all at once", n_jobs=2), task(enabled=True, of=3, one="job"):
        assert run_jobs(abs, [-3, 1, -2], None) == [3, 1, 2]
    assert drawn.words == ["starting", "job 1/3 done", "job 2/3 done", "job 3/3 done"]
