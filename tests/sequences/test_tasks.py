"""The long-lag tasks are what the paper says they are, checked without the tables that made them."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.sequences.tasks import (
    ORDER_SYMBOLS,
    REBER_SYMBOLS,
    Strings,
    Task,
    adding_problem,
    embedded_reber,
    temporal_order,
)

# Reber's grammar as a regular expression: the nodes of the automaton in the paper's figure, eliminated by hand.
AFTER_X_OR_P = "(?:XT*VP)*(?:S|XT*VV)"
REBER = f"B(?:TS*X{AFTER_X_OR_P}|PT*V(?:V|P{AFTER_X_OR_P}))E"
EMBEDDED = re.compile(f"B(?:T{REBER}T|P{REBER}P)E")

seeds = st.integers(0, 2**32)


def read(one_hot: Any, symbols: str) -> str:
    """The symbols of one sequence; every step must hold exactly one 1 and otherwise 0."""
    np.testing.assert_array_equal(np.sort(one_hot, axis=1)[:, :-1], 0)
    np.testing.assert_array_equal(one_hot.max(axis=1), 1)
    return "".join(symbols[k] for k in one_hot.argmax(axis=1))


def spelt(strings: Strings, n: int) -> str:
    """String n, with the symbol that is only ever predicted."""
    length = strings.lengths[n]
    return read(strings.x[n, :length], REBER_SYMBOLS) + REBER_SYMBOLS[strings.y[n, length - 1]]


@given(seed=seeds, n_steps=st.integers(4, 120))
@settings(max_examples=60)
def test_the_answer_to_the_adding_problem_follows_from_the_markers(seed: int, n_steps: int) -> None:
    x, y, lengths = adding_problem(20, n_steps, seed=seed)
    assert x.shape == (20, lengths.max(), 2)
    for sequence, answer, length in zip(x, y, lengths, strict=True):
        value, marker = sequence[:length].T
        assert marker[0] == marker[-1] == -1
        assert set(marker[1:-1]) <= {0, 1}
        assert np.abs(value).max() <= 1
        marked = np.flatnonzero(marker == 1)
        assert len(marked) in (1, 2)  # one, if the other draw fell on the first step
        assert marked.max() < n_steps // 2
        assert len(marked) == 1 or marked.min() < 10
        assert answer == pytest.approx(0.5 + value[marked].sum() / 4, abs=1e-15)
        assert not sequence[length:].any()


def test_where_the_marks_of_the_adding_problem_fall() -> None:
    x, _, _ = adding_problem(4000, 60, seed=1)
    pairs = [np.flatnonzero(sequence[:, 1] == 1) for sequence in x]
    both = np.array([pair for pair in pairs if len(pair) == 2])
    assert both[:, 0].max() == 9
    assert set(both[:, 1]) == set(range(2, 30))
    # The first draw is the first step once in 10, the second once in 29 of the rest.
    assert np.mean([len(pair) == 1 for pair in pairs]) == pytest.approx(0.1 + 0.9 / 29, abs=0.02)
    # Two numbers, each uniform in −1 … 1, and independent.
    values = np.array([sequence[pair, 0] for sequence, pair in zip(x, pairs, strict=True) if len(pair) == 2])
    assert values.var() == pytest.approx(1 / 3, abs=0.01)
    assert abs(np.corrcoef(values.T)[0, 1]) < 0.05


@pytest.mark.parametrize(("n_relevant", "windows"), [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])])
def test_temporal_order_as_in_the_paper(n_relevant: int, windows: list[tuple[int, int]]) -> None:
    x, y, lengths = temporal_order(3000, 100, n_relevant=n_relevant, seed=2)
    places = []
    for sequence, answer, length in zip(x, y, lengths, strict=True):
        text = read(sequence[:length], ORDER_SYMBOLS)
        assert re.fullmatch(f"E(?:[abcd]+[XY]){{{n_relevant}}}[abcd]+B", text)
        assert not sequence[length:].any()
        order = re.sub("[^XY]", "", text)
        assert answer == int(order.replace("X", "0").replace("Y", "1"), base=2)
        places.append([place.start() for place in re.finditer("[XY]", text)])
    for place, (low, high) in zip(np.transpose(places), windows, strict=True):
        assert (place.min(), place.max()) == (low, high)
    assert (np.bincount(y) > 3000 / 2**n_relevant * 0.8).all()
    noise = x[:, 1:9, 2:6].mean(axis=(0, 1))
    np.testing.assert_allclose(noise, 0.25, atol=0.02)


@given(seed=seeds, n_steps=st.integers(10, 300), n_relevant=st.sampled_from([2, 3]))
@settings(max_examples=60)
def test_temporal_order_keeps_its_form_at_any_lag(seed: int, n_steps: int, n_relevant: int) -> None:
    x, y, lengths = temporal_order(5, n_steps, n_relevant=n_relevant, seed=seed)
    for sequence, answer, length in zip(x, y, lengths, strict=True):
        text = read(sequence[:length], ORDER_SYMBOLS)
        order = re.sub("[^XY]", "", text)
        assert (text[0], text[-1], len(order)) == ("E", "B", n_relevant)
        assert answer == int(order.replace("X", "0").replace("Y", "1"), base=2)


@pytest.mark.parametrize("task", [adding_problem, temporal_order])
def test_lengths_reach_from_n_steps_to_a_tenth_more(task: Callable[..., Task]) -> None:
    lengths = task(2000, 100, seed=3).lengths
    assert set(lengths) == set(range(100, 111))


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_every_string_is_one_of_the_grammar(seed: int) -> None:
    strings = embedded_reber(40, seed=seed)
    for n, length in enumerate(strings.lengths):
        text = spelt(strings, n)
        assert EMBEDDED.fullmatch(text), text
        assert "".join(REBER_SYMBOLS[k] for k in strings.y[n, :length]) == text[1:]
        for padding in (strings.x[n, length:], strings.y[n, length:], strings.legal[n, length:]):
            assert not padding.any()


def test_a_symbol_is_legal_exactly_if_some_string_goes_on_with_it() -> None:
    strings = embedded_reber(150, seed=4)
    texts = [spelt(strings, n) for n in range(150)]
    # Endings that lead from every node to the end, by way of every second symbol.
    endings = {text[k:] for text in texts for k in range(1, len(text) + 1) if len(text) - k <= 8}
    known: dict[str, bool] = {}

    def goes_on(start: str) -> bool:
        if start not in known:
            known[start] = any(EMBEDDED.fullmatch(start + ending) for ending in endings)
        return known[start]

    for n, text in enumerate(texts):
        for t in range(min(12, strings.lengths[n])):
            expected = [goes_on(text[: t + 1] + symbol) for symbol in REBER_SYMBOLS]
            np.testing.assert_array_equal(strings.legal[n, t], expected, err_msg=text[: t + 1])


def test_strings_differ_as_they_should() -> None:
    strings = embedded_reber(4000, seed=5)
    texts = [spelt(strings, n) for n in range(4000)]
    assert min(map(len, texts)) == 9
    assert np.mean([text[1] == "T" for text in texts]) == pytest.approx(0.5, abs=0.03)
    # After BTBT or BPBT: S or X, each half the time.
    fifth = [text[4] for text in texts if text[3] == "T"]
    assert np.mean([symbol == "S" for symbol in fifth]) == pytest.approx(0.5, abs=0.04)
    legal_now = np.take_along_axis(strings.legal, strings.y[:, :, None], axis=2)[..., 0]
    np.testing.assert_array_equal(legal_now, np.arange(legal_now.shape[1]) < strings.lengths[:, None])


@pytest.mark.parametrize("task", [adding_problem, temporal_order, embedded_reber])
def test_seeds(task: Callable[..., Any]) -> None:
    first, again, other = task(30, seed=7), task(30, seed=7), task(30, seed=8)
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(left, right)
    assert first.x.shape != other.x.shape or (first.x != other.x).any()
    rng = np.random.default_rng(7)
    np.testing.assert_array_equal(task(30, seed=rng).x, first.x)
    following = task(30, seed=rng).x
    assert following.shape != first.x.shape or (following != first.x).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adding_problem(0), "n_sequences is 0; it must be a whole number of at least 1"),
        (lambda: adding_problem(1, 3), "n_steps is 3; this task needs at least 4"),
        (lambda: adding_problem(1, 20.0), "n_steps is 20.0; it must be a whole number"),  # type: ignore[arg-type]
        (lambda: temporal_order(1, 9), "n_steps is 9; this task needs at least 10"),
        (lambda: temporal_order(1, n_relevant=4), "n_relevant is 4; the task has 2 or 3 relevant symbols"),
        (lambda: embedded_reber(-1), "n_sequences is -1"),
        (lambda: embedded_reber(1, seed=-1), "seed is -1"),
    ],
)
def test_what_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        call()
