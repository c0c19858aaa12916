"""Every view of the inside of a model, once: its name, how to read it, what it can't tell, and how it is made.

The lab's server and its page, ``clearlstm inspect --view``, ``trace.plot`` and docs/inside read this list. What a view
takes to compute is loaded when it is asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cells import CELLS
from clearlstm.checks import NUMBER, Check, list_of, one_of, record, whole
from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from clearlstm.network.model import Network
    from clearlstm.network.subject import Sequences, Subject
    from clearlstm.network.trace import LayerTrace

STEP: Final = whole(-1_000_000, 1_000_000)
NATURAL: Final = whole(0, 1_000_000)


class Field(NamedTuple):
    """What can be chosen in a view: its name in a request, what it takes, in words too, and on the command line.

    many: a list of numbers or of records, of which the command line takes one at a time.
    """

    name: str
    help: str
    check: Check
    accepts: str
    option: str
    many: bool = False


GATES: Final = tuple(dict.fromkeys(gate for cell in CELLS.values() for gate in cell.gates if "gates" in cell.recorded))
"""Of all cells that have some."""

_CHANGE: Final = record({"step": STEP, "feature": NATURAL, "value": NUMBER}, frozenset(["step", "feature", "value"]))
_HOLD: Final = record(
    {"gate": one_of(*GATES), "value": NUMBER, "unit": NATURAL, "start": NATURAL},
    frozenset(["gate", "value"]),
)
FIELDS: Final = {
    one.name: one
    for one in (
        Field("trace", "Which sequence, counted from 0.", *NATURAL, "sequence"),
        Field("layer", "Which layer, counted from 0 over all nets and directions.", *NATURAL, "layer"),
        Field("unit", "Which unit; by default one that stands out.", *NATURAL, "unit"),
        Field("step", "Which step; negative ones count from the last.", *STEP, "step"),
        Field("output", "Which of the model's answers, counted from 0.", *NATURAL, "answer"),
        Field(
            "change", "An input to change: step=0,feature=0,value=1.",
            *list_of(_CHANGE, "changes, each with step, feature and value"), "change", many=True,
        ),
        Field(
            "hold", "A gate to hold in the layer: gate=f,value=1 and, if wanted, unit and start.",
            *list_of(_HOLD, "holds, each with gate and value"), "hold", many=True,
        ),
        Field("zero", "A unit of the layer to silence.", *list_of(NATURAL, "units' numbers"), "zero", many=True),
    )
}  # fmt: skip


@final
@dataclass(frozen=True)
class Request:
    """What is asked: of which model, on x (N, T, F) as it reads them, and what was ``chosen`` of the fields."""

    model: Any
    x: FloatArray
    chosen: Mapping[str, Any] = field(default_factory=dict)
    lengths: npt.NDArray[np.int64] | None = None
    names: tuple[str, ...] | None = None

    @cached_property
    def network(self) -> "Network":
        """The network that is looked into."""
        from clearlstm.network.subject import network_of

        return network_of(self.model)

    @cached_property
    def sequences(self) -> "Sequences":
        """All of them as the network reads them."""
        from clearlstm.network.subject import Subject, subject_of

        return Subject(self.network, own=subject_of(self.model).own).read(self.x, self.lengths)

    def one(self) -> "Subject":
        """The network, and of the sequences the one that is asked about."""
        from clearlstm.network.subject import Subject

        n = self.chosen.get("trace", 0)
        if n >= len(self.x):
            raise InputError(f"trace {n} is asked for; there are {len(self.x)}, counted from 0")
        return Subject(self.network, own=self.sequences.take(slice(n, n + 1)))

    def place(self) -> Any:
        """The :class:`~clearlstm.insight.layers.Place` of the layer that is asked about."""
        from clearlstm.insight.layers import places

        layers, k = places(self.network), self.chosen.get("layer", 0)
        if k >= len(layers):
            raise InputError(f"layer {k} is asked for; the net has {len(layers)}, counted from 0")
        return layers[k]

    def layer(self) -> "LayerTrace":
        """That layer, as it ran on that sequence."""
        place = self.place()
        trace = self.network.trace(*self.one().read())
        layer: LayerTrace = trace.layer(place.layer, place.direction, net=place.net)
        return layer

    def memory_layer(self) -> "LayerTrace":
        """The same of a layer with gates and a memory that one of them keeps."""
        layer = self.layer()
        if layer.cell.memory is None:
            raise InputError("a plain recurrent layer has no long-term memory: ask for its gradient flow or what-if")
        return layer


@final
@dataclass(frozen=True)
class View:
    """One way to look inside.

    title, shows
        The question that it answers, and what is seen, in a phrase.
    read, cannot
        How to read it, and what it can't tell.
    compute, say
        The result for a request, which has ``to_frame()``; and what it says, in sentences.
    fields
        The names of what can be chosen.
    needs_memory
        Whether a layer without gates and a long-term memory has no such view.
    kind, draw
        What ``trace.plot`` calls the view, and the function that draws it, as module and name.
    data
        The numbers that the lab's page draws: arrays travel exactly, lists as JSON. None: the page has no need to ask.
    figure
        The result as a figure; None where there is none.
    """

    name: str
    title: str
    shows: str
    read: str
    cannot: str
    compute: Callable[[Request], Any]
    say: Callable[[Any], Sequence[str]]
    fields: tuple[str, ...] = ()
    needs_memory: bool = False
    kind: str | None = None
    draw: str | None = None
    data: Callable[[Request, Any], dict[str, Any]] | None = None
    figure: Callable[[Any], "Figure"] | None = lambda result: result.plot()


@final
@dataclass(frozen=True)
class Course:
    """What one layer did over one sequence, as ``trace.plot`` draws it by ``kind``."""

    layer: "LayerTrace"
    kind: str
    unit: int | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a unit did, in words."""
        from clearlstm.insight.explain import explain

        return explain(self.layer, unit=self.unit).sentences

    def to_frame(self) -> "pd.DataFrame":
        """A row for each step and unit, a column for each number of the layer."""
        import pandas as pd

        (_, T, H), length = self.layer.h.shape, int(self.layer.record.lengths[0])
        index = {"step": np.repeat(np.arange(T), H), "unit": np.tile(np.arange(H), T)}
        columns = {name: values[0].ravel() for name, values in self.layer.columns().items()}
        frame = pd.DataFrame(index | columns).query(f"step < {length}")
        return frame if self.unit is None else frame.query(f"unit == {self.unit}")

    def plot(self) -> "Figure":
        """The picture."""
        options = {} if self.unit is None or self.kind == "heat" else {"unit": self.unit}
        return self.layer.plot(self.kind, **options)


