import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.cell.arithmetic import sigmoid
from clearlstm.cell.layout import gate_slice
from clearlstm.errors import InputError
from clearlstm.insight.explain import explain
from clearlstm.insight.ledger import ledger
from clearlstm.insight.memory import memory_lengths
from clearlstm.network.lstm import LSTM, LSTMLayerTrace
from clearlstm.network.rnn import RNN
from clearlstm.shapes import FloatArray
from tests.statquest import golden

LENGTHS = [9, 4, 1]
WORDS: Any = ["field", "video"]


def statquest_layer() -> LSTMLayerTrace:
    return cl.examples.statquest_unit().trace(cl.examples.companies().x).layer(0)


def drawn(net: Any, seed: int = 0) -> Any:
    """The net with weights that are large enough for gates to open and shut."""
    rng = np.random.default_rng(seed)
    return net.set_parameters({name: rng.normal(scale=1.5, size=v.shape) for name, v in net.parameters.items()})


def sequences(F: int = 2) -> FloatArray:
    return np.random.default_rng(7).normal(size=(3, 9, F))


def layers() -> dict[str, LSTMLayerTrace]:
    both = drawn(LSTM(2, 4, 2, bidirectional=True, seed=0)).trace(sequences(), LENGTHS)
    state = tuple(np.random.default_rng(3).normal(size=(1, 3, 3)) for _ in range(2))
    narrow = drawn(LSTM(2, 3, peepholes=True, dtype="float64", seed=0)).trace(sequences(), LENGTHS, state)
    return {
        "first": both.layer(0),
        "second, reverse": both.layer(1, 1),
        "peepholes, from a state": narrow.layer(0),
        "the video's": statquest_layer(),
    }


def numbers(sentence: str) -> list[float]:
    return [float(text) for text in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]\d+)?", sentence)]


def assert_tells(sentence: str, wanted: list[float], decimals: int = 4) -> None:
    """The sentence holds these numbers in this order and no others, rounded (percentages to one decimal)."""
    found = numbers(sentence)
    assert len(found) == len(wanted), f"{sentence!r} should tell {wanted}"
    percentages = re.findall(r"(-?\d[\d.]*(?:e[-+]\d+)?) %", sentence)
    for told, value in zip(found, wanted, strict=True):
        digit = 0.1 if told in map(float, percentages) else 10.0**-decimals
        # What would be rounded to 0 is told to two digits.
        allowed = 0.051 * abs(value) if abs(value) < 0.5 * digit else 0.501 * digit
        assert abs(told - value) <= allowed, f"{sentence!r} tells {told} for {value}"


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("name", list(layers()))
def test_every_number_of_a_step_is_the_traces(name: str, words: Any) -> None:
    layer = layers()[name]
    record = layer.record
    N, _, H = layer.h.shape
    c_prev, h_prev = record.c_prev().astype(float), record.h_prev().astype(float)
    for n in range(N):
        for t in range(int(record.lengths[n])):
            for u in range(H):
                told = explain(layer, t, sequence=n, unit=u, words=words)
                f, i, g, o, c, h = (float(getattr(layer, part)[n, t, u]) for part in "figoch")
                before, said = float(c_prev[n, t, u]), list(told.sentences)
                assert_tells(said.pop(0), [t, n, *([u, H] if H > 1 else []), 0])
                if record.reverse:
                    assert "backwards" in said.pop(0)
                assert_tells(said[0], [100 * f, before, f * before] if before else [100 * f, 0])
                assert_tells(said[1], [g, 100 * i, i * g])
                assert_tells(said[2], [before, c] if " from " in said[2] else [c])
                last = [h] if said[3].endswith("as before.") else [h, float(h_prev[n, t, u])]
                assert_tells(said[3], [100 * o, c, np.tanh(c), *last])
                medians = [100 * float(np.median(getattr(layer, part)[n, t])) for part in "fio"]
                if H > 1:
                    assert_tells(said[4], [H, *medians])
                assert len(said) == 4 + (H > 1)


