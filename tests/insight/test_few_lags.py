"""Norms by vectors beside those of the whole Jacobians, and Lanczos beside all singular values."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearlstm as cl
from clearlstm.insight import few_lags
from clearlstm.insight.few_lags import is_quicker, norms_by_vectors
from clearlstm.insight.gradient_flow import gradient_flow
from clearlstm.insight.lanczos import largest_singular_values
from clearlstm.shapes import FloatArray

KINDS: dict[str, dict[str, Any]] = {
    "LSTM": {},
    "LSTM with peepholes": {"peepholes": True},
    "RNN": {},
    "GRU": {},
    "GRU that resets before": {"reset_after": False},
}


def layer_of(kind: str, seed: int, lengths: list[int], *, reverse: bool = False, H: int = 9) -> Any:
    """A layer with large weights, so that some changes grow and some die."""
    net = getattr(cl, kind.split()[0])(2, H, dtype="float64", seed=seed, bidirectional=True, **KINDS[kind])
    for values in net.parameters.values():
        values *= 2
    x = np.random.default_rng(seed).normal(size=(len(lengths), max(lengths), 2))
    return net.trace(x, lengths).layer(0, int(reverse))


def by_lag(norms: FloatArray, lag: Any, lags: tuple[int, ...]) -> FloatArray:
    """(N, L) of norms (N, T)."""
    out = np.full((len(norms), len(lags)), np.nan)
    for column, one in enumerate(lags):
        n, t = np.nonzero(lag == one)
        out[n, column] = norms[n, t]
    return out


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), reverse=st.booleans())
def test_norms_by_vectors_are_those_of_the_whole_jacobians(kind: str, seed: int, reverse: bool) -> None:
    layer, lags = layer_of(kind, seed, [25, 12, 1, 18, 25], reverse=reverse), (0, 1, 4, 11, 12, 24)
    whole = gradient_flow(layer, lags=lags)
    paths = [path for path in ("h", "c", "joint") if path in whole.paths]
    found = norms_by_vectors(layer, list(lags), paths)
    for path in paths:
        np.testing.assert_allclose(found[path], by_lag(whole.paths[path], whole.lag, lags), rtol=1e-5)


def test_a_wide_layer_is_measured_so_where_it_is_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, lags = layer_of("LSTM", 0, [9, 7], H=12), (1, 3, 8)
    whole = gradient_flow(layer, lags=lags)
    monkeypatch.setattr(few_lags, "is_quicker", lambda *_: True)
    found = gradient_flow(layer, lags=lags)
    for path, norms in whole.paths.items():
        np.testing.assert_allclose(found.paths[path], norms, rtol=1e-5, err_msg=path)
    monkeypatch.setattr(few_lags, "_NUMBERS", 1)
    pieces = gradient_flow(layer, lags=lags)
    for path, norms in found.paths.items():
        np.testing.assert_allclose(pieces.paths[path], norms, rtol=1e-5, err_msg=path)


def test_vectors_are_for_wide_layers_and_few_lags() -> None:
    wide, narrow = layer_of("GRU", 0, [3], H=256), layer_of("GRU", 0, [3], H=64)
    assert is_quicker(wide, [100], 1)
    assert not is_quicker(wide, list(range(100)), 1)
    assert not is_quicker(narrow, [100], 1)


def norm(J: FloatArray) -> float:
    return float(np.linalg.norm(J, 2))


def leading(J: FloatArray, tolerance: float, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    return largest_singular_values(
        lambda rows, v: np.einsum("rmn,rn->rm", J[rows], v),
        lambda rows, u: np.einsum("rmn,rm->rn", J[rows], u),
        start,
        tolerance,
    )


@pytest.mark.parametrize("scale", [1.0, 1e-250, 1e250])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_lanczos_equals_all_singular_values(scale: float, tolerance: float) -> None:
    rng = np.random.default_rng(0)
    J = rng.normal(size=(60, 40, 40)) @ rng.normal(size=(60, 40, 40)) / 40
    values, left = leading(scale * J, tolerance, rng.normal(size=(60, 40)))
    U, S, _ = np.linalg.svd(J)
    wanted = scale * S[:, 0]
    assert (values <= wanted * (1 + 1e-12)).all()
    assert (np.abs(values / wanted - 1) <= tolerance).mean() >= (1 if tolerance < 1e-3 else 0.95)
    if tolerance < 1e-3:
        np.testing.assert_allclose(np.abs(np.einsum("rm,rm->r", left, U[:, :, 0])), 1, rtol=1e-3)


def test_lanczos_on_matrices_that_end_early() -> None:
    n = 12
    rank_one = np.outer(np.arange(1.0, n + 1), np.ones(n))
    endless = np.full((n, n), np.inf)
    J = np.stack([np.zeros((n, n)), np.eye(n), rank_one, endless, np.diag(np.arange(1.0, n + 1))])
    values, _ = leading(J, 1e-6, np.random.default_rng(1).normal(size=(5, n)))
    np.testing.assert_allclose(values, np.array([0, 1, norm(rank_one), np.inf, n]), rtol=1e-9)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_coarse_norms_end_where_nothing_arrives(kind: str) -> None:
    """In float32, to 1e-3, and no further than the group of lags after which all is below ``least``."""
    layer, lags = layer_of(kind, 1, [120, 80]), [1, 5, 10, 30, 60, 119]
    path = "joint" if kind == "LSTM" else "h"
    whole = gradient_flow(layer, lags=lags)
    wanted = by_lag(whole.paths[path], whole.lag, tuple(lags))
    found = norms_by_vectors(layer, lags, [path], 1e-3, least=np.inf)[path]
    np.testing.assert_allclose(found[:, :3], wanted[:, :3], rtol=2e-3)
    assert np.isnan(found[:, 3:]).all()
    found = norms_by_vectors(layer, lags, [path], 1e-3)[path]
    large = wanted > 1e-30
    np.testing.assert_allclose(found[large], wanted[large], rtol=2e-3)