def _course(kind: str) -> Callable[[Request], Course]:
    return lambda request: Course(request.layer(), kind, request.chosen.get("unit"))


def _words(request: Request) -> Any:
    from clearlstm.insight.explain import explain

    return explain(request.layer(), request.chosen.get("step"), unit=request.chosen.get("unit"))


def _ledger(request: Request) -> Any:
    from clearlstm.insight.ledger import ledger

    return ledger(request.memory_layer(), request.chosen.get("step", -1))


def _gradient_flow(request: Request) -> Any:
    from clearlstm.insight.gradient_flow import gradient_flow

    return gradient_flow(request.layer())


def _gradient_data(_request: Request, flow: Any) -> dict[str, Any]:
    kept = getattr(flow, "kept", None)  # a plain net has no direct path
    paths = {name: norms[0].tolist() for name, norms in flow.paths.items()}
    return {"paths": paths, "kept": None if kept is None else kept[0]}


def _memory(request: Request) -> Any:
    from clearlstm.insight.memory import memory_lengths

    return memory_lengths(request.memory_layer())


def _memory_data(_request: Request, lengths: Any) -> dict[str, Any]:
    plain = {name: getattr(lengths, name).tolist() for name in ("median", "typical")}
    return {"half_life": lengths.half_life[0], "reached": lengths.reached[0].tolist(), **plain}


def _attribution(request: Request) -> Any:
    """Of the net itself, whose inputs are what the trace holds."""
    from clearlstm.insight.attribution.attribute import attribute

    data, lengths = (request.x, request.lengths) if len(request.x) > 1 else (None, None)
    output = request.chosen.get("output", 0)
    split = attribute(request.one(), output=output, data=data, data_lengths=lengths)
    return replace(split, feature_names=request.names)


def _attribution_data(_request: Request, split: Any) -> dict[str, Any]:
    numbers = {name: float(getattr(split, name)[0]) for name in ("answer", "baseline_answer", "gap")}
    return {"values": split.values[0], **numbers, "sentence": split.sentence}


def _what_if(request: Request) -> Any:
    from clearlstm.insight.altered import Hold, Zero
    from clearlstm.insight.what_if import what_if

    place, chosen = request.place(), request.chosen
    at: dict[str, Any] = {"net": place.net, "layer": place.layer, "direction": place.direction}
    change: Any = {(one["step"], one["feature"]): one["value"] for one in chosen.get("change") or ()}
    hold = [Hold(**one, **at) for one in chosen.get("hold") or ()]
    zero = [Zero(unit, **at) for unit in chosen.get("zero") or ()]
    return what_if(request.one(), change=change or None, hold=hold, zero=zero)


def _what_if_data(request: Request, both: Any) -> dict[str, Any]:
    from clearlstm.insight.layers import layers_data

    passes = {"before": both.before, "after": both.after}
    layers = {name: layers_data(request.network, trace)[0] for name, trace in passes.items()}
    answers = {f"y_{name}": trace.y[0] for name, trace in passes.items()}
    return {"words": " ".join(both.sentences), **layers, **answers}


def _units(request: Request) -> Any:
    from clearlstm.insight.units import unit_facts

    return unit_facts(request.model, request.x, request.lengths)


def _audit(request: Request) -> Any:
    from clearlstm.insight.audit.audit import audit

    return audit(request.model, request.x, lengths=request.lengths, feature_names=request.names)


def _single(result: Any) -> Sequence[str]:
    return (result.sentence,)


def _several(result: Any) -> Sequence[str]:
    return tuple(result.sentences)


