"""What-ifs beside loops over single steps that are written here, and facts known of the video's unit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearlstm as cl
from clearlstm.errors import InputError
from clearlstm.insight.altered import Hold, Zero
from clearlstm.insight.what_if import what_if
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray

FUNCTIONS: dict[str, Any] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "hard_sigmoid": lambda z: np.clip(z / 5 + 0.5, 0, 1),
}
KERAS_OLD = {"gate": "hard_sigmoid", "candidate": "relu", "state": "tanh"}


@dataclass(frozen=True)
class Question:
    """A random model, its sequences, and what is to be changed."""

    network: Network
    x: FloatArray
    lengths: Any
    change: dict[tuple[int, ...], float]
    holds: tuple[Hold, ...]
    zeros: tuple[Zero, ...]

    def __repr__(self) -> str:
        return f"{self.network}, {self.x.shape}, {self.lengths}, {self.change}, {self.holds}, {self.zeros}"

    @property
    def changed(self) -> FloatArray:
        x = self.x.copy()
        for (*sequence, step, feature), value in self.change.items():
            for n in sequence or range(len(x)):
                x[n, step if step >= 0 else self.lengths[n] + step, feature] = value
        return x

    def ask(self) -> Any:
        return what_if(self.network, self.x, self.lengths, change=self.change, hold=self.holds, zero=self.zeros)


def make_question(seed: int, kinds: tuple[str, ...], pool: Any, head: int | None, D: int, n_changes: int) -> Question:
    rng = np.random.default_rng(seed)
    N, T, F = (int(size) for size in rng.integers(1, (5, 7, 4)))
    nets: list[Any] = []
    for kind in kinds:
        options: dict[str, Any] = {"bidirectional": D == 2, "dtype": "float64", "seed": 0}
        width, H, L = (nets[-1].output_size if nets else F), int(rng.integers(1, 5)), int(rng.integers(1, 3))
        if kind == "peepholes":
            options |= {"peepholes": True}
        if kind == "keras":
            options |= {"activations": KERAS_OLD}
        if kind == "relu":
            options |= {"activation": "relu"}
        nets.append((cl.RNN if kind in ("rnn", "relu") else cl.LSTM)(width, H, L, **options))
    network = Network(nets, head=head, pool=pool, seed=0)
    network.set_parameters({name: rng.normal(scale=0.6, size=p.shape) for name, p in network.parameters.items()})
    x, lengths = rng.normal(size=(N, T, F)), rng.integers(1, T + 1, size=N)
    holds, zeros = zip(*(make_places(rng, network, kinds, T) for _ in range(n_changes)), strict=True)
    return Question(
        network, x, lengths, make_change(rng, lengths, F, n_changes),
        tuple(hold for hold in holds if hold), zeros[: n_changes // 2],
    )  # fmt: skip


def make_change(rng: np.random.Generator, lengths: Any, F: int, count: int) -> dict[tuple[int, ...], float]:
    change: dict[tuple[int, ...], float] = {}
    for k in range(count):
        n, feature = int(rng.integers(len(lengths))), int(rng.integers(F))
        shortest = int(lengths.min())
        everywhere = int(rng.integers(-shortest, shortest)), feature
        alone = n, int(rng.integers(-lengths[n], lengths[n])), feature
        change[everywhere if k % 2 else alone] = float(rng.normal())
    return change


def make_places(rng: np.random.Generator, network: Network, kinds: tuple[str, ...], T: int) -> tuple[Hold | None, Zero]:
    k = int(rng.integers(len(network.nets)))
    net = network.nets[k]
    unit, layer, d = (int(rng.integers(n)) for n in (net.hidden_size, net.num_layers, net.num_directions))
    at = {"net": k, "layer": layer, "direction": d}
    zero = Zero(unit, where="recurrence" if rng.random() < 0.5 else "everywhere", **at)
    if kinds[k] in ("rnn", "relu"):
        return None, zero
    gate = str(rng.choice(list("figo")))
    low = -1 if gate == "g" and kinds[k] != "keras" else 0
    value = float(rng.choice([low, 1, rng.uniform(low, 1)]))
    which = None if rng.random() < 0.3 else unit
    return Hold(gate, value, unit=which, start=int(rng.integers(T)), **at), zero


questions = st.builds(
    make_question,
    seed=st.integers(0, 2**32 - 1),
    kinds=st.lists(st.sampled_from(["lstm", "peepholes", "keras", "rnn", "relu"]), min_size=1, max_size=2).map(tuple),
    pool=st.sampled_from(["last", "mean", None]),
    head=st.sampled_from([None, 2]),
    D=st.sampled_from([1, 2]),
    n_changes=st.integers(1, 4),
)


def held(asked: Question, place: tuple[int, int, int], gate: str, t: int, values: FloatArray) -> FloatArray:
    """A gate's values at a step, or those at which it is held: what started last counts, then what was said last."""
    values = values.copy()
    since = np.full(len(values), -1)
    for hold in asked.holds:
        if (hold.net, hold.layer, hold.direction) == place and hold.gate == gate and hold.start <= t:
            for u in range(len(values)) if hold.unit is None else [hold.unit]:
                if hold.start >= since[u]:
                    values[u], since[u] = hold.value, hold.start
    return values


