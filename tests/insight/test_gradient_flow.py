"""Gradient flow beside central differences, torch's autograd, and facts known in closed form."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearlstm as cl
from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.activations import activation
from clearlstm.cell.layout import gate_slice
from clearlstm.cell.lstm import STANDARD, Activations
from clearlstm.cell.rnn import RNNWeights
from clearlstm.errors import InputError
from clearlstm.insight import gradient_flow as module
from clearlstm.insight.gradient_flow import GradientFlow, LSTMFlow, RNNFlow, fate, gradient_flow, spectral_norm
from clearlstm.insight.spectral import FollowedNorms, product
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.rnn import RNNLayerTrace
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, Int64Array, cases, make_case
from tests.insight.flow_cases import CASES, WIDE_LENGTHS, lstm_layer, rnn_layer, some, taken, wide_layer
from tests.insight.flow_cases import layer as layer_of
from tests.statquest import golden, inputs, unit
from tests.torch_golden import golden as golden_of_torch

STEP = 1e-6
small_cases = cases(max_sequences=3, max_steps=5, max_features=2, max_hidden=3)


def differences(answer: Callable[[FloatArray], FloatArray], at: FloatArray) -> FloatArray:
    """∂answer/∂at by central differences, a column for each number of ``at`` (H,)."""
    columns = [(answer(at + e) - answer(at - e)) / (2 * STEP) for e in STEP * np.eye(len(at))]
    return np.stack(columns, axis=1)


def lstm_by_differences(layer: LSTMLayerTrace, n: int, k: int, rest: list[int]) -> tuple[float, float, float]:
    """The norms h, c and joint at step ``k`` of sequence ``n``, by running the steps in ``rest`` again."""
    record, H = layer.record, layer.h.shape[-1]
    h_k, c_k = record.h[n, k], record.c[n, k]

    def run(h: FloatArray, c: FloatArray) -> FloatArray:
        h, c = h[None], c[None]
        for t in rest:
            now = reference.step(layer.x[n, t][None], h, c, layer.weights, layer.functions)
            h, c = now.h, now.c
        return np.concatenate([h[0], c[0]])

    def following(c: FloatArray) -> FloatArray:
        """c_k moved, and h_k with it: the step's own last line, with o's peephole if it has one."""
        moved = layer.z_o[n, k] + (0 if layer.weights.p is None else layer.weights.p[2 * H :] * (c - c_k))
        h = activation(layer.functions.gate).value(moved) * activation(layer.functions.state).value(c)
        return run(np.asarray(h), c)

    by_h = differences(lambda h: run(h, c_k), h_k)
    by_c = differences(lambda c: run(h_k, c), c_k)
    by_c_following = differences(following, c_k)
    return norm(by_h[:H]), norm(by_c_following[H:]), norm(np.concatenate([by_h, by_c], axis=1))


def norm(matrix: FloatArray) -> float:
    return float(np.linalg.norm(matrix, 2))


@pytest.mark.parametrize("peepholes", [False, True], ids=["plain", "peepholes"])
@pytest.mark.parametrize(
    "functions", [STANDARD, Activations("sigmoid", "linear", "linear")], ids=["standard", "linear"]
)
@settings(max_examples=15, deadline=None)
@given(case=small_cases, reverse=st.booleans())
def test_lstm_equals_central_differences(peepholes: bool, functions: Activations, case: Case, reverse: bool) -> None:
    layer = lstm_layer(case, reverse=reverse, peepholes=peepholes, functions=functions)
    flow = gradient_flow(layer)
    for n, length in enumerate(case.lengths):
        order = taken(int(length), reverse=reverse)
        for at, k in enumerate(order):
            wanted = lstm_by_differences(layer, n, k, order[at + 1 :])
            found = (flow.h[n, k], flow.c[n, k], flow.joint[n, k])
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("function", ["tanh", "linear"])
@settings(max_examples=15, deadline=None)
@given(case=small_cases, reverse=st.booleans())
def test_rnn_equals_central_differences(function: str, case: Case, reverse: bool) -> None:
    layer = rnn_layer(case, reverse=reverse, functions=function)
    flow = gradient_flow(layer)
    for n, length in enumerate(case.lengths):
        order = taken(int(length), reverse=reverse)
        for at, k in enumerate(order):

            def run(h: FloatArray, rest: list[int] = order[at + 1 :], n: int = n) -> FloatArray:
                for t in rest:
                    h = vanilla.step(layer.x[n, t][None], h[None], layer.weights, function)[0]
                return h

            np.testing.assert_allclose(flow.h[n, k], norm(differences(run, layer.h[n, k])), rtol=1e-6, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(case=cases(), reverse=st.booleans())
def test_the_direct_path_is_the_product_of_later_forget_gates(case: Case, reverse: bool) -> None:
    layer = lstm_layer(case, reverse=reverse)
    flow = gradient_flow(layer)
    for n, length in enumerate(case.lengths):
        order = taken(int(length), reverse=reverse)
        for at, k in enumerate(order):
            wanted = np.prod(layer.f[n, order[at + 1 :]], axis=0)
            np.testing.assert_allclose(flow.kept[n, k], wanted, rtol=1e-13)
            assert flow.direct[n, k] == pytest.approx(norm(np.diag(wanted)), rel=1e-12)
            assert flow.direct_median[n, k] == pytest.approx(np.median(wanted), rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_norms_are_torchs(name: str) -> None:
    """Its autograd's, of a run over the steps that follow."""
    _, _, reverse = CASES[name]
    layer = layer_of(*CASES[name])
    flow = gradient_flow(layer)
    paths = [flow.paths[path] for path in ("h", "c", "joint") if path in flow.paths]
    for n, wanted in enumerate(golden_of_torch("insight")["flow"][name]):
        order = taken(int(layer.record.lengths[n]), reverse=reverse)
        assert len(wanted) == len(order) - 1
        for k, norms in zip(order, wanted, strict=False):
            np.testing.assert_allclose([path[n, k] for path in paths], norms, rtol=1e-11)


