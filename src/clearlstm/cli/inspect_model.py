"""The model that ``clearlstm inspect`` opens, whatever wrote it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from clearlstm.errors import ClearLSTMError, InputError, ModelFileError
from clearlstm.files import check_plain

if TYPE_CHECKING:
    from clearlstm.shapes import FloatArray

Maker: TypeAlias = Literal["clearlstm", "torch", "keras", "onnx"]

SUFFIXES: Final[dict[str, Maker]] = {
    ".pt": "torch",
    ".pth": "torch",
    ".keras": "keras",
    ".h5": "keras",
    ".hdf5": "keras",
    ".onnx": "onnx",
}
ARGUMENT: Final = re.compile(r"\b(name|head|pool)=")
MADE_BY: Final[dict[Maker, str]] = {"clearlstm": "clearlstm", "torch": "PyTorch", "keras": "Keras", "onnx": "ONNX"}


class Parts(NamedTuple):
    """Which parts of a model are meant: a layer, a head, and what is read off; None as the file has it."""

    name: str | None
    head: str | None
    pool: str | None

    @property
    def given(self) -> bool:
        """Whether any was named."""
        return any(part is not None for part in self)


def maker_of(path: Path) -> Maker:
    """What wrote the file: told by its suffix, and of a .safetensors by what it says of itself."""
    check_plain(path, ModelFileError)
    suffix = path.suffix.lower()
    if suffix == ".safetensors":
        return _safetensors_maker(path)
    if suffix not in SUFFIXES:
        raise ModelFileError(
            f"{path}: models are read from .safetensors (clearlstm's or torch's), {', '.join(SUFFIXES)} files, not "
            f"from {suffix or 'files without a suffix'}: convert or rename it"
        )
    return SUFFIXES[suffix]


def _safetensors_maker(path: Path) -> Maker:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return "clearlstm" if "clearlstm" in (file.metadata() or {}) else "torch"
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"{path}: not a whole safetensors file ({error}); it may have been cut short") from error


def open_own(path: Path, parts: Parts) -> Any:
    """A net, a model or a forecaster that clearlstm wrote."""
    from clearlstm.forecasting.loading import load

    if parts.given:
        raise InputError(
            "--name, --head and --pool choose parts of other frameworks' models; this file is clearlstm's own"
        )
    return load(path)


def open_foreign(path: Path, maker: Maker, parts: Parts, example: "FloatArray") -> Any:
    """A Network of another framework's model; ``example`` (n, T, F) tells a plain chain in an ONNX file.

    A refusal that names arguments of ``from_torch`` and its like names options instead.
    """
    try:
        return _opened(path, maker, parts, example)
    except ClearLSTMError as error:
        error.args = (as_options(str(error)),)
        raise


def as_options(message: str) -> str:
    """Arguments as they are given on the command line.

    >>> as_options("head='dense_3' takes it, name=… a recurrent layer alone")
    "--head 'dense_3' takes it, --name … a recurrent layer alone"
    """
    return ARGUMENT.sub(r"--\1 ", message.replace("pool=None", "pool=none"))


def _opened(path: Path, maker: Maker, parts: Parts, example: "FloatArray") -> Any:
    pool: Any = None if parts.pool == "none" else parts.pool
    if maker == "torch":
        from clearlstm.interop.torch import from_torch

        return from_torch(path, name=parts.name, head=parts.head, pool=pool)
    if maker == "keras":
        from clearlstm.interop.keras import from_keras

        if parts.pool == "none":
            raise InputError("a Keras model says itself whether it answers at each step: leave --pool none out")
        return from_keras(path, name=parts.name, head=parts.head, pool=pool)
    return _open_onnx(path, parts, pool, example)


def _open_onnx(path: Path, parts: Parts, pool: Any, example: "FloatArray") -> Any:
    """The whole model where it is a plain chain; else its only LSTM, or the one that was named."""
    from clearlstm.interop.onnx import from_onnx

    if not parts.given:
        try:
            return from_onnx(path, example=example)
        except InputError:  # no plain chain, or it takes other inputs
            pass
    return from_onnx(path, name=parts.name, head=parts.head, pool=pool)
