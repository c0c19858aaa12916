from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearlstm as cl
from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.layout import GATES, gate_slice
from clearlstm.cell.record import step_order
from clearlstm.errors import InputError
from clearlstm.insight import hiding
from clearlstm.insight.memory import memory_lengths
from clearlstm.insight.units import UnitFacts, unit_facts
from clearlstm.shapes import FloatArray

Int64Array = npt.NDArray[np.int64]
Gates = dict[str, tuple[float, float, float]]


def answer_without(
    model: cl.Network, x: FloatArray, lengths: Int64Array, where: tuple[int, int, int, int] | None
) -> FloatArray:
    """The answers (A, M), one step at a time, with the h of one unit put to 0 as soon as it is there."""
    below = x
    for k, net in enumerate(model.nets):
        for layer in range(net.num_layers):
            parts = [
                layer_without(net, layer, d, below, lengths, where[3] if where and where[:3] == (k, layer, d) else None)
                for d in range(net.num_directions)
            ]
            below = np.concatenate(parts, axis=-1)
    real = np.arange(x.shape[1]) < lengths[:, None]
    if model.pool is None:
        pooled = below[real]
    elif model.pool == "mean":
        pooled = np.stack([h[:n].mean(axis=0) for h, n in zip(below, lengths, strict=True)])
    else:
        forward = np.stack([h[n - 1] for h, n in zip(below, lengths, strict=True)])
        H = model.nets[-1].hidden_size
        pooled = np.concatenate([forward[:, :H], below[:, 0, H:]], axis=-1)
    return model.head(pooled) if model.head else pooled


def layer_without(
    net: Any, layer: int, direction: int, x: FloatArray, lengths: Int64Array, unit: int | None
) -> FloatArray:
    N, T, _ = x.shape
    h, c, h_all = np.zeros((N, net.hidden_size)), np.zeros((N, net.hidden_size)), np.zeros((N, T, net.hidden_size))
    weights = net.weights(layer, direction)
    for t in step_order(T, direction == 1):
        live = lengths > t
        if isinstance(net, cl.RNN):
            h[live] = vanilla.step(x[live, t], h[live], weights, net.activation)
        else:
            now = reference.step(x[live, t], h[live], c[live], weights, net.activations)
            h[live], c[live] = now.h, now.c
        if unit is not None:
            h[:, unit] = 0
        h_all[live, t] = h[live]
    return h_all


def chain(kind: str, seed: int, *, bidirectional: bool, second: bool, **options: Any) -> list[Any]:
    """One net of two layers, and with ``second`` another one on it."""
    make: Any = cl.LSTM if kind == "lstm" else cl.RNN
    lower = make(2, 3, 2, bidirectional=bidirectional, dtype="float64", seed=seed, **options)
    upper = make(lower.output_size, 2, bidirectional=bidirectional, dtype="float64", seed=seed + 1, **options)
    return [lower, upper] if second else [lower]


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(["lstm", "rnn"]),
    bidirectional=st.booleans(),
    second=st.booleans(),
    head=st.sampled_from([None, 1, 3]),
    pool=st.sampled_from(["last", "mean", None]),
    seed=st.integers(0, 1000),
)
def test_ablation_is_the_change_of_the_answer_without_the_unit(
    kind: str, bidirectional: bool, second: bool, head: int | None, pool: Any, seed: int
) -> None:
    model = cl.Network(chain(kind, seed, bidirectional=bidirectional, second=second), head=head, pool=pool, seed=seed)
    assert_ablations(model, seed)


@pytest.mark.parametrize("gate", ["sigmoid", "hard_sigmoid", "relu"])
def test_ablation_of_nets_that_the_reference_runs(gate: str) -> None:
    options = {"peepholes": True, "activations": {"gate": gate}}
    model = cl.Network(chain("lstm", 3, bidirectional=True, second=True, **options), head=2, seed=0)
    facts = assert_ablations(model, 3)
    assert np.isnan(facts.typical).all() == (gate == "relu")
    assert np.isfinite(facts.f_low).all()


