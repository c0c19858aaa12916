"""The kernels give torch's answers, kept in tests/golden; test_against_torch.py asks torch for more of them."""

import pytest

from tests.cell.golden_layers import check_lstm, check_rnn
from tests.kernels.cases import TOLERANCE, lstm_backward, lstm_forward, rnn_backward, rnn_forward

BOTH = pytest.mark.parametrize("dtype", ["float32", "float64"])


@BOTH
def test_the_lstm(dtype: str) -> None:
    check_lstm(lstm_forward, lstm_backward, dtype=dtype, tolerance=TOLERANCE[dtype])


@BOTH
def test_the_plain_net(dtype: str) -> None:
    check_rnn("tanh", rnn_forward, rnn_backward, dtype=dtype, tolerance=TOLERANCE[dtype])
