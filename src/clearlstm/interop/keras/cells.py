"""Which cells a recurrent layer of Keras holds, by its description: its own, one in an RNN, or a stack of them."""

from dataclasses import dataclass
from typing import Any, Final

from clearlstm.cell.cell import Cell
from clearlstm.cell.cells import CELLS
from clearlstm.errors import InputError
from clearlstm.interop.keras.graph import HALVES, Node, Place, own_kind, slots

Config = dict[str, Any]

KINDS: Final = {cell.formats["keras"].name: cell for cell in CELLS.values() if "keras" in cell.formats}
CELL_KINDS: Final = {f"{kind}Cell": cell for kind, cell in KINDS.items()}
PACKED: Final = {f"CuDNN{kind}": KINDS[kind] for kind in ("LSTM", "GRU")}
"""Layers of Keras 2 for a GPU, whose weights lie as CuDNN wants them."""

GPU: Final = {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True}
"""What those always compute; both have two biases."""

STACK: Final = "StackedRNNCells"
RECURRENT: Final = (*KINDS, *PACKED, "RNN", "Bidirectional")
HALVES_AGREE: Final = ("units", "activation", "recurrent_activation", "use_bias", "reset_after")


@dataclass(frozen=True)
class CellEntry:
    """A cell as a layer's description has it, and where its weights are; ``packed``, as CuDNN has them."""

    cell: Cell
    config: Config
    place: Place
    packed: bool = False


def settings(node: Node) -> tuple[str, Config]:
    """The class and options of a layer, or of the one that a Bidirectional or TimeDistributed holds."""
    if node.kind in ("Bidirectional", "TimeDistributed"):
        inner = node.config["layer"]
        return own_kind(inner), inner["config"]
    return node.kind, node.config


def returns_sequences(node: Node) -> bool:
    """Whether a recurrent layer gives an answer for each step."""
    return bool(settings(node)[1].get("return_sequences"))


def goes_back(node: Node) -> bool:
    """Whether a layer reads from the end; a Bidirectional does so only in one half, and turns that round again."""
    return node.kind != "Bidirectional" and bool(node.config.get("go_backwards"))


def turns_round(node: Node) -> bool:
    """Whether a layer gives its answers in reverse order, the one at the last step first."""
    return goes_back(node) and returns_sequences(node)


def merge_mode(node: Node) -> str | None:
    """What a Bidirectional makes of its halves; None: it gives both."""
    mode: str | None = node.config.get("merge_mode", "concat") if node.kind == "Bidirectional" else "concat"
    return mode


def cells_of(node: Node) -> list[tuple[CellEntry, ...]]:
    """The cells, the lowest first; each once, or once for each half of a Bidirectional."""
    kind, config = settings(node)
    if config.get("time_major"):
        raise InputError(f"layer {node.name!r} has time_major=True, which Keras 3 no longer knows: rebuild it without")
    if node.kind != "Bidirectional":
        return [(entry,) for entry in _entries(node, kind, config, ())]
    forward, backward = _halves(node)
    both = [_entries(node, *half, way) for half, way in zip((forward, backward), HALVES, strict=True)]
    unlike = _unlike(*both) or ("return_sequences" if _differ(forward[1], backward[1], "return_sequences") else "")
    if unlike:
        raise InputError(f"layer {node.name!r} has directions of two kinds ({unlike}); they must be alike")
    return list(zip(*both, strict=True))


def _halves(node: Node) -> tuple[tuple[str, Config], tuple[str, Config]]:
    """The class and options of both: the backward one's, where they aren't given, are those of the forward one."""
    kind, forward = settings(node)
    other = node.config.get("backward_layer")
    backward = (kind, {**forward, "go_backwards": True}) if other is None else (own_kind(other), other["config"])
    if forward.get("go_backwards") or not backward[1].get("go_backwards"):
        raise InputError(f"layer {node.name!r} has a forward layer with go_backwards=True: give it the usual order")
    return (kind, forward), backward


def _unlike(forward: list[CellEntry], backward: list[CellEntry]) -> str:
    """In what the cells of two halves differ; nothing if they don't."""
    if [entry.cell for entry in forward] != [entry.cell for entry in backward]:
        return "cells"
    pairs = list(zip(forward, backward, strict=True))
    return ", ".join(key for key in HALVES_AGREE if any(_differ(a.config, b.config, key) for a, b in pairs))


def _differ(forward: Config, backward: Config, key: str) -> bool:
    return bool(forward.get(key) != backward.get(key))


def _entries(node: Node, kind: str, config: Config, way: tuple[str, ...]) -> list[CellEntry]:
    if kind in KINDS:
        return [CellEntry(KINDS[kind], config, Place(way))]
    if kind in PACKED:
        return [CellEntry(PACKED[kind], config | GPU, Place(way), packed=True)]
    if kind != "RNN":
        raise InputError(f"layer {node.name!r} holds a {kind}; {', '.join((*KINDS, 'RNN'))} are opened")
    held = config["cell"]
    if own_kind(held) != STACK:
        return [CellEntry(_cell(node, held), held["config"], Place(way))]
    stack = held["config"]["cells"]
    places = slots([own_kind(entry) for entry in stack])
    return [
        CellEntry(_cell(node, entry), entry["config"], Place(way, number, str(entry["config"].get("name")), slot))
        for number, (entry, slot) in enumerate(zip(stack, places, strict=True))
    ]


def _cell(node: Node, entry: dict[str, Any]) -> Cell:
    kind = own_kind(entry)
    if kind not in CELL_KINDS:
        raise InputError(
            f"layer {node.name!r} holds a cell of class {kind}, and only its code says what that computes; "
            f"{', '.join(CELL_KINDS)} are opened, alone or stacked: if it computes as one of these, rebuild the layer "
            "with that and copy the weights by set_weights"
        )
    return CELL_KINDS[kind]