def assert_ablations(model: cl.Network, seed: int) -> UnitFacts:
    rng = np.random.default_rng(seed)
    x, lengths = rng.normal(size=(7, 6, 2)), rng.integers(1, 7, 7)
    facts = unit_facts(model, x, lengths)
    before = answer_without(model, x, lengths, None)
    for row, where in enumerate(zip(facts.net, facts.layer, facts.direction, facts.unit, strict=True)):
        net, layer, direction, unit = (int(place) for place in where)
        change = (answer_without(model, x, lengths, (net, layer, direction, unit)) - before) / before.std(axis=0)
        assert facts.ablation[row] == pytest.approx(np.abs(change).max(), rel=1e-6, abs=1e-12)
        assert facts.ablation_rms[row] == pytest.approx(np.sqrt((change**2).mean()), rel=1e-6, abs=1e-12)
    n_units = sum(net.num_layers * net.num_directions * net.hidden_size for net in model.nets)
    assert len(set(zip(facts.net, facts.layer, facts.direction, facts.unit, strict=True))) == n_units
    return facts


def test_looking_leaves_the_model_as_it_was() -> None:
    model = cl.Network(cl.LSTM(1, 4, 2, seed=0), head=2, seed=0)
    before = {name: values.copy() for name, values in model.parameters.items()}
    unit_facts(model, np.random.default_rng(0).normal(size=(5, 8, 1)))
    for name, values in model.parameters.items():
        np.testing.assert_array_equal(values, before[name])


def wakes_for_a_flag() -> cl.LSTM:
    """Units 0 and 2 are moved by feature 0, unit 1 by feature 1 alone."""
    return hand_made(
        [
            {"f": (0, 0, 0), "i": (0, 0, 5), "g": (2, 0, 0), "o": (0, 0, 5)},
            {"f": (0, 0, 0), "i": (0, 0, 5), "g": (0, 2, 0), "o": (0, 0, 5)},
            {"f": (0, 0, 0), "i": (0, 0, 5), "g": (2, 0, 0), "o": (0, 0, 5)},
        ]
    )


def hand_made(by_unit: list[Gates]) -> cl.LSTM:
    """A net of two features whose units don't see each other: for each gate (weight on x0, on x1, bias)."""
    H = len(by_unit)
    net = cl.LSTM(2, H, dtype="float64", seed=0)
    for values in net.parameters.values():
        values[...] = 0
    for unit, gates in enumerate(by_unit):
        for gate in GATES:
            column = gate_slice(gate, H).start + unit
            on_0, on_1, bias = gates[gate]
            net.parameters["layer0.forward.W"][:, column] = on_0, on_1
            net.parameters["layer0.forward.b"][column] = bias
    return net


def test_a_unit_that_only_an_unsampled_sequence_needs_is_alive() -> None:
    model = cl.Network(wakes_for_a_flag(), head=1, seed=0)
    assert model.head is not None
    model.head.W[...] = [[1.0], [0.3], [0.0]]
    x = np.random.default_rng(0).normal(size=(9, 5, 2))
    x[:, :, 1] = 0
    x[4, :, 1] = 1
    facts = unit_facts(model, x, sample=2)
    assert list(facts.dead) == [False, False, True]
    assert list(facts.ablated_on) == [2, 9, 9]
    assert facts.ablation[1] == pytest.approx(unit_facts(model, x).ablation[1])
    assert facts.ablation[2] == 0


def test_without_a_head_every_last_unit_is_an_answer() -> None:
    """Unit 1 sleeps, so its answer is 0 with or without it; that of unit 0 is gone without it."""
    x = np.random.default_rng(0).normal(size=(9, 5, 2)) * [1, 0]
    facts = unit_facts(cl.Network(wakes_for_a_flag()), x)
    assert list(facts.dead) == [False, True, False]


