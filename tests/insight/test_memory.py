import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearlstm as cl
from clearlstm.cell import lstm as reference
from clearlstm.cell.arithmetic import sigmoid
from clearlstm.cell.layout import gate_slice
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.errors import InputError
from clearlstm.insight import memory
from clearlstm.insight.memory import MemoryLengths, memory_lengths
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, assert_close, cases, make_case

HARD = reference.Activations(gate="hard_sigmoid")


def layer_of(
    case: Case,
    *,
    reverse: bool = False,
    peepholes: bool = False,
    open_by: float = 0.0,
    functions: reference.Activations = reference.STANDARD,
) -> LSTMLayerTrace:
    weights = case.lstm_weights(peepholes=peepholes)
    weights.b[gate_slice("f", case.hidden_size)] += open_by
    record = reference.forward(
        case.x, weights, case.h_0, case.c_0, case.lengths, reverse=reverse, functions=functions
    )  # fmt: skip
    return LSTMLayerTrace(case.x, weights, record, functions)


def layer_with(z_f: FloatArray, lengths: list[int] | None = None, dtype: str = "float64") -> LSTMLayerTrace:
    """A layer whose forget gates have just these pre-activations z_f (N, T, H): each unit reads its own feature."""
    N, T, H = z_f.shape
    W, x = np.zeros((H, 4 * H), dtype), z_f.astype(dtype)
    W[:, gate_slice("f", H)] = np.eye(H)
    weights = LSTMWeights(W, np.zeros((H, 4 * H), dtype), np.zeros(4 * H, dtype))
    zero, taken = np.zeros((N, H), dtype), np.array(lengths or [T] * N)
    return LSTMLayerTrace(x, weights, reference.forward(x, weights, zero, zero, taken), reference.STANDARD)


def by_definition(layer: LSTMLayerTrace) -> tuple[list[list[list[int]]], list[list[list[bool]]]]:
    """Step by step, unit by unit: multiply the forget gates after a write until at most a half is left."""
    N, T, H = layer.h.shape
    half_life = [[[0] * H for _ in range(T)] for _ in range(N)]
    reached = [[[False] * H for _ in range(T)] for _ in range(N)]
    for n in range(N):
        order = list(range(int(layer.record.lengths[n])))
        if layer.record.reverse:
            order.reverse()
        for place, k in enumerate(order):
            for u in range(H):
                product = 1.0
                for later in order[place + 1 :]:
                    product *= float(layer.f[n, later, u])
                    half_life[n][k][u] += 1
                    if product <= 0.5:
                        reached[n][k][u] = True
                        break
    return half_life, reached


@settings(max_examples=80, deadline=None)
@given(
    case=cases(max_steps=16),
    reverse=st.booleans(),
    peepholes=st.booleans(),
    hard=st.booleans(),
    open_by=st.floats(-1, 4),
)
def test_every_half_life_equals_the_definition(
    case: Case, reverse: bool, peepholes: bool, hard: bool, open_by: float
) -> None:
    functions = HARD if hard else reference.STANDARD
    layer = layer_of(case, reverse=reverse, peepholes=peepholes, open_by=open_by, functions=functions)
    found = memory_lengths(layer)
    half_life, reached = by_definition(layer)
    np.testing.assert_array_equal(found.half_life, half_life)
    np.testing.assert_array_equal(found.reached, reached)


@settings(max_examples=60, deadline=None)
@given(case=cases(max_steps=16), reverse=st.booleans(), open_by=st.floats(-1, 3))
def test_the_medians_are_those_of_statsmodels(case: Case, reverse: bool, open_by: float) -> None:
    found = memory_lengths(layer_of(case, reverse=reverse, open_by=open_by))
    for u in range(case.hidden_size):
        assert_survival(found, found.survival[:, u], float(found.median[u]), slice(u, u + 1))
    assert_survival(found, None, found.layer_median, slice(None))


