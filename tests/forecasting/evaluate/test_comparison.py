"""The comparison against errors computed by hand, and what is said of it."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearlstm.cli.forecast_pages import duel_cells
from clearlstm.forecasting.evaluate.backtest import Backtest
from clearlstm.forecasting.evaluate.comparison import Comparison, Duel, compare, judge
from clearlstm.forecasting.evaluate.metrics import pinball
from clearlstm.forecasting.evaluate.significance import diebold_mariano, holm, variance_of_mean
from clearlstm.forecasting.evaluate.verdict import expectation, in_short, no_verdict, verdict
from clearlstm.forecasting.settings import resolve
from tests.forecasting.series import SMALL, as_panel, walks

H, CUTOFFS = 3, 40
PER_WINDOW = ("series", "cutoffs", "rows", "times", "y", "forecasts", "quantiles")


def backtest_of(lstm_error: Any, naive_error: Any, *, cutoffs: int = CUTOFFS, step_size: int = H) -> Backtest:
    """A backtest of two series, of scale 1 and 10, in which the errors (cutoffs, 2, H) are as given."""
    panel = as_panel(walks(300))
    settings = resolve(panel, SMALL)
    scale = np.array([1.0, 10.0])
    series = np.tile([0, 1], cutoffs)
    rows = np.repeat(100 + H * np.arange(cutoffs), 2) + np.tile([0, 300], cutoffs)
    y = panel.values[rows[:, None] + np.arange(1, H + 1)]
    shape = (2 * cutoffs, H)
    errors = {
        "LSTM": np.broadcast_to(lstm_error, (cutoffs, 2, H)).reshape(shape),
        "Naive": np.broadcast_to(naive_error, (cutoffs, 2, H)).reshape(shape),
    }
    forecasts = {name: y + error * scale[series][:, None] for name, error in errors.items()}
    quantiles = forecasts["LSTM"][:, :, None] + np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    return Backtest(
        panel=panel,
        settings=settings,
        step_size=step_size,
        refits=1,
        series=series,
        cutoffs=panel.times[rows - np.tile([0, 300], cutoffs)],
        rows=rows,
        times=panel.times[rows[:, None] + np.arange(1, H + 1)],
        y=y,
        forecasts=forecasts,
        quantiles=quantiles,
        scale=scale,
        root_scale=2 * scale,
        left_out=(),
    )


def noise(mean: float, spread: float = 0.1, seed: int = 0) -> Any:
    return mean + spread * np.random.default_rng(seed).normal(size=(CUTOFFS, 2, H))


def test_one_loss_difference_a_cutoff_averaged_over_series_and_horizon() -> None:
    lstm, naive = np.abs(noise(1.0)), np.abs(noise(1.2, seed=1))
    comparison = compare(backtest_of(lstm, naive))
    d = (naive - lstm).mean(axis=(1, 2))
    expected = diebold_mariano(d, horizon=1)
    duel = comparison.duel("Naive")
    assert comparison.n_cutoffs == CUTOFFS
    assert duel.skill == pytest.approx(1 - lstm.mean() / naive.mean(), rel=1e-9)
    assert duel.p_value == pytest.approx(expected.p_value, rel=1e-6)
    low, high = duel.interval or (0.0, 0.0)
    assert low < duel.skill < high
    assert comparison.scores[0].mase == pytest.approx(lstm.mean(), rel=1e-9)
    assert comparison.scores[0].by_horizon == pytest.approx(lstm.mean(axis=(0, 1)), rel=1e-9)


def test_equal_errors_shared_by_both_series_do_not_count_twice() -> None:
    """Series that share their dates are one piece of evidence a date: doubling them leaves the p-value."""
    lstm, naive = np.abs(noise(1.0)), np.abs(noise(1.05, seed=1))
    alike = compare(backtest_of(lstm[:, :1].repeat(2, axis=1), naive[:, :1].repeat(2, axis=1))).duel("Naive")
    d = (naive - lstm)[:, 0].mean(axis=1)
    assert alike.p_value == pytest.approx(diebold_mariano(d).p_value, rel=1e-6)


def test_overlapping_cutoffs_take_a_longer_lag() -> None:
    lstm, naive = np.abs(noise(1.0)), np.abs(noise(1.1, seed=1))
    d = (naive - lstm).mean(axis=(1, 2))
    duel = compare(backtest_of(lstm, naive, step_size=1)).duel("Naive")
    assert duel.p_value == pytest.approx(diebold_mariano(d, horizon=H).p_value, rel=1e-6)


@pytest.mark.parametrize(
    ("skill", "interval", "p", "judgement"),
    [
        (0.10, (0.05, 0.15), 0.001, "beats"),
        (-0.10, (-0.15, -0.05), 0.001, "loses to"),
        (0.004, (-0.01, 0.018), 0.5, "is equivalent to"),
        (0.010, (0.002, 0.018), 0.02, "is equivalent to"),
        (0.010, (-0.002, 0.022), 0.10, "can't be told from"),
        (-0.30, (-0.70, 0.10), 0.15, "can't be told from"),
    ],
)
def test_judgements(skill: float, interval: tuple[float, float], p: float, judgement: str) -> None:
    assert judge(skill, interval, p) == judgement


def test_no_p_value_below_30_cutoffs() -> None:
    few = compare(backtest_of(0.5, 1.0, cutoffs=29))
    skill = few.duel("Naive").skill
    assert skill == pytest.approx(0.5)
    assert few.duel("Naive") == Duel("Naive", skill, None, None, "can't be told from")
    assert few.intervals[0].range is None
    assert verdict(few).headline == (
        "For now, use the LSTM: its errors are 50.0 % smaller than those of the last known value repeated, "
        "but 29 origins are too few to be sure."
    )
    assert in_short(few.duel("Naive")) == "too few origins"
    assert compare(backtest_of(0.5, 1.0, cutoffs=30)).duel("Naive").p_value is not None


def test_no_p_value_where_every_forecast_overlaps_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    backtest = backtest_of(0.5, 1.0, step_size=1)
    monkeypatch.setattr("clearlstm.forecasting.evaluate.comparison.MIN_CUTOFFS", 2)
    few = compare(replace(backtest, **{name: _first(getattr(backtest, name), 3) for name in PER_WINDOW}))
    assert few.n_cutoffs == H
    assert few.duel("Naive").p_value is None


def _first(values: Any, cutoffs: int) -> Any:
    if isinstance(values, dict):
        return {name: _first(one, cutoffs) for name, one in values.items()}
    return values[: 2 * cutoffs]


@pytest.mark.parametrize(
    ("lstm", "skill", "headline"),
    [
        (1.0, -math.inf, "Use the last known value repeated: on 40 origins it was never wrong."),
        (0.0, 0.0, "Use the last known value repeated: on 40 origins the LSTM is no better, within ±2 %."),
    ],
)
def test_a_baseline_that_is_never_wrong_is_not_beaten(lstm: float, skill: float, headline: str) -> None:
    comparison = compare(backtest_of(lstm, 0.0))
    assert comparison.duel("Naive").skill == skill
    assert verdict(comparison).headline == headline


def test_a_skill_without_ends_is_said_in_words() -> None:
    naive = np.full((CUTOFFS, 2, H), 0.01)
    naive[7] = 1000.0
    comparison = compare(backtest_of(np.full((CUTOFFS, 2, H), 0.1), naive))
    assert comparison.duel("Naive").interval is None
    text = " ".join(verdict(comparison).sentences)
    assert "(the rival's errors vary too much for an interval of its skill, p = 0.3" in text
    assert "inf" not in text
    assert duel_cells(comparison.duel("Naive"))[1] == ""


@pytest.mark.parametrize(
    ("lstm", "naive", "short", "headline", "first"),
    [
        (
            noise(0.8),
            noise(1.0, seed=1),
            "beats it",
            "Use the LSTM: its errors are 19.4 % smaller than those of the last known price repeated, "
            "and on 40 origins that is hardly chance.",
            "beats the last known price repeated: its errors are 19.4 % smaller (95 % interval of its skill +17.9 %",
        ),
        (
            noise(1.2),
            noise(1.0, seed=1),
            "loses to it",
            "Use the last known price repeated: the LSTM's errors are 21.0 % larger, "
            "and on 40 origins that is hardly chance.",
            "loses to the last known price repeated: its errors are 21.0 % larger",
        ),
        (
            noise(1.0, 0.01),
            noise(1.0, 0.01, seed=1),
            "equals it",
            "Use the last known price repeated: on 40 origins the LSTM is no better, within ±2 %.",
            "is equivalent to the last known price repeated: its errors are 0.1 % larger",
        ),
        (
            noise(1.0, 0.5),
            noise(1.0, 0.5, seed=1),
            "could be chance",
            "For now, use the last known price repeated: the LSTM's errors are 4.1 % larger, "
            "but on 40 origins that could be chance.",
            "can't be told from the last known price repeated: its errors are 4.1 % larger",
        ),
    ],
)
def test_the_headline_says_what_to_use_and_how_sure_that_is(
    lstm: Any, naive: Any, short: str, headline: str, first: str
) -> None:
    comparison = compare(backtest_of(np.abs(lstm), np.abs(naive)))
    text = verdict(comparison, "price")
    assert text.headline == headline
    assert text.sentences[0].startswith(f"The LSTM (for this fitted model) {first}")
    assert in_short(comparison.duel("Naive")) == short


def test_too_few_origins_recommend_nothing() -> None:
    few = verdict(compare(backtest_of(0.5, 1.0, cutoffs=9)))
    assert few.headline == (
        "9 origins are too few to say what to use: so far the LSTM's errors are 50.0 % smaller than those of "
        "the last known value repeated."
    )
    assert few.sentences[0] == (
        "The LSTM (for this fitted model) beside the last known value repeated: its errors are 50.0 % smaller; "
        "9 origins are too few to be sure."
    )


def test_of_few_origins_every_sentence_says_that_they_are_too_few() -> None:
    text = verdict(compare(with_baselines(0.5, Naive=1.0, Drift=2.0)))
    assert text.headline.startswith("Use the LSTM")
    backtest = with_baselines(0.5, Naive=1.0, Drift=2.0)
    few = replace(backtest, **{name: _first(getattr(backtest, name), 17) for name in PER_WINDOW})
    text = verdict(compare(few))
    assert text.sentences[1] == (
        "Beside drift (a straight line through the first and last value): its errors are 75.0 % smaller; "
        "17 origins are too few to be sure."
    )
    assert "told from" not in str(text)


def test_a_recommended_lstm_is_never_said_not_to_win() -> None:
    """It may be recommended by what decided, and be equal to the strongest over all."""
    naive = np.ones((CUTOFFS, 2, H)) + np.random.default_rng(0).normal(0, 0.001, (CUTOFFS, 2, H))
    lstm = np.ones((CUTOFFS, 2, H))
    lstm[:20] -= 0.025
    lstm[20:] += 0.018
    comparison = compare(backtest_of(lstm, naive))
    assert comparison.recommendation is not None
    assert comparison.recommendation.name == "LSTM"
    assert verdict(comparison).headline == (
        "Use the LSTM or the last known value repeated: on 40 origins one is as good as the other."
    )


def test_coverage_and_width_are_told_in_scaled_units() -> None:
    comparison = compare(backtest_of(0.0, 1.0))
    assert [score.coverage for score in comparison.intervals] == [1.0, 1.0]
    assert comparison.intervals[0].mean_width == pytest.approx((2 / 1 + 2 / 10) / 2)
    assert compare(backtest_of(1.5, 1.0)).intervals[0].coverage == 0.0


def test_a_copy_of_the_last_value_is_seen_and_a_forecast_that_moves_is_not() -> None:
    copied = compare(_shifted(0.02))
    assert copied.copies_last_value
    assert any("shifted" in sentence for sentence in verdict(copied, "price").sentences)
    assert not compare(_shifted(0.9)).copies_last_value


def _shifted(share: float) -> Backtest:
    """A backtest whose LSTM foresees ``share`` of each change from the last value, which Naive repeats."""
    backtest = backtest_of(0.0, 0.0)
    last = backtest.panel.values[backtest.rows][:, None].repeat(H, axis=1)
    backtest.forecasts["Naive"][:] = last
    backtest.forecasts["LSTM"][:] = last + share * (backtest.y - last)
    return backtest


def test_the_table() -> None:
    frame = compare(backtest_of(0.5, noise(1.0))).to_frame()
    assert frame["model"].tolist() == ["LSTM", "Naive"]
    assert math.isnan(frame["skill"][0])
    assert frame["verdict"].tolist()[1] == "beats"
    assert frame["rmsse"][0] == pytest.approx(0.25)  # errors of 0.5, root_scale twice the scale
    assert frame[["smape", "pinball"]].notna().all(axis=None)
    assert frame["owa"].isna().all()  # there is no Naive2 here


# --- several baselines ---


def with_baselines(lstm: Any, **errors: Any) -> Backtest:
    """A backtest in which the scaled errors (cutoffs, 2, H) of the LSTM and of each baseline are as given."""
    backtest = backtest_of(lstm, errors.pop("Naive"))
    scale = backtest.scale[backtest.series][:, None]
    for name, error in errors.items():
        spread = np.broadcast_to(error, (CUTOFFS, 2, H)).reshape(2 * CUTOFFS, H)
        backtest.forecasts[name] = backtest.y + spread * scale
    return backtest


def test_p_values_are_holm_s_over_the_baselines_that_differ() -> None:
    lstm = np.abs(noise(1.0, 0.5))
    errors = {name: np.abs(noise(1.0 + 0.06 * k, 0.5, k)) for k, name in enumerate(("Naive", "Drift", "Naive2"), 1)}
    raw = [diebold_mariano((error - lstm).mean(axis=(1, 2))).p_value for error in errors.values()]
    comparison = compare(with_baselines(lstm, **errors, Base=errors["Naive"]))
    assert comparison.n_tests == 3
    result = {duel.baseline: duel for duel in comparison.duels}
    assert [result[name].raw_p_value for name in errors] == pytest.approx(raw)
    assert [result[name].p_value for name in errors] == pytest.approx(holm(raw))
    assert result["Base"].same_as == "Naive"
    assert result["Base"].p_value == result["Naive"].p_value
    assert result["Naive2"].same_as is None


def test_what_only_the_number_of_tests_makes_significant_is_not_called_so() -> None:
    """p about 0.02 alone; times three it is not below 0.05."""
    d = np.random.default_rng(1).normal(size=CUTOFFS)
    d += 2.4 * math.sqrt(variance_of_mean(d, 1)) - d.mean()
    lstm = np.full((CUTOFFS, 2, H), 3.0)
    naive = lstm + d[:, None, None]
    alone = compare(with_baselines(lstm, Naive=naive)).duel("Naive")
    assert alone.judgement == "beats"
    others = {"Drift": lstm + np.roll(d, 1)[:, None, None], "Naive2": lstm + np.roll(d, 2)[:, None, None]}
    among = compare(with_baselines(lstm, Naive=naive, **others)).duel("Naive")
    assert among.raw_p_value == alone.p_value
    assert (among.p_value or 0.0) > 0.05 > (alone.p_value or 1.0)


def test_the_first_sentence_is_about_the_strongest_and_every_other_has_its_line() -> None:
    text = verdict(
        compare(
            with_baselines(
                np.abs(noise(1.0)),
                Naive=np.abs(noise(2.0, seed=1)),
                SeasonalNaive=np.abs(noise(0.8, seed=2)),
                HistoricMean=np.abs(noise(3.0, seed=3)),
                AutoETS=np.abs(noise(1.0, seed=4)),
            )
        )
    )
    assert re.match("Use the value one season before: the LSTM's errors are 2.* larger", text.headline)
    assert text.sentences[0].startswith("The LSTM (for this fitted model) loses to the value one season before: its")
    assert "adjusted p < 0.001" in text.sentences[0]
    lines = "\n".join(text.sentences)
    assert re.search(r"^It beats the last known value repeated: its errors are (49|50)\.\d % smaller", lines, re.M)
    assert re.search(r"^It beats the mean of all values so far: .* adjusted p < 0\.001\)\.$", lines, re.M)
    assert re.search(r"^It (is equivalent to|can't be told from) AutoETS: ", lines, re.M)
    assert "Recommended: SeasonalNaive. On the first 20 origins, which decided, its errors were 2" in lines


def test_the_last_value_comes_first_where_another_is_hardly_stronger() -> None:
    near = compare(with_baselines(np.abs(noise(1.0)), Naive=1.0, Drift=0.99))
    assert near.strongest().baseline == "Naive"
    assert compare(with_baselines(np.abs(noise(1.0)), Naive=1.0, Drift=0.97)).strongest().baseline == "Drift"
    never = compare(with_baselines(np.abs(noise(1.0)), Naive=0.0, Drift=0.0))
    assert never.strongest().baseline == "Naive"


def test_a_baseline_that_says_the_same_is_spoken_of_once() -> None:
    naive = np.abs(noise(1.2, seed=1))
    text = verdict(compare(with_baselines(np.abs(noise(1.0)), Naive=naive, Drift=naive + 1, Base=naive)))
    assert "base" not in str(text)
    same = verdict(compare(with_baselines(np.abs(noise(1.0)), Naive=naive, Drift=naive / 2, Base=naive / 2)))
    assert len([line for line in same.sentences if "drift" in line or "base" in line]) == 1


def test_smape_and_owa_are_m4_s_over_the_series_away_from_zero() -> None:
    backtest = with_baselines(0.5, Naive=0.7, Naive2=noise(1.0))
    result = {score.name: score for score in compare(backtest).scores}
    y, scale = backtest.y, backtest.scale[backtest.series][:, None]

    def errors(name: str, keep: Any) -> tuple[float, float]:
        size = np.abs(y - backtest.forecasts[name])
        smape = 200 * size / (np.abs(y) + np.abs(backtest.forecasts[name]))
        return float(smape[keep].mean()), float((size / scale)[keep].mean())

    everywhere = np.ones(len(y), dtype=bool)
    for name in ("LSTM", "Naive", "Naive2"):
        (smape, mase), (smape2, mase2) = errors(name, everywhere), errors("Naive2", everywhere)
        assert result[name].smape == pytest.approx(smape)
        assert result[name].owa == pytest.approx((smape / smape2 + mase / mase2) / 2)
    assert result["Naive2"].owa == 1

    backtest.panel.values[0] = 0.0  # of series 0, long before any window
    part = compare(backtest)
    (smape, mase), (smape2, mase2) = (errors(name, backtest.series == 1) for name in ("LSTM", "Naive2"))
    assert part.touching_zero == 1
    assert part.scores[0].smape == pytest.approx(smape)
    assert part.scores[0].owa == pytest.approx((smape / smape2 + mase / mase2) / 2)
    assert part.scores[0].mase == result["LSTM"].mase
    assert "sMAPE and OWA leave out 1 of 2 series, which touches 0." in verdict(part).sentences

    backtest.panel.values[300] = -1.0
    assert (compare(backtest).scores[0].smape, compare(backtest).scores[0].owa) == (None, None)


def test_pinball_of_the_lstm_is_that_of_its_quantiles_and_of_naive_that_of_its_past_errors() -> None:
    backtest = backtest_of(0.3, 1.0)
    last = backtest.panel.values[backtest.rows][:, None].repeat(H, axis=1)
    backtest.forecasts["Naive"][:] = last
    lstm, naive = (score.pinball for score in compare(backtest).scores)
    scale = backtest.scale[backtest.series][:, None]
    levels = backtest.settings.quantiles
    own = [pinball(backtest.y / scale, backtest.quantiles[:, :, k] / scale, q) for k, q in enumerate(levels)]
    assert lstm == pytest.approx(np.mean(own))
    # every origin whose h values are known before the first cutoff
    first = backtest.panel.times[100]
    origins = np.array([r for k in (0, 300) for r in range(k, k + 101 - H)])
    assert (backtest.panel.times[origins + H] <= first).all()
    y = backtest.panel.values
    e = (y[origins[:, None] + np.arange(1, H + 1)] - y[origins][:, None]) / backtest.scale[origins // 300][:, None]
    q = np.quantile(e, levels, axis=0).T
    expected = [pinball(backtest.y / scale, last / scale + q[:, k], level) for k, level in enumerate(levels)]
    assert naive == pytest.approx(np.mean(expected))


def test_intervals_are_called_too_narrow_where_chance_would_not_explain_it() -> None:
    comparison = compare(backtest_of(noise(0.0, 1.2), 1.0))
    for score in comparison.intervals:
        low, high = score.range or (0.0, 0.0)
        assert low <= score.coverage <= high
        assert len(score.by_step) == H
    narrow = comparison.intervals[1]
    assert 100 * (narrow.range or (0, 1))[1] < narrow.level
    assert "they are too narrow" in str(verdict(comparison))
    wide = compare(backtest_of(0.0, 1.0))  # nothing was ever outside
    assert "too narrow" not in str(verdict(wide))
    assert "they are wider than need be" in str(verdict(wide))


def test_words_without_a_comparison() -> None:
    assert "not compared" in no_verdict("there are too few rows for it").headline
    assert "skill near 0" in expectation("price")
    assert "If these are prices" in expectation("value")


def test_a_refitted_model_is_not_called_this_fitted_one() -> None:
    import dataclasses

    comparison: Comparison = dataclasses.replace(compare(backtest_of(0.5, noise(1.0))), refitted=True)
    assert "fitted model" not in verdict(comparison).headline