def layer_by_hand(asked: Question, place: tuple[int, int, int], x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """h (T, H) as others read it, and the last of it, of one layer in one direction of one sequence (T, F)."""
    k, layer, d = place
    net: Any = asked.network.nets[k]
    W, U, b, *p = (
        net.parameters[f"layer{layer}.{('forward', 'reverse')[d]}.{part}"]
        for part in ("W", "U", "b", *(["p"] if getattr(net, "peepholes", False) else []))
    )
    zeros = [zero for zero in asked.zeros if (zero.net, zero.layer, zero.direction) == place]
    H = net.hidden_size
    p_f, p_i, p_o = np.split(p[0], 3) if p else np.zeros((3, H))
    h, c, out = np.zeros(H), np.zeros(H), np.zeros((len(x), H))
    for t in range(len(x))[:: -1 if d else 1]:
        read = h.copy()
        read[[zero.unit for zero in zeros]] = 0
        z = x[t] @ W + read @ U + b
        if isinstance(net, cl.RNN):
            h = FUNCTIONS[net.activation](z)
        else:
            names = net.activations
            z_f, z_i, z_g, z_o = np.split(z, 4)
            f = held(asked, place, "f", t, FUNCTIONS[names.gate](z_f + p_f * c))
            i = held(asked, place, "i", t, FUNCTIONS[names.gate](z_i + p_i * c))
            g = held(asked, place, "g", t, FUNCTIONS[names.candidate](z_g))
            c = f * c + i * g
            o = held(asked, place, "o", t, FUNCTIONS[names.gate](z_o + p_o * c))
            h = o * FUNCTIONS[names.state](c)
        out[t] = h
        out[t, [zero.unit for zero in zeros if zero.where == "everywhere"]] = 0
    return out, out[0 if d else -1]


def answer_by_hand(asked: Question, x: FloatArray) -> FloatArray:
    """The model's answer to one sequence (T, F)."""
    network = asked.network
    for k, net in enumerate(network.nets):
        for layer in range(net.num_layers):
            ways = [layer_by_hand(asked, (k, layer, d), x) for d in range(net.num_directions)]
            x = np.concatenate([h for h, _ in ways], axis=1)
    last = np.concatenate([h_n for _, h_n in ways])
    pooled = {"last": last, "mean": x.mean(axis=0), None: x}[network.pool]
    return np.asarray(pooled @ network.head.W + network.head.b) if network.head else pooled


@settings(max_examples=120, deadline=None)
@given(asked=questions)
def test_answers_equal_loops_over_single_steps(asked: Question) -> None:
    found = asked.ask()
    nothing = Question(asked.network, asked.x, asked.lengths, {}, (), ())
    for trace, question, x in ((found.before, nothing, asked.x), (found.after, asked, asked.changed)):
        for n, length in enumerate(asked.lengths):
            wanted = answer_by_hand(question, x[n, :length])
            y = trace.y[n, :length] if asked.network.pool is None else trace.y[n]
            np.testing.assert_allclose(y, wanted, rtol=1e-9, atol=1e-11)
            assert asked.network.pool is not None or not trace.y[n, length:].any()
    np.testing.assert_array_equal(found.difference, found.after.y - found.before.y)


@settings(max_examples=60, deadline=None)
@given(asked=questions)
def test_traces_hold_what_was_asked_for_and_add_up(asked: Question) -> None:
    traces = asked.ask().after.nets
    for hold in asked.holds:
        layer = traces[hold.net].layer(hold.layer, hold.direction)
        for n, length in enumerate(asked.lengths):
            for t in range(hold.start, length):
                gate = getattr(layer, hold.gate)[n, t]
                place = (hold.net, hold.layer, hold.direction)
                np.testing.assert_allclose(gate, held(asked, place, hold.gate, t, gate), rtol=1e-14, atol=1e-15)
    for zero in asked.zeros:
        if zero.where == "everywhere":
            trace = traces[zero.net]
            assert not trace.layer(zero.layer, zero.direction).h[..., zero.unit].any()
            assert not trace.state[0][zero.layer * len(trace.layers[0]) + zero.direction, :, zero.unit].any()
    for trace in traces:
        for layer in (way for ways in trace.layers for way in ways if isinstance(way, LSTMLayerTrace)):
            record = layer.record
            np.testing.assert_allclose(layer.c, layer.f * record.c_prev() + layer.i * layer.g, rtol=0, atol=1e-13)


@settings(max_examples=40, deadline=None)
@given(asked=questions)
def test_an_empty_question_changes_nothing_at_all(asked: Question) -> None:
    found = what_if(asked.network, asked.x, asked.lengths)
    assert not found.difference.any()
    np.testing.assert_array_equal(found.before.y, asked.network.trace(asked.x, asked.lengths).y)
    assert found.sentences[1].endswith("stays as it was.")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_nothing_touches_comes_out_bit_for_bit(dtype: str) -> None:
    """Running in pieces loses nothing: before a hold starts, and in other units until they hear of it."""
    net = cl.LSTM(3, 20, bidirectional=True, dtype=dtype, seed=1)
    x = np.random.default_rng(2).normal(size=(9, 11, 3)).astype(dtype)
    lengths = np.array([11, 7, 3, 11, 1, 8, 5, 6, 2])
    found = what_if(net, x, lengths, hold=[Hold("f", 0.25, unit=5, start=6), Hold("i", 0.5, start=3, direction=1)])
    before, after = (trace.nets[0] for trace in (found.before, found.after))
    for name in ("gates", "c", "h"):
        forward, changed = (getattr(trace.layer(0).record, name) for trace in (before, after))
        np.testing.assert_array_equal(changed[:, :6], forward[:, :6])
        assert (changed[lengths > 8, 7:] != forward[lengths > 8, 7:]).any()
        short = lengths <= 3  # these have no step at which the reverse direction's hold acts
        np.testing.assert_array_equal(
            getattr(after.layer(0, 1).record, name)[short], getattr(before.layer(0, 1).record, name)[short]
        )
    others = np.delete(np.arange(20), 5)
    changed, unchanged = (trace.layer(0).h[:, 6, others] for trace in (after, before))
    np.testing.assert_array_equal(changed, unchanged)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("gate", "value"), [("f", 0.0), ("f", 1.0), ("i", 0.0), ("o", 1.0), ("g", -1.0), ("g", 1.0)])