def test_the_last_step_keeps_everything_and_padding_is_nan() -> None:
    case = make_case(2, N=4, T=7, F=2, H=3)
    for reverse in (False, True):
        flow = gradient_flow(lstm_layer(case, reverse=reverse))
        last = np.zeros(4, dtype=int) if reverse else case.lengths - 1
        padding = np.arange(7) >= case.lengths[:, None]
        assert padding.any()
        for norms in flow.paths.values():
            np.testing.assert_allclose(norms[np.arange(4), last], 1, rtol=1e-15)
            np.testing.assert_array_equal(np.isnan(norms), padding)
        np.testing.assert_array_equal(flow.lag[~padding] >= 0, True)
        np.testing.assert_array_equal(flow.lag[padding], -1)


def test_company_b_keeps_more_than_its_forget_gates_do() -> None:
    net = cl.examples.statquest_unit()
    flow = gradient_flow(net.trace(inputs("B")).layer(0))
    assert flow.c[0, 0].round(2) == 2.24
    assert flow.direct[0, 0].round(2) == 0.93
    weights = unit(golden()["video"]["weights"])
    np.testing.assert_array_equal(net.weights(0).U, weights.U)


def untrained(kind: str, seed: int) -> float:
    """∂h_50/∂h_1, H = 32: torch's uniform weights, or an orthogonal U; biases 0 besides the forget gate's."""
    x = np.random.default_rng(100 + seed).uniform(-1, 1, (1, 50, 1))
    net: cl.RNN | cl.LSTM
    if kind in ("uniform", "orthogonal"):
        net, bias = cl.RNN(1, 32, dtype="float64", seed=seed, init=kind), np.zeros(32)
    else:
        net, bias = cl.LSTM(1, 32, dtype="float64", seed=seed, init="uniform"), np.zeros(128)
        bias[gate_slice("f", 32)] = float(kind)
    net.parameters["layer0.forward.b"][...] = bias
    return float(gradient_flow(net.trace(x).layer(0), lags=[49]).h[0, 0])


@pytest.mark.parametrize(
    ("kind", "known"), [("uniform", 1e-10), ("orthogonal", 0.18), ("0", 3e-10), ("1", 7e-4), ("3", 28)]
)
def test_untrained_nets_in_the_known_order_of_magnitude(kind: str, known: float) -> None:
    median = np.median([untrained(kind, seed) for seed in range(99)])  # those of 9 stray by a factor of 3
    assert known / 10 < median < known * 10


def test_a_single_unsquashed_loop_multiplies_by_its_weight() -> None:
    one = np.ones((1, 1))
    for w, wanted in ((2.0, float(2**50)), (0.5, 0.5**50)):
        weights, x = RNNWeights(one, w * one, np.zeros(1)), np.zeros((1, 51, 1))
        record = vanilla.forward(x, weights, one, np.array([51]), functions="linear")
        assert gradient_flow(RNNLayerTrace(x, weights, record, "linear")).h[0, 0] == wanted


