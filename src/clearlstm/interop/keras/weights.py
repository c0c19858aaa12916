"""Files of weights alone, as ``save_weights`` makes them: what layers they can only be of, and what has to be assumed.

A cell's weights are W (F, kH) and U (H, kH): k = 4 is an LSTM's, 3 a GRU's, 1 a plain unit's. The functions, the
direction and what is read off the layer stand nowhere: they are taken to be Keras's usual.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from clearlstm.errors import ModelFileError
from clearlstm.interop.keras.graph import HALVES, Graph, Node, half_of
from clearlstm.interop.keras.hdf5 import Store

Shape: TypeAlias = tuple[int, ...]
Config: TypeAlias = dict[str, Any]

KINDS: Final = {4: "LSTM", 3: "GRU", 1: "SimpleRNN"}
"""By the gates' number."""

WHOLE: Final = "load the weights with the code that builds the model, and save it whole by model.save('….keras')"
MAX_DEPTH: Final = 20
NO_LAYERS: Final = ("optimizer", "metrics", "vars")


class _UnclearError(Exception):
    """Weights that may be of several layers, or of none that is known."""


@dataclass(frozen=True)
class _Cell:
    """The shapes of a cell's weights."""

    kernel: Shape
    recurrent_kernel: Shape
    bias: Shape | None


def placed_weights(store: Store) -> Graph:
    """The layers in a ``.weights.h5`` file of Keras 3, which keeps them by place: ``layers/lstm/cell/vars/0``."""
    result = _Seen()
    waiting: list[tuple[tuple[str, ...], tuple[str, ...], Any]] = [((), (), store.file)]
    while waiting:
        path, slot, group = waiting.pop()
        if len(slot) > MAX_DEPTH:
            raise ModelFileError("the file's groups hold each other")
        if path and _add_placed(store, result, path, slot, group):
            continue
        for key in reversed(list(group)):
            below = store.child(group, key)
            if store.is_dataset(below) or key in NO_LAYERS:
                continue
            container = key in ("layers", "_layer_checkpoint_dependencies")
            waiting.append((path if container else (*path, _name(store, below, key)), (*slot, key), below))
    return result.graph()


def _name(store: Store, group: Any, key: str) -> str:
    """The layer's own name, where the file has it beside the weights."""
    values = store.child(group, "vars")
    return key if values is None else store.text(values, "name") or key


def _add_placed(store: Store, result: "_Seen", path: tuple[str, ...], slot: tuple[str, ...], group: Any) -> bool:
    """Whether a group is that of a layer with weights that are known; then it is kept."""
    halves = [store.child(group, way) for (way,) in HALVES]
    both = all(half is not None for half in halves)
    cells = [store.child(half, "cell") for half in (halves if both else [group])]
    if any(cell is None for cell in cells):
        return _add_placed_dense(store, result, path, slot, group)
    if any(store.child(cell, "cells") is not None for cell in cells):
        result.refused["/".join(path)] = f"is a stack of cells, whose order the weights don't tell: {WHOLE}"
        return True
    result.recurrent(path, slot, [_cell(_shapes(store, cell)) for cell in cells], both)
    return True


def _add_placed_dense(store: Store, result: "_Seen", path: tuple[str, ...], slot: tuple[str, ...], group: Any) -> bool:
    inner = store.child(group, "layer")  # a TimeDistributed's
    shapes = _shapes(store, group if inner is None else inner)
    if len(shapes) != 2 or [len(shape) for shape in shapes] != [2, 1]:
        return False
    result.dense(path, slot, *shapes, inside=inner is not None)
    return True


def _shapes(store: Store, group: Any) -> list[Shape]:
    """The shapes of a layer's own weights, in order."""
    values = store.child(group, "vars")
    shapes: list[Shape] = []
    while store.is_dataset(dataset := store.child(values, str(len(shapes)))):
        shapes.append(tuple(dataset.shape or ()))
    return shapes


def _cell(shapes: list[Shape]) -> _Cell | None:
    return _Cell(shapes[0], shapes[1], shapes[2] if len(shapes) == 3 else None) if len(shapes) in (2, 3) else None


def named_weights(store: Store, layers: Any, version: str | None) -> Graph:
    """The layers in an ``.h5`` file of weights, which keeps them by name: ``lstm/lstm/lstm_cell/kernel``."""
    result = _Seen(version)
    for key in layers:
        by_half: dict[str | None, dict[str, list[Shape]]] = {}
        for path, dataset in store.datasets(store.child(layers, key)):
            arrays = by_half.setdefault(half_of(path[:-1]), {})
            arrays.setdefault(path[-1].partition(":")[0], []).append(tuple(dataset.shape or ()))
        _add_named(result, key, by_half)
    return result.graph()


def _add_named(result: "_Seen", key: str, by_half: dict[str | None, dict[str, list[Shape]]]) -> None:
    parts = list(by_half.values())
    if any("recurrent_kernel" in part for part in parts):
        if any(len(shapes) > 1 for part in parts for shapes in part.values()) or len(parts) > 2:
            result.refused[key] = (
                f"holds several recurrent layers or cells, whose order the weights don't tell: {WHOLE}"
            )
            return
        result.recurrent((key,), (key,), [_named_cell(part) for part in parts], len(parts) == 2)
    elif [sorted(part) for part in parts] == [["bias", "kernel"]]:
        (kernel, *more), (bias, *_) = parts[0]["kernel"], parts[0]["bias"]
        if not more and (len(kernel), len(bias)) == (2, 1):
            result.dense((key,), (key,), kernel, bias, inside=False)


