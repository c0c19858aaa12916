"""State dicts in files: safetensors, read without torch, and torch's own archives, read without running their code."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clearlstm.errors import MissingExtraError, ModelFileError
from clearlstm.files import check_plain
from clearlstm.interop.content import PICKLE, ZIP, begins_with, is_safetensors

NESTED = ("state_dict", "model_state_dict", "model")
"""Under which names checkpoints keep the state dict."""


def read_file(path: Path) -> Mapping[str, Any]:
    """The arrays or tensors of a ``.safetensors``, ``.pt`` or ``.pth`` file, or of one with such content, by name."""
    check_plain(path, ModelFileError)
    archive = begins_with(path, ZIP, PICKLE)
    if is_safetensors(path) or (path.suffix == ".safetensors" and not archive):
        return _read_safetensors(path)
    if archive or path.suffix in (".pt", ".pth"):
        return _read_archive(path)
    raise ModelFileError(f"{path}: .safetensors, .pt and .pth files can be read, not {path.suffix!r}")


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


def _read_archive(path: Path) -> Mapping[str, Any]:
    """The state dict in a file that ``torch.save`` wrote.

    The archive's sizes are looked at first: nothing in it may be packed, so it can't hold more than the file's bytes.
    """
    torch = _torch_for(path)
    _check_archive(path)
    try:
        with open(path, "rb") as file:  # of a path, torch would look at the suffix
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged or hostile pickle makes torch raise nearly anything
        raise ModelFileError(
            f"{path}: torch can't read it as plain weights ({_why(error)}); save the module's state_dict() instead"
        ) from error
    arrays = state_dict(content)
    if arrays is None:
        raise ModelFileError(f"{path}: holds a {type(content).__name__}, not a state dict: save module.state_dict()")
    for name, tensor in arrays.items():
        _check_size(path, name, tensor)
    return arrays


def _why(error: Exception) -> str:
    """What stands in the way, without torch's advice on how to load it all the same."""
    text = str(error).strip() or type(error).__name__
    if call := re.search(r"GLOBAL (\S+)", text):
        return f"it holds a {call[1]}, which only code can make"
    return text.splitlines()[0]


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ModelFileError(
            f"{path}: not an archive of torch (1.6 or later), or cut short ({error}); save the state dict again"
        ) from error
    claimed = sum(part.file_size for part in parts)
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts) or claimed > path.stat().st_size:
        raise ModelFileError(f"{path}: its parts claim {claimed} bytes, more than is there, or are packed: refused")


def state_dict(content: Any) -> Mapping[str, Any] | None:
    """The tensors by name, at the top or where checkpoints keep them; else None."""
    if not isinstance(content, Mapping):
        return None
    for inner in [content, *(content.get(name) for name in NESTED)]:
        if isinstance(inner, Mapping):
            tensors = {str(name): values for name, values in inner.items() if hasattr(values, "untyped_storage")}
            if tensors:
                return tensors
    return None


def _check_size(path: Path, name: str, tensor: Any) -> None:
    """A small storage may pose as a huge tensor, by steps of 0 bytes; it would be huge once copied."""
    if (
        tensor.layout.__repr__() != "torch.strided"
        or tensor.numel() * tensor.itemsize > tensor.untyped_storage().nbytes()
    ):
        raise ModelFileError(f"{path}: {name!r} claims shape {tuple(tensor.shape)}, more than the file holds")
