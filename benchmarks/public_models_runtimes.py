"""What a model file's own runtime answers, layer by layer: the oracle of benchmarks/public_models.py.

ONNX Runtime runs the whole model, with the tensors around a recurrent node brought out as outputs. Of torch files plain
weights are read and given to ``torch.nn``; of Keras files the description and the weights, given to ``keras.layers``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray

Inputs: TypeAlias = tuple[Mapping[str, Any], ...]
"""What a model is given; several are tried in turn. By the input's name: a shape of random numbers, or the values."""

INPUTS: Final[Mapping[str, Inputs]] = {
    "": ({},),
    "silero": (  # 32 ms at 16 kHz or 8 kHz, after 4 ms of what came before
        {"input": (1, 576), "state": (2, 1, 128), "sr": 16000},
        {"input": (1, 288), "state": (2, 1, 128), "sr": 8000},
    ),
    "silero legacy": (
        {"input": (1, 1536), "h": (2, 1, 64), "c": (2, 1, 64), "sr": 16000},
        {"input": (1, 768), "h": (2, 1, 64), "c": (2, 1, 64), "sr": 8000},
    ),
    "silero windows": ({"input": (7, 576)},),
    "aecmos": ({"input": (1, 3, 640, 160)},),
    "plcmos": ({"degraded_audio": (1, 1, 80, 257)},),
    "ddddocr": ({"input1": (1, 1, 64, 160)},),
    "tashkeel": ({"char_inputs": (1, 12), "diac_inputs": [[0] * 12], "input_lengths": [9]},),
    "thai2rom": ({"input_tensor": (1, 12), "input_lengths": [9]},),
}

STEPS: Final = 12
BATCH: Final = 2
QUANTIZED: Final = ("DynamicQuantizeLSTM",)
RECURRENT: Final = ("LSTM", "GRU", "RNN", *QUANTIZED)


class UnreadError(Exception):
    """Why a runtime can't be asked."""


@dataclass(frozen=True)
class Call:
    """One recurrent layer as its runtime ran it: x (N, T, F) gave y, from the initial states, each (L·D, N, H).

    name: as clearlstm may call it, the likeliest first. x is None if it wasn't run, ``note`` why. ``whole``: y is what
    the opened model answers, rather than h. ``rounded``: the runtime multiplies 8-bit numbers, x and h rounded to them.
    """

    names: tuple[str, ...]
    x: FloatArray | None = None
    y: npt.NDArray[Any] | None = None
    lengths: npt.NDArray[Any] | None = None
    state: tuple[FloatArray, ...] = ()
    whole: bool = False
    rounded: bool = False
    note: str = ""


def onnx_calls(path: Path, inputs: Inputs) -> Iterator[Call]:
    """Each recurrent node, in the graph or in a branch of an ``If``, as ONNX Runtime runs it within the model.

    A node of 8-bit weights runs twice: as it is, and with the same weights and ordinary products.
    """
    import onnx

    model = onnx.load(path)
    for branches, node in _nodes(model.graph, ()):
        opened = onnx.ModelProto()
        opened.CopyFrom(model)
        for steps in branches:
            _take_branch(opened.graph, *steps)
        name = node.name or node.output[0]
        inside = "/".join([*(branch.removesuffix("_branch") for _, branch in branches), name.lstrip("/")])
        names = (inside, name) if branches else (name,)
        yield replace(_run_node(opened, node.output[0], inputs), names=names, rounded=node.op_type in QUANTIZED)
        if node.op_type in QUANTIZED:
            _unquantize(opened.graph, node.output[0])
            yield replace(_run_node(opened, node.output[0], inputs), names=names)


def _nodes(graph: Any, branches: tuple[tuple[str, str], ...]) -> Iterator[tuple[tuple[tuple[str, str], ...], Any]]:
    """The recurrent nodes, each with the branches that lead to it: an output of the If, and the branch's name."""
    for node in graph.node:
        if node.op_type in RECURRENT:
            yield branches, node
        if node.op_type == "If":
            for attribute in node.attribute:
                yield from _nodes(attribute.g, (*branches, (node.output[0], attribute.name)))


def _take_branch(graph: Any, output: str, branch: str) -> None:
    """Put one branch of an If in its place, whatever the condition says."""
    from onnx import helper

    at = next(k for k, node in enumerate(graph.node) if output in node.output)
    chosen = graph.node[at]
    body = next(attribute.g for attribute in chosen.attribute if attribute.name == branch)
    same = [helper.make_node("Identity", [a.name], [b]) for a, b in zip(body.output, chosen.output, strict=True)]
    nodes = [*graph.node[:at], *body.node, *same, *graph.node[at + 1 :]]
    graph.initializer.extend(body.initializer)
    del graph.node[:]
    graph.node.extend(nodes)


