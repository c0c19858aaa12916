"""Questions to the net of a finished job, answered by :mod:`clearlstm.insight`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from clearlstm.errors import InputError
from clearlstm.insight.altered import Hold, Zero
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.insight.audit.audit import audit
from clearlstm.insight.gradient_flow import LSTMFlow, gradient_flow
from clearlstm.insight.ledger import ledger
from clearlstm.insight.memory import memory_lengths
from clearlstm.insight.units import unit_facts
from clearlstm.insight.what_if import what_if
from clearlstm.lab.tasks import kept
from clearlstm.lab.tasks.telling import Telling
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.model import Network
from clearlstm.network.subject import network_of
from clearlstm.network.trace import LayerTrace
from clearlstm.report.net_data import Place, layers_data, places
from clearlstm.report.packing import packed
from clearlstm.shapes import FloatArray

Task = Mapping[str, Any]


def inside(task: Task, folder: Path, telling: Telling) -> dict[str, Any]:
    """The answer to an inside task about the job whose folder is ``folder``."""
    telling.phase("Looking inside")
    model, x = kept.kept(folder)
    with telling.warnings() as caught:
        answer = ANSWERS[task["question"]](model, x, task)
    return {"question": task["question"], "notes": caught, **answer}


def _one(x: FloatArray, task: Task) -> FloatArray:
    """The sequence that is asked about, (1, T, F)."""
    n = task.get("trace", 0)
    if n >= len(x):
        raise InputError(f"trace {n} is asked for; the job has {len(x)}, counted from 0")
    return x[n : n + 1]


def _place(network: Network, task: Task) -> Place:
    found, k = places(network), task.get("layer", 0)
    if k >= len(found):
        raise InputError(f"layer {k} is asked for; the net has {len(found)}, counted from 0")
    return found[k]


def _layer(model: Any, x: FloatArray, task: Task) -> LayerTrace:
    network = network_of(model)
    place = _place(network, task)
    return network.trace(_one(x, task)).layer(place.layer, place.direction, net=place.net)


def _lstm_layer(model: Any, x: FloatArray, task: Task) -> LSTMLayerTrace:
    layer = _layer(model, x, task)
    if not isinstance(layer, LSTMLayerTrace):
        raise InputError("a plain recurrent layer has no long-term memory: ask for its gradient flow or what-if")
    return layer


def _gradient_flow(model: Any, x: FloatArray, task: Task) -> dict[str, Any]:
    flow = gradient_flow(_layer(model, x, task))
    paths = {name: norms[0] for name, norms in flow.paths.items()}
    return {"paths": paths, "kept": packed(flow.kept[0]) if isinstance(flow, LSTMFlow) else None}


def _ledger(model: Any, x: FloatArray, task: Task) -> dict[str, Any]:
    book = ledger(_lstm_layer(model, x, task), task.get("step", -1))
    return {"step": int(book.step[0]), "entries": packed(book.entries[0]), "start": packed(book.start[0])}


def _memory(model: Any, x: FloatArray, task: Task) -> dict[str, Any]:
    found = memory_lengths(_lstm_layer(model, x, task))
    return {
        "half_life": packed(found.half_life[0]),
        "reached": found.reached[0],
        "median": found.median,
        "typical": found.typical,
    }


def _attribution(model: Any, x: FloatArray, task: Task) -> dict[str, Any]:
    """Of the net itself, whose inputs are what the trace holds."""
    found = attribute(network_of(model), _one(x, task), output=task.get("output", 0), data=x if len(x) > 1 else None)
    return {
        "values": packed(found.values[0]),
        "answer": float(found.answer[0]),
        "baseline_answer": float(found.baseline_answer[0]),
        "gap": float(found.gap[0]),
        "sentence": found.sentence,
    }


def _what_if(model: Any, x: FloatArray, task: Task) -> dict[str, Any]:
    network = network_of(model)
    place = _place(network, task)
    at: dict[str, Any] = {"net": place.net, "layer": place.layer, "direction": place.direction}
    change: Any = {(one["step"], one["feature"]): one["value"] for one in task.get("change") or ()}
    hold = [Hold(**one, **at) for one in task.get("hold") or ()]
    zero = [Zero(unit, **at) for unit in task.get("zero") or ()]
    found = what_if(network, _one(x, task), change=change or None, hold=hold, zero=zero)
    return {
        "words": " ".join(found.sentences),
        "before": layers_data(network, found.before)[0],
        "after": layers_data(network, found.after)[0],
        "y_before": packed(found.before.y[0]),
        "y_after": packed(found.after.y[0]),
    }


def _units(model: Any, x: FloatArray, _task: Task) -> dict[str, Any]:
    found = unit_facts(model, x)
    return {"sentence": found.sentence, "units": found.to_frame().to_dict(orient="list")}


def _audit(model: Any, x: FloatArray, _task: Task) -> dict[str, Any]:
    return {"audit": audit(model, x).to_dict()}


ANSWERS: Final[Mapping[str, Callable[[Any, FloatArray, Task], dict[str, Any]]]] = {
    "gradient_flow": _gradient_flow,
    "ledger": _ledger,
    "memory": _memory,
    "attribution": _attribution,
    "what_if": _what_if,
    "units": _units,
    "audit": _audit,
}
