"""What a Keras model's description says: its layers, and the chain that leads from its input to its answer.

Only the JSON is read; nothing that it names is imported or run.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from clearlstm.errors import ModelFileError

MODELS: Final = ("Sequential", "Functional", "Model")
SLOTS: Final = {
    "LSTM": "lstm",
    "SimpleRNN": "simple_rnn",
    "LSTMCell": "lstm_cell",
    "GRUCell": "gru_cell",
    "SimpleRNNCell": "simple_rnn_cell",
    "Bidirectional": "bidirectional",
    "TimeDistributed": "time_distributed",
    "Dense": "dense",
    "Sequential": "sequential",
    "Functional": "functional",
    "Model": "functional",
}
"""What a ``.keras`` file calls the layers of a class; the second of a class is ``lstm_1``, the third ``lstm_2``."""

MAX_DEPTH: Final = 20
"""Models in models in models … deeper than this are no one's."""


@dataclass(frozen=True)
class Node:
    """A layer: ``path``, the names of the models that it stands in and its own; ``slot``, its place in a file."""

    kind: str
    config: dict[str, Any]
    path: tuple[str, ...]
    slot: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The layer's own name, with those of the models around it in front."""
        return "/".join(self.path)


HALVES: Final = (("forward_layer",), ("backward_layer",))
"""The ways to the two layers inside a Bidirectional."""


@dataclass(frozen=True)
class Place:
    """Where in a layer weights are: ``way``, the attributes that lead to the layer inside that has them.

    Of one in a stack of cells, its number, its name and what a ``.keras`` file calls it.
    """

    way: tuple[str, ...] = ()
    number: int | None = None
    name: str = ""
    slot: str = ""


@dataclass(frozen=True)
class Graph:
    """All layers of a model; those from its input to its answer, in order, or why they are no chain.

    ``assumed``: what is taken for granted of a file that holds weights alone. ``refused``: layers of such a file that
    can't be told, and why.
    """

    nodes: tuple[Node, ...]
    chain: tuple[Node, ...] | None
    broken: str = ""
    assumed: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


class _NoChainError(Exception):
    """The layers branch, join, or are used twice."""


def read_graph(description: Any) -> Graph:
    """The layers of a model described as Keras writes it; a description that isn't one is a ModelFileError."""
    try:
        return _read_model(description, (), ())
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelFileError(f"the description of the model is damaged ({type(error).__name__}: {error})") from error
    except RecursionError as error:
        raise ModelFileError("the description of the model is nested too deeply") from error


def own_kind(entry: dict[str, Any]) -> str:
    """A layer's class, with its origin in front where that isn't Keras's own: a namesake may compute anything."""
    if entry.get("module") is None and entry.get("registered_name") is not None:
        return f"Custom>{entry['class_name']}"
    module = entry.get("module") or "keras"
    foreign = str(module).partition(".")[0] not in ("keras", "tf_keras")
    return f"{module}.{entry['class_name']}" if foreign else str(entry["class_name"])


def _read_model(description: Any, path: tuple[str, ...], slot: tuple[str, ...]) -> Graph:
    if len(path) > MAX_DEPTH:
        raise ModelFileError(f"the description nests models {MAX_DEPTH} deep and more")
    kind = own_kind(description)
    if kind not in MODELS:
        raise ModelFileError(
            f"the model is a {kind}, whose layers no description tells; Sequential and functional models are read: "
            "load it with Keras and pass the model itself, with name=… of an LSTM layer"
        )
    config = description["config"]
    entries = config if isinstance(config, list) else config["layers"]  # Keras 2.0 wrote a Sequential as a list
    parts = _read_layers(entries, path, slot)
    nodes = tuple(node for part in parts.values() for node in part.nodes)
    try:
        order = list(parts) if kind == "Sequential" else _order(config, {_name(entry): entry for entry in entries})
        return Graph(nodes, tuple(node for name in order for node in _chain_of(parts[name])))
    except _NoChainError as error:
        return Graph(nodes, None, str(error))


def _chain_of(part: Graph) -> tuple[Node, ...]:
    if part.chain is None:
        raise _NoChainError(part.broken)
    return part.chain


def _read_layers(entries: list[Any], path: tuple[str, ...], slot: tuple[str, ...]) -> dict[str, Graph]:
    graphs: dict[str, Graph] = {}
    for entry, place in zip(entries, slots([own_kind(entry) for entry in entries]), strict=True):
        kind, name = own_kind(entry), _name(entry)
        if name in graphs:
            raise ModelFileError(f"the description names two layers {name!r}")
        own, inside = (*slot, "layers", place), (*path, name)
        if kind in MODELS:
            graphs[name] = _read_model(entry, inside, own)
        else:
            node = Node(kind, dict(entry["config"]), inside, own)
            graphs[name] = Graph((node,), (node,))
    return graphs


def half_of(groups: tuple[str, ...]) -> str | None:
    """Which half of a Bidirectional groups lead to, as they are called in Keras: by the innermost that says so."""
    halves = [way for name in reversed(groups) for (way,) in HALVES if name.startswith(way.removesuffix("layer"))]
    return halves[0] if halves else None


def slots(kinds: list[str]) -> Iterator[str]:
    """What a ``.keras`` file calls things of these classes that stand in one list."""
    seen: Counter[str] = Counter()
    for kind in kinds:
        stem = SLOTS.get(kind, kind.lower())
        yield f"{stem}_{seen[stem]}" if seen[stem] else stem
        seen[stem] += 1


def _name(entry: dict[str, Any]) -> str:
    name = entry.get("name") or entry["config"]["name"]
    if not isinstance(name, str):
        raise ModelFileError(f"a layer's name is {name!r}; it must be a text")
    return name


def _order(config: dict[str, Any], entries: dict[str, dict[str, Any]]) -> list[str]:
    """The names of a functional model's layers, walked from its answer back to its input."""
    outputs = list(_tensors(config["output_layers"]))
    if len(outputs) != 1:
        raise _NoChainError(f"it has {len(outputs)} outputs")
    order: list[str] = []
    name, index = outputs[0]
    while True:
        if index != 0:
            raise _NoChainError(f"a state that layer {name!r} returns is used")
        if name in order:
            raise ModelFileError(f"the description of the model is damaged: layer {name!r} feeds itself")
        order.append(name)
        calls = entries[name]["inbound_nodes"]
        if not calls and entries[name]["class_name"] == "InputLayer":
            return order[::-1]
        name, index = _only_source(name, calls)


def _only_source(name: str, calls: list[Any]) -> tuple[str, int]:
    sources = list(_tensors(calls))
    if len(calls) != 1 or len(sources) != 1:
        raise _NoChainError(f"layer {name!r} has {len(sources)} inputs")
    if _in_training(calls):
        raise _NoChainError(f"layer {name!r} is called with training=True")
    return sources[0]


def _tensors(node: Any) -> Iterator[tuple[str, int]]:
    """(layer, which of its outputs) for each tensor that a call names, as Keras 3 and Keras 2 write them."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            name, _, index = node["config"]["keras_history"]
            yield str(name), int(index)
        else:
            for item in node.values():
                yield from _tensors(item)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and all(type(item) is int for item in node[1:3]):
            yield node[0], node[2]
            node = node[3:]
        for item in node:
            yield from _tensors(item)


def _in_training(node: Any) -> bool:
    """Whether a call asks for what layers do in training, such as dropout."""
    if isinstance(node, dict):
        return bool(node.get("training")) or any(_in_training(item) for item in node.values())
    return isinstance(node, list) and any(_in_training(item) for item in node)