@pytest.mark.parametrize("name", list(layers()))
def test_every_number_of_a_sequence_is_the_traces(name: str) -> None:
    layer = layers()[name]
    record = layer.record
    for n, length in enumerate(record.lengths.tolist()):
        for u in range(layer.h.shape[2]):
            text = explain(layer, sequence=n, unit=u).sentences
            last = 0 if record.reverse else length - 1
            c, h = (layer.c[n, :length, u].astype(float), layer.h[n, :length, u].astype(float))
            ends = next(one for one in text if one.startswith("At the end"))
            assert_tells(ends, [last, c[last], h[last]])
            book = ledger(layer, 0) if record.reverse else ledger(layer)
            entries, start = book.entries[n, :length, u], book.start[n, u]
            gross = np.abs(entries).sum() + abs(start)
            order = np.argsort(-np.abs(entries), kind="stable")[:3]
            wrote = next(one for one in text if one.startswith("The ledger says"))
            assert_tells(wrote, [v for t in order for v in (entries[t], t, 100 * abs(entries[t]) / gross)])
            if length > 3:
                rest = next(one for one in text if one.startswith("The other"))
                left = entries.sum() - entries[order].sum()
                assert_tells(rest, [left] if length == 4 else [length - 3, left])
            started = [one for one in text if "started from" in one]
            assert bool(started) == bool(record.c_0[n, u])
            if started:
                assert_tells(started[0], [record.c_0[n, u], start])
            cancels = [one for one in text if "cancels" in one]
            assert bool(cancels) == (abs(c[last]) < 0.5 * gross)
            if cancels:
                assert_tells(cancels[0], [gross, c[last]])
            previous = record.h_prev()[n, :length, u].astype(float)
            moved = next((one for one in text if "changed most" in one), None)
            if moved is not None:
                t = int(np.abs(h - previous).argmax())
                assert_tells(moved, [t, previous[t], h[t]])


def test_how_long_it_holds_is_what_memory_lengths_says() -> None:
    layer = layers()["first"]
    alone = drawn(LSTM(2, 4, 2, bidirectional=True, seed=0)).trace(sequences()[:1]).layer(0)
    typical = memory_lengths(alone).typical
    for u in range(4):
        holds = next(one for one in explain(layer, unit=u).sentences if "geometric mean" in one)
        assert_tells(holds, [100 * 0.5 ** (1 / typical[u]), typical[u]], decimals=1)
        assert ("more than the sequence has" in holds) == (typical[u] > 9)
        assert holds.endswith("That is how long the cell holds, not what the net remembers.")


def test_how_often_gates_are_open_or_shut() -> None:
    names = {"f": "forget gate", "i": "input gate", "o": "output gate"}
    layer, seen = layers()["first"], set()
    for u in range(4):
        told = [one for one in explain(layer, unit=u).sentences if one.startswith("In 9 steps")]
        for part, name in names.items():
            gate = getattr(layer, part)[0, :, u]
            high, low = int((gate > 0.9).sum()), int((gate < 0.1).sum())
            (mine,) = [one for one in told if f"the {name}" in one]
            if high + low == 0:
                assert mine.endswith("never left 10 % to 90 %.")
                continue
            count = {0: "never", 1: "once"}
            wanted = (
                f"the {name} stood {count.get(high, f'{high} times')} above 90 % and {count.get(low, f'{low} times')}"
            )
            assert f"{wanted} below 10 %." in mine
            seen |= {high > 0, low > 0}
    assert seen == {True, False}


@pytest.mark.parametrize(("company", "n"), [("A", 0), ("B", 1)])
def test_the_companies(company: str, n: int) -> None:
    entries = golden()["video"][f"ledger_{company}"]
    sentences = explain(statquest_layer(), sequence=n).sentences
    order = sorted(range(4), key=lambda t: -abs(entries[t]))
    sizes = sum(map(abs, entries))
    assert_tells(sentences[2], [v for t in order[:3] for v in (entries[t], t, 100 * abs(entries[t]) / sizes)])
    assert_tells(sentences[3], [entries[order[3]]])
    assert any("cancels" in sentence for sentence in sentences) == (company == "A")


