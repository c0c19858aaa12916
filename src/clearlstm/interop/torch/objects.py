"""Torch's live modules: what they are made of, and what they answer. Nothing here imports torch by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError, MissingExtraError
from clearlstm.interop import chain
from clearlstm.interop.torch.archives import read_content
from clearlstm.interop.torch.effective import effective
from clearlstm.interop.torch.layers import dense, linear_names
from clearlstm.interop.torch.source import MANGLED, SCRIPTED, Source, find_source, module_of
from clearlstm.shapes import FloatArray, as_array

if TYPE_CHECKING:
    import torch

PARALLEL: Final = ("DataParallel", "DistributedDataParallel")
WITHOUT_CLASS: Final = ("torch.nn.modules.module.", "torch.fx.", "torch.export.")
"""Modules of torch that only hold weights, as those of an exported program: what they were isn't known."""


def torch_library() -> Any:
    """torch, or a :class:`MissingExtraError`."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("PyTorch's models need torch: pip install 'clearlstm[torch]'") from error
    return torch


def is_module(src: Any) -> bool:
    """Whether it is a module, or a program that torch.export made; a class of modules is none."""
    if isinstance(src, type):
        raise InputError(f"src is the class {src.__name__}, which has no weights: make one of it, {src.__name__}(…)")
    return hasattr(src, "named_modules") or _is_program(src)


def _is_program(src: Any) -> bool:
    return type(src).__name__ == "ExportedProgram" and hasattr(src, "module")


def unwrapped(src: Any) -> "torch.nn.Module":
    """The module in what ``torch.compile``, ``DataParallel`` or ``torch.export`` made of it."""
    while True:
        if _is_program(src):
            src = src.module()
        elif "_orig_mod" in getattr(src, "_modules", {}):
            src = src._orig_mod
        elif type(src).__name__ in PARALLEL:
            src = src.module
        else:
            module: torch.nn.Module = src
            return module


def source_of(module: "torch.nn.Module") -> Source:
    """Its weights as it computes with them, and its modules by name."""
    known = {where: module_of(_options(part), _kind(part)) for where, part in module.named_modules()}
    values = dict(module.state_dict())
    for where, part in module.named_modules():
        for name in getattr(part, "parametrizations", {}):
            with torch_library().no_grad():
                values[f"{where}.{name}" if where else name] = getattr(part, name)
    weights = effective(values, known)
    save: Any = getattr(module, "save_to_buffer", None)
    if save is not None and not weights:  # of TorchScript, where quantized weights are no state
        return find_source(read_content(save()))
    return Source(weights, known)


def _options(part: "torch.nn.Module") -> dict[str, Any]:
    names = ("dropout", "nonlinearity", "mode", "bidirectional")
    return {name: getattr(part, name) for name in names if hasattr(part, name)}


def _kind(part: "torch.nn.Module") -> str | None:
    """The class whose forward a module has: torch's own, for one that only adds to it."""
    if hasattr(part, "original_name"):  # TorchScript
        with suppress(AttributeError, RuntimeError):
            scripted: Any = part._c
            return MANGLED.sub("", scripted._type().qualified_name().removeprefix(SCRIPTED))
    if "forward" in vars(part):
        return f"{type(part).__name__} with another forward"
    name = forward_of(part)
    return None if name.startswith(WITHOUT_CLASS) else name


def forward_of(part: "torch.nn.Module") -> str:
    """The name of the class that a module's class has its forward from."""
    made = next(kind for kind in type(part).__mro__ if "forward" in vars(kind))
    return f"{made.__module__}.{made.__qualname__}"


def linear_layers(source: Source) -> dict[str, chain.Dense]:
    """All that may be a linear layer, by name; those that can't be read are left out."""
    result = {}
    for name in linear_names(source):
        with suppress(InputError):
            result[name] = dense(source, name)
    return result


def example_of(example: Any) -> npt.ArrayLike:
    """An example as an array, whether it is one or a tensor, with gradients or on another device."""
    if hasattr(example, "detach"):
        example = example.detach().cpu().resolve_conj().numpy()
    given: npt.ArrayLike = as_array("example", example)
    return given


@contextmanager
def evaluating(module: "torch.nn.Module") -> Iterator[None]:
    """Dropout off and no gradients; afterwards every part trains or not as before."""
    before = [(part, part.training) for part in module.modules()]
    with suppress(NotImplementedError):  # of an exported program, which stays as it was exported
        module.eval()
    try:
        with torch_library().no_grad():
            yield
    finally:
        for part, training in before:
            part.training = training


def runner(module: "torch.nn.Module") -> Callable[[FloatArray], FloatArray]:
    """The module's answer, or the first part of it where it gives several, as an ``nn.LSTM`` does."""
    torch = torch_library()
    where = next((values.device for values in module.parameters()), torch.device("cpu"))

    def run(x: FloatArray) -> FloatArray:
        answer = module(torch.from_numpy(x).to(where))
        while isinstance(answer, (tuple, list)) and answer:
            answer = answer[0]
        if not hasattr(answer, "detach"):
            what = type(answer).__name__
            raise InputError(f"the module answers with a {what}; a tensor, or a tuple of them, is needed")
        return np.asarray(answer.detach().cpu().numpy())

    return run
