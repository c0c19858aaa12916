"""The number of threads, and that it changes nothing but the time."""

import multiprocessing
import threading
from pathlib import Path

import numpy as np
import pytest

from clearlstm import kernels
from clearlstm.errors import InputError
from clearlstm.kernels import threads
from clearlstm.shapes import FloatArray
from tests.kernels.cases import Case, lstm_backward, lstm_forward, make_case, rnn_backward, rnn_forward


@pytest.fixture(autouse=True)
def _own_choice_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_chosen", None)
    monkeypatch.delenv(threads.ENVIRONMENT_VARIABLE, raising=False)


def everything(case: Case) -> list[FloatArray]:
    x, h_0, c_0, dh, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh", "dh_n", "dc_n")
    record = lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths, reverse=case.reverse)
    grads = lstm_backward(x, case.lstm_weights(), record, dh, dh_n, dc_n)
    plain = rnn_forward(x, case.rnn_weights(), h_0, case.lengths, reverse=case.reverse)
    plain_grads = rnn_backward(x, case.rnn_weights(), plain, dh, dh_n)
    return [
        *(record.gates, record.c, record.h, record.h_n, record.c_n),
        *(grads.x, grads.W, grads.U, grads.b, grads.h_0, grads.c_0),
        *(plain.h, plain.h_n, plain_grads.x, plain_grads.W, plain_grads.U, plain_grads.b, plain_grads.h_0),
    ]


def assert_same_bits(found: list[FloatArray], expected: list[FloatArray]) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("N", "H"), [(1, 70), (2, 16), (7, 33), (64, 20)])
@pytest.mark.parametrize("ragged", [False, True])
def test_any_number_of_threads_gives_the_same_bits(dtype: str, N: int, H: int, ragged: bool) -> None:
    case = make_case(N, 23, 5, H, dtype=dtype, ragged=ragged, reverse=ragged)
    kernels.set_num_threads(1)
    expected = everything(case)
    for n_threads in (2, 3):
        kernels.set_num_threads(n_threads)
        for _ in range(3):
            assert_same_bits(everything(case), expected)


def test_a_row_does_not_depend_on_its_company() -> None:
    case = make_case(13, 9, 3, 20, dtype="float32")
    x, h_0, c_0 = case.arrays("x", "h_0", "c_0")
    together = lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths)
    for n in range(13):
        row = slice(n, n + 1)
        alone = lstm_forward(x[row], case.lstm_weights(), h_0[row], c_0[row], case.lengths[row])
        np.testing.assert_array_equal(alone.h[0], together.h[n])


def test_several_python_threads_may_call_at_once() -> None:
    case = make_case(32, 20, 4, 32, dtype="float32")
    kernels.set_num_threads(2)
    expected = everything(case)
    found: dict[int, list[FloatArray]] = {}
    callers = [threading.Thread(target=lambda k=k: found.update({k: everything(case)})) for k in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(found) == 6
    for arrays in found.values():
        assert_same_bits(arrays, expected)


def _in_child(case: Case, queue: "multiprocessing.SimpleQueue[FloatArray]") -> None:
    queue.put(everything(case)[2])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system can't fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_computes_with_threads_of_its_own() -> None:
    case = make_case(8, 10, 3, 16)
    kernels.set_num_threads(2)
    expected = everything(case)[2]
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(case, queue))
    child.start()
    child.join(timeout=60)
    assert child.exitcode == 0
    np.testing.assert_array_equal(queue.get(), expected)


def test_the_choice_comes_before_the_environment_and_that_before_the_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert kernels.get_num_threads() == threads.available_processors() >= 1
    monkeypatch.setenv(threads.ENVIRONMENT_VARIABLE, "5")
    assert kernels.get_num_threads() == 5
    kernels.set_num_threads(3)
    assert kernels.get_num_threads() == 3


@pytest.mark.parametrize("value", ["0", "many", "1.5", "-2"])
def test_an_environment_variable_that_is_no_number_is_an_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(threads.ENVIRONMENT_VARIABLE, value)
    with pytest.raises(InputError, match="CLEARLSTM_NUM_THREADS"):
        kernels.get_num_threads()


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_a_number_of_threads_that_is_none_is_an_error(n: int) -> None:
    with pytest.raises(InputError, match="at least 1"):
        kernels.set_num_threads(n)


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_a_containers_quota_is_respected(tmp_path: Path, files: dict[str, str], limit: int | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    unlimited = threads.available_processors(tmp_path / "nothing")
    assert threads.available_processors(tmp_path) == (limit or unlimited)
