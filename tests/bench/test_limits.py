"""What the processor could do at best: measured, and put together as the attainable time."""

import math
import os
import sys
from dataclasses import replace

import numpy as np
import pytest

from clearlstm.bench import limits
from clearlstm.bench.grid import Row
from clearlstm.bench.limits import Limits, Rate, attainable, measured_limits
from clearlstm.bench.probes import activate, chain
from clearlstm.kernels.team import run

LIMITS = Limits(4, Rate(1e9, 4e9), Rate(1e6, 4e6), 1e-9)
"""Of a processor whose activations are slow and whose steps hardly wait."""

MANY, ONE = Row(64, 10, 3, 4), Row(1, 10, 3, 4)


def test_products_and_activations_take_their_time_one_after_the_other() -> None:
    seconds = 2 * 64 * 10 * 7 * 16 / 4e9 + 64 * 10 * 4 * 5 / 4e6
    assert attainable(MANY, "forward", LIMITS) == pytest.approx(seconds)
    more = (3 * 2 * 64 * 10 * 7 * 16 - 2 * 64 * 10 * 3 * 16) / 4e9 + 64 * 10 * 4 * 6 / 4e6
    assert attainable(MANY, "all", LIMITS) == pytest.approx(more)


def test_few_sequences_occupy_few_threads() -> None:
    assert attainable(ONE, "forward", LIMITS) == pytest.approx(2 * 10 * 7 * 16 / 1e9 + 10 * 4 * 5 / 1e6)
    half = replace(ONE, N=2)
    assert attainable(half, "forward", LIMITS) == pytest.approx(2 * 2 * 10 * 7 * 16 / 2e9 + 2 * 10 * 4 * 5 / 2e6)


def test_steps_that_wait_for_each_other_take_at_least_their_latency() -> None:
    waiting = replace(LIMITS, link_seconds=1e-3)
    assert attainable(ONE, "forward", waiting) == pytest.approx(2 * 10 * 7 * 16 / 1e9 + 10 * 1e-3)
    assert attainable(replace(ONE, layers=2), "forward", waiting) > 20 * 1e-3
    assert attainable(replace(MANY, N=6400), "forward", waiting) == attainable(replace(MANY, N=6400), "forward", LIMITS)


@pytest.mark.parametrize(
    "slower",
    [
        replace(LIMITS, operations=Rate(5e8, 2e9)),
        replace(LIMITS, activations=Rate(5e5, 2e6)),
        replace(LIMITS, link_seconds=1.0),
    ],
)
def test_the_attainable_time_grows_with_each_of_its_parts(slower: Limits) -> None:
    for row in (ONE, MANY):
        assert attainable(row, "forward", slower) > attainable(row, "forward", LIMITS)


def test_of_two_measurements_the_better_counts() -> None:
    other = Limits(4, Rate(2e9, 3e9), Rate(5e5, 5e6), 5e-10)
    assert LIMITS.better(other) == other.better(LIMITS) == Limits(4, Rate(2e9, 4e9), Rate(1e6, 5e6), 5e-10)


def test_one_thread_is_all_there_are() -> None:
    assert Rate(3.0, 3.0).on(1, 1) == 3.0
    assert [Rate(1.0, 7.0).on(threads, 4) for threads in (1, 2, 3, 4)] == [1.0, 3.0, 5.0, 7.0]


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_probe_takes_sigmoid_of_three_registers_and_tanh_of_two(n_threads: int) -> None:
    numbers = np.linspace(-3, 3, n_threads * limits.NUMBERS, dtype=np.float32)
    before = numbers.astype(np.float64)
    run(activate, n_threads, numbers, 1)
    sigmoid = np.abs(numbers - 1 / (1 + np.exp(-before))) < 1e-6
    tanh = np.abs(numbers - np.tanh(before)) < 1e-6
    assert (sigmoid | tanh).all()
    assert sigmoid.mean() == pytest.approx(0.6, abs=0.01)
    assert tanh.mean() == pytest.approx(0.4, abs=0.01)


def test_the_chain_waits_for_itself() -> None:
    numbers = np.full(64, 0.3, np.float32)
    chain(numbers, 3)
    expected = 0.3
    for _ in range(3):
        expected = math.tanh(1 / (1 + math.exp(-expected)))
    assert numbers[0] == pytest.approx(expected, rel=1e-5)
    assert numbers[-1] == np.float32(0.3)  # beyond the register


def test_what_this_processor_reaches_is_measured_and_plausible() -> None:
    found = measured_limits(2, repeats=2)
    assert found.n_threads == 2
    for rate in (found.operations.one, found.operations.all):
        assert 1e8 < rate < 1e14
    for rate in (found.activations.one, found.activations.all):
        assert 1e7 < rate < 1e13
    assert 1e-9 < found.link_seconds < 1e-5
    # A register of the chain takes longer than one of many that don't wait for each other.
    assert found.link_seconds * found.activations.one > 2


def test_without_compiled_code_only_products_are_to_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "clearlstm.bench.probes", None)
    assert limits._activations_seconds(1, 1) == limits._link_seconds(1) == 0
    monkeypatch.setattr(limits, "apart", lambda function, *arguments: function(*arguments))
    unlimited = limits.activations_a_second(2, 1)
    assert unlimited == math.inf
    bare = replace(LIMITS, activations=Rate(unlimited, unlimited), link_seconds=0.0)
    assert bare.activations.on(2, 4) == math.inf
    assert attainable(MANY, "forward", bare) == pytest.approx(MANY.operations("forward") / 4e9)


def test_the_number_of_blas_threads_is_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.BLAS_THREADS, "7")
    seen: list[str] = []

    def looked(*_: object) -> float:
        seen.append(os.environ[limits.BLAS_THREADS])
        return 1.0

    monkeypatch.setattr(limits, "apart", looked)
    assert limits.sgemm_peak(3, 1) == 2 * limits.PRODUCT_SIZE**3
    assert (seen, os.environ[limits.BLAS_THREADS]) == (["3"], "7")
