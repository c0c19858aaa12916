"""The checks of the kernels: each one sees the fault that it is there for."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearlstm import kernels
from clearlstm.cell.cell import Cell
from clearlstm.cell.cells import CELLS
from clearlstm.check.kernels import COMPILED, SHAPES, SHARED, compile_check, kernel_checks, largest_difference
from clearlstm.check.layers import Layer, draw
from clearlstm.check.result import Result
from clearlstm.kernels import fallback, threads
from clearlstm.kernels.plan import strips_of, worth_sharing
from clearlstm.shapes import FloatArray

DTYPES = ("float32", "float64")
THROUGH_TIME = [
    f"{cell} {way} {dtype}" for cell in ("lstm", "rnn", "gru") for dtype in DTYPES for way in ("forward", "backward")
]
OTHERS = ("lstm step", "memory entries", "lstm threads", "rnn threads", "gru threads")


def failed() -> dict[str, Result]:
    return {result.name: result for result in kernel_checks() if result.status == "failed"}


def spoil(
    monkeypatch: pytest.MonkeyPatch,
    kernel: str,
    field: str,
    change: Callable[[FloatArray], FloatArray],
    when: Callable[[FloatArray], bool],
) -> None:
    """Let ``kernel``, such as "lstm_forward", answer with ``field`` changed, when its x is such."""
    name, _, way = kernel.partition("_")
    right = getattr(kernels, way)

    def altered(cell: Cell, x: FloatArray, *args: Any, **options: Any) -> Any:
        answer = right(cell, x, *args, **options)
        asked_for = cell.name.lower() == name and when(x)
        return replace(answer, **{field: change(getattr(answer, field))}) if asked_for else answer

    monkeypatch.setattr(kernels, way, altered)


def test_all_kernels_are_right_here() -> None:
    results = list(kernel_checks())
    assert [result.name for result in results] == THROUGH_TIME + [f"{name} {t}" for name in OTHERS for t in DTYPES]
    assert not [result.sentence for result in results if result.status != "passed"]
    assert compile_check().status == "passed"


@pytest.mark.parametrize(
    ("kernel", "field", "name"),
    [
        ("lstm_forward", "c_n", "lstm forward float64"),
        ("lstm_backward", "U", "lstm backward float32"),
        ("rnn_forward", "h", "rnn forward float32"),
        ("rnn_backward", "h_0", "rnn backward float64"),
    ],
)
def test_an_answer_wrong_by_a_thousandth_is_seen(
    kernel: str, field: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, kernel, field, lambda array: array * 1.001, lambda x: x.dtype == name.split()[-1])
    result = failed()[name]
    assert result.measured == pytest.approx(1e-3, rel=0.01)
    assert field in result.where


def test_a_number_that_is_none_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_one(h: FloatArray) -> FloatArray:
        return np.where(np.arange(h.size).reshape(h.shape) == 0, np.nan, h).astype(h.dtype)

    spoil(monkeypatch, "rnn_forward", "h", without_one, lambda x: x.shape == (33, 20, 8))
    result = failed()["rnn forward float32"]
    assert (result.measured, result.where) == (math.inf, "h of N 33 T 20 F 8 H 37, ragged, reverse")


def test_a_wrong_step_and_wrong_entries_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    step, entries = kernels.step, kernels.memory_entries
    monkeypatch.setattr(kernels, "step", lambda *args: step(*args)[::-1])
    monkeypatch.setattr(kernels, "memory_entries", lambda *args, reverse: entries(*args, reverse=not reverse))
    assert sorted(failed()) == [f"{name} {dtype}" for name in ("lstm step", "memory entries") for dtype in DTYPES]


def test_a_bit_that_depends_on_the_threads_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "get_num_threads", lambda: 2)
    spoil(
        monkeypatch,
        "lstm_backward",
        "W",
        lambda W: np.nextafter(W, np.inf, dtype=W.dtype),
        lambda x: threads.get_num_threads() == 2 and len(x) == 64,
    )
    result = failed()
    assert sorted(result) == ["lstm threads float32", "lstm threads float64"]
    assert result["lstm threads float32"].where == "dW of N 64 T 60 F 8 H 64, reverse with 2 threads"


def test_a_kernel_that_raises_fails_its_checks_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    right = kernels.backward

    def broken(cell: Cell, *args: Any, **options: Any) -> Any:
        if cell.name == "RNN":
            raise ZeroDivisionError("broken")
        return right(cell, *args, **options)

    monkeypatch.setattr(kernels, "backward", broken)
    result = failed()
    assert sorted(result) == [f"rnn {name} {dtype}" for name in ("backward", "threads") for dtype in DTYPES]
    assert result["rnn backward float32"].measured == "ZeroDivisionError: broken"
    assert compile_check().status == "failed"


def test_an_array_of_another_shape_is_as_wrong_as_can_be() -> None:
    h = np.zeros((2, 3))
    assert largest_difference({"h": h[:1]}, {"h": h}, "here").difference == math.inf
    assert largest_difference({"h": h + np.inf}, {"h": h + np.inf}, "here").difference == math.inf
    assert largest_difference({"h": h + 1e-9}, {"h": h}, "here").difference == pytest.approx(1e-9)


def test_where_the_reference_answers_that_is_said_and_held_to_the_tolerances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_engine", fallback)
    names = [result.name for result in kernel_checks() if result.status == "passed"]
    assert names == THROUGH_TIME + [f"{name} {dtype}" for name in OTHERS[:2] for dtype in DTYPES]
    result = compile_check()
    assert (result.status, result.measured, result.limit) == ("failed", "not compiled", COMPILED)


def test_the_shapes_reach_what_they_are_there_for() -> None:
    """Sums in groups and alone, several threads, lengths, both directions, sizes that fill no register."""
    grouped = {strips_of(s.F, s.H, 4, 4).groups(s.N, int(draw(s, "float32").lengths.sum())) > 1 for s in SHAPES}
    assert grouped == {True, False}
    with kernels.using_threads(2):
        for s in SHARED:
            assert worth_sharing(int(draw(s, "float32").lengths.sum()), s.F, s.H, 1)
    assert {(s.ragged, s.reverse) for s in SHAPES} == {(a, b) for a in (True, False) for b in (True, False)}
    assert any(s.H % 4 for s in SHAPES)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_machine_draws_the_same_layers(dtype: str) -> None:
    layer = draw(SHAPES[2], dtype, seed=3)
    again, other = draw(SHAPES[2], dtype, seed=3), draw(SHAPES[2], dtype, seed=4)
    for name in ("x", "W", "U", "b", "h_0", "c_0", "dh", "dh_n", "dc_n", "lengths"):
        np.testing.assert_array_equal(getattr(layer, name), getattr(again, name))
        assert not np.array_equal(getattr(layer, name), getattr(other, name))
    assert float(layer.x[0, 0, 0]) == {"float32": -1.6574033498764038, "float64": -1.6574033314255026}[dtype]
    assert_usual_sizes(layer)


def assert_usual_sizes(layer: Layer) -> None:
    largest = 1 / np.sqrt(layer.shape.H)
    for weights in (layer.W, layer.U, layer.b):
        assert 0.5 * largest < np.abs(weights).max() <= largest
    assert 1 < np.abs(layer.x).max() <= 2
    assert layer.lengths.min() >= 1
    assert layer.lengths.max() <= layer.shape.T
    assert len(set(layer.lengths.tolist())) > 1


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.name)
def test_another_dtype_of_a_layer_holds_the_same_numbers(cell: Cell) -> None:
    layer = draw(SHAPES[2], "float32")
    double = layer.astype("float64")
    assert double.x.dtype == "float64"
    np.testing.assert_array_equal(double.U, layer.U)
    np.testing.assert_array_equal(double.weights(cell).W, layer.weights(cell).W)
