"""The losses beside torch's, on more cases than tests/golden holds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.training.losses import as_loss

pytest.importorskip("torch")

from scripts.torch_answers.training import FUNCTIONS, loss

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@given(rows=st.sampled_from([(1,), (7,), (3, 5)]), width=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_losses_equal_torch(name: str, weighted: bool, rows: tuple[int, ...], width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prediction = 3 * rng.normal(size=(*rows, width))
    y: Any = rng.integers(width, size=rows) if name == "cross_entropy" else rng.normal(size=(*rows, width))
    weight = rng.random(rows) if weighted else None
    value, gradient = as_loss(name).value_and_gradient(prediction, y, weight)
    wanted, wanted_gradient = loss(name, prediction, y, weight)
    assert value == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(gradient, wanted_gradient, rtol=1e-12, atol=1e-15)
