"""The audit on nets that were built to have a fault, and on nets that have none."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.healthy_nets import NETS, TASKS, examine
from clearlstm.cell.layout import gate_slice
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.errors import InputError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.insight.audit.answers import (
    Probe,
    Skill,
    donors,
    feature_effects,
    look_back,
    of_donors,
    skill_of_classes,
    skill_of_numbers,
)
from clearlstm.insight.audit.audit import Audit, audit
from clearlstm.insight.audit.findings import Finding, judge
from clearlstm.insight.audit.layers import lag_grid
from clearlstm.insight.audit.missed import TELLS
from clearlstm.insight.subject import inputs_of
from clearlstm.interop.chain import Layer, build
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.network.subject import Corrects, subject_of
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.sequences.regressor import LSTMRegressor
from tests.forecasting.series import walks
from tests.insight.audited import (
    accumulating,
    copying,
    forgetting,
    noise,
    ordinary,
    set_gate,
    summing,
    with_dead_unit,
)


def told(found: Audit) -> dict[str, str]:
    """The findings that aren't mere facts, with their severity."""
    return {finding.name: finding.severity for finding in (*found.faults, *found.notices)}


def the(found: Audit, name: str) -> Finding:
    [finding] = [finding for finding in found.findings if finding.name == name]
    return finding


