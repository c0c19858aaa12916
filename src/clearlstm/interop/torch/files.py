"""Weights in files: safetensors, and torch's own formats, which are read without torch and without running anything."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from clearlstm.errors import InputError, MissingExtraError, ModelFileError
from clearlstm.files import check_plain, door
from clearlstm.interop.chain import naming
from clearlstm.interop.content import PICKLE, ZIP, begins_with, is_safetensors, is_tar
from clearlstm.interop.pickled import ADVICE
from clearlstm.interop.torch.archives import check_archive, read_archive, read_legacy
from clearlstm.interop.torch.pickle import Global, Made
from clearlstm.interop.torch.source import Source, find_source
from clearlstm.interop.torch.tensors import is_weights, weights_in

KERAS: Final = re.compile(r"(tf_)?keras\.|tensorflow\.python\.keras\.")
SHARED: Final = 16
"""How many tensors may, all in all, hold the same numbers: a few do where layers share weights."""


def read_file(path: Path) -> Source:
    """The weights in a file, told by its content: safetensors, ``torch.save``, TorchScript, ``torch.export``."""
    check_plain(path, ModelFileError)
    if begins_with(path, ZIP):
        check_archive(path)
        return _read_saved(path, read_archive)
    if begins_with(path, PICKLE):
        return _read_saved(path, read_legacy)
    if is_safetensors(path) or path.suffix == ".safetensors":
        return find_source(_read_safetensors(path))
    if is_tar(path):
        raise ModelFileError(
            f"{path}: a tar: unpack it and name the model in it; if torch before 0.2 wrote it, load it there and save "
            "the state_dict()"
        )
    raise ModelFileError(f"{path}: neither torch nor safetensors writes files so, by its content; was it cut short?")


def _read_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            if "clearlstm" in (file.metadata() or {}):
                raise ModelFileError(f"{path}: clearlstm wrote this file: read it with clearlstm.load")
            names = list(file.keys())
            types = {file.get_slice(name).get_dtype() for name in names}
        if "BF16" in types:  # which NumPy lacks
            _torch_for(path)
        with safe_open(path, framework="pt" if "BF16" in types else "numpy") as file:
            return {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, TypeError) as error:  # TypeError: a type that NumPy lacks
        raise ModelFileError(f"{path}: can't be read as safetensors ({error}); it may have been cut short") from error


def _torch_for(path: Path) -> Any:
    """The library, which this file needs to be read."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(f"{path}: needs torch to be read: pip install 'clearlstm[torch]'") from error
    return torch


def _read_saved(path: Path, read: Callable[[Path], Any]) -> Source:
    """The weights in what torch wrote. Whatever a damaged or hostile content raises becomes a ModelFileError."""
    with door(path, ModelFileError), naming(path):
        content = read(path)
        source = find_source(content)
        if not source.values:
            raise InputError(_what_else(content))
        claimed = sum(math.prod(part.shape) for part in source.values.values())
        if claimed > SHARED * path.stat().st_size:
            raise InputError(f"its tensors claim {claimed} numbers, far more than the file holds: refused")
        return source


def _what_else(content: Any) -> str:
    """What a file without weights in it holds, and what to do."""
    inside = list(content.values()) if isinstance(content, dict) else [content]
    if any(isinstance(part, (Made, Global)) and KERAS.match(part.name) for part in inside):
        return f"holds a Keras model, pickled: {ADVICE}"
    if is_weights(weights_in(content)):
        return "holds a single tensor, and nothing says what it is of: save module.state_dict()"
    return f"holds {_named(content)}, and no weights in it: save module.state_dict()"


def _named(content: Any) -> str:
    return f"a {content.name}" if isinstance(content, (Made, Global)) else f"a {type(content).__name__}"