def test_what_float64_cannot_hold_reads_zero_and_infinity() -> None:
    one, x = np.ones((2, 2)), np.zeros((1, 60, 2))
    for w, wanted in ((1e30, np.inf), (1e-30, 0.0)):
        weights = RNNWeights(one, w * np.array([[1.0, -1.0], [1.0, 1.0]]), np.zeros(2))
        record = vanilla.forward(x, weights, np.zeros((1, 2)), np.array([60]), functions="linear")
        flow = gradient_flow(RNNLayerTrace(x, weights, record, "linear"))
        assert flow.h[0, 0] == wanted
        assert flow.h[0, -2] == pytest.approx(w * np.sqrt(2))
        assert flow.summary().median["h"][-1] == wanted


def test_layers_and_directions_of_a_net() -> None:
    """The second layer's reverse direction flows as a net of its own would over the same input, turned round."""
    x = np.random.default_rng(4).normal(size=(3, 8, 2))
    net = cl.LSTM(2, 5, 2, bidirectional=True, dtype="float64", seed=1)
    trace = net.trace(x)
    alone = cl.LSTM(10, 5, dtype="float64", seed=0)
    parts = {part: net.parameters[f"layer1.reverse.{part}"] for part in ("W", "U", "b")}
    alone.set_parameters({f"layer0.forward.{part}": values for part, values in parts.items()})
    turned = gradient_flow(alone.trace(trace.layer(1, 1).x[:, ::-1]).layer(0))
    found = gradient_flow(trace.layer(1, 1))
    for name, norms in found.paths.items():
        np.testing.assert_allclose(norms, turned.paths[name][:, ::-1], rtol=1e-10)


def test_single_precision_nets_are_measured_in_double() -> None:
    x = np.random.default_rng(5).normal(size=(2, 30, 1))
    wide = cl.LSTM(1, 6, dtype="float64", seed=3)
    narrow = cl.LSTM(1, 6, dtype="float32", seed=3)
    found, wanted = (gradient_flow(net.trace(x).layer(0)) for net in (narrow, wide))
    assert found.h.dtype == np.float64
    for name, norms in found.paths.items():
        np.testing.assert_allclose(norms, wanted.paths[name], rtol=1e-4)


def test_sequences_are_walked_in_chunks_when_they_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(6, N=5, T=6, F=1, H=4)
    layers: list[Any] = [lstm_layer(case), rnn_layer(case, reverse=True)]
    together = [gradient_flow(layer) for layer in layers]
    monkeypatch.setattr(module, "_CHUNK_NUMBERS", 2 * 8 * 4 * 4)
    for layer, wanted in zip(layers, together, strict=True):
        for name, norms in gradient_flow(layer).paths.items():
            np.testing.assert_allclose(norms, wanted.paths[name], rtol=1e-13)


def uneven(*, reverse: bool = False) -> tuple[Int64Array, GradientFlow]:
    lengths = np.array([2, 4, 3])
    h = np.array([[1.0, 2, np.nan, np.nan], [3, 4, 5, 6], [7, 8, 9, np.nan]])
    return lengths, RNNFlow(h, lengths, reverse)


def test_summary_lines_sequences_up_at_their_last_step() -> None:
    summary = uneven()[1].summary()
    np.testing.assert_array_equal(summary.lag, [0, 1, 2, 3])
    np.testing.assert_array_equal(summary.count, [3, 3, 2, 1])
    np.testing.assert_array_equal(summary.median["h"], [6, 5, 5.5, 3])
    np.testing.assert_allclose(summary.low["h"], np.array([2.8, 1.8, 4.3, 3]), rtol=1e-12)
    np.testing.assert_allclose(summary.high["h"], np.array([8.4, 7.4, 6.7, 3]), rtol=1e-12)
    np.testing.assert_array_equal(uneven(reverse=True)[1].summary().median["h"], [3, 4, 7, 6])


def test_where_it_vanishes_or_explodes() -> None:
    h = np.array([[1e-9, 1e-4, 1e-2, 1.0], [1e9, 1e5, 1e2, 1.0]])
    dying, growing = (RNNFlow(row[None], np.array([4]), reverse=False).summary() for row in h)
    assert (dying.vanishes_at(), dying.explodes_at()) == (2, None)
    assert (growing.vanishes_at(), growing.explodes_at()) == (None, 2)
    assert dying.vanishes_at(threshold=1e-8) == 3