class TestBuiltFaults:
    def test_a_unit_that_never_forgets_and_fills_up(self) -> None:
        found = audit(accumulating(unit=2), noise())
        finding = the(found, "never_forgets")
        assert finding.severity == "fault"
        assert finding.evidence["units"].tolist() == [2]
        assert finding.evidence["c_end"] == pytest.approx(40 * np.tanh(2), rel=1e-6)
        assert finding.evidence["half_life_steps"] > 1e15

    def test_a_unit_that_holds_without_filling_up_is_no_fault(self) -> None:
        model = accumulating(unit=2)
        set_gate(model, "i", -40.0, 2)
        assert "never_forgets" not in told(audit(model, noise()))

    def test_a_dead_unit(self) -> None:
        finding = the(audit(with_dead_unit(unit=3), noise()), "dead_units")
        assert finding.severity == "notice"
        assert (finding.evidence["dead"], finding.evidence["units"]) == (1, 6)
        assert "3 of 6" in finding.sentence

    def test_a_model_of_mostly_dead_units_is_a_fault(self) -> None:
        model = ordinary()
        model.parameters["head.W"][1:] = 0
        model.parameters["net0.layer0.forward.U"][1:] = 0
        assert the(audit(model, noise()), "dead_units").severity == "fault"

    def test_the_half_that_a_net_read_backwards_lacks_is_not_dead(self) -> None:
        rng = np.random.default_rng(0)
        weights = LSTMWeights(rng.normal(size=(1, 12)), 0.5 * rng.normal(size=(3, 12)), np.zeros(12))
        found = audit(build([Layer("backwards", (weights,), reverse=True)], pool="last"), noise())
        assert [layer.silent for layer in found.facts.layers] == [True, False]
        assert "dead_units" not in told(found)
        assert [one.evidence["layer"] for one in found.findings if one.name == "memory"] == ["net 0, layer 0, reverse"]

    def test_a_net_that_copies_its_last_input(self) -> None:
        finding = the(audit(copying(3, feature=1), noise(features=3), feature_names=["a", "b", "c"]), "copies_last")
        assert finding.severity == "fault"
        assert finding.evidence["feature"] == "b"
        assert finding.evidence["slope"][0] == pytest.approx(1, abs=0.02)
        assert "a straight line of the last value of “b” (answer ≈ " in finding.sentence

    def test_a_copy_that_is_shown_to_beat_the_naive_rule_is_a_notice(self) -> None:
        x = noise(1000)
        y = x[:, -1] + 0.1 * noise(1000, 1)[:, 0]
        found = audit(copying(), x, y)
        assert told(found)["copies_last"] == "notice"
        assert told(audit(copying(), x, y, target_feature=0))["copies_last"] == "fault"

    def test_smooth_inputs_alone_make_no_copy(self) -> None:
        """Of a slow wave the last value tells the sum too; exchanging the steps before it shows which one it is."""
        phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (300, 1))
        slow = np.sin(phase + 0.002 * np.arange(40))[:, :, None]
        found = audit(summing(), slow)
        assert found.facts.line is not None
        assert found.facts.line.r2 > 0.99 > found.facts.line.r2_alone
        assert "copies_last" not in told(found)

    def test_a_gradient_that_dies_after_ten_steps(self) -> None:
        found = audit(forgetting(), noise(steps=100))
        finding = the(found, "short_reach")
        assert finding.severity == "notice"
        assert finding.evidence["vanishes_at"] == [10]
        assert 6 <= finding.evidence["reach_steps"] <= 10
        assert finding.evidence["window_steps"] == 100

    def test_it_is_a_fault_if_the_older_steps_tell_what_it_gets_wrong(self) -> None:
        x = noise(400, 100)
        finding = the(audit(forgetting(), x, x[:, 5]), "short_reach")
        assert finding.severity == "fault"
        assert finding.evidence["missed_r2"] > TELLS
        unrelated = the(audit(forgetting(), x, noise(400, 1, seed=1)[:, 0]), "short_reach")
        assert unrelated.severity == "notice"

    def test_a_gradient_that_explodes(self) -> None:
        net = RNN(1, 3, dtype="float64", seed=0)
        net.parameters["layer0.forward.U"][...] = 2 * np.eye(3)
        net.parameters["layer0.forward.b"][...] = 0
        found = audit(Network(net, head=1, seed=0), 1e-12 * noise(steps=20))
        finding = the(found, "gradient_explodes")
        assert finding.evidence["lag"] == 10
        assert finding.evidence["arrives"] == pytest.approx(2**10, rel=1e-3)

    def test_an_ignored_feature_and_one_that_cannot_be_told(self) -> None:
        model, x = ordinary(3), noise(features=3)
        model.parameters["net0.layer0.forward.W"][1] = 0
        x[:, :, 2] = 1.0
        found = audit(model, x, feature_names=["heard", "unheard", "constant"])
        ignored = the(found, "ignored_features")
        assert ignored.evidence["features"] == ["unheard"]
        assert "ignore 1 of 3 features (“unheard”)" in ignored.sentence
        assert [one.effect is None for one in found.facts.features] == [False, False, True]
        assert found.facts.features[0].effect == pytest.approx(1, abs=0.1)
        assert [one.slope_share for one in found.facts.features] == [1.0, 0.0, 0.0]

    def test_answers_that_are_always_the_same(self) -> None:
        model = ordinary()
        model.parameters["head.W"][...] = 0
        found = audit(model, noise())
        assert told(found) == {"constant_answers": "fault"}
        assert told(audit(ordinary(), np.ones((50, 12, 1)))) == {"same_sequences": "notice"}

    def test_gates_that_are_shut_by_inputs_of_another_scale(self) -> None:
        found = audit(ordinary(), 1e4 * noise())
        assert the(found, "saturated_gates").evidence["largest_input"] > 1e4
        assert "saturated_gates" not in told(audit(ordinary(), noise()))

    def test_worse_than_the_last_value_repeated(self) -> None:
        x = np.cumsum(0.1 * noise(), axis=1)
        finding = the(audit(ordinary(), x, x[:, -1] + 0.1, target_feature="feature 0"), "worse_than_naive")
        assert finding.severity == "fault"
        assert finding.evidence["naive_error"] == pytest.approx(0.1)
        assert finding.evidence["skill"] < 0

    def test_answers_that_are_not_finite(self) -> None:
        net = RNN(1, 2, dtype="float64", seed=0, activation="relu")
        net.parameters["layer0.forward.U"][...] = 1e30 * np.eye(2)
        with np.errstate(all="ignore"):
            found = audit(Network(net, head=1, seed=0), noise(steps=30))
        assert told(found) == {"not_finite": "fault"}


