"""One Keras layer as clearlstm has it: its options checked, its weights in clearlstm's gate order."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from clearlstm.cell.record import Weights
from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop.chain import Dense, Layer
from clearlstm.interop.keras.cells import CellEntry, Config, cells_of, goes_back, merge_mode, settings
from clearlstm.interop.keras.files import Arrays, Source
from clearlstm.interop.keras.graph import Node, Place
from clearlstm.shapes import FloatArray

FUNCTIONS: Final = ("sigmoid", "tanh", "relu", "linear")


def policy(node: Node) -> str:
    """What a layer computes in: "float32", "mixed_float16" and so on; the class of a policy without a name."""
    dtype = settings(node)[1].get("dtype")
    return str(dtype["config"].get("name", dtype["class_name"]) if isinstance(dtype, dict) else dtype)


def read_dense(source: Source, node: Node) -> Dense:
    """y = h W + b: W (K, M), b (M,); the layer's activation is the caller's concern."""
    _, config = settings(node)
    _check_kernel(node, config)
    place = Place(("layer",) if node.kind == "TimeDistributed" else ())
    arrays = source.arrays(node, place, ("kernel", "bias"))
    W = _array(arrays, "kernel", node, (None, _units(config, node)))
    return Dense(W, _bias(arrays, config, node, W.shape[1]))


def _check_kernel(node: Node, config: Config) -> None:
    """Some layers keep beside the kernel what belongs into it."""
    if config.get("lora_rank"):
        raise InputError(
            f"layer {node.name!r} has lora_rank={config['lora_rank']}, weights beside its own: put their sum into the "
            "kernel of a Dense without"
        )
    if policy(node).startswith("Quantized"):
        raise InputError(f"layer {node.name!r} is quantised, to numbers that need a scale: open the model before that")


def read_layers(source: Source, node: Node, turned: bool = False) -> tuple[Layer, ...]:
    """A recurrent layer as those that its cells make, the lowest first, with both directions of a Bidirectional.

    ``turned``: it is given its steps in reverse order. The layers here stand in original time order all the same: a
    layer that reads forwards is then their reverse direction, and the other way round.
    """
    entries = cells_of(node)
    layers = [_layer(source, node, number, halves, turned) for number, halves in enumerate(entries)]
    if node.kind == "Bidirectional":
        H = layers[-1].directions[0].U.shape[0]
        layers[-1] = replace(layers[-1], readout=_readout(merge_mode(node), H, turned))
    return tuple(layers)


def _layer(source: Source, node: Node, number: int, halves: tuple[CellEntry, ...], turned: bool) -> Layer:
    """One cell's layer. What stacks stand on is the half of their own direction, so the other one gets weights 0."""
    options = _options(source, node, halves[0])
    directions = [_weights(source, node, entry, options) for entry in halves]
    if turned and len(directions) == 2:
        directions.reverse()
    if number and len(directions) == 2:
        directions = [_beside(weights, k) for k, weights in enumerate(directions)]
    name = f"{node.name}/{number}" if halves[0].place.number is not None else node.name
    return Layer(name, tuple(directions), options, reverse=len(directions) == 1 and goes_back(node) != turned)


def _beside(weights: Weights, half: int) -> Weights:
    """The same weights on both directions' outputs, of which they read the half that is their own."""
    other = np.zeros_like(weights.W)
    W = np.concatenate([other, weights.W] if half else [weights.W, other])
    made: Weights = weights.cell.weights(**vars(weights) | {"W": W})
    return made


def _readout(mode: str | None, H: int, turned: bool) -> FloatArray | None:
    """What a merge makes of both directions, as a product (2H, P): sum and mean, or the halves changed round."""
    if mode in ("sum", "ave"):
        return np.concatenate([np.eye(H), np.eye(H)]) / (2 if mode == "ave" else 1)
    return np.roll(np.eye(2 * H), H, axis=0) if turned else None


def _options(source: Source, node: Node, entry: CellEntry) -> dict[str, Any]:
    """What the layer's net is to be made with: its functions, and the options that Keras has too."""
    cell, config = entry.cell, entry.config
    form = cell.formats["keras"]
    functions = cell.functions(*(_function(source, node, config, key) for key in form.functions))
    return {name: bool(config.get(key)) for name, key in form.options.items()} | {cell.activations: functions}


def _weights(source: Source, node: Node, entry: CellEntry, options: dict[str, Any]) -> Weights:
    H = _units(entry.config, node)
    width = len(entry.cell.gates) * H
    arrays = source.arrays(node, entry.place, ("kernel", "recurrent_kernel", "bias"))
    if entry.packed:
        arrays = _unpacked(arrays, node, H, width)
    W, U = _array(arrays, "kernel", node, (None, width)), _array(arrays, "recurrent_kernel", node, (H, width))
    weights: Weights = entry.cell.read("keras", W, U, *_two_biases(arrays, entry.config, node, width), options)
    return weights


def _unpacked(arrays: Arrays, node: Node, H: int, width: int) -> Arrays:
    """CuDNN's weights as Keras's: each gate's kernel lies there as (H, F), its recurrent kernel is transposed."""
    kernel, recurrent = (
        _array(arrays, "kernel", node, (None, width)),
        _array(arrays, "recurrent_kernel", node, (H, width)),
    )
    return {
        "kernel": np.hstack([part.reshape(H, -1).T for part in np.split(kernel, width // H, axis=1)]),
        "recurrent_kernel": np.hstack([part.T for part in np.split(recurrent, width // H, axis=1)]),
        "bias": _array(arrays, "bias", node, (2 * width,)).reshape(2, width),
    }


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
