"""Model files: safetensors for the arrays, one JSON text in its header for the rest, and never a pickle."""

import hashlib
import json
import os
import warnings
from typing import Any, TypeAlias

import numpy as np

from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.files import atomic_write, check_plain, door
from clearlstm.network.model import Net, Network
from clearlstm.network.nets import NETS
from clearlstm.network.parameters import shapes
from clearlstm.network.recurrent import Recurrent
from clearlstm.shapes import FloatArray

FORMAT_VERSION = 1
HEADER = "clearlstm"
DIGEST = "clearlstm.sha256"
"""Where in a file's header its description and its digest stand."""

LENGTH = 8
"""Bytes of the header's length, at the beginning of a file, and of the widest number."""

Model: TypeAlias = Net | Network


def save(model: Recurrent[Any] | Network, path: str | os.PathLike[str]) -> None:
    """Write ``model`` to ``path``; what stood there stays until the new file is whole."""
    write_tensors(path, model.parameters, description_of(model))


def description_of(model: Recurrent[Any] | Network) -> dict[str, Any]:
    """What a file says of ``model`` beside its arrays: those may be of a shorter type, and are widened when read."""
    return {"format_version": FORMAT_VERSION, "kind": type(model).__name__, "config": model.config()}


def load(path: str | os.PathLike[str]) -> Model:
    """Read a net or model that ``save`` wrote; a foreign, cut-off or newer file is a :class:`ModelFileError`."""
    return model_in(path, *read_tensors(path))


def model_in(path: str | os.PathLike[str], tensors: dict[str, FloatArray], description: dict[str, Any]) -> Model:
    """The net or model in the arrays and the description of a file."""
    with door(path, ModelFileError):
        try:
            return model_from(description["kind"], description["config"], tensors)
        except (KeyError, TypeError, InputError, AttributeError) as error:
            raise ModelFileError(f"{path}: its description and its arrays don't fit together ({error})") from error


def model_from(kind: str, config: dict[str, Any], tensors: dict[str, FloatArray]) -> Model:
    """The net or model of that ``kind`` and ``config``, with the parameters in ``tensors``.

    What doesn't fit together raises KeyError, TypeError, AttributeError or :class:`InputError`.
    """
    _check_sizes(kind, config, tensors)
    return _build(kind, config).set_parameters(tensors)


def write_tensors(path: str | os.PathLike[str], tensors: dict[str, FloatArray], description: dict[str, Any]) -> None:
    """Write arrays and a JSON description to one safetensors file, atomically; equal ones to equal bytes."""
    from safetensors.numpy import save

    # The library writes the bytes as they lie in memory: an array that is not C-contiguous would come back scrambled.
    contiguous = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    text = json.dumps(description)
    content = save(contiguous, metadata={HEADER: text, DIGEST: digest_of(text, contiguous)})
    end = LENGTH + int.from_bytes(content[:LENGTH], "little")
    header = _ordered(content[LENGTH:end])
    # Not the library's save_file: that has a temporary file of its own, which a kill would leave behind.
    with atomic_write(path) as temporary:
        temporary.write_bytes(b"".join([len(header).to_bytes(LENGTH, "little"), header, memoryview(content)[end:]]))


def _ordered(header: bytes) -> bytes:
    """A file's header with its texts in the order of their names: the library's order is another at every call."""
    parts = json.loads(header)
    parts["__metadata__"] = dict(sorted(parts["__metadata__"].items()))
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (-len(text) % LENGTH)  # so that the arrays begin where a number may, as the library has it


def read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """Read what :func:`write_tensors` wrote: the arrays by name and the description.

    A file whose content isn't what was written, by its digest, is a :class:`ModelFileError`. Of one from before there
    were digests a warning tells.
    """
    from safetensors import SafetensorError, safe_open

    check_plain(path, ModelFileError)
    with door(path, ModelFileError):
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                description = _description(path, metadata)
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise ModelFileError(f"{path}: not a whole safetensors file ({error}); was it cut short?") from error
        _check_digest(path, metadata, tensors)
        return tensors, description


def read_whole(path: str | os.PathLike[str]) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """The same of a file whose description says what kind of thing it holds."""
    tensors, description = read_tensors(path)
    if not isinstance(description.get("kind"), str):
        raise ModelFileError(f"{path}: its description doesn't say what it holds; the file is damaged")
    return tensors, description


def digest_of(text: str, tensors: dict[str, FloatArray]) -> str:
    """Of a description and of arrays with their names, types and shapes."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        digest.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _check_digest(path: str | os.PathLike[str], metadata: dict[str, str], tensors: dict[str, FloatArray]) -> None:
    if DIGEST not in metadata:
        warnings.warn(
            f"{path}: from a version of clearlstm that kept no digest, so damage to its numbers can't be seen: load it "
            "and save it anew",
            ClearLSTMWarning,
            stacklevel=2,
        )
    elif metadata[DIGEST] != digest_of(metadata[HEADER], tensors):
        raise ModelFileError(f"{path}: its content isn't what was written (the digest differs); the file is damaged")


def _description(path: str | os.PathLike[str], metadata: dict[str, str]) -> dict[str, Any]:
    text = metadata.get(HEADER)
    if text is None:
        raise ModelFileError(f"{path}: a safetensors file, but not one that clearlstm wrote")
    try:
        description = json.loads(text)
        version = description["format_version"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description can't be read; the file is damaged") from error
    if version != FORMAT_VERSION:
        raise ModelFileError(
            f"{path}: written in format {version}, and this clearlstm reads format {FORMAT_VERSION}: update clearlstm"
        )
    assert isinstance(description, dict)
    return description


def _check_sizes(kind: str, config: dict[str, Any], tensors: dict[str, FloatArray]) -> None:
    """Refuse a description that asks for more than the file holds, before anything of that size is made."""
    parts = config["nets"] if kind == "Network" else [{"kind": kind, **config}]
    for k, net in enumerate(parts):
        start = f"net{k}." if kind == "Network" else ""
        if not 1 <= net["num_layers"] <= len(tensors):
            raise InputError(f"it names {net['num_layers']} layers")
        directions = 2 if net["bidirectional"] else 1
        sizes = (net["input_size"], net["hidden_size"], net["num_layers"], directions)
        for name, shape in shapes(NETS[net["kind"]].cell, *sizes, net).items():
            if tensors[start + name].shape != shape:
                raise InputError(f"{start + name} is {tensors[start + name].shape}, described as {shape}")
    if kind == "Network" and config["head"] is not None and tensors["head.b"].shape != (config["head"],):
        raise InputError(f"head.b is {tensors['head.b'].shape}, described as ({config['head']},)")


def _build(kind: str, config: dict[str, Any]) -> Model:
    if kind == "Network":
        nets = [_build(net["kind"], {name: net[name] for name in net if name != "kind"}) for net in config["nets"]]
        return Network(nets, config["head"], config["pool"])  # type: ignore[arg-type]  # Network checks what it is given
    return NETS[kind](**config, init="zeros")
