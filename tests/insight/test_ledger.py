import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.lstm import Activations, LSTMRecord, LSTMWeights
from clearlstm.errors import InputError
from clearlstm.insight.ledger import Ledger, ledger, ledgers
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, cases, make_case
from tests.statquest import golden, inputs, unit


def record_of(case: Case, *, reverse: bool = False, peepholes: bool = False, **options: Any) -> LSTMRecord:
    weights = case.lstm_weights(peepholes=peepholes)
    return reference.forward(case.x, weights, case.h_0, case.c_0, case.lengths, reverse=reverse, **options)


def by_definition(record: LSTMRecord, n: int, step: int) -> tuple[FloatArray, FloatArray]:
    """The formula as it stands, for one sequence: entries (T, H) and start (H,)."""
    T, H = record.h.shape[1:]
    order = list(range(int(record.lengths[n])))
    if record.reverse:
        order.reverse()
    taken = order[: order.index(step) + 1]
    entries = np.zeros((T, H))
    for at, k in enumerate(taken):
        kept = np.prod([record.f[n, s] for s in taken[at + 1 :]], axis=0)
        entries[k] = kept * record.i[n, k] * record.g[n, k]
    return entries, np.prod([record.f[n, s] for s in taken], axis=0) * record.c_0[n]


def assert_explains(book: Ledger, record: LSTMRecord) -> None:
    rows = np.arange(len(record.h))
    size = np.abs(book.start) + np.abs(book.entries).sum(axis=1)
    assert (np.abs(book.total - record.c[rows, book.step]) <= 1e-12 * np.maximum(1, size)).all()


@settings(max_examples=60, deadline=None)
@given(case=cases(), reverse=st.booleans(), peepholes=st.booleans())
def test_every_step_equals_the_definition_and_adds_up(case: Case, reverse: bool, peepholes: bool) -> None:
    record = record_of(case, reverse=reverse, peepholes=peepholes)
    shortest = int(case.lengths.min())
    for step in range(-shortest, shortest):
        book = ledger(record, step)
        assert_explains(book, record)
        for n, length in enumerate(case.lengths):
            entries, start = by_definition(record, n, step + int(length) if step < 0 else step)
            np.testing.assert_allclose(book.entries[n], entries, rtol=1e-13, atol=0)
            np.testing.assert_allclose(book.start[n], start, rtol=1e-13, atol=0)


@settings(max_examples=40, deadline=None)
@given(case=cases(), reverse=st.booleans(), peepholes=st.booleans())
def test_a_stream_of_ledgers_explains_every_step(case: Case, reverse: bool, peepholes: bool) -> None:
    record = record_of(case, reverse=reverse, peepholes=peepholes)
    books = list(ledgers(record))
    assert len(books) == case.lengths.max()
    for k, book in enumerate(books):
        assert_explains(book, record)
        for n, length in enumerate(case.lengths):
            nth = min(k, int(length) - 1)
            step = int(length) - 1 - nth if reverse else nth
            assert book.step[n] == step
            entries, start = by_definition(record, n, step)
            np.testing.assert_allclose(book.entries[n], entries, rtol=1e-13, atol=0)
            np.testing.assert_allclose(book.start[n], start, rtol=1e-13, atol=0)
            assert np.flatnonzero(book.taken[n]).tolist() == list(range(step, length) if reverse else range(step + 1))


def test_a_closed_forget_gate_leaves_nothing_before_it() -> None:
    """A hard sigmoid closes a gate to exactly 0; what was written before it is 0, and nothing becomes 0/0."""
    case = make_case(3, N=2, T=6, F=1, H=3)
    weights = case.lstm_weights()
    wide = LSTMWeights(8 * weights.W, weights.U, weights.b)
    lengths = np.full(2, 6)
    record = reference.forward(case.x, wide, case.h_0, case.c_0, lengths, functions=Activations("hard_sigmoid"))
    closed = record.f == 0
    assert closed.any()
    book = ledger(record)
    assert_explains(book, record)
    for n, t, j in np.argwhere(closed):
        assert not book.entries[n, :t, j].any()
        assert book.start[n, j] == 0


def test_gates_so_small_that_their_products_underflow() -> None:
    record = record_of(make_case(5, N=1, T=8, F=1, H=2))
    small = np.array(record.gates)
    small[..., :2] = 1e-200
    squeezed = LSTMRecord(
        small, record.c, record.h, record.h_0, record.c_0, record.h_n, record.c_n, np.array([8]), reverse=False
    )
    book = ledger(squeezed)
    np.testing.assert_allclose(book.entries[0, 7], squeezed.i[0, 7] * squeezed.g[0, 7], rtol=1e-15)
    np.testing.assert_allclose(book.entries[0, 6], 1e-200 * squeezed.i[0, 6] * squeezed.g[0, 6], rtol=1e-15)
    assert not book.entries[0, :6].any()


