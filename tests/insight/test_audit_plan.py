"""The audit within seconds: what it looks at then, what it says of it, and what is left of one that is stopped."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearlstm as cl
from clearlstm.errors import InputError
from clearlstm.insight.ablation import Ablator, units_of
from clearlstm.insight.audit import audit as module
from clearlstm.insight.audit import plan
from clearlstm.insight.audit.answers import Probe, effect, effect_interval, look_back, spread
from clearlstm.insight.audit.arriving import median_interval
from clearlstm.insight.audit.audit import AuditStopped, audit
from clearlstm.insight.audit.plan import LEAST, Plan, Work, plan_for, shared_out
from clearlstm.insight.audit.stages import STAGES
from clearlstm.insight.first_order import first_order_effects
from clearlstm.insight.hiding import DEAD, FEWEST, Allowance
from clearlstm.insight.units import measured_units, unit_facts
from clearlstm.network.subject import Sequences, subject_of
from tests.insight.audited import copying, forgetting, noise, ordinary, with_dead_unit
from tests.training.bars import kept


def work(model: cl.Network, N: int, T: int, **costs: float) -> Work:
    seconds = {"of_pass": 0.01, "of_number": 1e-7, "of_product": 1e-10} | costs
    return Work(model, N, T, **seconds)


class TestPlan:
    def test_where_all_fits_the_seconds_make_no_difference(self) -> None:
        x = noise(200, 20)
        found, other = (audit(with_dead_unit(), x, seconds=seconds).to_dict() for seconds in (60.0, math.inf))
        assert (found["facts"]["samples"].pop("seconds"), other["facts"]["samples"].pop("seconds")) == (60.0, None)
        assert found == other

    def test_few_seconds_make_samples_small_and_the_facts_say_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine on which a pass of a sequence takes a second."""
        model, x = ordinary(hidden=40), noise(400, 30)
        monkeypatch.setattr(Work, "timed", lambda probe: work(probe.network, *probe.x.shape[:2], of_pass=1.0))
        facts = audit(model, x, seconds=60).facts
        samples = facts.samples
        assert samples.cut
        assert (samples.answers, samples.exchanged, samples.units) == (LEAST.answers, LEAST.exchanged, LEAST.memory)
        assert facts.units is not None
        assert facts.units["first_order"].any()
        assert facts.units["ablated_on"].max() < 400
        assert not (facts.units["first_order"] & facts.units["dead"]).any()
        assert audit(model, x, seconds=1e5).facts.samples.answers == 400

    @settings(max_examples=50, deadline=None)
    @given(seconds=st.floats(1, 1e4), of_pass=st.floats(1e-5, 1.0), N=st.integers(2, 2000))
    def test_a_plan_fits_or_is_the_least(self, seconds: float, of_pass: float, N: int) -> None:
        costs, probe = (
            work(ordinary(3, 32), N, 50, of_pass=of_pass),
            Probe.of(subject_of(ordinary(3)), noise(2, 3, 3), None),
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Work, "timed", lambda _: costs)
            found = plan_for(probe, seconds)
        needs = costs.needs(found)
        total = sum(value for stage, value in needs.items() if stage != "units") + (
            found.hiding.seconds if found.cut else needs["units"]
        )
        least = sum(value for stage, value in costs.needs(LEAST).items() if stage != "units")
        assert total <= max(seconds, 0) + 2 * least
        assert found.cut == (sum(costs.needs(Plan()).values()) > plan.USABLE * seconds)

    def test_what_one_stage_leaves_goes_to_the_others(self) -> None:
        needs = {"answers": 1.0, "look-back": 100.0, "features": 100.0, "layers": 100.0, "units": 100.0}
        given_out = shared_out(needs, 91.0)
        assert given_out["answers"] == 1.0
        assert sum(given_out.values()) == pytest.approx(91.0)
        assert given_out["units"] == pytest.approx(1.5 * given_out["layers"])

    def test_the_timing_reads_the_clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ticks = iter(range(100))
        monkeypatch.setattr(plan, "clock", lambda: float(next(ticks)))
        found = Work.timed(Probe.of(subject_of(ordinary()), noise(20, 30), None))
        assert found.of_pass == pytest.approx(1 / 16)

    def test_a_late_audit_looks_at_fewer_units(self) -> None:
        hiding = Allowance(128, 30.0, (0.1,), 0.2)
        planned = Plan(hiding=hiding, cut=True, seconds={"answers": 10.0, "units": 30.0})
        late = planned.caught_up(spent=40.0, given=60.0).hiding
        assert (late.seconds, late.of_run, late.of_estimate) == (20.0, (0.4,), 0.8)
        assert planned.caught_up(spent=99.0, given=60.0).hiding.seconds == 3.0
        assert planned.caught_up(spent=5.0, given=60.0).hiding == hiding
        whole = Plan(hiding=hiding, seconds=planned.seconds)
        assert whole.caught_up(spent=99.0, given=60.0) == whole

    @pytest.mark.parametrize("seconds", [0, -1.0, math.nan, "60", True])
    def test_seconds_that_cannot_be(self, seconds: Any) -> None:
        with pytest.raises(InputError, match="a number above 0 is needed"):
            audit(ordinary(), noise(5, 4), seconds=seconds)