class TestHealthy:
    @pytest.mark.parametrize(
        ("task", "true_of_it"),
        [(TASKS[4], {"short_reach"}), (TASKS[5], set())],  # what comes next in the oscillation, two steps tell
        ids=["oscillation", "mean"],
    )
    def test_a_trained_net_has_no_fault(self, task: Any, true_of_it: set[str]) -> None:
        """The benchmark has all tasks and sizes: benchmarks/HEALTHY.md."""
        result = examine(task, NETS[0], 0)
        assert result.healthy
        for found in (result.first, result.second):
            assert found.faults == ()
            assert {notice.name for notice in found.notices} <= true_of_it

    def test_first_weights_have_no_fault(self) -> None:
        for seed in range(3):
            assert audit(ordinary(2, 16, seed=seed), noise(features=2)).faults == ()


class TestNumbers:
    def test_a_short_memory_is_measured_as_built(self) -> None:
        [layer] = audit(forgetting(0.45), noise()).facts.layers
        assert layer.held is not None
        assert layer.held_typical is not None
        assert layer.held.tolist() == [1] * 4
        np.testing.assert_allclose(layer.held_typical, np.log(2) / -np.log(0.45))
        assert layer.direct is not None
        np.testing.assert_allclose(layer.direct, 0.45**layer.lags, rtol=1e-9)

    def test_effects_are_the_shares_of_a_linear_answer(self) -> None:
        model, x = copying(3), noise(4000, 2, 3)
        weights = np.array([0.05, 0.02, 0.0])
        model.parameters["net0.layer0.forward.W"][:, gate_slice("g", 1)] = weights[:, None]
        probe = Probe.of(subject_of(model), x, None)
        effects = feature_effects(probe, np.random.default_rng(0)).effect
        np.testing.assert_allclose(effects, weights / np.sqrt((weights**2).sum()), atol=0.03)

    def test_looking_back_finds_what_each_older_step_adds(self) -> None:
        probe = Probe.of(subject_of(summing()), noise(4000, 20), None)
        found = look_back(probe, np.array([1, 5, 10, 19]), np.random.default_rng(0))
        np.testing.assert_allclose(found.effect, np.sqrt([19 / 20, 15 / 20, 10 / 20, 1 / 20]), atol=0.03)
        assert found.reach is None

    def test_donors_are_others_and_ragged_ones_start_anew(self) -> None:
        rng = np.random.default_rng(0)
        for n in (2, 3, 50):
            chosen = donors(n, rng)
            assert sorted(chosen) == list(range(n))
            assert (chosen != np.arange(n)).all()
        x = np.arange(8.0).reshape(2, 4, 1)
        probe = Probe.of(subject_of(ordinary()), x, [4, 3])
        assert of_donors(probe, rng)[:, :, 0].tolist() == [[4, 5, 6, 4], [0, 1, 2, 3]]

    def test_lags_rise_from_one_to_the_last(self) -> None:
        for n in (2, 3, 11, 40, 1000):
            lags = lag_grid(n)
            assert (lags[0], lags[-1]) == (1, n - 1)
            assert (np.diff(lags) > 0).all()
        assert lag_grid(1).tolist() == [0]

    def test_skill_is_the_error_saved(self) -> None:
        y = np.array([[0.0], [1.0], [2.0]])
        found = skill_of_numbers(y + 0.5, y, y + np.array([[1.0], [2.0], [1.5]]), "a rule")
        assert found is not None
        assert (found.error, found.naive_error) == (0.5, 1.5)
        assert found.skill == pytest.approx(2 / 3)
        assert found.z == pytest.approx(1.0 / (0.5 / np.sqrt(3)))
        classes = skill_of_classes(np.eye(3)[[0, 1, 2, 2]], np.array([0, 1, 2, 1]))
        assert classes is not None
        assert (classes.error, classes.naive_error) == (0.25, 0.5)
        assert skill_of_classes(np.eye(2), np.array([1, 1])) is None

    def test_samples_are_stated_and_the_seed_decides(self) -> None:
        x = noise(1500, 8)
        first, again = audit(ordinary(), x, seed=3), audit(ordinary(), x, seed=3)
        samples = first.facts.samples
        assert (samples.given, samples.answers, samples.exchanged, samples.units) == (1500, 1000, 256, 128)
        assert json.dumps(first.to_dict()) == json.dumps(again.to_dict())
        assert json.dumps(audit(ordinary(), x, seed=4).to_dict()) != json.dumps(first.to_dict())