def test_frames() -> None:
    case = make_case(1, N=3, T=5, F=1, H=2)
    flow = gradient_flow(lstm_layer(case))
    table = flow.to_frame()
    assert list(table.columns) == ["sequence", "step", "lag", "h", "c", "joint", "direct", "direct_median"]
    assert len(table) == case.lengths.sum()
    row = table[(table["sequence"] == 1) & (table["step"] == 0)].iloc[0]
    assert row["lag"] == case.lengths[1] - 1
    assert row["joint"] == flow.joint[1, 0]
    summary = flow.summary().to_frame()
    assert list(summary.columns) == ["lag", "count", "path", "low", "median", "high"]
    direct = summary[summary["path"] == "direct"]["median"].to_numpy()
    np.testing.assert_array_equal(direct, flow.summary().median["direct"])


def test_print() -> None:
    _, flow = uneven()
    assert repr(flow) == "RNNFlow(3 sequences, 4 steps; 3 arrives 3 steps on)"


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (5, 9), (32, 32)])
@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200, 0.0])
def test_spectral_norm(size: tuple[int, int], scale: float) -> None:
    J = np.random.default_rng(1).normal(size=(4, *size)) * scale
    np.testing.assert_allclose(spectral_norm(J), np.linalg.svd(J, compute_uv=False)[..., 0], rtol=1e-13)


def test_words() -> None:
    assert [fate(norm) for norm in (0.0, 9e-4, 1e-3, 1.0, 1e3, 1.1e3, np.inf)] == [
        "vanishes", "vanishes", "arrives", "arrives", "arrives", "explodes", "explodes",
    ]  # fmt: skip


def test_only_a_layer_is_measured() -> None:
    trace = cl.LSTM(1, 2, seed=0).trace(np.zeros((1, 3, 1)))
    with pytest.raises(InputError, match=r"along one layer, not a Trace: give it net.trace\(x\).layer\(k\)"):
        gradient_flow(trace)  # type: ignore[call-overload]
    assert isinstance(gradient_flow(trace.layer(0)), LSTMFlow)


def test_few_lags_are_those_of_all() -> None:
    case = make_case(6, N=5, T=9, F=2, H=4)
    layers: list[Any] = [lstm_layer(case), lstm_layer(case, reverse=True), rnn_layer(case)]
    longest = int(case.lengths.max()) - 1
    for layer in layers:
        every, few = gradient_flow(layer), gradient_flow(layer, lags=(longest, 0, 2, 2))
        asked = np.isin(every.lag, (0, 2, longest))
        assert asked.any(axis=1).all()
        for name, norms in few.paths.items():
            np.testing.assert_allclose(norms[asked], every.paths[name][asked], rtol=1e-12)
            assert np.isnan(norms[~asked]).all()
        whole, part = every.summary(), few.summary()
        np.testing.assert_array_equal(part.lag, sorted({0, 2, longest}))
        np.testing.assert_array_equal(part.count, whole.count[part.lag])
        np.testing.assert_allclose(part.median["h"], whole.median["h"][part.lag], rtol=1e-12)
        assert len(few.to_frame()) == asked.sum()
        assert repr(few) == repr(every)


@pytest.mark.parametrize(
    ("lags", "message"),
    [
        ((1, 3), "lags is .1, 3.; the longest sequence has 3 steps, so at least one lag in 0..2 is needed"),
        ((), "lags is ..; the longest sequence has 3 steps"),
        ((-1,), "a lag is -1; it must be a whole number of at least 0"),
        ("12", "lags is '12'; give whole numbers of steps"),
        (5, "lags is 5; give whole numbers of steps"),
    ],
)
def test_lags_that_cannot_be_used(lags: Any, message: str) -> None:
    layer = cl.LSTM(1, 2, seed=0).trace(np.zeros((1, 3, 1))).layer(0)
    with pytest.raises(InputError, match=message):
        gradient_flow(layer, lags=lags)


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_wide_nets_equal_all_singular_values(kind: str) -> None:
    """Above 64 rows the norms are followed from step to step; torch's matrices were taken apart whole."""
    layer = wide_layer(kind)
    every, few = gradient_flow(layer), gradient_flow(layer, lags=[29])
    for n, wanted in enumerate(golden_of_torch("insight")["wide_flow"][kind]):
        found = [every.h[n, k] for k in some(WIDE_LENGTHS[n])]
        np.testing.assert_allclose(found, wanted, rtol=1e-11)
    assert few.h[0, 0] == pytest.approx(every.h[0, 0], rel=1e-13)