def test_an_answer_without_spread() -> None:
    """Its spread is then the floor: what moves it at all by more than rounding is alive, what doesn't is dead."""
    net = cl.LSTM(2, 3, seed=0)
    model = cl.Network(net, head=1, seed=0)
    same = np.ones((4, 5, 2))
    assert not unit_facts(model, same).dead.any()
    model.parameters["head.W"][...] = 0
    model.parameters["head.b"][...] = 1e6
    assert unit_facts(model, same).dead.all()
    assert not unit_facts(model, same).ablation.any()
    model.parameters["head.b"][...] = 0
    assert not unit_facts(model, same).ablation.any()
    two_alike = cl.Network(hand_made([LEAKY, LEAKY]), head=1, seed=0)
    two_alike.parameters["head.W"][...] = [[1], [-1]]
    facts = unit_facts(two_alike, same)  # an answer of 0, from two that cancel
    assert (facts.ablation > 1e9).all()
    assert np.isfinite(facts.ablation_rms).all()


def test_what_moves_an_answer_by_no_more_than_rounding_is_dead() -> None:
    """The answer is a million; in float32 its neighbours are 0.06 away, and each unit adds three of those."""
    model, x = cl.Network(cl.LSTM(2, 3, seed=0), head=1, seed=0), np.ones((4, 5, 2))
    model.parameters["head.W"][:, 0] = 0.2 / model.trace(x).pooled[0]
    model.parameters["head.b"][...] = 1e6
    facts = unit_facts(model, x)
    assert facts.ablation.max() > 0
    assert facts.dead.all()


def test_one_answer_has_no_spread() -> None:
    model = cl.Network(cl.LSTM(1, 3, seed=0), head=1, seed=0)
    with pytest.raises(InputError, match="1 answer only, and its spread"):
        unit_facts(model, np.ones((1, 5, 1)))
    assert len(unit_facts(cl.LSTM(1, 3, seed=0), np.ones((1, 5, 1))).unit) == 3  # an answer a step


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_shares_of_steps_are_counted(bidirectional: bool) -> None:
    net = cl.LSTM(2, 3, 2, bidirectional=bidirectional, dtype="float64", seed=0)
    rng = np.random.default_rng(1)
    for values in net.parameters.values():
        values *= 4
    x, lengths = rng.normal(size=(5, 9, 2)), np.array([9, 1, 4, 9, 7])
    facts, trace = unit_facts(net, x, lengths), net.trace(x, lengths)
    table = facts.to_frame()
    for row, (layer, direction, unit) in enumerate(zip(facts.layer, facts.direction, facts.unit, strict=True)):
        part = trace.layer(int(layer), int(direction))
        for gate in ("f", "i", "o"):
            steps = [getattr(part, gate)[n, t, unit] for n in range(5) for t in range(lengths[n])]
            assert table[f"{gate}_low"][row] == pytest.approx(sum(v < 0.1 for v in steps) / len(steps))
            assert table[f"{gate}_high"][row] == pytest.approx(sum(v > 0.9 for v in steps) / len(steps))
        assert facts.typical[row] == pytest.approx(memory_lengths(part).typical[unit])
    assert table[["f_low", "f_high", "i_low", "i_high", "o_low", "o_high"]].to_numpy().max() > 0.3


def test_batches_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    model = cl.Network(cl.LSTM(2, 3, bidirectional=True, dtype="float64", seed=0), head=2, pool=None, seed=0)
    x, lengths = np.random.default_rng(0).normal(size=(9, 6, 2)), np.array([6, 5, 1, 2, 6, 6, 3, 4, 5])
    whole = unit_facts(model, x, lengths).to_frame()
    monkeypatch.setattr(hiding, "_CHUNK", 4)
    pieces = unit_facts(model, x, lengths).to_frame()
    for name in whole:
        if whole[name].dtype == float:
            np.testing.assert_allclose(pieces[name], whole[name], rtol=1e-12, err_msg=name)
        else:
            assert list(pieces[name]) == list(whole[name]), name


COUNTER: Gates = {"f": (0, 0, 6), "i": (0, 0, 6), "g": (3, 0, 0), "o": (0, 0, 0)}
"""Adds 1 for each 1 on x0, and never forgets."""
LATCH: Gates = {"f": (0, 0, 6), "i": (0, 12, -6), "g": (0, 3, 0), "o": (0, 0, 0)}
"""Opens for a pulse on x1, and holds what it wrote."""
LEAKY: Gates = {"f": (0, 0, 2), "i": (0, 0, 0), "g": (1, 0, 0), "o": (0, 0, 0)}
"""Averages x0 with a half-life of 5.5 steps."""