MODELS: dict[str, Network | LSTM | RNN] = {
    "an LSTM without a head": LSTM(2, 5, seed=0),
    "a plain net": RNN(2, 5, seed=0),
    "both directions": Network(LSTM(2, 4, 2, bidirectional=True, seed=0), head=3, seed=0),
    "the mean over steps": Network(LSTM(2, 4, seed=0), head=2, pool="mean", seed=0),
    "a chain": Network([LSTM(2, 4, seed=0), RNN(4, 3, seed=0)], head=1, seed=0),
    "peepholes": Network(LSTM(2, 4, peepholes=True, seed=0), head=1, seed=0),
    "older Keras": Network(LSTM(2, 4, activations={"gate": "hard_sigmoid"}, seed=0), head=1, seed=0),
    "gates that leave 0 to 1": Network(
        LSTM(2, 4, activations={"gate": "relu"}, forget_bias=0.0, seed=0), head=1, seed=0
    ),  # with a bias of 1 such a forget gate is above 1, and a change may grow
    "relu": Network(LSTM(2, 4, activations={"candidate": "relu", "state": "relu"}, seed=0), head=1, seed=0),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model_gives_a_whole_audit(name: str) -> None:
    x, lengths = noise(40, 12, 2), np.random.default_rng(0).integers(5, 13, 40)
    found = audit(MODELS[name], x, lengths=lengths)
    assert found.faults == ()
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(plain["facts"]["units"]) == sum(layer["units"] for layer in plain["facts"]["layers"])
    assert {finding["name"] for finding in plain["findings"]} >= {"sizes", "gradient_reach", "look_back"}
    engine = "reference" if name in ("peepholes", "older Keras", "relu", "gates that leave 0 to 1") else "kernels"
    assert found.facts.sizes.engine == engine


def test_it_prints_and_becomes_a_table() -> None:
    found = audit(forgetting(), noise())
    assert found.headline.startswith("1 notice. The answers hang on the last ")
    assert repr(found).startswith("Audit(0 faults, 1 notice; LSTM of 1 layer of 4 units")
    frame = found.to_frame()
    assert frame["severity"].tolist()[:2] == ["notice", "fact"]
    assert "short_reach" in found._repr_html_()
    assert audit(ordinary(), noise()).headline == "No fault found."


def test_the_headline_says_that_few_sequences_show_little() -> None:
    found = audit(ordinary(), noise(8))
    assert found.headline == "No fault found. Only 8 sequences were looked at, and so few can't show much."
    assert found.notices == ()
    assert not audit(ordinary(), noise(30)).caution


class TestEstimators:
    def test_a_forecaster_that_is_no_better_is_told_what_helps_a_forecaster(self) -> None:
        forecaster = LSTMForecaster(h=2, input_size=6, hidden_size=3, max_steps=3, seed=0).fit(walks(90))
        inputs = inputs_of(forecaster)
        facts = audit(forecaster, inputs.x, inputs.y, feature_names=inputs.names).facts
        skill = Skill("numbers", "what it corrects", 1.0, 1.0, 0.0)
        used = replace(facts, corrects=Corrects("the last value", (1.0, 1.0)), skill=skill)
        advice = {finding.name: finding.advice for finding in judge(used)}["no_better_than_naive"]
        assert "covariates" in advice
        assert "`comparison_.recommendation`" in advice
        assert "scale" not in advice

    def test_a_classifier_is_asked_in_its_own_units_and_labels(self) -> None:
        x = 100 + 5 * noise(120, 6, 2)
        labels = np.where(x[:, 0, 0] > 100, "up", "down")
        model = LSTMClassifier(6, max_steps=150, learning_rate=0.02).fit(x, labels)
        found = audit(model, x, labels)
        assert found.facts.skill is not None
        assert found.facts.skill.error == pytest.approx(1 - model.score(x, labels))
        assert "saturated_gates" not in told(found)
        with pytest.raises(InputError, match="holds 'sideways', which the classifier was not fitted on"):
            audit(model, x, np.where(labels == "up", "up", "sideways"))

    def test_a_regressor_is_judged_in_the_units_it_was_fitted_on(self) -> None:
        x = [100 + 5 * one[: 4 + n % 3] for n, one in enumerate(noise(90, 6, 1))]
        y = np.array([1000 * (one[-1, 0] - 100) for one in x])
        model = LSTMRegressor(6, max_steps=150, learning_rate=0.02).fit(x, y)
        skill = audit(model, x, y).facts.skill
        assert skill is not None
        assert skill.error == pytest.approx(np.abs(model.predict(x) - y).mean(), rel=1e-4)
        assert skill.naive_error == pytest.approx(np.abs(np.median(y) - y).mean(), rel=1e-4)

    def test_a_last_value_is_repeated_in_a_regressors_own_units(self) -> None:
        walks = noise(90, 13, 1).cumsum(axis=1)  # their features and their targets have another spread
        x, y = walks[:, :12], walks[:, 12, 0]
        model = LSTMRegressor(4, max_steps=20, seed=0).fit(x, y)
        found = audit(model, x, y, target_feature=np.int64(0))
        assert found.facts.skill is not None
        assert found.facts.skill.naive_error == pytest.approx(np.abs(x[:, -1, 0] - y).mean(), rel=1e-5)
        assert found.facts.skill.error == pytest.approx(np.abs(model.predict(x) - y).mean(), rel=1e-5)
        assert the(found, "worse_than_naive").severity == "fault"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": noise(1)}, "1 sequence; the audit exchanges sequences"),
        ({"x": noise(5, 4, 2)}, "2 features a step; this net takes 1"),
        ({"y": np.zeros(3)}, "y has 3 rows and x 5 sequences"),
        ({"y": 3.0}, "y is 3.0; 5 rows are needed"),
        ({"feature_names": "a"}, "feature_names is 'a'; 1 names are needed"),
        ({"feature_names": 1}, "feature_names is 1; 1 names are needed"),
        ({"target_feature": np.int64(1)}, "; it must be one of 'feature 0', or its number from 0"),
        ({"y": np.zeros((5, 2))}, r"y has shape \(5, 2\); \(5, 1\) is needed"),
        ({"feature_names": ["a", "b"]}, "feature_names holds 2 names; the model takes 1"),
        ({"target_feature": "price"}, "target_feature is 'price'; it must be one of 'feature 0'"),
        ({"lengths": [9] * 5}, "must lie in 1..4"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        audit(ordinary(), **({"x": noise(5, 4)} | arguments))


def test_classes_that_the_model_cannot_tell_are_refused() -> None:
    model = Network(LSTM(1, 3, seed=0), head=2, seed=0)
    with pytest.raises(InputError, match=r"y holds the class 2; the model tells 0\.\.1"):
        audit(model, noise(4, 3), np.array([0, 1, 2, 0]))