class TestStops:
    @pytest.mark.parametrize("at", STAGES)
    def test_a_stop_keeps_what_was_found(self, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*_: Any) -> dict[str, Any]:
            raise KeyboardInterrupt

        monkeypatch.setattr(module, "STAGES", dict(STAGES) | {at: stop})
        with pytest.raises(AuditStopped) as stopped:
            audit(copying(), noise())
        found = stopped.value.audit
        names = list(STAGES)
        assert found.facts.missing == tuple(names[names.index(at) :])
        assert ("copies_last" in {one.name for one in found.faults}) == (names.index(at) > names.index("features"))
        assert "it was stopped before all was looked at" in found.summary[2]
        assert found.to_dict()["facts"]["missing"]

    def test_progress_rises_to_the_end(self) -> None:
        told: list[tuple[str, float]] = []
        audit(ordinary(), noise(60, 12), progress=lambda stage, share: told.append((stage, share)))
        shares = [share for _, share in told]
        assert shares == sorted(shares)
        assert shares[-1] == pytest.approx(1)
        assert list(dict.fromkeys(stage for stage, _ in told)) == list(STAGES)

    def test_a_bar_shows_the_stages_and_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        shown, unseen = (audit(ordinary(), noise(60, 12), progress=progress) for progress in (True, False))
        assert drawn.words == ["starting", "answers", *STAGES]
        assert drawn.last == "audit"
        assert shown.to_dict() == unseen.to_dict()

    def test_a_bar_says_where_it_was_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*_: Any) -> dict[str, Any]:
            raise KeyboardInterrupt

        drawn = kept(monkeypatch)
        monkeypatch.setattr(module, "STAGES", dict(STAGES) | {"layers": stop})
        with pytest.raises(AuditStopped):
            audit(copying(), noise(), progress=True)
        assert drawn.last == "stopped at layers"


class TestHiding:
    @settings(max_examples=25, deadline=None)
    @given(
        kind=st.sampled_from(["LSTM", "GRU", "RNN"]),
        seed=st.integers(0, 1000),
        bidirectional=st.booleans(),
        pool=st.sampled_from(["last", "mean", None]),
        seconds=st.floats(1e-3, 50.0),
    )
    def test_no_unit_is_called_dead_that_a_run_finds_alive(
        self, kind: str, seed: int, bidirectional: bool, pool: Any, seconds: float
    ) -> None:
        """However few the seconds: an estimate calls nothing dead, and a run what moves nothing that it saw."""
        net = getattr(cl, kind)(2, 5, 2, bidirectional=bidirectional, dtype="float64", seed=seed)
        model = cl.Network(net, head=6, pool=pool, seed=seed)
        rng = np.random.default_rng(seed)
        weak = rng.random(model.parameters["head.W"].shape[0]) < 0.5
        model.parameters["head.W"][weak] *= 1e-6
        model.parameters["net0.layer1.forward.U"][rng.random(5) < 0.5] *= 1e-6
        x, lengths = rng.normal(size=(12, 6, 2)), rng.integers(1, 7, 12)
        exact = unit_facts(model, x, lengths)
        allowed = Allowance(128, seconds, (0.05, 0.03), 0.05)
        found = measured_units(model, Sequences(x, lengths), allowed)
        assert not (found.dead & found.first_order).any()
        whole = ~found.first_order & (found.ablated_on == 12)
        np.testing.assert_array_equal(found.dead[whole], exact.dead[whole])
        assert not (exact.dead & ~found.first_order & ~found.dead).any()  # a sample never brings the dead to life
        assert (found.ablated_on[~found.first_order] >= min(FEWEST, 12)).all()

    def test_without_a_limit_nothing_is_estimated(self) -> None:
        found = unit_facts(with_dead_unit(), noise(20, 6))
        assert not found.first_order.any()
        assert found.ablated_on.tolist() == [20] * 6

    def test_first_order_is_the_slope_of_hiding(self) -> None:
        """Of a model whose answer is a linear function of h, it is what hiding does."""
        model = forgetting()
        x = noise(9, 5)
        trace, units = model.trace(x), units_of(model)
        ablator = Ablator(model, np.ones(1))
        found = first_order_effects(ablator, trace)
        for unit, estimate in zip(units, found, strict=True):
            run = ablator.effect(unit, trace)
            assert (estimate.largest, estimate.rms) == pytest.approx((run.largest, run.rms), rel=1e-9)

    def test_suspects_are_run_first_then_the_leading(self) -> None:
        model = ordinary(hidden=12)
        model.parameters["head.W"][:3] = 1e-9
        model.parameters["net0.layer0.forward.U"][:3] = 1e-9
        x = noise(40, 6)
        allowed = Allowance(128, 5 * FEWEST / 0.7 + 1e-6, (1.0,), 1.0)
        found = measured_units(model, Sequences(x, np.full(40, 6)), allowed)
        assert np.flatnonzero(found.dead).tolist() == [0, 1, 2]
        run = np.flatnonzero(~found.first_order)
        assert len(run) == 5
        assert found.ablation[run[3:]].min() >= 0.5 * found.ablation.max()


