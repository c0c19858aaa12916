"""What the tests of torch's models share: random inputs and weights, and a comparison with torch's answers."""

from typing import Any

import numpy as np
import pytest
import torch

from clearlstm.shapes import FloatArray

LIMITS = {"float32": 1e-5, "float64": 1e-12}

assumed = pytest.mark.filterwarnings("ignore:.* is read as torch's nn:clearlstm.errors.ClearLSTMWarning")
"""State dicts without classes are opened here: of that a warning tells, which has a test of its own."""


def assert_alike(ours: FloatArray, theirs: Any) -> None:
    expected = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    assert ours.shape == expected.shape
    assert ours.dtype == expected.dtype
    assert np.abs(ours - expected).max() <= LIMITS[ours.dtype.name] * np.abs(expected).max()


def inputs(N: int, T: int, F: int, dtype: str = "float32", seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((N, T, F)).astype(dtype)


def random_weights(module: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Biases too, which some layers start at 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for values in module.parameters():
            values.copy_(torch.randn(values.shape, generator=generator, dtype=values.dtype) * 0.4)
    return module


class Chain(torch.nn.Module):
    """An LSTM of two layers and a head on its last step."""

    def __init__(self, bidirectional: bool = False) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(3, 4, 2, batch_first=True, bidirectional=bidirectional)
        self.fc = torch.nn.Linear(8 if bidirectional else 4, 2)
        random_weights(self, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h, _ = self.lstm(x)
        y: torch.Tensor = self.fc(h[:, -1])
        return y