def assert_survival(found: MemoryLengths, curve: FloatArray | None, median: float, units: slice) -> None:
    times, halved = found.half_life[found.real][:, units].ravel(), found.reached[found.real][:, units].ravel()
    SurvfuncRight = pytest.importorskip("statsmodels.duration.survfunc").SurvfuncRight
    oracle = SurvfuncRight(times, halved.astype(int)) if halved.any() else None
    steps = [] if oracle is None else [int(time) for time in oracle.surv_times]
    after = [] if oracle is None else [float(share) for share in oracle.surv_prob]
    if curve is not None:
        wanted = np.ones(len(curve))
        for time, share in zip(steps, after, strict=True):
            wanted[time:] = share
        np.testing.assert_allclose(curve, wanted, atol=1e-12)
    assert median == next((time for time, share in zip(steps, after, strict=True) if share <= 0.5 + 1e-12), math.inf)


def test_kaplan_meier_by_hand() -> None:
    """Of four writes two halve after 1 step, one after 3, and one is followed for 2 steps only.

    S(1) = 1 − 2/4, so half are gone after 1 step; S(3) = 1/2 · (1 − 1/1) = 0.
    """
    followed, halved = np.array([[0], [2], [1], [1]]), np.array([[0], [2], [0], [1]])
    survival = memory._kaplan_meier(followed, halved)
    np.testing.assert_array_equal(survival, [[1], [0.5], [0.5], [0]])
    assert memory._median(survival) == [1]


def test_a_half_to_the_last_digit_counts_as_a_half() -> None:
    """With f = 2^(−1/k) exactly k steps halve, even where rounding leaves a sum of logarithms a little short."""
    for k in (1, 2, 3, 5, 7, 49):
        f = 0.5 ** (1 / k)
        found = memory_lengths(layer_with(np.full((1, 1500, 1), math.log(f / (1 - f)))))
        assert set(found.half_life[found.reached]) == {k}
        assert found.median == [k]
        assert found.typical == pytest.approx([k], rel=1e-12)


def test_a_step_longer_than_a_half_is_no_half() -> None:
    """A billionth is the width of "a half": with a product 1e-7 above it, one step more is needed."""
    z = math.log1p(1e-7)  # f = 1/2 + 2.5e-8
    assert set(memory_lengths(layer_with(np.full((1, 9, 1), z))).half_life[0, :-2, 0]) == {2}


def test_float32_gates_that_read_1_still_forget() -> None:
    layer = layer_with(np.full((2, 5, 1), 20.0), dtype="float32")
    assert (layer.f == 1).all()
    assert memory_lengths(layer).typical == pytest.approx([math.log(2) / math.log1p(math.exp(-20))], rel=1e-6)


def test_typical_is_not_from_a_mean_gate() -> None:
    """Three steps at 0.999 and one at 0.001 hold for 0.4 steps; a mean f of 0.75 would say 2.4."""
    f = np.array([0.999, 0.999, 0.001, 0.999]).reshape(1, 4, 1)
    found = memory_lengths(layer_with(np.log(f / (1 - f))))
    assert found.typical == pytest.approx([math.log(2) / -np.log(f).mean()])
    assert found.typical < 0.5


def test_padding_counts_for_nothing() -> None:
    z = np.random.default_rng(0).normal(1, 1, (2, 8, 3))
    whole = memory_lengths(layer_with(z[:1, :5]))
    padded = z.copy()
    padded[0, 5:] = -50.0
    found = memory_lengths(layer_with(padded, [5, 8]))
    np.testing.assert_array_equal(found.half_life[0, :5], whole.half_life[0])
    assert not found.half_life[0, 5:].any()
    assert not found.reached[0, 5:].any()
    np.testing.assert_array_equal(found.real.sum(axis=1), [5, 8])
    real = np.concatenate([-np.log(sigmoid(z[0, :5])), -np.log(sigmoid(z[1]))])
    np.testing.assert_allclose(found.typical, math.log(2) / real.mean(axis=0), rtol=1e-12)


def test_a_shut_gate_ends_every_memory() -> None:
    """Sums stay exact although one step costs 1e4; a hard sigmoid's exact 0 costs infinitely much."""
    z = np.full((1, 6, 1), 8.0)
    z[0, 3] = -1e4
    found = memory_lengths(layer_with(z))
    np.testing.assert_array_equal(found.half_life.ravel(), [3, 2, 1, 2, 1, 0])
    np.testing.assert_array_equal(found.reached.ravel(), [True, True, True, False, False, False])
    case = make_case(0, N=2, T=6, F=1, H=3)
    layer = layer_of(case, open_by=-100, functions=HARD)
    assert (layer.f == 0).all()
    assert not memory_lengths(layer).typical.any()