def test_limits_are_reached_exactly(dtype: str, gate: str, value: float) -> None:
    net = cl.LSTM(1, 33, dtype=dtype, seed=1)
    x = np.random.default_rng(2).normal(size=(3, 5, 1)).astype(dtype)
    layer = layer_after(net, x, hold=Hold(gate, value))
    assert (getattr(layer, gate) == value).all()


def layer_after(*asked: Any, **changes: Any) -> Any:
    """The first layer of the net as it would be."""
    return what_if(*asked, **changes).after.nets[0].layer(0)


def test_a_memory_that_may_not_forget_is_the_sum_of_what_was_written() -> None:
    net = cl.LSTM(2, 4, dtype="float64", seed=1)
    x = np.random.default_rng(2).normal(size=(3, 30, 2))
    layer = layer_after(net, x, hold=Hold("f", 1))
    np.testing.assert_allclose(layer.c, (layer.i * layer.g).cumsum(axis=1), rtol=1e-12)


def test_the_weighted_sum_goes_on_beside_a_held_gate() -> None:
    net = cl.LSTM(2, 4, dtype="float64", seed=1)
    x = np.random.default_rng(2).normal(size=(3, 5, 2))
    layer = layer_after(net, x, hold=Hold("f", 0.5), zero=Zero(2))
    h_prev = np.concatenate([np.zeros((3, 1, 4)), layer.h[:, :-1]], axis=1)
    weights = net.weights(0)
    np.testing.assert_allclose(layer.z_f, (x @ weights.W + h_prev @ weights.U + weights.b)[..., :4], atol=1e-13)


