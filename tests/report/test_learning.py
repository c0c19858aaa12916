"""Small nets that learn in the page: layers backward against Python's reference, and what the rooms say of learning."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clearlstm.cell import lstm, rnn
from clearlstm.cell.layout import split_gates
from clearlstm.shapes import FloatArray

pytest.importorskip("playwright")

from tests.report.rooms import OpenLab

Run = Callable[..., Any]
T, F, H = 7, 2, 5


@pytest.fixture
def run(open_lab: OpenLab) -> Run:
    """Run JavaScript in the page with some of its modules and an argument."""
    page = open_lab("room=plain-net")

    def run_it(modules: list[str], body: str, argument: Any = None) -> Any:
        imports = "\n".join(f"const {name.split('/')[-1].replace('-', '_')} = await import('lab/{name}.js');"
                            for name in modules)  # fmt: skip
        return page.evaluate(f"async argument => {{ {imports}\n{body} }}", argument)

    return run_it


def drawn(seed: int, K: int) -> tuple[FloatArray, ...]:
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=size) for size in ((F, K * H), (H, K * H), (K * H,), (1, T, F), (1, H)))


NO_GRADIENT = """
  const zero = (rows) => Array.from({length: rows}, () => new Float64Array(argument.H));
  const none = () => ({W: zero(argument.xs[0].length), U: zero(argument.H), b: zero(1)[0]});
  const plainly = ({W, U, b}) => ({W: W.map(row => [...row]), U: U.map(row => [...row]), b: [...b]});
"""


def test_a_plain_layer_forward_and_backward(run: Run) -> None:
    W, U, b, x, dh = drawn(3, 1)
    weights = rnn.RNNWeights(W, U, b)
    record = rnn.forward(x, weights, np.zeros((1, H)), np.array([T]))
    wanted = rnn.backward(x, weights, record, np.zeros((1, T, H)), dh)
    body = """
      const {w, xs, dh} = argument, by = none(), h = plain.forward(w, xs);
      plain.backward(w, xs, h, dh, by);
      return {h: h.map(row => [...row]), ...plainly(by)};"""
    given = {"w": {"W": W.tolist(), "U": U.tolist(), "b": b.tolist()}, "xs": x[0].tolist(), "dh": dh[0].tolist()}
    result = run(["lstm/plain"], NO_GRADIENT + body, {**given, "H": H})
    np.testing.assert_allclose(result["h"], record.h[0], rtol=0, atol=1e-13)
    for name in "WUb":
        np.testing.assert_allclose(result[name], getattr(wanted, name), rtol=1e-10, atol=1e-13)


def test_an_lstm_layer_backward(run: Run) -> None:
    W, U, b, x, dh = drawn(4, 4)
    weights, none = lstm.LSTMWeights(W, U, b), np.zeros((1, H))
    record = lstm.forward(x, weights, none, none, np.array([T]))
    wanted = lstm.backward(x, weights, record, np.zeros((1, T, H)), dh, none)
    parts = {name: split_gates(getattr(weights, name)) for name in "WUb"}
    w = {gate: {name: parts[name][gate].tolist() for name in "WUb"} for gate in "figo"}
    body = """
      const {w, xs, dh} = argument, by = {f: none(), i: none(), g: none(), o: none()};
      layer_back.backward(w, xs, layer.forward(w, xs), dh, by);
      return Object.fromEntries(Object.entries(by).map(([gate, one]) => [gate, plainly(one)]));"""
    given = {"w": w, "xs": x[0].tolist(), "dh": dh[0].tolist(), "H": H}
    result = run(["lstm/layer", "lstm/layer-back"], NO_GRADIENT + body, given)
    for name in "WUb":
        for gate, values in split_gates(getattr(wanted, name)).items():
            np.testing.assert_allclose(result[gate][name], values, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("start", ["uniformPlain(3, 5)", "uniformLSTM(3, 5, {f: 1})"])
def test_the_gradient_of_a_small_net_is_the_central_difference(run: Run, start: str) -> None:
    body = f"""
      const net = small_net.netFrom(starts.{start}, 9), e = 1e-6;
      const sequences = [{{xs: [.4, -1.2, .7], target: 1}}, {{xs: [1, .3], target: -.5}}];
      const slope = [...net.numbers].map((_, k) => {{
        const moved = by => ({{...net, numbers: net.numbers.map((value, n) => value + (n === k ? by : 0))}});
        const loss = by => small_net.lossAndGradient(moved(by), sequences).loss;
        return (loss(e) - loss(-e)) / (2 * e);
      }});
      return {{slope, gradient: [...small_net.lossAndGradient(net, sequences).gradient]}};"""
    result = run(["lstm/small-net", "lstm/starts"], body)
    np.testing.assert_allclose(result["gradient"], result["slope"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("task", "units"), [("first", 1), ("count", 4), ("parity", 4)])
def test_small_tasks_are_learnt_from_new_sequences(run: Run, task: str, units: int) -> None:
    """Measured with draws 1 and 2 over 8 days: 49 or 50 of 50 right, from any start."""
    body = """
      const {task, units} = argument, seed = 21, days = 8;
      const how = {task: small_tasks.taskOf(task), units, days, seed, same: false};
      const net = small_tasks.learner(how), others = small_tasks.testedOn(how.task, days, seed);
      while (net.updates < small_tasks.UPDATES) net.goOn();
      return small_tasks.tests(net.answers, how.task, others).at(-1).right;"""
    assert run(["rooms/training/small-tasks"], body, {"task": task, "units": units}) >= 45


def test_the_answers_of_small_tasks_are_what_they_say(run: Run) -> None:
    body = """
      const judged = task => sequence =>
        ({...sequence, ...[1, -1].map(sign => task.isRight(sign * sequence.target, sequence))});
      return small_tasks.TASKS.map(task => small_tasks.testedOn(task, 8, 3).map(judged(task)))"""
    first, count, parity = run(["rooms/training/small-tasks"], body)
    assert all(one["target"] == one["xs"][0] in (-1, 1) for one in first)
    assert all(one["target"] == one["xs"].count(1) / 8 for one in count)
    assert all(one["target"] == (1 if one["xs"].count(1) % 2 else -1) for one in parity)
    assert all(one["0"] for one in (*first, *count, *parity))
    assert not any(one["1"] for one in (*first, *parity))
    assert {one["target"] for one in parity} == {-1, 1}


def test_both_nets_have_about_as_many_numbers_to_learn(run: Run) -> None:
    body = "return ['plain', 'open'].map(start => race.runner(start, 3, 1).training.net.numbers.length)"
    plain, gated = run(["rooms/plain-net/race"], body)
    assert plain == 16 * (1 + 16 + 1) + 16 + 1
    assert gated == 4 * 8 * (1 + 8 + 1) + 8 + 1
    assert gated < 1.1 * plain


def test_over_fifty_days_the_lstm_learns_it_and_the_plain_net_does_not(run: Run) -> None:
    """From draws that were not among the counted twenty, of which none and nineteen had learnt it."""
    body = """
      const draws = [101, 102, 103];
      const learnt = start => draws.filter(draw => race.tellsApart(race.finished(start, 50, draw))).length;
      return {plain: learnt('plain'), open: learnt('open'), said: counts.LEARNT};"""
    result = run(["rooms/plain-net/race", "rooms/plain-net/counts"], body)
    assert (result["plain"], result["said"]["plain"][3]) == (0, 0)
    assert result["open"] >= 2
    assert result["said"]["open"][3] == 19
