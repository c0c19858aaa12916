"""The choice looks at the earlier cutoffs alone, its record at the later ones alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.forecasting.evaluate.answer import forecast_by
from clearlstm.forecasting.evaluate.recommendation import recommend
from clearlstm.forecasting.forecaster import LSTMForecaster
from tests.forecasting.series import as_panel, walk, walks


def losses(**first_and_second_half: tuple[float, float]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """30 cutoffs, the loss of each model in their first and in their second half."""
    return {name: np.repeat(halves, 15).astype(float) for name, halves in first_and_second_half.items()}


def test_the_best_of_the_first_half_is_recommended_with_its_record_of_the_second() -> None:
    result = recommend(losses(LSTM=(1.0, 1.0), Naive=(0.9, 0.95), Drift=(2.0, 0.1)), horizon=1)
    assert result is not None
    assert (result.name, result.against) == ("Naive", "LSTM")
    assert (result.n_deciding, result.n_later) == (15, 15)
    assert result.gain_deciding == pytest.approx(0.1)
    assert result.gain_later == pytest.approx(0.05)
    assert result.why == (
        "On the first 15 origins, which decided, its errors were 10.0 % smaller than the LSTM's; "
        "on the last 15 they were 5.0 % smaller."
    )


def test_the_later_half_can_veto() -> None:
    result = recommend(losses(LSTM=(0.8, 1.5), Naive=(1.0, 1.0), Drift=(1.1, 1.2)), horizon=1)
    assert result is not None
    assert (result.name, result.instead_of, result.against) == ("Naive", "LSTM", "LSTM")
    assert result.why == (
        "On the first 15 origins its errors were 25.0 % larger than the LSTM's; on the last 15 they were 33.3 % "
        "smaller. By the first alone it would have been the LSTM, which did worse on the last."
    )
    same = recommend(losses(LSTM=(0.5, 1.1), Naive=(1.0, 1.0)), horizon=1)  # ahead on both halves together
    assert same is not None
    assert (same.name, same.instead_of) == ("LSTM", None)


def test_ties_go_to_the_simpler() -> None:
    names = {"LSTM": 1.0, "Combined": 0.999, "Base": 1.005, "SeasonalNaive-12": 1.01, "Drift": 1.018, "Naive": 1.03}
    result = recommend(losses(**{name: (loss, loss) for name, loss in names.items()}), horizon=1)
    assert result is not None
    assert result.name == "SeasonalNaive-12"
    assert result.why.endswith("It is the simplest of those within 2 % of the best.")


def test_the_lstm_is_measured_by_the_best_of_the_others() -> None:
    result = recommend(losses(LSTM=(0.8, 0.9), Naive=(1.0, 1.0), Drift=(2.0, 0.1)), horizon=1)
    assert result is not None
    assert (result.name, result.against) == ("LSTM", "Naive")
    assert result.gain_later == pytest.approx(0.1)
    same = recommend(losses(LSTM=(1.0, 1.0), Naive=(1.0, 1.0)), horizon=1)
    assert same is not None
    assert same.name == "Naive"
    assert "the same size as" in same.why


def test_forecasts_that_reach_into_the_later_half_decide_nothing() -> None:
    early = {"LSTM": np.ones(30), "Naive": np.where(np.arange(30) < 11, 2.0, 0.0)}
    result = recommend(early, horizon=5)
    assert result is not None
    assert (result.instead_of, result.n_deciding, result.n_later) == ("LSTM", 11, 15)
    assert recommend(early, horizon=12) is None


def test_few_cutoffs_decide_nothing() -> None:
    assert recommend({"LSTM": np.ones(9), "Naive": np.zeros(9)}, horizon=1) is None
    assert recommend({"LSTM": np.ones(10), "Naive": np.zeros(10)}, horizon=1) is not None


def test_a_forecast_that_is_never_wrong_is_no_division_by_zero() -> None:
    result = recommend(losses(LSTM=(0.0, 1.0), Naive=(2.0, 0.0)), horizon=1)
    assert result is not None
    assert (result.name, result.gain_later) == ("LSTM", None)
    assert result.why.endswith("they were larger.")


@given(st.integers(10, 60), st.integers(1, 4), st.integers(0, 1000))
def test_what_comes_later_has_no_part_in_the_choice(n: int, horizon: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = {name: rng.random(n) for name in ("LSTM", "Naive", "Drift")}
    other = {name: np.concatenate([values[: n // 2 - horizon + 1], rng.random(n)])[:n] for name, values in one.items()}
    result, again = recommend(one, horizon), recommend(other, horizon)
    assert (result is None) == (again is None)
    if result is not None and again is not None:
        assert (result.instead_of or result.name) == (again.instead_of or again.name)


def test_a_recommended_baseline_forecasts_from_the_end_of_every_series() -> None:
    line = walk("A", 120).assign(y=100 + np.arange(120) + np.random.default_rng(0).normal(0, 0.05, 120))
    fitted = LSTMForecaster(2, 6, hidden_size=2, max_steps=2, season_length=()).fit(line)
    one = as_panel(line)
    np.testing.assert_allclose(forecast_by("Base", fitted.model_, one), [[220, 221]], atol=2)
    np.testing.assert_array_equal(forecast_by("Naive", fitted.model_, one), [[one.values[-1]] * 2])
    both = as_panel(walks(120))
    drifts = [(y[-1] - y[0]) / 119 for y in (both.values[:120], both.values[120:])]
    expected = [[both.values[end] + k * d for k in (1, 2)] for end, d in zip((119, 239), drifts, strict=True)]
    np.testing.assert_allclose(forecast_by("Drift", fitted.model_, both), expected)
    with pytest.raises(InputError, match="there is no baseline 'Oracle' here"):
        forecast_by("Oracle", fitted.model_, one)


def test_where_the_net_cannot_be_asked_the_last_value_stands_in() -> None:
    fitted = LSTMForecaster(2, 6, hidden_size=2, max_steps=2, season_length=12).fit(walk("A", 120))
    short = as_panel(walk("new", 2))
    np.testing.assert_array_equal(forecast_by("Base", fitted.model_, short), [[short.values[-1]] * 2])


def test_predict_takes_the_baseline_that_it_is_asked_for() -> None:
    frame = walks(80, 2)
    forecaster = LSTMForecaster(h=3, max_steps=2).fit(frame)
    result = forecaster.predict(model="Drift")
    assert list(result.columns) == ["unique_id", "ds", "Drift"]
    assert result["Drift"].to_numpy() == pytest.approx(forecast_by("Drift", forecaster.model_, as_panel(frame)).ravel())
    assert result["ds"].tolist() == forecaster.predict()["ds"].tolist()
    with pytest.raises(InputError, match="no baseline 'Best'"):
        forecaster.predict(model="Best")


def test_predict_takes_what_was_recommended() -> None:
    frame = walks(120, 1)
    forecaster = LSTMForecaster(h=1, max_steps=2).fit(frame)
    with pytest.raises(InputError, match="run cross_validation"):
        forecaster.predict(model="recommended")
    forecaster.cross_validation(frame, n_windows=12)
    assert "Recommended: " in str(forecaster.verdict_)
    recommendation = forecaster.comparison_.recommendation
    assert recommendation is not None
    assert forecaster.predict(model="recommended").columns[2] == recommendation.name