@pytest.mark.parametrize("company", ["A", "B"])
def test_the_companies(company: str) -> None:
    days, zero = inputs(company), np.zeros((1, 1))
    record = reference.forward(days, unit(golden()["video"]["weights"]), zero, zero, np.array([4]))
    book = ledger(record)
    np.testing.assert_allclose(book.entries.ravel(), golden()["video"][f"ledger_{company}"], rtol=1e-12, atol=0)
    assert book.start.item() == 0
    day_one = record.f[0, 1] * record.f[0, 2] * record.f[0, 3] * record.i[0, 0] * record.g[0, 0]
    assert book.entries[0, 0] == pytest.approx(day_one, rel=1e-14)


def test_what_carried_day_one() -> None:
    entries = {company: np.array(golden()["video"][f"ledger_{company}"]) for company in "AB"}
    difference = entries["B"] - entries["A"]
    assert difference.sum().round(3) == 2.394
    assert difference[0].round(3) == 0.610
    assert difference[1:].sum().round(3) == 1.784


def test_single_precision_is_explained_as_recorded() -> None:
    case = make_case(9, N=2, T=30, F=2, H=3)
    weights = case.lstm_weights()
    narrow = LSTMWeights(*(array.astype(np.float32) for array in (weights.W, weights.U, weights.b)))
    x, h_0, c_0 = (array.astype(np.float32) for array in (case.x, case.h_0, case.c_0))
    record = reference.forward(x, narrow, h_0, c_0, np.full(2, 30))
    book = ledger(record)
    assert book.entries.dtype == np.float64
    np.testing.assert_allclose(book.total, record.c[:, -1], rtol=0, atol=3e-6)


def test_to_frame() -> None:
    case = make_case(1, N=2, T=4, F=1, H=2)
    record = record_of(case)
    table = ledger(record).to_frame()
    assert list(table.columns) == ["sequence", "unit", "step", "entry"]
    assert len(table) == 2 * (int(case.lengths.sum()) + 2)
    sums = table.groupby(["sequence", "unit"])["entry"].sum().to_numpy().reshape(2, 2)
    np.testing.assert_allclose(sums, record.c_n, rtol=1e-12)
    first = table.groupby(["sequence", "unit"]).head(1)
    assert first["step"].isna().all()
    np.testing.assert_array_equal(first["entry"], ledger(record).start.ravel())


def test_one_step_takes_memory_in_proportion_to_the_steps() -> None:
    T, H = 4000, 4
    rng = np.random.default_rng(0)
    zero = np.zeros((1, H))
    states = rng.normal(size=(1, T, H))
    record = LSTMRecord(rng.uniform(size=(1, T, 4 * H)), states, states, zero, zero, zero, zero, np.array([T]))
    tracemalloc.start()
    ledger(record)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * states.nbytes


def test_a_stream_takes_memory_in_proportion_to_the_steps() -> None:
    record = record_of(make_case(3, N=1, T=1000, F=1, H=4))
    stream = ledgers(record)
    tracemalloc.start()
    for _ in stream:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * record.h.nbytes


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (3, r"step 3 is asked for; sequence 1 has 2 steps, so it must lie in -2\.\.1"),
        (2, r"step 2 is asked for; sequence 1 has 2 steps"),
        (-3, r"step -3 is asked for; sequence 1 has 2 steps"),
        (7, r"sequence 0 has 4 steps, so it must lie in -4\.\.3"),
        (10**30, r"step 10+ is asked for; sequence 0 has 4 steps"),
        (-(10**30), r"step -10+ is asked for; sequence 0 has 4 steps"),
        (1.0, "step is 1.0; it must be a whole number"),
        (True, "step is True; it must be a whole number"),
    ],
)
def test_bad_steps(step: Any, message: str) -> None:
    case = make_case(1, N=2, T=4, F=1, H=2)
    record = reference.forward(case.x, case.lstm_weights(), case.h_0, case.c_0, np.array([4, 2]))
    with pytest.raises(InputError, match=message):
        ledger(record, step)


def test_a_plain_net_has_no_ledger() -> None:
    case = make_case(1, N=2, T=4, F=1, H=2)
    record: Any = vanilla.forward(case.x, case.rnn_weights(), case.h_0, case.lengths)
    with pytest.raises(InputError, match="long-term memory of one LSTM layer, not a RNNRecord"):
        ledger(record)
    with pytest.raises(InputError, match="long-term memory of one LSTM layer, not a RNNRecord"):
        ledgers(record)


def test_it_prints_in_a_line() -> None:
    case = make_case(1, N=2, T=4, F=1, H=2)
    record = reference.forward(case.x, case.lstm_weights(), case.h_0, case.c_0, np.array([4, 2]))
    assert repr(ledger(record)) == "Ledger(2 sequences, 4 steps, 2 units; of c after step 1..3)"
    assert repr(ledger(record, 0)) == "Ledger(2 sequences, 4 steps, 2 units; of c after step 0)"


def test_a_notebook_shows_one_sequence() -> None:
    case = make_case(1, N=2, T=4, F=1, H=2)
    record = reference.forward(case.x, case.lstm_weights(), case.h_0, case.c_0, np.array([4, 2]))
    shown = ledger(record)._repr_html_()
    assert "of sequence 0 of 2 after step 3" in shown
    assert shown.count("<tr") == 1 + 10  # the head, and both units' entries of four steps and a start