def spread(kind: str, rng: np.random.Generator, size: int) -> FloatArray:
    """Singular values that are hard to follow, in their own ways."""
    if kind == "equal":
        return np.ones(size)
    if kind == "two alike":
        return np.concatenate([[1, 1 - 1e-9], rng.uniform(0, 0.5, size - 2)])
    if kind == "none":
        return np.zeros(size)
    if kind == "one":
        return np.concatenate([[1.0], np.zeros(size - 1)])
    return np.asarray(np.sort(rng.uniform(0, 1, size))[::-1] if kind == "even" else 0.7 ** np.arange(size))


@pytest.mark.parametrize("kind", ["equal", "two alike", "none", "one", "even", "falling"])
@pytest.mark.parametrize("scale", [1.0, 1e-290, 1e290])
def test_followed_norms_equal_singular_values(kind: str, scale: float) -> None:
    rng, n = np.random.default_rng(3), 70
    norms = FollowedNorms(3, n)
    values = spread(kind, rng, n)
    sides = [np.linalg.qr(rng.normal(size=(3, n, n))).Q for _ in range(2)]
    for change in (0, 0.01, 0.5):  # the leading vectors turn a little, then far
        sides[0] = np.linalg.qr(sides[0] + change * rng.normal(size=(3, n, n))).Q
        J = scale * (sides[0] * values) @ sides[1]
        rows = np.array([2, 0])
        np.testing.assert_allclose(norms.of(J[rows], rows), np.linalg.svd(J[rows], compute_uv=False)[:, 0], rtol=1e-13)


def test_a_leading_vector_that_was_not_followed_is_found() -> None:
    """The basis has settled on 16 directions; the largest now lies in none of them, nor does anything lead to it."""
    n = 70
    norms, first, then = FollowedNorms(1, n), np.eye(n), np.eye(n)
    first[:16] *= 10
    then[:16] *= 10
    then[40, 40] = 11
    only = np.array([0])
    assert norms.of(first[None], only)[0] == pytest.approx(10, rel=1e-13)
    assert norms.of(then[None], only)[0] == pytest.approx(11, rel=1e-13)


def test_infinite_wide_matrices() -> None:
    J = np.tile(np.eye(70), (2, 1, 1))
    J[1, 3, 4] = np.inf
    np.testing.assert_allclose(FollowedNorms(2, 70).of(J, np.arange(2)), [1, np.inf], rtol=1e-13)


def test_the_sentence() -> None:
    h = np.array([[1e-9, 1e-4, 1e-2, 1.0], [1e9, 1e5, 1e2, 1.0], [0.5, 0.6, 0.7, 1.0]])
    dying, growing, lasting = (RNNFlow(row[None], np.array([4]), reverse=False).sentence for row in h)
    assert dying.startswith("The gradient vanishes (below 0.001) from 2 steps back (spectral norm of ∂h_last/∂h_k")
    assert "From 3 steps back 1e-09 arrives, in one sequence." in dying
    assert dying.endswith("A plain net has no path beside this one.")
    assert growing.startswith("The gradient explodes (above 1000) from 2 steps back")
    assert lasting.startswith("The gradient arrives over all lags measured, up to 3 steps")
    both = RNNFlow(np.array([[1e4, 1e-4, 1.0, 1.0]]), np.array([4]), reverse=False).sentence
    assert both.startswith(
        "The gradient vanishes (below 0.001) from 2 steps back and explodes (above 1000) from 3 steps"
    )


def test_the_sentence_of_an_lstm_puts_the_direct_path_beside_it() -> None:
    flow = gradient_flow(cl.examples.statquest_unit().trace(inputs("B")).layer(0))
    assert "∂c_last/∂c_k, it is 2.24; the direct path alone, the product of forget gates, keeps 0.93" in flow.sentence
    assert "no bound" in flow.sentence
    assert flow.sentence[:40] in flow._repr_html_()
    assert "<table" in flow._repr_html_()


@pytest.mark.parametrize("shape", [(3, 5, 4, 2), (2, 150, 128, 128), (2, 70, 300, 300), (1, 1, 1, 1)])
def test_products_in_pieces(shape: tuple[int, int, int, int]) -> None:
    """Small ones whole, middling ones in uneven pieces of rows, large ones whole again; one b for all, or one each."""
    B, R, K, C = shape
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(B, R, K)), rng.normal(size=(B, K, C))
    np.testing.assert_allclose(product(a, b), np.einsum("brk,bkc->brc", a, b), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(product(a, b[0]), np.einsum("brk,kc->brc", a, b[0]), rtol=1e-9, atol=1e-12)