def test_company_b_with_company_as_first_day_is_company_a() -> None:
    unit, days = cl.examples.statquest_unit(), cl.examples.companies().x
    found = what_if(unit, days, change={(0, 0): 0.0})
    np.testing.assert_array_equal(found.after.y[1], found.before.y[0])
    np.testing.assert_array_equal(found.difference[0], 0)
    assert found.difference[1, -1].round(3) == -0.963
    assert found.sentences == (
        "What if x at step 0, feature 0 were 0 instead of 0 to 1?",
        "The answer after the last step goes most in sequence 1: from 0.9694 to 0.006393, by -0.963; the median of "
        "|change| is 0.482.",
    )


def test_without_the_short_term_memory_of_the_day_before() -> None:
    """FACTS: with h set to 0 before every day the answers are 0.22 and 0.44; what answers is still h of day 4."""
    unit, days = cl.examples.statquest_unit(), cl.examples.companies().x
    found = what_if(unit, days, zero=Zero(0, where="recurrence"))
    np.testing.assert_array_equal(found.after.y[:, -1, 0].round(2), [0.22, 0.44])
    assert not what_if(unit, days, zero=Zero(0)).after.y.any()


def test_of_two_holds_of_a_gate_the_later_start_counts() -> None:
    unit, days = cl.examples.statquest_unit(), cl.examples.companies().x
    holds = [Hold("f", 0.0, start=2), Hold("f", 0.5, start=2, unit=0), Hold("f", 1.0)]
    layer = layer_after(unit, days, hold=holds)
    np.testing.assert_array_equal(layer.f[..., 0], [[1, 1, 0.5, 0.5]] * 2)


def test_the_model_and_its_input_stay_as_they_are() -> None:
    net = cl.LSTM(2, 4, seed=1)
    x = np.random.default_rng(2).normal(size=(3, 5, 2)).astype(np.float32)
    kept, parameters = x.copy(), {name: values.copy() for name, values in net.parameters.items()}
    what_if(net, x, change={(-1, 1): 3.0}, hold=Hold("o", 0.1), zero=[Zero(1), Zero(2)])
    np.testing.assert_array_equal(x, kept)
    for name, values in net.parameters.items():
        np.testing.assert_array_equal(values, parameters[name])


@pytest.fixture(scope="module")
def prices() -> tuple[cl.LSTMRegressor, list[FloatArray]]:
    """A regressor of numbers around 500, and its sequences."""
    rng = np.random.default_rng(0)
    X: list[FloatArray] = [rng.normal(size=(length, 2)) * [10, 0.1] + [500, 3] for length in (9, 4, 12, 7)]
    return cl.LSTMRegressor(hidden_size=4, max_steps=30, seed=0).fit(X, [x[-1, 0] for x in X]), X


def test_an_estimator_is_asked_and_answers_in_its_own_units(prices: tuple[cl.LSTMRegressor, list[FloatArray]]) -> None:
    model, X = prices
    found = what_if(model, X, change={(-1, 0): 480.0})
    others = [x.copy() for x in X]
    for x in others:
        x[-1, 0] = 480.0
    before, after = (answers[:, 0] for answers in found.answers)
    np.testing.assert_allclose(before, model.predict(X), rtol=1e-6)
    np.testing.assert_allclose(after, model.predict(others), rtol=1e-6)
    np.testing.assert_array_equal(found.to_frame()["difference"], after - before)
    last = [x[-1, 0] for x in X]
    assert found.changes == (f"x at step -1, feature 0 were 480 instead of {min(last):.4g} to {max(last):.4g}",)
    assert f"to {after[np.abs(after - before).argmax()]:.4g}" in found.sentences[1]
    np.testing.assert_allclose(found.inputs[1][2, :12], others[2], rtol=1e-6)

    whole = what_if(model, X, change=others)
    np.testing.assert_allclose(whole.after.y, found.after.y, rtol=1e-6)
    assert whole.changes == ("4 of the values of x were others",)