def habits(changes: Gates, of: Gates, n_steps: int = 20) -> set[str]:
    """What is said of a unit like ``of`` with some gates changed, on 30 sequences of coin flips and one pulse each."""
    rng = np.random.default_rng(0)
    x = np.zeros((30, n_steps, 2))
    x[..., 0] = rng.random((30, n_steps)) < 0.6
    x[np.arange(30), rng.integers(1, n_steps // 2, 30), 1] = 1
    facts = unit_facts(hand_made([of | changes]), x)
    return {name for name in ("counter", "latch", "leaky") if getattr(facts, name)[0]}


@pytest.mark.parametrize(
    ("unit", "name"), [(COUNTER, "counter"), (LATCH, "latch"), (LEAKY, "leaky")], ids=["counter", "latch", "leaky"]
)
def test_a_unit_built_for_a_habit_is_named_for_it_alone(unit: Gates, name: str) -> None:
    assert habits({}, unit) == {name}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"g": (6, 0, -3)}, "it counts down as well"),
        ({"f": (0, 0, 1)}, "it forgets"),
        ({"g": (0.05, 0, 0)}, "it gets nowhere"),
        ({"i": (0, 12, -6), "g": (0, 3, 0)}, "it moves once"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_counter(changes: Gates, why: str) -> None:
    assert "counter" not in habits(changes, COUNTER), why


def test_what_leaks_does_not_count() -> None:
    """It fills up to what leaks out, one way and in many steps."""
    assert habits({"f": (0, 0, 3), "g": (0, 0, 1)}, COUNTER, n_steps=30) == {"leaky"}


def test_a_counter_may_be_reset() -> None:
    assert habits({"f": (0, -12, 6)}, COUNTER) == {"counter"}


@pytest.mark.parametrize(
    ("changes", "n_steps", "why"),
    [
        ({"f": (0, 0, 2.85)}, 10, "its forget gate is at 0.945"),
        ({"f": (-2, 0, 5)}, 100, "what it holds drains away"),
        ({"i": (0, 0, 6)}, 60, "its input gate stands open"),
        ({"g": (0, 0.05, 0)}, 60, "next to nothing is written"),
        ({"i": (0, 12, -2.7), "g": (0.8, 3, -0.5)}, 60, "it wanders to and fro"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_latch(changes: Gates, n_steps: int, why: str) -> None:
    assert "latch" not in habits(changes, LATCH, n_steps), why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"f": (0, 0, 1)}, "half is gone after 2 steps"),
        ({"f": (0, 0, 4)}, "it holds for longer than half the sequence"),
        ({"f": (2, 0, 1)}, "its rate changes from step to step"),
        ({"i": (0, 0, -3)}, "it takes in next to nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_leaky_integrator(changes: Gates, why: str) -> None:
    assert "leaky" not in habits(changes, LEAKY), why


def test_a_reverse_direction_has_the_same_habits() -> None:
    """The same units on mirrored sequences of ragged lengths, read backwards."""
    rng = np.random.default_rng(0)
    one_way = hand_made([COUNTER, LATCH, LEAKY])
    both = cl.LSTM(2, 3, bidirectional=True, dtype="float64", seed=0)
    for part in ("W", "U", "b"):
        both.parameters[f"layer0.reverse.{part}"][...] = one_way.parameters[f"layer0.forward.{part}"]
    lengths = rng.integers(14, 21, 30)
    x, mirrored = np.zeros((30, 20, 2)), np.zeros((30, 20, 2))
    for n, length in enumerate(lengths):
        x[n, :length, 0] = rng.random(length) < 0.6
        x[n, rng.integers(1, length // 2), 1] = 1
        mirrored[n, :length] = x[n, :length][::-1]
    facts, reverse = unit_facts(one_way, x, lengths), unit_facts(both, mirrored, lengths)
    np.testing.assert_array_equal([facts.counter, facts.latch, facts.leaky], np.eye(3, dtype=bool))
    for name in ("counter", "latch", "leaky", "f_high", "i_low"):
        np.testing.assert_array_equal(getattr(reverse, name)[3:], getattr(facts, name))


@pytest.mark.parametrize(("init", "forget_bias"), [("orthogonal", 1.0), ("uniform", 0.0)])
def test_nets_that_have_learnt_nothing_have_no_habits(init: str, forget_bias: float) -> None:
    for seed in range(20):
        net = cl.LSTM(3, 16, 2, init=init, forget_bias=forget_bias, seed=seed)
        x = np.random.default_rng(seed).normal(size=(20, 40, 3))
        facts = unit_facts(cl.Network(net, head=1, seed=seed), np.cumsum(x, axis=1) / 6 if seed % 2 else x)
        assert not (facts.dead | facts.counter | facts.latch | facts.leaky).any(), seed


def test_plain_units_have_no_gates() -> None:
    facts = unit_facts(
        cl.Network(cl.RNN(1, 4, seed=0), head=1, seed=0), np.random.default_rng(0).normal(size=(9, 6, 1))
    )
    assert np.isnan(facts.f_high).all()
    assert np.isnan(facts.typical).all()
    assert not (facts.counter | facts.latch | facts.leaky).any()
    assert not facts.dead.any()


def test_a_chain_of_both_kinds() -> None:
    lower = cl.RNN(1, 3, seed=0)
    facts = unit_facts(cl.Network([lower, cl.LSTM(3, 2, seed=0)], head=1, seed=0), np.arange(12.0).reshape(4, 3, 1) / 9)
    np.testing.assert_array_equal(np.isnan(facts.typical), [True, True, True, False, False])
    assert list(facts.net) == [0, 0, 0, 1, 1]
    assert facts.leaky.dtype == facts.dead.dtype == np.bool_


def test_tables_and_words() -> None:
    net = cl.LSTM(1, 2, 2, bidirectional=True, seed=0)
    facts = unit_facts(net, np.random.default_rng(0).normal(size=(5, 6, 1)))
    table = facts.to_frame()
    assert len(table) == 8
    assert list(table["direction"]) == ["forward", "forward", "reverse", "reverse"] * 2
    assert list(table["layer"]) == [0] * 4 + [1] * 4
    assert repr(facts) == "UnitFacts(8 units: 0 dead, 0 counting, 0 latching, 0 leaky)"
    assert "Of 8 units, 0 dead" in facts._repr_html_()


def test_a_fitted_estimator_is_opened() -> None:
    x = np.random.default_rng(0).normal(size=(12, 8, 1))
    classifier = cl.LSTMClassifier(hidden_size=3, max_steps=2, seed=0).fit(x, np.arange(12) % 2)
    assert len(unit_facts(classifier, x).unit) == len(unit_facts(classifier.network_, x).unit)


def test_an_estimator_takes_what_its_predict_takes() -> None:
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) * [10, 0.1] + [500, 3] for length in (9, 4, 12, 7)]  # far from scaled
    model = cl.LSTMRegressor(hidden_size=3, max_steps=20, seed=0).fit(X, [x[-1, 0] for x in X])
    padded = np.zeros((4, 12, 2))
    for n, x in enumerate(X):
        padded[n, : len(x)] = model.feature_scaling_.forward(x)
    found, wanted = unit_facts(model, X).to_frame(), unit_facts(model.network_, padded, [9, 4, 12, 7]).to_frame()
    pd.testing.assert_frame_equal(found, wanted)


def test_a_model_that_is_broken_tells_nothing() -> None:
    net = cl.LSTM(1, 3, seed=0)
    net.parameters["layer0.forward.W"][0, 0] = np.nan
    with pytest.raises(InputError, match="holds NaN or infinity in sequence 0"):
        unit_facts(net, np.ones((4, 5, 1)))
    with pytest.raises(InputError, match="the answer to sequence 0, or to its baseline, is NaN or infinite"):
        cl.attribute(net, np.ones((4, 5, 1)))