def _unquantize(graph: Any, output: str) -> None:
    """Make a DynamicQuantizeLSTM an LSTM of the weights that its 8-bit numbers stand for."""
    from onnx import numpy_helper

    node = next(node for node in graph.node if output in node.output)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for place, scale, zero in ((1, 8, 9), (2, 10, 11)):
        numbers, factor, middle = (constants[node.input[k]] for k in (place, scale, zero))
        each = (len(numbers), 1, -1)
        weights = (numbers.astype(np.float32) - middle.reshape(each)) * factor.reshape(each)
        name = f"{output} {place}"
        graph.initializer.append(numpy_helper.from_array(weights.transpose(0, 2, 1).astype(np.float32), name))
        node.input[place] = name
    del node.input[8:]
    node.op_type, node.domain = "LSTM", ""


def _run_node(model: Any, output: str, inputs: Inputs) -> Call:
    """Run the model, and take what went into the node of this output and came out of it."""
    import onnxruntime
    from onnx import helper

    node = next(node for node in model.graph.node if output in node.output)
    if not node.output[0]:
        node.output[0] = "every_step_of_it"
    places = dict(zip(("x", "W", "R", "B", "lengths", "h", "c"), node.input, strict=False)) | {"y": node.output[0]}
    wanted = {place: places[place] for place in ("x", "lengths", "h", "c", "y") if places.get(place)}
    del model.graph.output[:]
    model.graph.output.extend(helper.make_empty_tensor_value_info(value) for value in dict.fromkeys(wanted.values()))
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    failed = ""
    for given in inputs:
        try:
            session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
            got = dict(zip(wanted, session.run(list(wanted.values()), _fed(session, given)), strict=True))
            return _call(node.op_type, got)
        except Exception as error:  # onnxruntime's own have no common class
            failed = str(error).strip().splitlines()[-1][:200]
    return Call((), note=f"ONNX Runtime didn't run it: {failed}")


def _fed(session: Any, given: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """What each input is given: what is said of it, else random numbers in its own shape, unknown sizes 1 and STEPS."""
    rng, fed = np.random.default_rng(0), {}
    for place in session.get_inputs():
        free = iter([1, *[STEPS] * 9])
        shape = tuple(size if isinstance(size, int) else next(free) for size in place.shape)
        value = given.get(place.name, shape)
        kind = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}.get(place.type, np.float32)
        if not isinstance(value, tuple):
            fed[place.name] = np.array(value, kind)
        elif kind is np.float32:
            fed[place.name] = rng.normal(size=value).astype(kind)
        else:
            fed[place.name] = rng.integers(1, 20, value).astype(kind)
    return fed


def _call(kind: str, got: Mapping[str, npt.NDArray[Any]]) -> Call:
    """In clearlstm's axes. ONNX has x as (T, N, F) and y as (T, D, N, H)."""
    T, D, N, H = got["y"].shape
    y = got["y"].transpose(2, 0, 1, 3).reshape(N, T, D * H)
    state = tuple(got[place] for place in ("h", "c") if place in got)
    if kind not in ("LSTM", *QUANTIZED):
        state = state[:1]  # the next input of such a node is another one
    return Call((), got["x"].transpose(1, 0, 2), y, got.get("lengths"), state)