def test_a_gate_that_never_closes_holds_for_ever() -> None:
    case = make_case(0, N=2, T=6, F=1, H=3)
    found = memory_lengths(layer_of(case, open_by=100, functions=HARD))
    assert np.isposinf(found.typical).all()
    assert np.isposinf(found.median).all()
    assert f"median more than {case.lengths.max() - 1} steps" in repr(found)
    assert "100 % of the writes outlast" in found.sentence


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("direction", [0, 1])
def test_a_net_of_several_layers(dtype: str, direction: int) -> None:
    net = cl.LSTM(2, 5, 2, bidirectional=True, dtype=dtype, seed=1, forget_bias=2.0)
    x = np.random.default_rng(2).normal(size=(6, 40, 2))
    layer = net.trace(x, [40, 1, 7, 33, 40, 12]).layer(1, direction)
    assert_close("−ln f", memory.forgetting(layer), -np.log(layer.f, where=layer.f > 0, out=np.zeros(layer.f.shape)),
                 1e-5)  # fmt: skip
    found = memory_lengths(layer)
    half_life, reached = by_definition(layer)
    np.testing.assert_array_equal(found.half_life, half_life)
    np.testing.assert_array_equal(found.reached, reached)


def test_batches_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = layer_of(make_case(4, N=7, T=9, F=2, H=4), open_by=1)
    whole = memory_lengths(layer)
    monkeypatch.setattr(memory, "_CHUNK_NUMBERS", 80)
    pieces = memory_lengths(layer)
    np.testing.assert_array_equal(pieces.half_life, whole.half_life)
    np.testing.assert_array_equal(pieces.survival, whole.survival)
    np.testing.assert_allclose(pieces.typical, whole.typical, rtol=1e-14)
    assert pieces.layer_median == whole.layer_median


def test_tables_and_words() -> None:
    found = memory_lengths(layer_with(np.zeros((2, 4, 3)), [4, 2]))
    table = found.to_frame()
    assert list(table.columns) == ["sequence", "step", "unit", "half_life", "reached"]
    assert len(table) == (4 + 2) * 3
    row = table[(table.sequence == 1) & (table.unit == 2)]
    assert list(row.half_life) == [1, 0]
    assert list(row.reached) == [True, False]
    units = found.by_unit()
    assert list(units["median"]) == [1, 1, 1]
    np.testing.assert_allclose(units["outlasting"], 2 / 6)  # what the last step of each sequence wrote
    assert "half is gone after a median of 1 step (by unit 1 step to 1 step); 33 % of the writes" in found.sentence
    assert "not what the net remembers" in found._repr_html_()
    assert repr(found) == "MemoryLengths(2 sequences, 4 steps, 3 units; median 1 step)"


def test_no_long_term_memory_no_answer() -> None:
    layer = cl.RNN(1, 3, seed=0).trace(np.zeros((1, 4, 1))).layer(0)
    with pytest.raises(InputError, match=r"one LSTM layer's forget gates, not of a RNNLayerTrace: give it net\.trace"):
        memory_lengths(layer)


def test_gates_that_leave_0_to_1_are_refused() -> None:
    layer = layer_of(make_case(0, N=1, T=3, F=1, H=2), functions=reference.Activations(gate="relu"))
    with pytest.raises(InputError, match=r"forget gate is relu, which may leave 0\.\.1"):
        memory_lengths(layer)


@pytest.mark.parametrize("view", [memory_lengths, cl.gradient_flow])
def test_a_pass_that_is_not_finite_tells_nothing(view: Any) -> None:
    net = cl.LSTM(1, 3, seed=0)
    layer = net.trace(np.ones((2, 4, 1))).layer(0)
    layer.c[1, 2, 0] = np.inf
    with pytest.raises(InputError, match=r"holds NaN or infinity in sequence 1 \(c\)"):
        view(layer)
