"""JAX and Keras beside clearlstm: what is compared, what is refused, and the page. It needs neither of them."""

import functools
import importlib.util
import os
import sys
from typing import Any, Final

import numpy as np
import pytest

from benchmarks import other_frameworks as benchmark
from clearlstm import LSTM
from clearlstm.bench.grid import Row
from clearlstm.bench.measure import MISLEADING, OWN, Effort, Make, Measurement
from clearlstm.errors import ClearLSTMError, MissingExtraError

ROW: Final = Row(3, 7, 2, 5, tasks=("forward", "all"))
QUICK: Final = Effort(rounds=1, seconds=0)


def fake_calls(factor: float, row: Row, n_threads: int) -> benchmark.Calls:
    """A library whose gradient by U is so many times the right one."""
    assert n_threads == 1
    assert sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1
    assert not set(MISLEADING) & set(os.environ)
    ours = benchmark.clearlstm_calls(row, n_threads)

    def answers() -> benchmark.Answers:
        right: benchmark.Answers = ours[benchmark.ANSWERS]()
        return right | {"U": right["U"] * np.float32(factor)}

    return ours | {benchmark.ANSWERS: answers}


def makers(factor: float) -> dict[str, Make]:
    """clearlstm, and others that aren't quite it."""
    other = functools.partial(fake_calls, factor)
    return {OWN: benchmark.clearlstm_calls, **dict.fromkeys(benchmark.JAX, other), benchmark.KERAS: other}


def test_whoever_agrees_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MISLEADING[0], "PRESCOTT")
    (result,) = benchmark.results([ROW], makers(1 + 1e-6), 1, QUICK)
    assert set(result.measurements) == {"forward", "all"}
    assert all(set(one.seconds) == set(benchmark.MAKERS) for one in result.measurements.values())
    assert all(seconds > 0 for one in result.measurements.values() for seconds in one.seconds.values())
    assert 0 < result.differences[benchmark.KERAS] < 2e-6
    assert result.differences[OWN] == 0


def test_what_computes_something_else_is_not_timed() -> None:
    with pytest.raises(ClearLSTMError, match=r"\(3 7 2 5\): JAX, one product a step's U differs .* by 1.0e-03 of its"):
        next(benchmark.results([ROW], makers(1.001), 1, QUICK))


@pytest.mark.parametrize("wrong", [np.float32("nan"), np.ones((7, 3, 5), np.float32)], ids=["not a number", "turned"])
def test_answers_that_can_not_be_compared_are_refused(wrong: Any) -> None:
    ours = {"h": np.zeros((3, 7, 5), np.float32) + 1}
    theirs = {"h": ours["h"] * wrong if np.ndim(wrong) == 0 else wrong}
    with pytest.raises(ClearLSTMError, match=r"\(3 7 2 5\): Keras's h (differs .* by nan|is \(7, 3, 5\))"):
        benchmark.difference(ROW, "Keras", theirs, ours)


def test_clearlstm_is_trained_by_its_gradients() -> None:
    answers: benchmark.Answers = benchmark.clearlstm_calls(ROW, 1)[benchmark.ANSWERS]()
    x, y, weights = benchmark.problem(ROW)
    net = LSTM(2, 5, dtype="float64")
    net.set_parameters(dict(zip(net.parameters, weights, strict=True)))

    def loss() -> float:
        return float(((net(x).h - y) ** 2).sum() / (3 * 7))

    assert answers["losses"][0] == pytest.approx(loss(), rel=1e-5)
    for name, values in zip("WUb", net.parameters.values(), strict=True):
        direction = np.random.default_rng(1).standard_normal(values.shape)
        values += 1e-5 * direction
        above = loss()
        values -= 2e-5 * direction
        assert (above - loss()) / 2e-5 == pytest.approx(float((answers[name] * direction).sum()), rel=1e-4)
        values += 1e-5 * direction
    for name, values in zip("WUb", net.parameters.values(), strict=True):
        values -= benchmark.RATE * answers[name]
    assert answers["losses"][1] == pytest.approx(loss(), rel=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")  # Keras's own
def test_keras_has_the_same_layer_with_its_gates_in_another_order() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras: Any = pytest.importorskip("keras")
    x, _, weights = benchmark.problem(ROW)
    layer = keras.layers.LSTM(5, return_sequences=True)
    layer.build(x.shape)
    layer.set_weights([benchmark.in_keras_order(values) for values in weights])
    net = LSTM(2, 5, dtype="float32")
    net.set_parameters(dict(zip(net.parameters, weights, strict=True)))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), net(x).h, rtol=0, atol=1e-6)
    for values in weights:
        np.testing.assert_array_equal(benchmark.in_keras_order(benchmark.in_keras_order(values)), values)


def test_a_library_that_is_missing_is_named_before_anything_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jax" else object())
    with pytest.raises(MissingExtraError, match="not installed: jax; pip install --group frameworks brings it"):
        benchmark.main()


def result(row: Row, factor: float) -> benchmark.Result:
    seconds = {OWN: 2e-3, **dict(zip(benchmark.JAX, (6e-3, 4e-3, 8e-3), strict=True)), benchmark.KERAS: 1e-2}
    others = {name: value * (1 if name == OWN else factor) for name, value in seconds.items()}
    losses = {name: np.linspace(1, 0.5, benchmark.STEPS) for name in seconds}
    differences = dict.fromkeys(seconds, 3e-7)
    return benchmark.Result(row, {task: Measurement(row, task, others) for task in row.tasks}, losses, differences)


def test_the_page_counts_the_quickest_way_and_names_who_is_faster() -> None:
    found = [result(ROW, 1.0), result(Row(1, 2, 3, 4, tasks=ROW.tasks), 0.25)]
    text = benchmark.markdown(found, 2, {"jax": "1.2.3"})
    assert "2 threads each" in text
    assert "jax 1.2.3." in text
    assert "within 3e-07 of clearlstm's" in text
    assert (
        "**A step of training: JAX takes 1.0 times as long (at least 0.50), Keras takes 2.5 times as long "
        "(at least 1.25)**, geometric means. Faster than clearlstm: JAX at (1 2 3 4), 0.50." in text
    )
    assert text.count("| 3 7 2 5 | 2 | 6 | 4 | 8 | 10 | 2.00 | 5.00 |") == 2
    assert "| 3 7 2 5 | 1.00000 | 0.50000 | 0.50000 | 0.50000 | 0.50000 | 0.50000 |" in text


def test_a_process_is_held_to_its_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "linux":
        held: list[Any] = []
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 2, 9})
        monkeypatch.setattr(os, "sched_setaffinity", lambda _, processors: held.append(processors))
        benchmark.confine(2)
        assert held == [[2, 5]]
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    benchmark.confine(4)
    with pytest.raises(ClearLSTMError, match="held to 2 threads on Linux alone: let clearlstm use all 4, too"):
        benchmark.confine(2)