def _named_cell(part: dict[str, list[Shape]]) -> _Cell | None:
    if not {"kernel", "recurrent_kernel"} <= set(part) <= {"kernel", "recurrent_kernel", "bias"}:
        return None
    return _Cell(part["kernel"][0], part["recurrent_kernel"][0], part.get("bias", [None])[0])


class _Seen:
    """The layers seen so far, in a file that this version of Keras wrote."""

    def __init__(self, version: str | None = None) -> None:
        self.nodes: list[Node] = []
        self.refused: dict[str, str] = {}
        self._version = version
        self._gate = _usual_gate(version)

    def recurrent(self, path: tuple[str, ...], slot: tuple[str, ...], cells: list[_Cell | None], both: bool) -> None:
        """Keep a recurrent layer, of one cell or of one in each half."""
        try:
            layers = [self._layer(cell) for cell in cells]
        except _UnclearError as error:
            self.refused["/".join(path)] = f"{error}: {WHOLE}"
            return
        first, last = layers[0], layers[-1]
        if not both:
            self.nodes.append(Node(first["class_name"], first["config"], path, slot))
            return
        last["config"]["go_backwards"] = True
        halves = {"layer": first, "backward_layer": last, "merge_mode": "concat"}
        self.nodes.append(Node("Bidirectional", halves, path, slot))

    def dense(self, path: tuple[str, ...], slot: tuple[str, ...], kernel: Shape, bias: Shape, *, inside: bool) -> None:
        """Keep a linear layer, which may stand in a TimeDistributed."""
        if kernel[1] != bias[0]:
            return
        config = {"units": kernel[1], "use_bias": True}
        held = {"layer": {"class_name": "Dense", "config": config}}
        self.nodes.append(Node("TimeDistributed", held, path, slot) if inside else Node("Dense", config, path, slot))

    def graph(self) -> Graph:
        """All of them; none is a chain."""
        if not self.nodes and not self.refused:
            raise ModelFileError("holds no model of Keras, nor weights of layers that are known here")
        broken = f"the file holds weights alone, and doesn't say how its layers are joined: {WHOLE}"
        return Graph(tuple(self.nodes), None, broken, _assumed(self._gate or "sigmoid"), self.refused)

    def _layer(self, cell: _Cell | None) -> Config:
        """The layer of such weights, as a description has it."""
        kind, gates = _kind(cell)
        assert cell is not None
        config: Config
        if gates > 1 and cell.bias == (2 * cell.kernel[1],):  # as only CuDNN keeps it
            config = {"units": cell.recurrent_kernel[0], "return_sequences": True}
            return {"class_name": f"CuDNN{kind}", "config": config}
        if gates > 1 and self._gate is None:
            raise _UnclearError(f"may have sigmoid or hard_sigmoid gates, as Keras {self._version} had both by default")
        config = {"units": cell.recurrent_kernel[0], "return_sequences": True, "use_bias": cell.bias is not None}
        config |= {"activation": "tanh", "recurrent_activation": self._gate}
        if kind == "GRU":
            config["reset_after"] = cell.bias == (2, cell.kernel[1])
        return {"class_name": kind, "config": config}


def _kind(cell: _Cell | None) -> tuple[str, int]:
    """The class of a layer of such weights, and how many gates it has."""
    if cell is None or len(cell.kernel) != 2 or len(cell.recurrent_kernel) != 2:
        raise _UnclearError("holds weights that aren't those of an LSTM, GRU or SimpleRNN")
    H, width = cell.recurrent_kernel
    gates = width // H if H and width % H == 0 else 0
    if gates not in KINDS or cell.kernel[1] != width:
        shapes = f"{cell.kernel} and {cell.recurrent_kernel}"
        raise _UnclearError(f"has weights {shapes}, which aren't those of an LSTM, GRU or SimpleRNN")
    if gates == 3 and cell.bias is None:
        raise _UnclearError("is a GRU without a bias, which may reset before the product or after it")
    return KINDS[gates], gates


def _assumed(gate: str) -> str:
    return (
        f"the file holds weights and no description of the model, so Keras's usual layers are assumed: {gate} gates "
        "and tanh, read forwards, or both ways side by side, with an answer at each step. If they were made "
        f"otherwise, the answers are wrong, and nothing shows it: to be sure, {WHOLE}"
    )


def _usual_gate(version: str | None) -> str | None:
    """The gates' function where none is named: hard_sigmoid before Keras 2.3; TensorFlow 1.14 to 2.1 had both."""
    number, _, maker = (version or "").partition("-")
    parts = tuple(int(part) for part in number.split(".") if part.isdecimal())
    if maker == "tf" and parts == (2, 2, 4):
        return None
    return "hard_sigmoid" if parts and parts < (2, 3) else "sigmoid"
