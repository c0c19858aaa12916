"""The results of clearlstm's insight as the page draws them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.insight.attribution.attribute import Attribution
from clearlstm.insight.audit.audit import Audit
from clearlstm.insight.clipping import Clipping
from clearlstm.insight.explain import Explanation
from clearlstm.insight.flow import FlowSummary, GradientFlow
from clearlstm.insight.layers import layers_data
from clearlstm.insight.ledger import Ledger
from clearlstm.insight.memory import MemoryLengths
from clearlstm.insight.units import UnitFacts
from clearlstm.insight.views import VIEWS
from clearlstm.insight.what_if import WhatIf
from clearlstm.report.audit_data import audit_data
from clearlstm.shapes import FloatArray, counted
from clearlstm.widget.shown import MAX_NUMBERS, MAX_SEQUENCES

Lengths = npt.NDArray[np.int64]


class Axes(NamedTuple):
    """Of a result over sequences: the real steps of each, and what sequences, steps and inputs are called."""

    lengths: Lengths
    ids: Sequence[str] | None = None
    times: Sequence[Sequence[str]] | None = None
    names: Sequence[str] = ()


@singledispatch
def result_data(result: Any) -> dict[str, Any]:
    """What the page draws of a result."""
    raise TypeError(f"no drawing for a {type(result).__name__}")


@result_data.register
def _(book: Ledger) -> dict[str, Any]:
    lengths = _last(book.taken)

    def answer(n: int, T: int) -> dict[str, Any]:
        return {"step": int(book.step[n]), "entries": book.entries[n, :T], "start": book.start[n]}

    return _answers("ledger", Axes(lengths), answer, book.entries.shape, by_unit=True, standing=book.total)


@result_data.register
def _(flow: GradientFlow) -> dict[str, Any]:
    measured = flow.measured.sum(axis=1)
    if (measured != flow.lengths).any():  # a few lags only: over the sequences
        return result_data(flow.summary())
    kept: FloatArray | None = getattr(flow, "kept", None)

    def answer(n: int, T: int) -> dict[str, Any]:
        paths = {name: norms[n, :T].tolist() for name, norms in flow.paths.items()}
        return {"paths": paths, "kept": None if kept is None else kept[n, :T]}

    shape = (*flow.h.shape, 1 if kept is None else kept.shape[2])
    return _answers("gradient_flow", Axes(flow.lengths), answer, shape, [flow.sentence], reverse=flow.reverse)


@result_data.register
def _(summary: FlowSummary) -> dict[str, Any]:
    paths = {name: values.tolist() for name, values in summary.median.items()}
    answer = {"lag": summary.lag.tolist(), "paths": paths}
    return _head("gradient_flow", "flow_summary", [summary.sentence]) | {"answers": [answer]}


@result_data.register
def _(lengths: MemoryLengths) -> dict[str, Any]:
    plain = {name: getattr(lengths, name).tolist() for name in ("median", "typical")}

    def answer(n: int, T: int) -> dict[str, Any]:
        return {"half_life": lengths.half_life[n, :T], "reached": lengths.reached[n, :T].tolist(), **plain}

    shape = lengths.half_life.shape
    return _answers("memory", Axes(lengths.lengths), answer, shape, [lengths.sentence], by_unit=True)


@result_data.register
def _(split: Attribution) -> dict[str, Any]:
    N, _, F = split.values.shape
    names = [f"input {k}" for k in range(F)] if split.feature_names is None else split.feature_names
    ids = None if split.ids is None else [str(one) for one in split.ids]
    times = None if split.times is None else [[str(one) for one in row] for row in split.times]

    def answer(n: int, T: int) -> dict[str, Any]:
        numbers = {name: float(getattr(split, name)[n]) for name in ("answer", "baseline_answer", "gap")}
        return {"values": split.values[n, :T], **numbers, "sentence": split.sentence}

    axes = Axes(split.lengths, ids, times, names)
    return _answers("attribution", axes, answer, (N, split.values.shape[1], F), [split.held_fixed])


@result_data.register
def _(both: WhatIf) -> dict[str, Any]:
    network = both.own.network
    before, after = layers_data(network, both.before), layers_data(network, both.after)
    lengths = both.before.lengths

    def answer(n: int, T: int) -> dict[str, Any]:
        y = [trace.y[n] if network.pool is not None else trace.y[n, :T] for trace in (both.before, both.after)]
        passes = {"before": before[n], "after": after[n], "y_before": y[0], "y_after": y[1]}
        return {"words": " ".join(both.sentences), **passes}

    units = sum(layer["h"].shape[-1] for layer in before[0])
    shape = (len(lengths), int(lengths.max()), units)
    data = _answers("what_if", Axes(lengths), answer, shape, by_unit=True)
    if not np.array_equal(*both.inputs):  # how to read it is said of units that are made to do otherwise
        data |= {"title": "What if the input were another?", "question": ""}
    return data


@result_data.register
def _(facts: UnitFacts) -> dict[str, Any]:
    answer = {"sentence": facts.sentence, "units": facts.to_frame().to_dict(orient="list")}
    return _head("units", "units", []) | {"answers": [answer]}


@result_data.register
def _(audit: Audit) -> dict[str, Any]:
    given = {"model": "the model", "made_by": "clearlstm", "data": []}
    return audit_data(audit.to_dict() | given, datetime.now(UTC)) | {"start": "words=field"}


@result_data.register
def _(explanation: Explanation) -> dict[str, Any]:
    return _head("words", "sentences", list(explanation.sentences))


@result_data.register
def _(clipping: Clipping) -> dict[str, Any]:
    batches = np.arange(len(clipping.norms))
    lines = [
        {"name": "norm", "style": "h", "values": clipping.norms.tolist()},
        {"name": "clipped at", "style": "baseline", "values": [clipping.max_norm] * len(batches)},
    ]
    return _lines("clipping", batches, lines, "batch", [clipping.sentence])


def _head(question: str, drawing: str, sentences: Sequence[str]) -> dict[str, Any]:
    """What every drawing of a result has."""
    title = VIEWS[question].title if question in VIEWS else ""
    return {
        "kind": "answer",
        "title": title,
        "question": question,
        "drawing": drawing,
        "sentences": list(sentences),
        "answers": [],
        "by_unit": False,
        "start": "words=field",
    }


def _lines(
    question: str, xs: npt.NDArray[Any], lines: list[dict[str, Any]], across: str, sentences: list[str]
) -> dict[str, Any]:
    answer = {"xs": xs.tolist(), "lines": lines, "across": across, "log": True}
    return _head(question, "lines", sentences) | {"answers": [answer]}


def _answers(
    question: str,
    axes: Axes,
    answer: Callable[[int, int], dict[str, Any]],
    shape: tuple[int, ...],
    sentences: Sequence[str] = (),
    *,
    reverse: bool = False,
    by_unit: bool = False,
    standing: FloatArray | None = None,
) -> dict[str, Any]:
    """A drawing for each sequence, as many as a page can take; ``shape`` (N, T, H) is that of the numbers.

    The page begins with the unit that is largest in ``standing`` (N, H).
    """
    N, T, H = shape
    count = min(N, MAX_SEQUENCES, max(MAX_NUMBERS // (T * H), 1))
    notes = [f"Shown are the first {count} of {counted(N, 'sequence')}."] if count < N else []
    lengths = [int(length) for length in axes.lengths[:count]]
    steps = [str(t) for t in range(T)]
    traces = [
        {
            "id": f"sequence {n}" if axes.ids is None else axes.ids[n],
            "ds": steps[:length] if axes.times is None else list(axes.times[n][:length]),
            "inputs": [{"name": name, "values": []} for name in axes.names],
            "layers": [{"name": "", "reverse": reverse, "h": _numbers(length, H, standing, n)}],
        }
        for n, length in enumerate(lengths)
    ]
    answers = [answer(n, length) for n, length in enumerate(lengths)]
    contents = {"answers": answers, "traces": traces, "notes": notes, "by_unit": by_unit and H > 1}
    return _head(question, question, sentences) | contents


def _numbers(length: int, H: int, standing: FloatArray | None, n: int) -> FloatArray:
    """What the page takes for the layer's memory: it asks for its size, and for its largest unit."""
    values = np.zeros((length, H), np.float32)
    if standing is not None:
        values[:] = standing[n]
    return values


def _last(taken: npt.NDArray[np.bool_]) -> Lengths:
    """How many steps reach to the last that was taken, (N,)."""
    T = taken.shape[1]
    return np.asarray(T - taken[:, ::-1].argmax(axis=1), dtype=np.int64)