_OF_A_UNIT: Final = ("trace", "layer", "unit")
BOOKKEEPING: Final = (
    "It is bookkeeping, not cause: what was written depended on all earlier steps, and without one of them the later "
    "ones would have been others."
)
VIEWS: Final = {
    view.name: view
    for view in (
        View(
            "gates", "What do the gates let through?", "the input, each gate, and both memories of one unit",
            "A gate at 1 lets everything through, at 0 nothing; below them stands what the memories made of it.",
            "An open gate through which nothing comes does nothing, and one unit seldom works alone.",
            _course("gates"), _several, _OF_A_UNIT, kind="gates", draw="gates.plot_gates",
        ),
        View(
            "states", "What do the memories do?", "both memories of one unit, in one plot",
            "The long-term memory c is what the unit holds, the short-term memory h what it shows of it.",
            "What is held may never be read, and what it stands for can't be seen in one unit.",
            _course("memory"), _several, _OF_A_UNIT, kind="memory", draw="gates.plot_memory",
        ),
        View(
            "ribbon", "When was written what is held?", "c over time, split into what each step wrote",
            "A layer of colour begins when a step writes, and thins out as later forget gates let go of it.",
            BOOKKEEPING, _course("ribbon"), _several, _OF_A_UNIT, needs_memory=True, kind="ribbon",
            draw="ribbon.plot_ribbon",
        ),
        View(
            "heat", "What do all units do?", "all units over time",
            "A row is a unit and a column a step; blue is below 0, vermilion above.",
            "Units that look alike may do different things to the answer.",
            _course("heat"), _several, ("trace", "layer"), kind="heat", draw="heat.plot_heat",
        ),
        View(
            "words", "What happened, in sentences?", "what a unit did at a step, or over the sequence",
            "Each sentence is computed from the pass; without a step it tells of the whole sequence.",
            "It tells what happened, not why, and of one unit.",
            _words, _several, (*_OF_A_UNIT, "step"), figure=None,
        ),
        View(
            "ledger", "Who wrote the memory?", "who wrote the memory at the end, as bars",
            "Each entry is what a step wrote that is still there after the chosen one; they add up to the memory.",
            BOOKKEEPING, _ledger, _single, ("trace", "layer", "step"), needs_memory=True, kind="ledger",
            draw="traces.plot_layer_ledger",
            data=lambda _, book: {"step": int(book.step[0]), "entries": book.entries[0], "start": book.start[0]},
        ),
        View(
            "gradient_flow", "How far back does a change reach?", "the gradient's reach, over all sequences",
            "Each line says how much of a small change of a memory after a step arrives at the last one: 1 is all of "
            "it, each level ten times less.",
            "It is the largest possible effect of a small change in this window, not what any real change did.",
            _gradient_flow, _single, ("trace", "layer"), kind="flow",
            draw="traces.plot_layer_flow", data=_gradient_data,
        ),
        View(
            "memory", "How long does a unit hold?", "how long what is written is held, unit by unit",
            "For each step, after how many steps half of what it wrote is gone.",
            "What is held may never be read, and h carries things on too: this isn't what the net remembers.",
            _memory, _single, ("trace", "layer"), needs_memory=True, data=_memory_data,
        ),
        View(
            "attribution", "What does the answer rest on?", "what each input of each step accounts for",
            "Each bar says how much a step's inputs moved the chosen answer away from that to a baseline. The bars add "
            "up to that difference.",
            "It is a fact about the net, not about the world; inputs that move together share the credit as this net "
            "happens to use them.",
            _attribution, _single, ("trace", "output"), data=_attribution_data,
        ),
        View(
            "what_if", "What if a unit did otherwise?", "inputs, one memory and the answer before and after",
            "The unit is made to do so at every step, and the net runs again.",
            "The net was never trained that way: a small effect may only mean that other units can stand in.",
            _what_if, _several, ("trace", "layer", "change", "hold", "zero"), data=_what_if_data,
        ),
        View(
            "units", "What does each unit do?", "how often gates stand open or shut, unit by unit",
            "Shares of steps at which gates stand open, how long the unit holds, and how far the answer moves without "
            "it, as a share of its spread.",
            "Measured on these sequences; other data may need a unit that looks dead here.",
            _units, _single, data=lambda _, units: {
                "sentence": units.sentence, "units": units.to_frame().to_dict(orient="list"),
            },
        ),
        View(
            "audit", "Is the net sound?", "faults, what to keep in mind, and the facts that both rest on",
            "Faults first, then what to keep in mind, then facts; each says what it rests on.",
            "It finds what it looks for. That no fault is found doesn't make the forecasts good: the comparison says "
            "that.",
            _audit, lambda result: (result.headline,), data=lambda _, result: {"audit": result.to_dict()}, figure=None,
        ),
    )
}  # fmt: skip
QUESTIONS: Final = {name: view for name, view in VIEWS.items() if view.data is not None}
"""What the lab's page asks Python for; the rest it works out for itself."""


def fields_of(*views: View) -> Iterable[Field]:
    """What can be chosen in any of these views."""
    return [one for name, one in FIELDS.items() if any(name in view.fields for view in views)]