def torch_calls(path: Path) -> Iterator[Call]:
    """Each set of recurrent weights, in torch's own layer. Only plain weights are read."""
    import torch

    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            tensors: Any = load_file(path)
        elif path.suffix == ".jit":  # what such a file says of its weights is no Python; nothing is called
            read: Any = torch.jit.load
            tensors = read(path, map_location="cpu").state_dict()
        else:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UnreadError(f"torch doesn't read it as weights alone: {str(error).splitlines()[0][:120]}") from error
    flat = {name: value.float() for name, value in _flat(tensors, "") if value.is_floating_point()}
    for first in [name for name in flat if name.endswith("weight_ih_l0") or name.endswith("weight_ih")]:
        yield _torch_call(first, flat)


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The tensors in dicts of dicts, by their names joined with dots."""
    import torch

    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, torch.Tensor):
        yield name, value


def _torch_call(first: str, tensors: Mapping[str, Any]) -> Call:
    import torch

    prefix = first.removesuffix("_l0").removesuffix("weight_ih")
    end = "" if first.endswith("_l0") else "_l0"  # a torch.nn.LSTMCell has no layers
    own = {name.removeprefix(prefix) + end: value for name, value in tensors.items() if name.startswith(prefix)}
    own = {name: value for name, value in own.items() if re.fullmatch(r"(weight|bias)_[ih]h_l\d+(_reverse)?", name)}
    (rows, F), H = own["weight_ih_l0"].shape, own["weight_hh_l0"].shape[1]
    kind = {4: torch.nn.LSTM, 3: torch.nn.GRU, 1: torch.nn.RNN}[rows // H]
    layers = sum(name.startswith("weight_ih") and not name.endswith("_reverse") for name in own)
    both = "weight_ih_l0_reverse" in own
    net = kind(F, H, layers, bias="bias_ih_l0" in own, batch_first=True, bidirectional=both)
    net.load_state_dict(own)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(BATCH, STEPS, F)).astype(np.float32))
    with torch.no_grad():
        return Call((prefix.removesuffix("."),), x.numpy(), net(x)[0].numpy())


def keras_calls(path: Path) -> Iterator[Call]:
    """Each recurrent layer that the model's description names, in Keras' own layer."""
    import keras

    for name, layer in _layers_of_archive(path) if path.suffix == ".keras" else _layers_of_hdf5(path):
        F = layer.get_weights()[0].shape[0]
        x = np.random.default_rng(0).normal(size=(BATCH, STEPS, F)).astype(np.float32)
        answer = layer(x)
        y = answer[0] if isinstance(answer, (list, tuple)) else answer  # the rest are final states
        yield Call((name,), x, keras.ops.convert_to_numpy(y), whole=True)


def _layers_of_archive(path: Path) -> Iterator[tuple[str, Any]]:
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise UnreadError(f"Keras doesn't open it: {str(error).splitlines()[0][:160]}") from error
    for layer in model.layers:
        if isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional)):
            yield layer.name, layer


def _layers_of_hdf5(path: Path) -> Iterator[tuple[str, Any]]:
    import h5py

    with h5py.File(path) as file:
        if "model_config" not in file.attrs:
            yield from _layers_of_weights(file)
            return
        described = json.loads(file.attrs["model_config"])["config"]
        for entry in described if isinstance(described, list) else described["layers"]:
            inner = entry["config"]["layer"] if entry["class_name"] == "Bidirectional" else entry
            if inner["class_name"] in ("LSTM", "GRU", "SimpleRNN"):
                group = file["model_weights"][entry["config"]["name"]]
                weights = [group[part][()] for part in group.attrs["weight_names"]]
                yield entry["config"]["name"], _layer(entry, inner, weights)


def _layers_of_weights(file: Any) -> Iterator[tuple[str, Any]]:
    """Layers as Keras makes them if nothing is said, of a file that has weights and no description of the model."""
    release = str(file.attrs["keras_version"])
    gate = "sigmoid" if "tf" in release or release >= "2.3" else "hard_sigmoid"
    for name, group in file.items():
        weights = {str(part): group[part][()] for part in group.attrs["weight_names"]}
        recurrent = [values for part, values in weights.items() if "recurrent_kernel" in part]
        if recurrent:
            H, rows = recurrent[0].shape
            kind, ordered = {4: "LSTM", 3: "GRU", 1: "SimpleRNN"}[rows // H], list(weights.values())
            packed = kind == "LSTM" and ordered[2].size == 2 * rows
            config = {"units": H, "return_sequences": True} | ({} if rows == H else {"recurrent_activation": gate})
            if packed:
                ordered, config["recurrent_activation"] = _unpacked(ordered), "sigmoid"
            merged = {
                "class_name": "Bidirectional" if len(recurrent) == 2 else kind,
                "config": {"merge_mode": "concat"},
            }
            yield name, _layer(merged, {"class_name": kind, "config": config}, ordered)


def _unpacked(weights: list[FloatArray]) -> list[FloatArray]:
    """A CuDNNLSTM's kernel, recurrent kernel and two biases as an LSTM's (Keras 2.3, saving.py)."""
    kernel, recurrent, biases = weights
    kernels = [part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, 4)]
    return [np.hstack(kernels), np.hstack([part.T for part in np.hsplit(recurrent, 4)]), biases.reshape(2, -1).sum(0)]


KEPT: Final = ("units", "activation", "recurrent_activation", "use_bias", "return_sequences", "go_backwards")


def _layer(entry: Any, inner: Any, weights: list[FloatArray]) -> Any:
    """The layer with these weights; of its description only what changes its answer, as old ones say more."""
    import keras

    options = {word: inner["config"][word] for word in KEPT if word in inner["config"]}
    if inner["class_name"] == "GRU":
        options["reset_after"] = inner["config"].get("reset_after", False)
    if options.get("recurrent_activation") == "hard_sigmoid":
        options["recurrent_activation"] = _hard_sigmoid
    layer = getattr(keras.layers, inner["class_name"])(**options)
    if entry["class_name"] == "Bidirectional":
        with keras.saving.custom_object_scope({"_hard_sigmoid": _hard_sigmoid}):
            layer = keras.layers.Bidirectional(layer, merge_mode=entry["config"]["merge_mode"])
    layer(np.zeros((1, 2, weights[0].shape[0]), np.float32))
    layer.set_weights(weights)
    return layer


def _hard_sigmoid(z: Any) -> Any:
    """As Keras had it before 3: 0.2 z + 0.5 between 0 and 1. Since 3 it is z / 6 + 0.5."""
    import keras

    return keras.ops.clip(0.2 * z + 0.5, 0, 1)
