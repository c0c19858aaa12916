"""The gradient flow of a GRU is that of differences, and what needs a long-term memory says so."""

from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.cell import gru
from clearlstm.insight.views import VIEWS, Request


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_flow_is_the_norm_of_a_jacobian_by_differences(reset_after: bool, reverse: bool) -> None:
    net = cl.GRU(2, 4, dtype="float64", reset_after=reset_after, bidirectional=True, init="uniform", seed=0)
    x, lengths = np.random.default_rng(1).normal(size=(2, 6, 2)), np.array([6, 4])
    layer: Any = net.trace(x, lengths).layer(0, int(reverse))
    flow = cl.gradient_flow(layer)
    for n, length in enumerate(lengths):
        steps = list(range(length))[:: -1 if reverse else 1]
        for at, k in enumerate(steps):
            J, start = np.empty((4, 4)), layer.h[n, k]
            for unit in range(4):
                ends = []
                for by in (1e-6, -1e-6):
                    h = start + by * (np.arange(4) == unit)
                    for t in steps[at + 1 :]:
                        h = gru.step(x[n, t][None], h[None], layer.weights).h[0]
                    ends.append(h)
                J[:, unit] = (ends[0] - ends[1]) / 2e-6
            assert flow.paths["h"][n, k] == pytest.approx(np.linalg.norm(J, 2), rel=1e-6)


def test_a_gate_can_be_held_and_a_unit_silenced() -> None:
    model = cl.Network(cl.GRU(2, 4, seed=0), head=1, seed=1)
    x = np.random.default_rng(2).normal(size=(3, 6, 2))
    held: Any = cl.what_if(model, x, hold=cl.Hold("u", 1.0)).after.nets[0].layer(0)
    np.testing.assert_allclose(held.u, 1)
    np.testing.assert_allclose(held.h, 0, atol=1e-6)  # nothing ever replaces the state
    silent: Any = cl.what_if(model, x, zero=cl.Zero(2)).after.nets[0].layer(0)
    assert not silent.h[..., 2].any()
    with pytest.raises(cl.errors.InputError, match="gate is 'f'; it must be 'r' or 'u', or 'g' for the candidate"):
        cl.what_if(model, x, hold=cl.Hold("f", 1.0))


def test_the_ledger_splits_the_state_that_the_update_gate_keeps() -> None:
    net, x = cl.GRU(2, 3, dtype="float64", seed=0), np.random.default_rng(3).normal(size=(2, 8, 2))
    layer: Any = net.trace(x, [8, 5]).layer(0)
    book = cl.ledger(layer)
    np.testing.assert_allclose(book.total, layer.record.h_n, rtol=1e-12)
    # h_t = Σ_k (Π_{s>k} u_s) (1 − u_k) g_k
    wanted = [np.prod(layer.u[0, k + 1 :], axis=0) * ((1 - layer.u) * layer.g)[0, k] for k in range(8)]
    np.testing.assert_allclose(book.entries[0], wanted, rtol=1e-12)
    assert "of h after step 4..7" in repr(book)
    lengths = cl.memory_lengths(layer)
    rate = -np.log(layer.u[0]).sum(axis=0) - np.log(layer.u[1, :5]).sum(axis=0)
    np.testing.assert_allclose(lengths.typical, np.log(2) / (rate / 13), rtol=1e-12)


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_shows_a_gru(name: str) -> None:
    model = cl.Network([cl.GRU(2, 4, seed=0), cl.GRU(4, 3, seed=1)], head=1, seed=2)
    x = np.random.default_rng(4).normal(size=(20, 9, 2)).astype("float32")
    request = Request(model, x, {"zero": [1]} if name == "what_if" else {})
    result = VIEWS[name].compute(request)
    assert all(VIEWS[name].say(result))
    data = VIEWS[name].data
    assert data is None or data(request, result)


def test_the_flow_of_a_float32_net_is_computed_in_float64() -> None:
    net, x = cl.GRU(2, 4, seed=0), np.random.default_rng(5).normal(size=(1, 30, 2)).astype("float32")
    layer: Any = net.trace(x).layer(0)
    J = np.eye(4)
    U_r, U_u, U_g = np.split(layer.weights.U.astype(float), 3, axis=1)
    recorded = (layer.r, layer.u, layer.g, layer.a, layer.record.h_prev())
    r, u, g, a, h_prev = (values[0].astype(float) for values in recorded)
    flow = cl.gradient_flow(layer).paths["h"][0]
    for t in range(29, -1, -1):
        dz_u, dz_g = J * (h_prev - g)[t] * (u * (1 - u))[t], J * (1 - u)[t] * (1 - g**2)[t]
        dz_r = dz_g * a[t] * (r * (1 - r))[t]
        J = J * u[t] + dz_r @ U_r.T + dz_u @ U_u.T + (dz_g * r[t]) @ U_g.T
        if t:
            assert flow[t - 1] == pytest.approx(np.linalg.norm(J, 2), rel=1e-12)