class TestIntervals:
    def test_an_effects_interval_holds_it_in_most_samples(self) -> None:
        rng, held = np.random.default_rng(0), 0
        for _ in range(400):
            signal = rng.normal(size=(80, 1))
            before, after = signal + rng.normal(size=(80, 1)), signal + rng.normal(size=(80, 1))
            low, high = effect_interval(before, after)
            held += low <= math.sqrt(0.5) <= high
            assert low <= effect(before, after, spread(before)) <= high
        assert 0.9 <= held / 400 <= 0.99

    def test_a_medians_interval_holds_it_in_most_samples(self) -> None:
        draws = np.random.default_rng(0).exponential(size=(2000, 12))
        ends = np.array([median_interval(row) for row in draws])
        assert ((ends[:, 0] <= math.log(2)) & (math.log(2) <= ends[:, 1])).mean() >= 0.95
        assert median_interval(np.array([3.0])) == (3.0, 3.0)
        assert median_interval(np.array([3.0, 1.0, 2.0])) == (1.0, 3.0)


def test_going_on_from_a_donors_state_is_what_exchanging_its_steps_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    model = cl.Network([cl.LSTM(2, 5, 2, seed=0), cl.GRU(5, 4, seed=1)], head=2, seed=0)
    probe, steps = Probe.of(subject_of(model), noise(20, 150, 2), None), np.array([1, 7, 130, 149])
    from clearlstm.insight.audit import answers

    found = look_back(probe, steps, np.random.default_rng(0))
    monkeypatch.setattr(answers, "_goes_on_from_anywhere", lambda _: False)
    wanted = look_back(probe, steps, np.random.default_rng(0))
    np.testing.assert_array_equal(found.effect, wanted.effect)


def test_three_sentences_for_anyone() -> None:
    x = noise(features=3)
    what, goes_by, wrong = audit(copying(3, feature=1), x, feature_names=["a", "b", "c"]).summary
    assert what == (
        "This is an LSTM of 1 layer of 1 unit, which reads 3 numbers a step and gives 1 answer; it was looked at on "
        "300 sequences of 40 steps."
    )
    assert goes_by.startswith("Its answers depend on the last step of 40, and mostly on “b” (")
    assert wrong.startswith("Something is wrong: it only passes on the last value that it was given")
    assert audit(ordinary(), noise(8)).summary[2] == (
        "No fault was found. Few sequences were given, which can't show much."
    )
    alike = audit(ordinary(), np.ones((50, 12, 1))).summary
    assert alike[1] == "What its answers depend on can't be told."


def test_dead_on_a_sample_says_how_sure_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ordinary()
    model.parameters["head.W"][2] = 1e-9
    model.parameters["net0.layer0.forward.U"][2] = 1e-9
    monkeypatch.setattr(Work, "timed", lambda probe: work(probe.network, *probe.x.shape[:2], of_pass=0.05))
    [finding] = [one for one in audit(model, noise(300), seconds=40).notices if one.name == "dead_units"]
    n = finding.evidence["ablated_on"]
    assert FEWEST <= n < 300
    assert finding.evidence["needed_by_at_most"] == pytest.approx(1 - 0.05 ** (1 / n))
    assert f"That was seen on {n} of " in finding.sentence
    assert finding.evidence["ablation"] < DEAD
