"""Gradients that fade below the smallest normal number become 0, and the caller's arithmetic stays as it was."""

import numpy as np

from tests.kernels.cases import lstm_backward, lstm_forward, make_case


def test_subnormal_results_become_zero_only_inside_the_kernels() -> None:
    case = make_case(3, 60, 2, 10, dtype="float32")
    x, h_0, c_0, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh_n", "dc_n")
    record = lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths)
    scale = np.float32(1e-33)
    gradients = lstm_backward(x, case.lstm_weights(), record, None, dh_n * scale, dc_n * scale)
    found = np.abs(gradients.x)
    assert (found == 0).any()
    assert found[found > 0].min() >= np.finfo(np.float32).tiny
    # The same numbers, a thousand million times as large, are there.
    assert (lstm_backward(x, case.lstm_weights(), record, None, dh_n, dc_n).x[found == 0] != 0).all()


def test_the_calling_thread_still_computes_with_subnormal_numbers() -> None:
    case = make_case(3, 5, 2, 10, dtype="float32")
    x, h_0, c_0 = case.arrays("x", "h_0", "c_0")
    lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths)
    assert np.finfo(np.float32).tiny / np.float32(4) > 0
