"""The reference gives torch's answers, kept in tests/golden; test_against_torch.py asks torch for more of them."""

from functools import partial

import numpy as np
import pytest

from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.activations import ACTIVATIONS, activation
from tests.cell.golden_layers import check_lstm, check_rnn
from tests.torch_golden import golden


def test_the_lstm() -> None:
    check_lstm(reference.forward, reference.backward, tolerance=1e-12)


@pytest.mark.parametrize("function", ["tanh", "relu"])
def test_the_plain_net(function: str) -> None:
    forward, backward = (partial(call, functions=function) for call in (vanilla.forward, vanilla.backward))
    check_rnn(function, forward, backward, tolerance=1e-12)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_values_and_slopes_of_activations(name: str) -> None:
    z, wanted, found = np.array(golden("cell")["z"]), golden("cell")["activations"][name], activation(name)
    np.testing.assert_allclose(found.value(z), wanted["value"], rtol=1e-14, atol=0)
    np.testing.assert_allclose(found.slope(z, found.value(z)), wanted["slope"], rtol=1e-9, atol=1e-16)