def test_sequences_in_place_of_others_are_as_long(prices: tuple[cl.LSTMRegressor, list[FloatArray]]) -> None:
    model, X = prices
    with pytest.raises(InputError, match="change has 3 steps in sequence 1; x has 4"):
        what_if(model, X, change=[X[0], X[1][:3], X[2], X[3]])
    with pytest.raises(InputError, match="change has shape"):
        what_if(model, X, change=X[:3])


def test_an_answer_that_is_not_finite_is_said_to_be() -> None:
    net = cl.LSTM(1, 2, seed=0)
    net.parameters["layer0.forward.W"][0, 0] = np.nan
    found = what_if(net, np.ones((2, 3, 1)), zero=Zero(1))
    assert found.sentences[1] == "The answer after the last step is NaN or infinite in sequence 0, before or after."


def test_a_change_too_large_for_the_net() -> None:
    with pytest.raises(InputError, match=r"change holds .*, too large for float32"):
        what_if(cl.LSTM(1, 2, seed=0), np.zeros((1, 3, 1)), change={(0, 0): 1e300})


def test_a_whole_array_in_place_of_x() -> None:
    net = cl.LSTM(2, 4, seed=1)
    x = np.random.default_rng(2).normal(size=(3, 5, 2))
    found = what_if(net, x, change=2 * x)
    np.testing.assert_array_equal(found.after.y, net.trace(2 * x).h)
    assert found.changes == ("30 of the values of x were others",)


def test_to_frame() -> None:
    x, lengths = np.random.default_rng(2).normal(size=(3, 5, 2)), [5, 2, 3]
    net = cl.LSTM(2, 4, seed=1)
    steps = what_if(net, x, lengths, zero=Zero(1)).to_frame()
    assert list(steps.columns) == ["sequence", "step", "output", "before", "after", "difference"]
    assert len(steps) == (5 + 2 + 3) * 4
    assert not steps.query("output == 1")["after"].any()
    found = what_if(Network(net, head=2, seed=0), x, lengths, zero=Zero(1))
    table = found.to_frame()
    assert list(table.columns) == ["sequence", "output", "before", "after", "difference"]
    np.testing.assert_array_equal(table["after"].to_numpy().reshape(3, 2), found.after.y)
    np.testing.assert_array_equal(table["difference"], table["after"] - table["before"])


def test_it_says_where() -> None:
    net = cl.LSTM(1, 2, 2, bidirectional=True, seed=1)
    found = what_if(
        Network([net, cl.RNN(4, 3, seed=2)], head=1, seed=0),
        np.ones((1, 4, 1)),
        hold=[Hold("g", -0.5, unit=1, start=2, layer=1, direction=1), Hold("f", 1)],
        zero=Zero(2, net=1, where="recurrence"),
    )
    assert found.changes == (
        "the candidate of unit 1 (net 0, layer 1, reverse) were held at -0.5 from step 2 on",
        "the forget gate of all units (net 0, layer 0, forward) were held at 1",
        "h of unit 2 (net 1) read 0 to its own layer",
    )
    assert found.sentences[1].startswith("The answer goes from ")
    assert repr(found) == f"WhatIf(1 sequence, 4 steps; {' '.join(found.sentences)})"
    assert "<table" in found._repr_html_()
    many = what_if(cl.LSTM(1, 2, seed=1), np.ones((1, 4, 1)), change={(t, 0): 0.0 for t in range(4)})
    assert many.sentences[0] == "What if x were changed in 4 places?"


LSTM, PLAIN = cl.LSTM(2, 3, seed=0), cl.RNN(2, 3, seed=0)
KERAS = cl.LSTM(2, 3, seed=0, activations=KERAS_OLD)


