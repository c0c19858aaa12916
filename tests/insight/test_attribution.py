import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.cell.layout import gate_slice
from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.insight.attribution import path_integral
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.insight.attribution.baseline import starts_of
from clearlstm.insight.attribution.of_forecast import attribute_forecast
from clearlstm.network.head import Linear
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.shapes import FloatArray

LENGTHS = np.array([7, 3, 1, 5])
SHAPE = (4, 7, 3)


def sequences(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> FloatArray:
    return np.random.default_rng(seed).normal(size=shape)


def model_of(kind: str) -> Network:
    rng = np.random.default_rng(5)
    made: dict[str, Any] = {
        "one layer": lambda: Network(LSTM(3, 5, dtype="float64", seed=1), head=2, seed=2),
        "two layers": lambda: Network(LSTM(3, 4, 2, dtype="float64", seed=1), head=2, seed=2),
        "bidirectional": lambda: Network(LSTM(3, 4, 2, bidirectional=True, dtype="float64", seed=1), head=2, seed=2),
        "mean": lambda: Network(LSTM(3, 4, dtype="float64", seed=1), head=2, pool="mean", seed=2),
        "each step": lambda: Network(LSTM(3, 4, dtype="float64", seed=1), head=2, pool=None, seed=2),
        "plain": lambda: Network(RNN(3, 4, dtype="float64", seed=1), head=2, seed=2),
        "peepholes": lambda: Network(LSTM(3, 4, dtype="float64", peepholes=True, seed=1), head=2, seed=2),
        "chain": lambda: Network([LSTM(3, 4, dtype="float64", seed=1), LSTM(4, 5, dtype="float64", seed=3)], seed=2),
    }
    model: Network = made[kind]()
    for values in model.parameters.values():
        values[...] = rng.normal(scale=0.6, size=values.shape)
    return model


KINDS = ["one layer", "two layers", "bidirectional", "mean", "each step", "plain", "peepholes", "chain"]


def answer_of(model: Network, x: FloatArray, lengths: Any, output: int) -> FloatArray:
    y = model(x, lengths)
    return y[np.arange(len(y)), np.asarray(lengths) - 1, output] if model.pool is None else y[:, output]


def slopes_by_difference(model: Network, x: FloatArray, lengths: Any, output: int, size: float = 1e-5) -> FloatArray:
    """Central differences; sequences don't meet, so one step and feature of all of them is moved at once."""
    found = np.zeros_like(x)
    for step, feature in np.ndindex(*x.shape[1:]):
        move = np.zeros_like(x)
        move[:, step, feature] = size
        above, below = (answer_of(model, moved, lengths, output) for moved in (x + move, x - move))
        found[:, step, feature] = (above - below) / (2 * size)
    return found


def by_a_plain_loop(model: Network, x: FloatArray, start: FloatArray, lengths: Any, n_points: int) -> FloatArray:
    """The midpoint rule as it stands, a point and a sequence at a time."""
    found = np.zeros_like(x)
    for n in range(len(x)):
        for alpha in (np.arange(n_points) + 0.5) / n_points:
            point = (start[n] + alpha * (x[n] - start[n]))[None]
            trace = model.trace(point, lengths[n : n + 1])
            dy = np.zeros_like(trace.y)
            dy[(0, lengths[n] - 1, 1) if model.pool is None else (0, 1)] = 1
            found[n] += model.backward(trace, dy).x[0] / n_points
    return found * (x - start)


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_times_input_equals_central_differences(kind: str) -> None:
    model, x = model_of(kind), sequences()
    found = attribute(model, x, LENGTHS, output=1, method="gradient")
    np.testing.assert_allclose(found.values, x * slopes_by_difference(model, x, LENGTHS, 1), rtol=1e-6, atol=1e-9)
    assert found.baseline_name == "zero"
    assert (found.points == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_integrated_gradients_equal_a_plain_loop(kind: str) -> None:
    model, x, start = model_of(kind), sequences(), sequences(1)
    found = attribute(model, x, LENGTHS, output=1, baseline=start, tolerance=1e-6)
    real = np.arange(7)[:, None] < LENGTHS[:, None, None]
    wanted = np.where(real, by_a_plain_loop(model, x, start, LENGTHS, 100), 0)
    np.testing.assert_allclose(found.values, wanted, rtol=2e-3, atol=1e-4)
    assert not found.values[np.broadcast_to(~real, x.shape)].any()
    np.testing.assert_allclose(found.answer, answer_of(model, x, LENGTHS, 1), rtol=1e-12)
    np.testing.assert_allclose(found.baseline_answer, answer_of(model, start, LENGTHS, 1), rtol=1e-12)
    assert found.converged.all()
    assert (np.abs(found.gap) <= 1e-6 * np.abs(found.answer - found.baseline_answer) + 1e-7).all()


@pytest.mark.torch
def test_it_equals_torch_autograd() -> None:
    import torch

    model, x = model_of("two layers"), sequences()
    module = model.to_torch()
    nodes, weights = np.polynomial.legendre.leggauss(16)
    total = np.zeros_like(x)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        point = torch.tensor(node * x, requires_grad=True)
        module(point)[:, 1].sum().backward()
        assert point.grad is not None
        total += weight * point.grad.numpy()
    found = attribute(model, x, output=1, baseline="zero", points=16, max_points=16)
    np.testing.assert_allclose(found.values, total * x, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["one layer", "bidirectional"])
@pytest.mark.parametrize("numbers", [1, 2000])
def test_the_size_of_the_batches_changes_nothing(kind: str, numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = model_of(kind), sequences()
    whole = attribute(model, x, LENGTHS, baseline="windows", data=sequences(3, (9, 7, 3)), n_windows=3, seed=4)
    monkeypatch.setattr(path_integral, "NUMBERS_AT_ONCE", numbers)
    pieces = attribute(model, x, LENGTHS, baseline="windows", data=sequences(3, (9, 7, 3)), n_windows=3, seed=4)
    np.testing.assert_allclose(pieces.values, whole.values, rtol=1e-10, atol=1e-13)
    np.testing.assert_array_equal(pieces.points, whole.points)


@pytest.mark.parametrize("baseline", ["last", "zero", "windows"])
def test_a_sequence_is_explained_the_same_alone(baseline: Any) -> None:
    model, x, data = model_of("one layer"), sequences(), sequences(3, (9, 7, 3))
    together = attribute(model, x, LENGTHS, baseline=baseline, data=data)
    for n, length in enumerate(LENGTHS):
        alone = attribute(model, x[n : n + 1, :length], baseline=baseline, data=data)
        np.testing.assert_allclose(alone.values[0], together.values[n, :length], rtol=1e-12, atol=1e-14)
        assert alone.points[0] == together.points[n]


def test_what_a_net_does_not_use_gets_nothing() -> None:
    model, x = model_of("one layer"), sequences()
    model.parameters["net0.layer0.forward.W"][[0, 2]] = 0
    found = attribute(model, x, LENGTHS, tolerance=1e-3)
    assert not found.values[:, :, [0, 2]].any()
    assert found.values[:, :, 1].any()
    np.testing.assert_allclose(found.by_feature[:, 1], found.answer - found.baseline_answer, rtol=1e-3, atol=1e-5)


def test_a_step_that_is_all_that_counts_gets_all() -> None:
    """Forget gates that are shut and no way through h: the answer is the last step's."""
    model, x = model_of("one layer"), sequences()
    model.parameters["net0.layer0.forward.U"][...] = 0
    model.parameters["net0.layer0.forward.b"][:5] = -800
    found = attribute(model, x, LENGTHS, tolerance=1e-3)
    earlier = np.arange(7) != LENGTHS[:, None] - 1
    assert not found.values[earlier].any()
    assert (np.abs(found.by_step.max(axis=1) + found.by_step.min(axis=1)) > 0).all()


def test_a_straight_path_is_complete_to_rounding() -> None:
    """c = f c_prev + i g with hard gates and a linear candidate is a cubic of α at most: two points integrate it."""
    activations = {"gate": "hard_sigmoid", "candidate": "linear", "state": "linear"}
    model = Network(LSTM(3, 4, dtype="float64", activations=activations, seed=1), Linear(4, 1, dtype="float64", seed=0))
    found = attribute(model, 0.1 * sequences(shape=(5, 1, 3)), baseline="zero", points=2, max_points=2)
    np.testing.assert_allclose(found.gap, 0, atol=1e-15)
    assert np.abs(found.answer - found.baseline_answer).min() > 1e-5


def test_points_are_doubled_only_where_they_are_needed() -> None:
    model, x = model_of("one layer"), sequences()
    x[0] *= 30
    found = attribute(model, x, baseline="zero", points=2, tolerance=1e-3)
    assert found.converged.all()
    assert found.points[0] > found.points[1:].max() >= 2
    assert set(np.log2(found.points)) <= set(range(1, 10))


def test_too_few_points_are_told() -> None:
    model, x = model_of("one layer"), 30 * sequences()
    with pytest.warns(
        ClearLSTMWarning, match=r"attributions of \d of 4 sequences don't add up to 0\.01 .*with 2 points"
    ):
        found = attribute(model, x, baseline="zero", points=1, max_points=2)
    assert not found.converged.all()
    assert (found.points[~found.converged] == 2).all()
    off = np.abs(found.gap) > 0.01 * np.abs(found.answer - found.baseline_answer)
    assert off[~found.converged].all()
    assert "not" in repr(found)


def test_an_input_that_is_its_baseline() -> None:
    model, x = model_of("one layer"), sequences()
    found = attribute(model, x, baseline=x)
    assert not found.values.any()
    assert found.converged.all()


def test_float32_is_complete_within_the_tolerance() -> None:
    model = Network(LSTM(3, 16, seed=1), head=1, seed=2)
    found = attribute(model, sequences(shape=(20, 30, 3)))
    assert found.values.dtype == np.float64
    allowed = np.maximum(0.01 * np.abs(found.answer - found.baseline_answer), 0.001 * np.abs(found.values).sum((1, 2)))
    assert (np.abs(found.gap) <= allowed + 1e-5).all()


def test_the_answer_of_a_step() -> None:
    model, x = model_of("each step"), sequences()
    for step in (0, 2, -3):
        found = attribute(model, x, step=step, baseline="zero")
        at = step % 7
        np.testing.assert_allclose(found.answer, model(x)[:, at, 0], rtol=1e-13)
        assert not found.values[:, at + 1 :].any()
        assert found.values[:, : at + 1].all()


def test_a_bare_net_is_asked_for_its_last_step() -> None:
    net = LSTM(3, 4, dtype="float64", seed=0)
    found = attribute(net, sequences(), LENGTHS, output=2)
    np.testing.assert_allclose(found.answer, net(sequences(), LENGTHS).h[np.arange(4), LENGTHS - 1, 2])


def test_baselines() -> None:
    model, x, data = model_of("one layer"), sequences(), sequences(3, (9, 8, 3))
    data_lengths = np.arange(9) % 8 + 1
    mean = np.concatenate([one[:length] for one, length in zip(data, data_lengths, strict=True)]).mean(axis=0)
    own = np.concatenate([one[:length] for one, length in zip(x, LENGTHS, strict=True)]).mean(axis=0)
    last = np.stack([np.tile(one[length - 1], (7, 1)) for one, length in zip(x, LENGTHS, strict=True)])
    wanted = {"mean": np.tile(mean, (4, 7, 1)), "last": last, "zero": np.zeros_like(x)}
    for name, start in wanted.items():
        found = attribute(model, x, LENGTHS, baseline=name, data=data, data_lengths=data_lengths)
        np.testing.assert_allclose(found.baseline_answer, model(start, LENGTHS)[:, 0], rtol=1e-12)
    found = attribute(model, x, LENGTHS)
    assert found.baseline_name == "the mean of each feature over all steps of x itself"
    np.testing.assert_allclose(found.baseline_answer, model(np.tile(own, (4, 7, 1)), LENGTHS)[:, 0], rtol=1e-12)
    for given in (mean, np.tile(mean, (7, 1)), np.tile(mean, (4, 7, 1))):
        again = attribute(model, x, LENGTHS, baseline=given)
        reference = attribute(model, x, LENGTHS, baseline="mean", data=data, data_lengths=data_lengths)
        np.testing.assert_allclose(again.values, reference.values, rtol=1e-12, atol=1e-15)


def test_random_windows_are_those_of_the_data_averaged_over() -> None:
    model, x = model_of("one layer"), sequences()
    data = np.stack([np.full((7, 3), value) for value in (0.5, -1.0)])
    found = attribute(model, x, baseline="windows", data=data, n_windows=40, seed=1, tolerance=1e-6)
    parts = [attribute(model, x, baseline=one, tolerance=1e-6).values for one in data]
    share = (found.baseline_answer[0] - model(data)[1, 0]) / (model(data)[0, 0] - model(data)[1, 0])
    assert 0.2 < share < 0.8
    np.testing.assert_allclose(found.values, share * parts[0] + (1 - share) * parts[1], rtol=1e-4, atol=1e-6)
    other = attribute(model, x, baseline="windows", data=data, n_windows=40, seed=2)
    assert not np.allclose(other.baseline_answer, found.baseline_answer)


def test_a_window_is_a_stretch_of_real_steps() -> None:
    """Data that count up: any stretch goes up by one a step, and never into the padding."""
    x = sequences()
    data, data_lengths = np.zeros((6, 12, 3)), np.array([7, 12, 5, 9, 2, 7])
    for n, length in enumerate(data_lengths):
        data[n, :length] = 100 * (n + 1) + np.arange(length)[:, None]
    found = starts_of("windows", x, LENGTHS, (data, data_lengths), n_windows=30, seed=0, zero=np.zeros(3))
    for n, length in enumerate(LENGTHS):
        windows = found.values[found.index[n], :length, 0]
        assert (np.diff(windows, axis=1) == 1).all()
        assert (data_lengths[(windows[:, 0] // 100).astype(int) - 1] >= length).all()
        assert len(np.unique(windows[:, 0])) > 3


def fitted(kind: Any, y: Any, x: FloatArray, **options: Any) -> Any:
    return kind(4, max_steps=30, learning_rate=0.02, validation_share=None, **options).fit(x, y)


def test_a_regressor_is_explained_in_the_units_of_y() -> None:
    x = 50 + 20 * sequences(shape=(30, 6, 2))
    y = np.column_stack([1000 + 3 * x[:, 0, 0], x[:, -1, 1]])
    model = fitted(cl.LSTMRegressor, y, x)
    found = attribute(model, x[:5], output=0, data=x)
    np.testing.assert_allclose(found.answer, model.predict(x[:5])[:, 0], rtol=1e-5)
    constant = np.tile(x.mean(axis=(0, 1)), (5, 6, 1))
    np.testing.assert_allclose(found.baseline_answer, model.predict(constant)[:, 0], rtol=1e-5)
    assert found.units == ("y",) * 5
    assert "Nothing is held fixed" in found.held_fixed
    given = attribute(model, x[:5], output=0, baseline=x.mean(axis=(0, 1)))
    np.testing.assert_allclose(given.values, found.values, rtol=1e-3, atol=1e-2)


def test_gradient_times_input_of_a_regressor_is_that_of_its_own_inputs() -> None:
    x = 5 + 2 * sequences(shape=(30, 4, 1))
    model = fitted(cl.LSTMRegressor, x[:, 0, 0], x)
    found = attribute(model, x[:1], method="gradient")
    for t in range(4):
        up, down = x[:1].copy(), x[:1].copy()
        up[0, t], down[0, t] = up[0, t] + 0.02, down[0, t] - 0.02
        slope = (model.predict(up) - model.predict(down))[0] / 0.04
        assert found.values[0, t, 0] == pytest.approx(slope * x[0, t, 0], rel=0.02, abs=0.02)


def test_a_regressor_checks_what_it_is_given() -> None:
    x = sequences(shape=(30, 4, 2))
    model = fitted(cl.LSTMRegressor, x[:, 0, 0], x)
    with pytest.raises(InputError, match="x has 3 features a step; this net takes 2"):
        attribute(model, sequences())
    with pytest.raises(InputError, match=r"baseline has shape \(3,\); \(2,\), "):
        attribute(model, x, baseline=np.zeros(3))


def test_padding_of_an_estimators_array_stays_where_it_is() -> None:
    x = sequences(shape=(30, 6, 2))
    model = fitted(cl.LSTMRegressor, x[:, 0, 0], x)
    found = attribute(model, x[:4], [3, 1, 2, 3])
    assert found.values.shape == (4, 6, 2)
    assert not found.values[:, 3:].any()
    np.testing.assert_allclose(found.answer, model.predict(x[:4], lengths=[3, 1, 2, 3]), rtol=1e-5)


def test_a_classifier_is_explained_by_label() -> None:
    rng = np.random.default_rng(0)
    x: Any = [rng.normal(size=(int(rng.integers(3, 7)), 1)) for _ in range(40)]
    y = ["up" if one[0, 0] > 0 else "down" for one in x]
    model = fitted(cl.LSTMClassifier, y, x)
    own = attribute(model, x)
    predicted = model.predict(x)
    assert own.units == tuple(f"score of {label!r} before softmax" for label in predicted.tolist())
    up, down = attribute(model, x, output="up"), attribute(model, x, output="down")
    odds = np.log(model.predict_proba(x))
    np.testing.assert_allclose(up.answer - down.answer, odds[:, 1] - odds[:, 0], rtol=1e-3, atol=1e-4)
    assert up.values.shape == (40, 6, 1)
    np.testing.assert_array_equal(up.lengths, [len(one) for one in x])


def test_to_frame_and_what_it_prints() -> None:
    found = attribute(model_of("one layer"), sequences(), LENGTHS)
    table = found.to_frame()
    assert list(table.columns) == ["sequence", "step", "feature", "value"]
    assert len(table) == 3 * LENGTHS.sum()
    row = table[(table["sequence"] == 3) & (table["step"] == 4) & (table["feature"] == 2)]
    assert row["value"].item() == found.values[3, 4, 2]
    np.testing.assert_allclose(table.groupby("sequence")["value"].sum(), found.values.sum(axis=(1, 2)))
    assert repr(found) == (
        "Attribution(4 sequences, 7 steps, 3 features, integrated from the mean of each feature over all steps of x "
        "itself; all complete within the tolerance)"
    )
    assert "scaled by numbers of their own window" in found._repr_html_()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": 2}, r"output is 2; this model's answer has columns 0\.\.1"),
        ({"output": True}, "output is True"),
        ({"step": 1}, "step is 1, but this model gives one answer a sequence"),
        ({"method": "shap"}, "method is 'shap'; use 'integrated' or 'gradient'"),
        ({"baseline": "median"}, "baseline is 'median'; use 'mean', 'last', 'zero', 'windows' or an array"),
        ({"baseline": np.zeros((7, 2))}, r"baseline has shape \(7, 2\); \(3,\), \(7, 3\) or \(4, 7, 3\) is needed"),
        ({"baseline": np.full(3, np.nan)}, "baseline holds nan"),
        ({"baseline": [[0.0, 0.0, 0.0], [0.0]]}, "baseline is ragged"),
        ({"baseline": np.ma.masked_array(np.zeros(3), [False, True, False])}, "baseline is masked in places"),
        ({"tolerance": 0}, "tolerance is 0; it is a share above 0"),
        ({"points": 0}, "points is 0"),
        ({"points": 64, "max_points": 8}, "max_points is 8, below points, which is 64"),
        ({"baseline": "windows", "data": np.zeros((2, 5, 3))}, "no sequence of the data has 7 steps"),
        ({"baseline": "windows", "n_windows": 0}, "n_windows is 0"),
        ({"data": np.zeros((2, 5, 4))}, "data must be sequences like x: x has 4 features a step; this net takes 3"),
    ],
)
def test_what_can_not_be_used(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        attribute(model_of("one layer"), sequences(), LENGTHS, **options)


def test_other_things_that_can_not_be_used() -> None:
    with pytest.raises(InputError, match="step 7 is asked for; sequence 0 has 7 steps"):
        attribute(model_of("each step"), sequences(), step=7)
    with pytest.raises(InputError, match="is not fitted yet"):
        attribute(cl.LSTMClassifier(), sequences())


def settled(made: Any, *, learnt: bool = True) -> Any:
    """The forecaster as if its nets had learnt something, 60 % of it used, or nothing: whatever training came to."""
    rng = np.random.default_rng(0)
    for member in made.model_.members:
        W = member.network.parameters["head.W"]
        W[...] = rng.normal(scale=0.1, size=W.shape) if learnt else 0
    members = tuple(replace(member, kept_start=not learnt) for member in made.model_.members)
    made.model_ = replace(made.model_, members=members, earned=(0.6 if learnt else 0.0,) * made.h)
    return made


def forecaster(*, learnt: bool = True, **options: Any) -> tuple[Any, Any]:
    table = cl.examples.stock_prices().groupby("unique_id").tail(160)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ClearLSTMWarning)
        size: dict[str, Any] = {"h": 3, "input_size": 12, "hidden_size": 8, "calendar": False}
        made = cl.LSTMForecaster(**size, max_steps=60, learning_rate=0.02, **options)
        settled(made.fit(table), learnt=learnt)
        return made, made.predict()


@pytest.mark.parametrize("transform", ["log", "none"])
@pytest.mark.parametrize(("n_models", "learnt"), [(1, True), (2, True), (2, False)])
def test_a_forecast_is_explained_in_its_own_units(transform: Any, n_models: int, learnt: bool) -> None:
    made, table = forecaster(transform=transform, n_models=n_models, learnt=learnt)
    for horizon in (1, 3):
        found = attribute_forecast(made, horizon=horizon)
        wanted = table["LSTM"].to_numpy().reshape(3, 3)[:, horizon - 1]
        said = np.exp(found.answer) if transform == "log" else found.answer
        np.testing.assert_allclose(said, wanted, rtol=1e-6)
        assert found.units == (("log y" if transform == "log" else "y"),) * 3
        np.testing.assert_array_equal(found.ids, ["AAPL", "IBM", "MSFT"])
    frame = found.to_frame()
    assert list(frame.columns) == ["sequence", "id", "step", "time", "feature", "value"]
    assert set(frame["feature"]) == {"change", "level", "known", "base ahead"}
    assert found.values.any() == learnt
    assert ("correction counts by 60 %" if learnt else "Training brought nothing") in found.held_fixed
    # "known" is 1 in the window and in the baseline: it can account for nothing.
    assert not found.values[:, :, -1].any()
    assert found.converged.all()


def test_a_quantile_of_an_ensemble_and_the_baselines_of_forecasts() -> None:
    made, _ = forecaster(n_models=2, transform="none")
    problem = made.model_.problem(made.panel_)
    rows = made.panel_.offsets[1:] - 1
    own = problem.values(rows, made.model_.scaled(problem, rows))
    for baseline in ("last", "mean", "zero"):
        found = attribute_forecast(made, horizon=2, quantile=0.1, baseline=baseline)
        np.testing.assert_allclose(found.answer, own[:, 1, 1], rtol=1e-6)
        np.testing.assert_allclose(found.values.sum((1, 2)), found.answer - found.baseline_answer, rtol=0.02, atol=1e-3)
    one = attribute_forecast(made, series="IBM", horizon=2, quantile=0.1, baseline="zero")
    np.testing.assert_allclose(one.values[0], found.values[1], rtol=1e-6)
    with pytest.raises(InputError, match="series 'GOOG' was not forecast"):
        attribute_forecast(made, series=["IBM", "GOOG"])
    with pytest.raises(InputError, match="series is empty; name an id"):
        attribute_forecast(made, series=[])
    array: Any = np.zeros(3)
    with pytest.raises(InputError, match="baseline is of type ndarray; use 'last', 'mean' or 'zero'"):
        attribute_forecast(made, baseline=array)
    with pytest.raises(InputError, match=r"horizon is 4; the forecaster says 1\.\.3"):
        attribute_forecast(made, horizon=4)
    with pytest.raises(InputError, match=r"quantile is 0\.3; the net's are"):
        attribute_forecast(made, quantile=0.3)
    made.fit(cl.examples.stock_prices().groupby("unique_id").tail(150))
    with pytest.raises(InputError, match="fitted again since its last predict"):
        attribute_forecast(made)
    with pytest.raises(InputError, match="hasn't predicted yet"):
        attribute_forecast(cl.LSTMForecaster(h=3))
    other: Any = cl.LSTMRegressor()
    with pytest.raises(InputError, match="the forecaster is a LSTMRegressor; of other models, attribute tells"):
        attribute_forecast(other)


def with_covariates() -> tuple[Any, Any]:
    """A long series and one that is shorter than a window, with a covariate that is known ahead."""
    import pandas as pd

    rng = np.random.default_rng(0)
    parts = []
    for name, rows in (("long", 120), ("short", 9)):
        promo = (rng.random(rows) < 0.3).astype(float)
        y = 20 + 5 * promo + rng.normal(size=rows)
        times = pd.date_range("2024-01-01", periods=rows, freq="D")
        parts.append(pd.DataFrame({"unique_id": name, "ds": times, "y": y, "promo": promo}))
    table = pd.concat(parts)
    ahead = [
        pd.DataFrame({"unique_id": part["unique_id"].iloc[0], "ds": part["ds"].max() + pd.to_timedelta([1, 2], "D")})
        for part in parts
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ClearLSTMWarning)
        made = cl.LSTMForecaster(
            h=2, input_size=14, max_steps=100, hidden_size=8, learning_rate=0.02, futr_exog=["promo"], season_length=7
        ).fit(table)
        return settled(made), made.predict(X_df=pd.concat(ahead).assign(promo=1.0))


def test_covariates_of_a_forecast() -> None:
    made, predicted = with_covariates()
    first = predicted[predicted["unique_id"] == "long"]["LSTM"].iloc[0]
    found = attribute_forecast(made, series="long")
    np.testing.assert_allclose(np.exp(found.answer[0]), first, rtol=1e-6)
    names = found.feature_names or ()
    of_promo = [k for k, name in enumerate(names) if "promo" in name]
    assert of_promo
    # What would come anyway, were the series to stand still, accounts for nothing; against zero it does.
    assert not found.values[:, :, of_promo].any()
    assert attribute_forecast(made, series="long", baseline="zero").values[:, -1, of_promo].any()
    with pytest.raises(InputError, match="'short' has fewer rows than a window, 14: its forecast can't be attributed"):
        attribute_forecast(made, series="short")
    assert list(attribute_forecast(made).to_frame()["id"].unique()) == ["long"]


def test_a_forecaster_from_a_file(tmp_path: Any) -> None:
    made, _ = forecaster()
    made.save(tmp_path / "f.safetensors")
    again = cl.LSTMForecaster.load(tmp_path / "f.safetensors")
    again.predict()
    np.testing.assert_array_equal(attribute_forecast(again).values, attribute_forecast(made).values)
    assert attribute_forecast(again, baseline="mean").baseline_name.endswith("windows of the fitted table")


@pytest.mark.parametrize("points", [8, 64, 127, 128, 1000, 2048])
def test_the_points_on_a_path_integrate(points: int) -> None:
    nodes, weights = path_integral._points_on_path(points)
    assert 0.9 * points < len(nodes) <= points
    assert nodes.min() > 0
    assert nodes.max() < 1
    assert weights.sum() == pytest.approx(1, rel=1e-12)
    assert (weights * nodes**15).sum() == pytest.approx(1 / 16, rel=1e-11)  # 8 points are exact up to degree 15


def test_a_path_with_a_steep_place_is_followed_to_the_end() -> None:
    """The answer is nearly a step: a unit that latches at x = 0.3 of the way."""
    net = LSTM(1, 1, dtype="float64", seed=0)
    for name, values in net.parameters.items():
        values[...] = 0
        if name.endswith("W"):
            values[0, gate_slice("g", 1)] = 1000
        if name.endswith("b"):
            values[gate_slice("g", 1)], values[gate_slice("i", 1)] = -300, 20
    found = attribute(net, np.ones((1, 1, 1)), baseline="zero")
    assert found.converged.all()
    assert found.points[0] > 512
    assert found.by_step[0, 0] == pytest.approx(found.answer[0] - found.baseline_answer[0], rel=0.01)


def test_more_windows_than_memory_holds_are_refused() -> None:
    with pytest.raises(InputError, match=r"n_windows is 1,000,000,000: .* would take \d+ GiB"):
        attribute(cl.LSTM(1, 2, seed=0), np.zeros((2, 5, 1)), baseline="windows", n_windows=10**9)
