"""Views of sequences that start from states of their own.

The oracle is the longer sequence: looked at from its middle on, from the state that it has there, a piece must
show what the whole shows at those steps.
"""

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError
from clearlstm.insight.audit.answers import Probe, donors, effect, look_back, spread
from clearlstm.insight.views import Request
from clearlstm.network.model import Net, Network, Pool
from clearlstm.network.subject import Sequences, Subject, states_of

X = np.random.default_rng(0).standard_normal((6, 20, 2))
CUT = 8


def halves(pool: Pool = "last") -> tuple[Network, Subject]:
    """A network, and it at the later steps of X."""
    nets: list[Net] = [cl.LSTM(2, 3, 2, dtype="float64", seed=0), cl.GRU(3, 4, dtype="float64", seed=1)]
    model = Network(nets, head=2, pool=pool, seed=2)
    rest = X[:, CUT:]
    own = Sequences(rest, np.full(len(rest), rest.shape[1]), model.trace(X[:, :CUT]).state)
    return model, Subject(model, own=own)


def test_a_change_does_what_it_does_to_the_whole() -> None:
    model, later = halves()
    held, zero = cl.Hold("f", 1.0, start=5, net=0, layer=1), cl.Zero(1, net=1)
    ours = cl.what_if(later, change={(3, 0): 2.0}, hold=held)
    whole = cl.what_if(model, X, change={(CUT + 3, 0): 2.0}, hold=cl.Hold("f", 1.0, start=CUT + 5, net=0, layer=1))
    np.testing.assert_allclose(ours.before.y, whole.before.y, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ours.after.y, whole.after.y, rtol=0, atol=1e-14)
    assert np.abs(ours.after.y - ours.before.y).min() > 1e-6
    silenced = cl.what_if(later, zero=zero)
    np.testing.assert_array_equal(silenced.after.nets[1].layer(0).h[..., 1], 0)


def test_slopes_are_those_of_the_whole() -> None:
    model, later = halves()
    ours = cl.attribute(later, output=1, method="gradient")
    whole = cl.attribute(model, X, output=1, method="gradient")
    np.testing.assert_allclose(ours.values, whole.values[:, CUT:], rtol=0, atol=1e-14)
    assert np.abs(cl.attribute(later, output=1).gap).max() < 1e-2


def test_views_look_at_one_of_them_from_its_own_state() -> None:
    _, later = halves(pool=None)
    assert later.own is not None
    request = Request(later, later.own.x, {"trace": 4, "layer": 2})
    whole = later.network.trace(X[4:5]).layer(0, net=1)
    np.testing.assert_allclose(request.layer().h, whole.h[:, CUT:], rtol=0, atol=1e-14)


def test_the_audits_answers_memories_and_units_are_those_of_the_whole() -> None:
    model, later = halves()
    probe, whole = Probe.of(later, None, None), Probe.of(Subject(model), X, None)
    np.testing.assert_allclose(probe.answers(), whole.answers(), rtol=0, atol=1e-14)
    np.testing.assert_allclose(probe.take(np.array([4, 1])).answers(), whole.answers()[[4, 1]], rtol=0, atol=1e-14)
    assert cl.audit(later).facts.spread == pytest.approx(spread(whole.answers()), rel=1e-12)
    assert cl.audit(model, X[:, CUT:]).facts.spread != pytest.approx(spread(whole.answers()), rel=1e-3)


@pytest.mark.parametrize("pool", ["last", "mean"])
def test_older_steps_are_taken_from_others_with_the_states_before_them(pool: Pool) -> None:
    _, later = halves(pool)
    probe, steps = Probe.of(later, None, None), np.array([1, 4, 11])
    order = donors(6, np.random.default_rng(3))
    found = look_back(probe, steps, np.random.default_rng(3))
    assert probe.state is not None
    for k, effect_of_k in zip(steps, found.effect, strict=True):
        x = np.concatenate([probe.x[order, :-k], probe.x[:, -k:]], axis=1)
        after = probe.answers(x, states_of(probe.state, order))
        assert effect_of_k == pytest.approx(effect(probe.answers(), after, spread(probe.answers())), rel=1e-9)


@pytest.mark.parametrize("pool", ["last", None])
def test_hiding_a_unit_is_hiding_it_from_the_cut_on(pool: Pool) -> None:
    _, later = halves(pool)
    units = cl.unit_facts(later)
    zero = cl.what_if(later, zero=cl.Zero(2, net=0, layer=1))
    change = np.abs(zero.after.y - zero.before.y).reshape(-1, 2) / zero.before.y.reshape(-1, 2).std(axis=0)
    row = [tuple(place) == (0, 1, 2) for place in zip(units.net, units.layer, units.unit, strict=True)].index(True)
    assert units.ablation[row] == pytest.approx(change.max(), rel=1e-9)


def test_other_sequences_need_states_too() -> None:
    _, later = halves()
    with pytest.raises(InputError, match=r"x holds 2 sequences.*caught at 6, each of which"):
        cl.what_if(later, X[:2])
    same = Subject(later.network, own=Sequences(X, np.full(6, 20), later.network.trace(X[[0] * 6, :CUT]).state))
    assert cl.what_if(same, X[:2, CUT:]).before.y[0] == pytest.approx(later.network(X[:1])[0])


def test_without_sequences_of_its_own_x_is_needed() -> None:
    with pytest.raises(InputError, match="x is missing"):
        cl.attribute(halves()[0])