def test_company_b_in_the_words_of_the_video() -> None:
    told = explain(statquest_layer(), 3, sequence=1, words="video")
    assert told.sentences == (
        "Step 3 of sequence 1, the unit; all counted from 0.",
        "The % long-term memory to remember stood at 99.6 %: of the long-term memory, which was 1.4806, 1.4751 stayed.",
        "The potential long-term memory was 0.951 and the % potential memory to remember stood at 98.2 %, "
        "so 0.934 was added.",
        "That took the long-term memory from 1.4806 to 2.4091.",
        "The % potential short-term memory to remember stood at 98.5 %: of the potential short-term memory, "
        "tanh(2.4091) = 0.984, 0.9694 came out as the short-term memory, which was 0.867 before.",
    )
    whole = str(explain(statquest_layer(), sequence=1, words="video"))
    assert whole.startswith("The unit, over the 4 steps of sequence 1; all counted from 0. At the end, after step 3, ")
    assert "forget gate" not in whole


@pytest.mark.parametrize("words", WORDS)
def test_a_sequence_always_says_what_it_can_not_tell(words: Any) -> None:
    for layer in layers().values():
        said = explain(layer, words=words).sentences
        assert said[-3].startswith("The ledger is bookkeeping, not cause")
        assert "what_if" in said[-2]
        assert said[-1] == "In a layer above the first, a step is a position and not that step's own input."


def test_the_unit_that_holds_most() -> None:
    layer = layers()["second, reverse"]
    assert explain(layer).unit == np.abs(layer.c[0, 0]).argmax()
    for t in range(9):
        told = explain(layer, t)
        assert told.unit == np.abs(layer.c[0, t]).argmax()
        assert "(of all, its cell state is the largest in size after it)" in told.sentences[0]
    assert explain(layer, -1).step == 8
    assert "starts here" in explain(layer, -1).sentences[1]


def test_nothing_is_written_or_all_is_forgotten() -> None:
    net = LSTM(1, 1, dtype="float64", activations={"gate": "hard_sigmoid"}, seed=0)
    b = net.parameters["layer0.forward.b"]
    for name in ("W", "U", "b"):
        net.parameters[f"layer0.forward.{name}"][...] = 0
    x = np.ones((1, 3, 1))
    assert "Nothing was written into the cell state." in explain(net.trace(x).layer(0)).sentences
    step = explain(net.trace(x).layer(0), 1).sentences
    assert "so nothing was added." in step[2]
    assert "there was nothing to keep" in step[1]
    assert "The hidden state never changed." in explain(net.trace(x).layer(0)).sentences
    b[gate_slice("f", 1)] = -9
    state = (np.zeros((1, 1, 1)), np.full((1, 1, 1), 2.0))
    told = str(explain(net.trace(x, None, state).layer(0)))
    assert "All that was written has been forgotten." in told
    assert "was at 0 once at least: whatever stood there before is gone" in told
    b[gate_slice("f", 1)] = 9
    told = str(explain(net.trace(x, None, state).layer(0)))
    assert "stood at 100 % at every step: nothing is lost that was written" in told
    assert "Of the 2 that it started from, 2 is left." in told
    assert "The ledger says" not in told


def test_gates_without_a_half_life_are_told_without_one() -> None:
    net = drawn(LSTM(2, 2, dtype="float64", activations={"gate": "relu", "state": "linear"}, seed=0))
    layer = net.trace(sequences()[:, :3]).layer(0)
    assert "how long the cell holds" not in str(explain(layer))
    assert "of the cell state itself, " in explain(layer, 1).sentences[4]