@pytest.mark.parametrize(
    ("model", "asked", "message"),
    [
        (LSTM, {"change": {(4, 0): 1.0}}, r"step 4 is asked for; sequence 0 has 4 steps, so it must lie in -4\.\.3"),
        (LSTM, {"change": {(2, 0): 1.0}}, "sequence 1 has 2 steps"),
        (LSTM, {"change": {(1, 2, 0): 1.0}}, r"step 2 is asked for; sequence 1 has 2 steps, so it must lie in -2\.\.1"),
        (LSTM, {"change": {(2, 0, 0): 1.0}}, r"change\[\(2, 0, 0\)\]: sequence 2 is asked for; x has sequences 0\.\.1"),
        (LSTM, {"change": {(-3, 0, 0): 1.0}}, r"sequence -3 is asked for; x has sequences 0\.\.1"),
        (LSTM, {"change": {(0, 2): 1.0}}, r"feature 2 is asked for; x has features 0\.\.1"),
        (LSTM, {"change": {0: 1.0}}, r"the key 0; \(step, feature\) or \(sequence, step, feature\) is needed"),
        (LSTM, {"change": {(0, 0): float("nan")}}, r"change\[\(0, 0\)\] is nan; a finite number is needed"),
        (LSTM, {"change": {(0, 0): "1"}}, "is '1'; a finite number is needed"),
        (LSTM, {"change": np.zeros((2, 4, 1))}, r"change has shape \(2, 4, 1\); \(2, 4, 2\) is needed"),
        (LSTM, {"hold": Hold("c", 1)}, "gate is 'c'; it must be 'f', 'i' or 'o', or 'g'"),
        (LSTM, {"hold": Hold("f", 1.5)}, r"the forget gate is to be held at 1.5; it can be held at 0\.\.1"),
        (LSTM, {"hold": Hold("o", float("nan"))}, r"the output gate is to be held at nan; it can be held at 0\.\.1"),
        (LSTM, {"hold": Hold("g", -2)}, r"the candidate is to be held at -2; it can be held at -1\.\.1"),
        (KERAS, {"hold": Hold("g", -0.5)}, r"the candidate of net 0 is relu\(z\), which is never -0.5"),
        (LSTM, {"hold": Hold("f", 1, unit=3)}, r"unit 3 is asked for; net 0 has units 0\.\.2"),
        (LSTM, {"hold": Hold("f", 1, start=4)}, r"start 4 is asked for; x has steps 0\.\.3"),
        (LSTM, {"hold": Hold("f", 1, start=-1)}, "start is -1; it must be a whole number of at least 0"),
        (LSTM, {"hold": Hold("f", 1, unit=-4)}, r"unit -4 is asked for; net 0 has units 0\.\.2"),
        (LSTM, {"hold": Hold("f", 1, net=1)}, r"net 1 is asked for; the model has nets 0\.\.0"),
        (LSTM, {"hold": Hold("f", 1, layer=1)}, r"layer 1 is asked for; net 0 has layers 0\.\.0"),
        (LSTM, {"hold": [Hold("f", 1, direction=1)]}, r"direction 1 is asked for; net 0 has directions 0\.\.0"),
        (PLAIN, {"hold": Hold("f", 1)}, "net 0 is an RNN, which has no gates: use change or zero"),
        (LSTM, {"hold": "f"}, r"hold holds 'f'; Hold\(…\) is needed"),
        (LSTM, {"hold": 1}, r"hold holds 1; Hold\(…\) is needed"),
        (LSTM, {"zero": [Hold("f", 1)]}, r"zero holds Hold\(.*; Zero\(…\) is needed"),
        (PLAIN, {"zero": Zero(3)}, r"unit 3 is asked for; net 0 has units 0\.\.2"),
        (PLAIN, {"zero": Zero(True)}, "unit is True; it must be a whole number"),
        (PLAIN, {"zero": Zero(0, where="here")}, "where is 'here'; use 'everywhere' or 'recurrence'"),  # type: ignore[arg-type]
    ],
)
def test_bad_questions(model: Any, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        what_if(model, np.zeros((2, 4, 2)), [4, 2], **asked)


@pytest.mark.parametrize(
    ("negative", "plain"),
    [
        ({"hold": Hold("f", 0.5, unit=-1, layer=-1)}, {"hold": Hold("f", 0.5, unit=2, layer=1)}),
        ({"zero": Zero(-2, net=-1)}, {"zero": Zero(0, net=1)}),
        ({"change": {(-1, 0, -1): 9.0}}, {"change": {(2, 0, 1): 9.0}}),
    ],
)
def test_negative_places_count_from_the_end(negative: dict[str, Any], plain: dict[str, Any]) -> None:
    model = cl.Network([cl.LSTM(2, 3, 2, seed=0), cl.LSTM(3, 2, seed=1)], head=1, seed=0)
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    found, wanted = (what_if(model, x, **asked) for asked in (negative, plain))
    np.testing.assert_array_equal(found.after.y, wanted.after.y)
    assert found.difference.any()
