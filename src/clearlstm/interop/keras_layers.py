"""One Keras layer as clearlstm has it: its options checked, its weights in clearlstm's gate order."""

from typing import Any, Final

import numpy as np

from clearlstm.cell.cell import Cell
from clearlstm.cell.cells import CELLS
from clearlstm.cell.record import Weights
from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop.chain import Dense, Layer
from clearlstm.interop.keras_files import Arrays, Source
from clearlstm.interop.keras_graph import Node, own_kind
from clearlstm.shapes import FloatArray

KINDS: Final = {cell.formats["keras"].name: cell for cell in CELLS.values() if "keras" in cell.formats}
RECURRENT: Final = (*KINDS, "Bidirectional")
FUNCTIONS: Final = ("sigmoid", "tanh", "relu", "linear")
HALVES_AGREE: Final = ("units", "activation", "recurrent_activation", "use_bias", "return_sequences")

Config = dict[str, Any]


def settings(node: Node) -> tuple[str, Config]:
    """The class and options of a layer, or of the one that a Bidirectional or TimeDistributed holds."""
    if node.kind in ("Bidirectional", "TimeDistributed"):
        inner = node.config["layer"]
        return own_kind(inner), inner["config"]
    return node.kind, node.config


def returns_sequences(node: Node) -> bool:
    """Whether a recurrent layer gives an answer for each step."""
    return bool(settings(node)[1].get("return_sequences"))


def policy(node: Node) -> str:
    """What a layer computes in: "float32", "mixed_float16" and so on."""
    dtype = settings(node)[1].get("dtype")
    return str(dtype["config"]["name"] if isinstance(dtype, dict) else dtype)


def read_dense(source: Source, node: Node) -> Dense:
    """y = h W + b: W (K, M), b (M,); the layer's activation is the caller's concern."""
    _, config = settings(node)
    part = ("layer",) if node.kind == "TimeDistributed" else ()
    arrays = source.arrays(node, part, ("kernel", "bias"))
    W = _array(arrays, "kernel", node, (None, _units(config, node)))
    return Dense(W, _bias(arrays, config, node, W.shape[1]))


def read_layer(source: Source, node: Node) -> Layer:
    """A recurrent layer, with both directions of a Bidirectional."""
    kind, config = settings(node)
    if kind not in KINDS:
        raise InputError(f"layer {node.name!r} holds a {kind}; {', '.join(KINDS)} are opened")
    if config.get("time_major"):
        raise InputError(f"layer {node.name!r} has time_major=True, which Keras 3 no longer knows: rebuild it without")
    if node.kind == "Bidirectional":
        _check_halves(node, kind, config)
        parts: tuple[tuple[str, ...], ...] = (("forward_layer",), ("backward_layer",))
    else:
        _check_backwards(node, config)
        parts = ((),)
    cell = KINDS[kind]
    options = _options(source, node, config, cell)
    directions = tuple(_weights(source, node, config, part, cell, options) for part in parts)
    return Layer(node.name, directions, options, reverse=bool(config.get("go_backwards")))


def _check_backwards(node: Node, config: Config) -> None:
    """The last answer alone is that of our reverse direction; those of all steps Keras gives in reverse order."""
    if config.get("go_backwards") and config.get("return_sequences"):
        raise InputError(
            f"layer {node.name!r} has go_backwards=True and gives its answers in reverse order, which no network here "
            "does: rebuild it with go_backwards=False and the same weights, and turn x round (x[:, ::-1])"
        )


def _check_halves(node: Node, kind: str, config: Config) -> None:
    merge = node.config.get("merge_mode", "concat")
    if merge != "concat":
        raise InputError(f"layer {node.name!r} merges its directions by merge_mode={merge!r}; only 'concat' is opened")
    other = node.config.get("backward_layer")
    backward = {**config, "go_backwards": True} if other is None else other["config"]
    unlike = [key for key in HALVES_AGREE if backward.get(key) != config.get(key)]
    if unlike or (other is not None and own_kind(other) != kind):
        raise InputError(f"layer {node.name!r} has directions of two kinds ({', '.join(unlike)}); they must be alike")
    if config.get("go_backwards") or not backward.get("go_backwards"):
        raise InputError(f"layer {node.name!r} has a forward layer with go_backwards=True: give it the usual order")


def _options(source: Source, node: Node, config: Config, cell: Cell) -> dict[str, Any]:
    """What the layer's net is to be made with: its functions, and the options that Keras has too."""
    form = cell.formats["keras"]
    functions = cell.functions(*(_function(source, node, config, key) for key in form.functions))
    return {name: bool(config.get(key)) for name, key in form.options.items()} | {cell.activations: functions}


def _weights(
    source: Source, node: Node, config: Config, part: tuple[str, ...], cell: Cell, options: dict[str, Any]
) -> Weights:
    H = _units(config, node)
    width = len(cell.gates) * H
    arrays = source.arrays(node, part, ("kernel", "recurrent_kernel", "bias"))
    W, U = _array(arrays, "kernel", node, (None, width)), _array(arrays, "recurrent_kernel", node, (H, width))
    weights: Weights = cell.read("keras", W, U, *_two_biases(arrays, config, node, width), options)
    return weights


def _two_biases(arrays: Arrays, config: Config, node: Node, width: int) -> tuple[FloatArray, FloatArray]:
    """The biases for x and for h_prev: Keras keeps two, as rows, only where they aren't just added up."""
    if config.get("reset_after") and config.get("use_bias", True):
        b_input, b_recurrent = _array(arrays, "bias", node, (2, width))
        return b_input, b_recurrent
    bias = _bias(arrays, config, node, width)
    return bias, np.zeros_like(bias)


def _bias(arrays: Arrays, config: Config, node: Node, width: int) -> FloatArray:
    if config.get("use_bias", True):
        return _array(arrays, "bias", node, (width,))
    return np.zeros(width, dtype=np.float32)


def _array(arrays: Arrays, name: str, node: Node, shape: tuple[int | None, ...]) -> FloatArray:
    if name not in arrays:
        raise ModelFileError(f"layer {node.name!r} lacks its {name}: its weights are missing, or not yet made")
    values = arrays[name]
    alike = len(values.shape) == len(shape) and all(b in (None, a) for a, b in zip(values.shape, shape, strict=True))
    if not alike:
        raise ModelFileError(f"layer {node.name!r} has a {name} of shape {values.shape}; its options ask for {shape}")
    return values.astype(np.float64 if values.dtype.itemsize == 8 else np.float32)


def _units(config: Config, node: Node) -> int:
    units = config.get("units")
    if type(units) is not int or units < 1:
        raise ModelFileError(f"layer {node.name!r} has units={units!r}; a whole number of at least 1 is needed")
    return units


def _function(source: Source, node: Node, config: Config, key: str) -> str:
    name = config.get(key) or "linear"
    if name == "hard_sigmoid":
        return _hard_sigmoid(source.version)
    if name not in FUNCTIONS:
        known = ", ".join((*FUNCTIONS, "hard_sigmoid"))
        raise InputError(f"layer {node.name!r} has {key}={name!r}, which isn't known here: {known} are")
    return str(name)


def _hard_sigmoid(version: str | None) -> str:
    """Keras 3 changed it from clip(z / 5 + 1/2) to clip(z / 6 + 1/2)."""
    major = (version or "").partition(".")[0]
    if not major.isdecimal():
        raise ModelFileError(f"hard_sigmoid differs between Keras 2 and 3, and the version given is {version!r}")
    return "hard_sigmoid" if int(major) < 3 else "hard_sigmoid_6"