def test_a_plain_layer() -> None:
    layer = drawn(RNN(2, 3, dtype="float64", seed=0)).trace(sequences(), LENGTHS).layer(0)
    h_prev = layer.record.h_prev()
    for n, t, u in ((0, 4, 1), (1, 3, 2), (2, 0, 0)):
        said = explain(layer, t, sequence=n, unit=u).sentences
        by_x, by_h = layer.x[n, t] @ layer.weights.W[:, u], h_prev[n, t] @ layer.weights.U[:, u]
        assert_tells(said[1], [layer.z[n, t, u], by_x, by_h, layer.weights.b[u]])
        assert_tells(said[2], [layer.h[n, t, u], h_prev[n, t, u]])
    told = explain(layer, sequence=1)
    assert told.unit == np.abs(layer.h[1, 3]).argmax()
    assert_tells(told.sentences[1], [3, layer.h[1, 3, told.unit]])
    assert "so there is no ledger" in str(told)
    assert "bookkeeping" not in str(told)


def test_saturation_of_a_plain_layer() -> None:
    layer = drawn(RNN(2, 3, dtype="float64", seed=0)).trace(sequences()).layer(0)
    for u in range(3):
        far = int((np.abs(layer.h[0, :, u]) > 0.9).sum())
        times = {0: "never", 1: "once"}.get(far, f"{far} times")
        assert f"In 9 steps, it lay {times} beyond -0.9 or 0.9." in explain(layer, unit=u).sentences


def test_decimals_and_small_numbers() -> None:
    assert "0.97 came out" in explain(statquest_layer(), 3, sequence=1, decimals=2).sentences[4]
    net = cl.examples.statquest_unit()
    state = (np.ones((1, 1, 1)), np.full((1, 1, 1), 2.0))
    said = explain(net.trace(np.full((1, 1, 1), -10.0), None, state).layer(0), 0).sentences
    f = float(sigmoid(np.array(2.70 - 16.3 + 1.62)))
    assert f"stood at {100 * f:.1e} %" in said[1]
    assert f"{2 * f:.1e} stayed" in said[1]


def test_what_it_prints() -> None:
    told = explain(statquest_layer(), 1)
    assert str(told) == " ".join(told.sentences)
    assert repr(told) == "Explanation(5 sentences: sequence 0, unit 0, step 1)"
    assert told.to_frame()["sentence"].tolist() == list(told.sentences)
    assert told._repr_html_().count("<p>") == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 4}, r"step is 4; sequence 0 has 4 steps, so it must lie in -4\.\.3"),
        ({"step": 1.0}, "step is 1.0"),
        ({"sequence": 2}, r"sequence 2 is asked for; this layer has sequences 0\.\.1"),
        ({"sequence": -3}, r"sequence -3 is asked for; this layer has sequences 0\.\.1"),
        ({"unit": 1}, r"unit 1 is asked for; this layer has units 0\.\.0"),
        ({"unit": False}, "unit is False; it must be a whole number"),
        ({"words": "poetry"}, "words is 'poetry'; use 'field' or 'video'"),
        ({"decimals": -1}, "decimals is -1"),
        ({"decimals": 10**12}, "decimals is 1000000000000; at most 17"),
    ],
)
def test_what_can_not_be_explained(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        explain(statquest_layer(), **options)


def test_a_pass_that_is_not_finite() -> None:
    layer = statquest_layer()
    c = layer.c.copy()
    c[1, 2] = np.nan
    broken = replace(layer, record=replace(layer.record, c=c))
    assert explain(broken, sequence=0).sentences
    with pytest.raises(InputError, match=r"holds NaN or infinity in sequence 1 \(c\)"):
        explain(broken, sequence=1)
    other: Any = layer.record
    with pytest.raises(InputError, match="one layer, not of a LSTMRecord"):
        explain(other)


def test_sequences_and_units_count_from_the_end_too() -> None:
    layer = LSTM(1, 3, seed=0).trace(np.random.default_rng(0).normal(size=(2, 5, 1))).layer(0)
    assert explain(layer, sequence=-1, unit=-1).sentences == explain(layer, sequence=1, unit=2).sentences
